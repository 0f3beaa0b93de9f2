// textDocument/references and documentHighlight: where a name is used, in the workspace or in the document.

#include "lsp/uses.hpp"

namespace omc::lsp {

namespace {

enum class HighlightKind : int { Read = 2, Write = 3 };

Json references(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  Json all = Json::array();
  const Occurrence* at = file->index.at(context.position(*file, params));
  if (!at) return all;
  const bool with_definitions = flag_member(member(params, "context"), "includeDeclaration");
  for (const Use& use : uses(context, file, file->index.symbol(*at)))
    if (with_definitions || !use.defines) all.push_back(context.location(*use.file, use.occurrence.span));
  return all;
}

Json highlight(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  Json all = Json::array();
  const Occurrence* at = file->index.at(context.position(*file, params));
  if (!at) return all;
  for (const uint32_t i : file->index.symbol(*at).occurrences) {
    const Occurrence& o = file->index.occurrences()[i];
    const bool writes = o.role == Role::Definition || o.role == Role::Write;
    all.push_back({{"range", context.range(*file, o.span)}, {"kind", writes ? HighlightKind::Write : HighlightKind::Read}});
  }
  return all;
}

}  // namespace

extern const Feature kReferences = {.method = "textDocument/references", .capability = "referencesProvider", .answer = references};
extern const Feature kDocumentHighlight = {
    .method = "textDocument/documentHighlight", .capability = "documentHighlightProvider", .answer = highlight};

}  // namespace omc::lsp
