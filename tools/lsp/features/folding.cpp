// textDocument/foldingRange: what stands in brackets, comments and runs of imports. It works on tokens, so half-written texts
// fold too.

#include <algorithm>

#include "lsp/feature.hpp"

namespace omc::lsp {

namespace {

class Folds {
 public:
  explicit Folds(const File& file) : file_(file) {}

  Json all() {
    brackets();
    comments();
    imports();
    return std::move(folds_);
  }

 private:
  uint32_t line(uint32_t offset) const { return file_.places.place(offset, Encoding::Utf8).line; }

  void add(uint32_t first, uint32_t last, const char* kind = nullptr) {
    if (last <= first) return;
    Json fold = {{"startLine", first}, {"endLine", last}};
    if (kind) fold["kind"] = kind;
    folds_.push_back(std::move(fold));
  }

  // The line of the closing bracket stays visible.
  void brackets() {
    std::vector<uint32_t> open;
    for (const lang::Token& t : file_.parsed.tokens) {
      switch (t.kind) {
        case lang::TokenKind::LeftBrace:
        case lang::TokenKind::LeftBracket:
        case lang::TokenKind::LeftParen: open.push_back(line(t.span.begin)); break;
        case lang::TokenKind::RightBrace:
        case lang::TokenKind::RightBracket:
        case lang::TokenKind::RightParen: {
          if (open.empty()) break;
          const uint32_t last = line(t.span.begin);
          if (last > 0) add(open.back(), last - 1);
          open.pop_back();
          break;
        }
        default: break;
      }
    }
  }

  bool alone_on_line(lang::Span span) const {
    const lang::Span whole = file_.places.line(line(span.begin));
    return file_.text({whole.begin, span.begin}).find_first_not_of(" \t") == std::string_view::npos;
  }

  void comments() {
    const std::vector<lang::Comment>& all = file_.parsed.module->comments;
    for (size_t i = 0; i < all.size(); ++i) {
      const uint32_t first = line(all[i].span.begin);
      uint32_t last = line(all[i].span.end);
      if (alone_on_line(all[i].span))
        while (i + 1 < all.size() && line(all[i + 1].span.begin) == last + 1 && alone_on_line(all[i + 1].span)) last = line(all[++i].span.end);
      add(first, last, "comment");
    }
  }

  void imports() {
    const lang::StmtList statements = file_.parsed.module->top_level->body.statements;
    const auto is_import = [](const lang::Stmt* s) { return s->kind == lang::StmtKind::Import || s->kind == lang::StmtKind::FromImport; };
    for (size_t i = 0; i < statements.size(); ++i) {
      if (!is_import(statements[i])) continue;
      const size_t first = i;
      while (i + 1 < statements.size() && is_import(statements[i + 1])) ++i;
      add(line(statements[first]->span.begin), line(statements[i]->span.end), "imports");
    }
  }

  const File& file_;
  Json folds_ = Json::array();
};

Json answer(Context& context, const Json& params) { return Folds(*context.document(params)).all(); }

}  // namespace

extern const Feature kFoldingRange = {.method = "textDocument/foldingRange", .capability = "foldingRangeProvider", .answer = answer};

}  // namespace omc::lsp
