#include "lang/lint/context.hpp"

#include <algorithm>

namespace omc::lang {

LintContext::LintContext(const LintInput& input, Diagnostics& found)
    : input_(input), found_(found), function_(input.module.top_level) {
  size_t depth = 0;
  for (const Token& t : input.tokens) {
    if (t.kind == TokenKind::FStringBegin && depth++ == 0) fstrings_.push_back(t.span);
    if (t.kind == TokenKind::FStringEnd && --depth == 0) fstrings_.back().end = t.span.end;
  }
}

std::string_view LintContext::function_name() const {
  if (at_top_level()) return "<top-level>";
  return function_->is_lambda ? "<lambda>" : function_->name.name;
}

bool LintContext::in_fstring(uint32_t offset) const {
  const auto after = std::ranges::upper_bound(fstrings_, offset, {}, &Span::begin);
  return after != fstrings_.begin() && std::prev(after)->contains(offset);
}

bool LintContext::has_comment(Span span) const {
  const auto& comments = input_.module.comments;
  const auto first = std::ranges::lower_bound(comments, span.begin, {}, [](const Comment& c) { return c.span.begin; });
  return first != comments.end() && first->span.begin < span.end;
}

Diagnostic& LintContext::report(Span span, std::string message) {
  return found_.add(rule_->severity, rule_->name, span, std::move(message));
}

}  // namespace omc::lang
