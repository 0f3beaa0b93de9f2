// textDocument/prepareCallHierarchy, callHierarchy/incomingCalls and outgoingCalls: who calls a function, and whom it calls.

#include <algorithm>
#include <map>

#include "lsp/outline.hpp"
#include "lsp/uses.hpp"

namespace omc::lsp {

namespace {

constexpr int kFile = 1;  // the symbol kind of code outside of functions

bool is_callable(const Definition& d) {
  return d.kind == DefinitionKind::Function || d.kind == DefinitionKind::Method || d.kind == DefinitionKind::Class;
}

Json item(const Context& context, const Target& t) {
  const Definition& d = t.definition;
  const OutlineKind kind = d.kind == DefinitionKind::Class    ? OutlineKind::Class
                           : d.kind == DefinitionKind::Method ? OutlineKind::Method
                                                              : OutlineKind::Function;
  return {{"name", t.file->text(d.name)},
          {"kind", kind},
          {"uri", t.file->uri},
          {"range", context.range(*t.file, d.whole)},
          {"selectionRange", context.range(*t.file, d.name)}};
}

Json file_item(const Context& context, const File& file) {
  const lang::Span all = {0, file.source->size()};
  return {{"name", file.path.substr(file.path.rfind('/') + 1)},
          {"kind", kFile},
          {"uri", file.uri},
          {"range", context.range(file, all)},
          {"selectionRange", context.range(file, {0, 0})}};
}

// The definition of the named function around the offset; nothing at the top level.
const Definition* function_around(const File& file, uint32_t offset) {
  const Definition* best = nullptr;
  for (const Symbol& s : file.index.symbols())
    for (const Definition& d : s.definitions)
      if (d.function && d.whole.contains(offset) && (!best || best->whole.contains(d.whole.begin))) best = &d;
  return best;
}

Json prepare(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  Json all = Json::array();
  const Occurrence* at = file->index.at(context.position(*file, params));
  if (!at) return all;
  for (const Target& t : definitions(context.workspace, file, file->index.symbol(*at)))
    if (is_callable(t.definition)) all.push_back(item(context, t));
  return all;
}

// The file of an item, and the symbol it stands for; nullptr for a file as a whole.
std::pair<FilePtr, const Symbol*> symbol_of(const Context& context, const Json& params) {
  const Json& asked = member(params, "item");
  FilePtr file = context.workspace.document(text_member(asked, "uri"));
  if (!file) throw RequestError(ErrorCode::InvalidParams, "the item is of no known file");
  const lang::Span name = context.span(*file, member(asked, "selectionRange"));
  const Occurrence* at = name.empty() ? nullptr : file->index.at(name.begin);
  return {file, at ? &file->index.symbol(*at) : nullptr};
}

Json incoming(Context& context, const Json& params) {
  const auto [file, symbol] = symbol_of(context, params);
  Json all = Json::array();
  if (!symbol) return all;
  struct Caller {
    Json from;
    Json ranges = Json::array();
  };
  std::map<std::pair<std::string, uint32_t>, Caller> callers;  // by path and place, so in order
  for (const Use& use : uses(context, file, *symbol)) {
    if (use.occurrence.role != Role::Call) continue;
    const Definition* around = function_around(*use.file, use.occurrence.span.begin);
    Caller& caller = callers[{use.file->path, around ? around->name.begin : 0}];
    if (caller.from.is_null()) caller.from = around ? item(context, {use.file, *around}) : file_item(context, *use.file);
    caller.ranges.push_back(context.range(*use.file, use.occurrence.span));
  }
  for (auto& [place, caller] : callers) all.push_back({{"from", std::move(caller.from)}, {"fromRanges", std::move(caller.ranges)}});
  return all;
}

Json outgoing(Context& context, const Json& params) {
  const auto [file, symbol] = symbol_of(context, params);
  Json all = Json::array();
  std::vector<lang::Span> bodies;
  if (symbol) {
    for (const Definition& d : symbol->definitions)
      if (is_callable(d)) bodies.push_back(d.whole);
  }
  std::map<uint32_t, Json> ranges;  // by called symbol
  for (const Occurrence& o : file->index.occurrences()) {
    const bool inside = symbol ? std::ranges::any_of(bodies, [&](lang::Span s) { return s.contains(o.span.begin); })
                               : !function_around(*file, o.span.begin);
    if (o.role != Role::Call || !inside) continue;
    Json& of = ranges.try_emplace(o.symbol, Json::array()).first->second;
    of.push_back(context.range(*file, o.span));
  }
  for (auto& [called, from] : ranges) {
    context.check_cancelled();
    for (const Target& t : definitions(context.workspace, file, file->index.symbols()[called]))
      if (is_callable(t.definition)) all.push_back({{"to", item(context, t)}, {"fromRanges", from}});
  }
  return all;
}

}  // namespace

extern const Feature kPrepareCallHierarchy = {
    .method = "textDocument/prepareCallHierarchy", .capability = "callHierarchyProvider", .answer = prepare};
extern const Feature kIncomingCalls = {.method = "callHierarchy/incomingCalls", .capability = "", .answer = incoming};
extern const Feature kOutgoingCalls = {.method = "callHierarchy/outgoingCalls", .capability = "", .answer = outgoing};

}  // namespace omc::lsp
