#include "lsp/outline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace omc::lsp {

static std::string parameters_of(const lang::Function& f) {
  std::string list = "(";
  for (const lang::Parameter& p : f.parameters) list += fmt::format("{}{}", list.size() > 1 ? ", " : "", p.name.name);
  return list + ")";
}

static void add(std::vector<OutlineItem>& all, const Symbol& symbol, const Definition& d, const lang::Function& top_level) {
  const std::string name(symbol.name);
  switch (d.kind) {
    case DefinitionKind::Function: return all.push_back({OutlineKind::Function, name, parameters_of(*d.function), d.name, d.whole, {}});
    case DefinitionKind::Method: return all.push_back({OutlineKind::Method, name, parameters_of(*d.function), d.name, d.whole, {}});
    case DefinitionKind::Class:
      all.push_back({OutlineKind::Class, name, {}, d.name, d.whole, {}});
      for (const lang::Identifier& field : d.in_class->fields)
        all.push_back({OutlineKind::Field, std::string(field.name), {}, field.span, field.span, {}});
      return;
    case DefinitionKind::Variable:
      if (d.around == &top_level) all.push_back({OutlineKind::Variable, name, {}, d.name, d.name, {}});
      return;
    default: return;
  }
}

std::vector<OutlineItem> outline(const Index& index) {
  std::vector<OutlineItem> flat;
  for (const Symbol& symbol : index.symbols())
    for (const Definition& d : symbol.definitions) add(flat, symbol, d, *index.functions().front());
  // What encloses others comes before them.
  std::ranges::sort(flat, [](const OutlineItem& a, const OutlineItem& b) {
    return a.whole.begin != b.whole.begin ? a.whole.begin < b.whole.begin : a.whole.end > b.whole.end;
  });
  std::vector<OutlineItem> roots;
  std::vector<OutlineItem*> open;  // the item that was added last, and those around it
  for (OutlineItem& item : flat) {
    while (!open.empty() && open.back()->whole.end < item.whole.end) open.pop_back();
    std::vector<OutlineItem>& siblings = open.empty() ? roots : open.back()->children;
    siblings.push_back(std::move(item));
    open.push_back(&siblings.back());
  }
  return roots;
}

}  // namespace omc::lsp
