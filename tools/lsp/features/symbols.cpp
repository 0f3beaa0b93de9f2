// textDocument/documentSymbol and workspace/symbol: what a file, or any file, defines.

#include <algorithm>

#include "lsp/feature.hpp"
#include "lsp/outline.hpp"

namespace omc::lsp {

namespace {

constexpr size_t kMostSymbols = 1000;  // of a workspace: nobody reads more

Json nested(const Context& context, const File& file, const OutlineItem& item) {
  Json children = Json::array();
  for (const OutlineItem& child : item.children) children.push_back(nested(context, file, child));
  return {{"name", item.name},
          {"detail", item.detail},
          {"kind", item.kind},
          {"range", context.range(file, item.whole)},
          {"selectionRange", context.range(file, item.name_span)},
          {"children", std::move(children)}};
}

template <class F>
void each(const std::vector<OutlineItem>& items, const std::string& container, const F& f) {
  for (const OutlineItem& item : items) {
    f(item, container);
    each(item.children, item.name, f);
  }
}

Json flat(const Context& context, const File& file, const OutlineItem& item, const std::string& container) {
  Json out = {{"name", item.name}, {"kind", item.kind}, {"location", context.location(file, item.name_span)}};
  if (!container.empty()) out["containerName"] = container;
  return out;
}

Json document_symbol(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const std::vector<OutlineItem> items = outline(file->index);
  Json all = Json::array();
  if (context.client.nested_symbols) {
    for (const OutlineItem& item : items) all.push_back(nested(context, *file, item));
  } else {
    each(items, "", [&](const OutlineItem& item, const std::string& container) { all.push_back(flat(context, *file, item, container)); });
  }
  return all;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The characters of the query stand in the name, in their order.
bool matches(std::string_view name, std::string_view query) {
  for (const char c : name)
    if (!query.empty() && lower(c) == lower(query.front())) query.remove_prefix(1);
  return query.empty();
}

Json workspace_symbol(Context& context, const Json& params) {
  const std::string& query = text_member(params, "query");
  Json all = Json::array();
  for (const FilePtr& file : context.workspace.programs([&] { context.check_cancelled(); })) {
    each(outline(file->index), "", [&](const OutlineItem& item, const std::string& container) {
      if (all.size() < kMostSymbols && matches(item.name, query)) all.push_back(flat(context, *file, item, container));
    });
  }
  return all;
}

}  // namespace

extern const Feature kDocumentSymbol = {
    .method = "textDocument/documentSymbol", .capability = "documentSymbolProvider", .answer = document_symbol};
extern const Feature kWorkspaceSymbol = {
    .method = "workspace/symbol", .capability = "workspaceSymbolProvider", .answer = workspace_symbol};

}  // namespace omc::lsp
