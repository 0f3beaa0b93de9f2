// OMC310: `a < b < c` and `a == b == c`.

#include <fmt/format.h>

#include "lang/lint/context.hpp"
#include "lang/lint/expressions.hpp"

namespace omc::lang {

static void check(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::Binary) return;
  const auto& outer = static_cast<const BinaryExpr&>(e);
  // In parentheses it is meant.
  if (!is_comparison(outer.op) || outer.left->kind != ExprKind::Binary) return;
  const auto& inner = static_cast<const BinaryExpr&>(*outer.left);
  if (!is_comparison(inner.op)) return;
  lint.report(outer.span, fmt::format("`a {} b {} c` compares the truth of `a {} b` with c; write `a {} b and b {} c`", spelling(inner.op),
                                      spelling(outer.op), spelling(inner.op), spelling(inner.op), spelling(outer.op)));
}

extern const Check kComparisonChain = {
    .why = "Comparisons are taken from left to right, and each gives a bool: the second one compares that bool.",
    .bad = "fn inside(a, x, b) { return a < x < b; }\nprintln(inside(1, 5, 3));",
    .good = "fn inside(a, x, b) { return a < x and x < b; }\nprintln(inside(1, 5, 3));",
    .on_expression = check,
};

}  // namespace omc::lang
