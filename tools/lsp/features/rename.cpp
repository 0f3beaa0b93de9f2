// textDocument/rename and prepareRename. A new name is refused where it would mean something else: each changed file is read
// once more, and every name in it must still mean what it meant.

#include <fmt/format.h>

#include <map>

#include "lang/lexer.hpp"
#include "lsp/uses.hpp"

namespace omc::lsp {

namespace {

[[noreturn]] void refuse(std::string why) { throw RequestError(ErrorCode::RequestFailed, std::move(why)); }

// The name at the place, if it is the program's own.
const Occurrence& renamable(Context& context, const FilePtr& file, const Json& params) {
  const Occurrence* at = file->index.at(context.position(*file, params));
  if (!at) refuse("there is no name to be renamed");
  const Symbol& symbol = file->index.symbol(*at);
  const std::vector<Target> targets = definitions(context.workspace, file, symbol);
  if (targets.empty()) refuse(fmt::format("`{}` is not defined in a file", symbol.name));
  const std::vector<std::string>& folders = context.workspace.folders();
  for (const Target& t : targets) {
    if (t.definition.kind == DefinitionKind::Import) refuse(fmt::format("the module of `{}` is not to be found", symbol.name));
    const bool ours = context.workspace.is_open(t.file->uri) ||
                      std::ranges::any_of(folders, [&](const std::string& f) { return t.file->path.starts_with(f + "/"); });
    if (!ours) refuse(fmt::format("`{}` is defined outside of the workspace, in {}", symbol.name, t.file->path));
  }
  return *at;
}

Json prepare(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const Occurrence& at = renamable(context, file, params);
  return {{"range", context.range(*file, at.span)}, {"placeholder", file->text(at.span)}};
}

std::string renamed(const File& file, const std::vector<lang::Span>& spans, std::string_view name) {
  std::string text;
  uint32_t done = 0;
  for (const lang::Span span : spans) {
    text += file.text({done, span.begin});
    text += name;
    done = span.end;
  }
  return text + std::string(file.text({done, file.source->size()}));
}

// The names of both texts stand for each other one by one, and those that meant the same still do.
bool same_meaning(const Index& before, const Index& after) {
  if (before.occurrences().size() != after.occurrences().size()) return false;
  std::map<uint32_t, uint32_t> there, back;
  for (size_t i = 0; i < before.occurrences().size(); ++i) {
    const Occurrence &a = before.occurrences()[i], &b = after.occurrences()[i];
    if (before.symbol(a).kind != after.symbol(b).kind) return false;
    if (there.try_emplace(a.symbol, b.symbol).first->second != b.symbol) return false;
    if (back.try_emplace(b.symbol, a.symbol).first->second != a.symbol) return false;
  }
  return true;
}

void check_meaning(Context& context, const FilePtr& file, const Symbol& symbol, const std::string& text, const std::string& name) {
  const bool is_global = symbol.kind == SymbolKind::Global || symbol.kind == SymbolKind::Qualified;
  const bool taken = is_global && (context.workspace.builtin(name) || !global_definitions(context.workspace, file, name).empty());
  const File after(file->path, file->uri, std::make_shared<const lang::Source>(file->path, text));
  if (taken || !same_meaning(file->index, after.index)) refuse(fmt::format("`{}` has a meaning already in {}", name, file->path));
}

Json rename(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const std::string& name = text_member(params, "newName");
  if (!lang::is_identifier(name)) refuse(fmt::format("`{}` is not a name", name));
  const Symbol& symbol = file->index.symbol(renamable(context, file, params));
  if (name == symbol.name) return {{"changes", Json::object()}};
  std::map<FilePtr, std::vector<lang::Span>> places;
  for (const Use& use : uses(context, file, symbol)) places[use.file].push_back(use.occurrence.span);
  Json changes = Json::object();
  for (const auto& [changed, spans] : places) {
    context.check_cancelled();
    check_meaning(context, changed, symbol, renamed(*changed, spans, name), name);
    Json& edits = changes[changed->uri] = Json::array();
    for (const lang::Span span : spans) edits.push_back({{"range", context.range(*changed, span)}, {"newText", name}});
  }
  return {{"changes", std::move(changes)}};
}

}  // namespace

extern const Feature kRename = {.method = "textDocument/rename",
                                .capability = "renameProvider",
                                .options = [] { return Json{{"prepareProvider", true}}; },
                                .answer = rename};
extern const Feature kPrepareRename = {.method = "textDocument/prepareRename", .capability = "", .answer = prepare};

}  // namespace omc::lsp
