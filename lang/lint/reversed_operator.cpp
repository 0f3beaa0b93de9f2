// OMC311: `x =- 1` where `x -= 1` may have been meant.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

static void check(LintContext& lint) {
  const std::vector<Token>& tokens = lint.tokens();
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    const Token &equals = tokens[i], &sign = tokens[i + 1];
    if (equals.kind != TokenKind::Assign || (sign.kind != TokenKind::Minus && sign.kind != TokenKind::Not)) continue;
    const std::string_view text = lint.text(sign.span);
    // Together, and apart from what follows: as an operator is written.
    if (equals.span.end != sign.span.begin || sign.span.end == tokens[i + 2].span.begin || text == "not") continue;
    lint.report(cover(equals.span, sign.span), fmt::format("`={0}` assigns; was `{0}=` meant?", text));
  }
}

extern const Check kReversedOperator = {
    .why = "Blanks make no difference: `x =- 1` assigns -1, and `x =! y` assigns the negation.",
    .bad = "h x = 5;\nx =- 1;\nprintln(x);",
    .good = "h x = 5;\nx -= 1;\nprintln(x);",
    .on_module = check,
};

}  // namespace omc::lang
