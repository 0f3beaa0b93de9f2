// textDocument/definition: from a name to where it is defined, from the text of an import to the module.

#include "lsp/lookup.hpp"
#include "lsp/feature.hpp"

namespace omc::lsp {

static Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const uint32_t offset = context.position(*file, params);
  Json found = Json::array();
  for (const Index::Import& import : file->index.imports())
    if (import.module_span.begin <= offset && offset <= import.module_span.end) {
      if (const FilePtr module = context.workspace.module(import.module, *file)) found.push_back(context.location(*module, {0, 0}));
      return found;
    }
  const Occurrence* at = file->index.at(offset);
  if (!at) return found;
  for (const Target& target : definitions(context.workspace, file, file->index.symbol(*at))) {
    const Definition& d = target.definition;
    // From the alias where it is defined there is a further step, to the module itself.
    if (d.kind == DefinitionKind::ModuleAlias && target.file == file && d.name == at->span) {
      if (const FilePtr module = context.workspace.module(d.module, *file)) found.push_back(context.location(*module, {0, 0}));
      continue;
    }
    found.push_back(context.location(*target.file, d.name));
  }
  return found;
}

extern const Feature kDefinition = {.method = "textDocument/definition", .capability = "definitionProvider", .answer = answer};

}  // namespace omc::lsp
