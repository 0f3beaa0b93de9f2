// textDocument/codeLens: over tests the offer to run them, over functions where the same function stands once more.
//
// The commands are the editor's: `omc.runTest` with the document and the name of the test (`omc --test FILE --filter NAME` runs
// it), `omc.showCopies` with the places. The server itself runs nothing.

#include <fmt/format.h>

#include "lsp/feature.hpp"
#include "lsp/lookup.hpp"

namespace omc::lsp {

namespace {

Json lens(const Context& context, const File& file, lang::Span span, std::string title, const char* command, Json arguments) {
  return {{"range", context.range(file, span)},
          {"command", {{"title", std::move(title)}, {"command", command}, {"arguments", std::move(arguments)}}}};
}

void tests(const Context& context, const File& file, Json& all) {
  for (const lang::Stmt* s : file.parsed.module->top_level->body.statements) {
    if (s->kind != lang::StmtKind::Function) continue;
    const lang::Function& f = *static_cast<const lang::FunctionStmt*>(s)->function;
    if (f.name.name.starts_with("test_")) all.push_back(lens(context, file, f.name.span, "run test", "omc.runTest", {file.uri, f.name.name}));
  }
}

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  Json all = Json::array();
  tests(context, *file, all);
  struct Copy {
    FilePtr file;
    lang::Span span;
  };
  std::unordered_map<int64_t, std::vector<Copy>> copies;
  for (const FunctionHash& f : file->function_hashes(context.workspace)) copies[f.hash];
  for (const FilePtr& f : context.workspace.programs([&] { context.check_cancelled(); })) {
    context.check_cancelled();
    for (const FunctionHash& g : f->function_hashes(context.workspace))
      if (const auto found = copies.find(g.hash); found != copies.end()) found->second.push_back({f, g.span});
  }
  for (const FunctionHash& f : file->function_hashes(context.workspace)) {
    Json places = Json::array();
    std::string first;
    for (const Copy& c : copies[f.hash]) {
      if (c.file->path == file->path && c.span == f.span) continue;
      if (places.empty()) first = fmt::format("{}:{}", c.file->path.substr(c.file->path.rfind('/') + 1), c.file->source->line(c.span.begin));
      places.push_back(context.location(*c.file, c.span));
    }
    if (places.empty()) continue;
    std::string title = places.size() == 1 ? fmt::format("the same as {}", first) : fmt::format("the same as {} and {} more", first, places.size() - 1);
    all.push_back(lens(context, *file, f.span, std::move(title), "omc.showCopies", {file->uri, context.place(*file, f.span.begin), std::move(places)}));
  }
  return all;
}

}  // namespace

extern const Feature kCodeLens = {.method = "textDocument/codeLens",
                                  .capability = "codeLensProvider",
                                  .options = [] { return Json{{"resolveProvider", false}}; },
                                  .answer = answer};

}  // namespace omc::lsp
