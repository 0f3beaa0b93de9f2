// textDocument/selectionRange: from the word to the expression, the statement, the block, the function, the file.

#include <algorithm>

#include "lang/children.hpp"
#include "lsp/feature.hpp"

namespace omc::lsp {

namespace {

using lang::Span;

// The spans around an offset, from the outside to the inside.
class Enclosing {
 public:
  Enclosing(const File& file, uint32_t offset) : offset_(offset) {
    spans_.push_back({0, file.source->size()});
    block(file.parsed.module->top_level->body);
    const auto after = std::ranges::upper_bound(file.parsed.tokens, offset, {}, [](const lang::Token& t) { return t.span.begin; });
    if (after != file.parsed.tokens.begin()) enter(std::prev(after)->span);
  }

  const std::vector<Span>& spans() const { return spans_; }

  void block(lang::Block& b) {
    if (!enter(b.span)) return;
    for (lang::Stmt* s : b.statements)
      if (enter(s->span)) lang::visit_children(*s, *this);
  }
  void expression(lang::Expr*& e) {
    lang::Expr* at = e;
    while (enter(at->span)) {
      lang::Expr *left = nullptr, *right = nullptr;
      if (at->kind == lang::ExprKind::Binary) left = static_cast<lang::BinaryExpr*>(at)->left, right = static_cast<lang::BinaryExpr*>(at)->right;
      else if (at->kind == lang::ExprKind::Logical) left = static_cast<lang::LogicalExpr*>(at)->left, right = static_cast<lang::LogicalExpr*>(at)->right;
      else return lang::visit_children(*at, *this);
      at = holds(left->span) ? left : right;
    }
  }
  void function(lang::Function& f) {
    if (!enter(f.span)) return;
    block(f.body);
    if (f.expression) expression(f.expression);
  }

 private:
  bool holds(Span s) const { return s.begin <= offset_ && offset_ <= s.end; }
  bool enter(Span s) {
    if (s.empty() || !holds(s)) return false;
    const Span around = spans_.back();
    if (s != around && around.begin <= s.begin && s.end <= around.end) spans_.push_back(s);
    return true;
  }

  uint32_t offset_;
  std::vector<Span> spans_;
};

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  Json all = Json::array();
  for (const Json& position : member(params, "positions")) {
    context.check_cancelled();
    const Enclosing enclosing(*file, context.offset(*file, position));
    Json chain;
    // As deep as editors go; a chain is copied and written by recursion.
    const std::vector<Span>& spans = enclosing.spans();
    constexpr size_t kMost = 100;
    for (size_t i = spans.size() > kMost ? spans.size() - kMost : 0; i < spans.size(); ++i) {
      Json next = {{"range", context.range(*file, spans[i])}};
      if (!chain.is_null()) next["parent"] = std::move(chain);
      chain = std::move(next);
    }
    all.push_back(std::move(chain));
  }
  return all;
}

}  // namespace

extern const Feature kSelectionRange = {.method = "textDocument/selectionRange", .capability = "selectionRangeProvider", .answer = answer};

}  // namespace omc::lsp
