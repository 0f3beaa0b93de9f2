// OMC303: comparisons that always give the same.

#include <fmt/format.h>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"
#include "lang/lint/expressions.hpp"

namespace omc::lang {

// A call of a builtin that counts: its value is never negative.
static bool is_length(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::NamedCall) return false;
  const auto& call = static_cast<const NamedCallExpr&>(e);
  const Name name = call.callee->name;
  return (name == "arr_len" || name == "str_len" || name == "dict_len" || name == "len") && lint.builtin(call);
}

static bool is_zero(const Expr& e) { return e.kind == ExprKind::Int && static_cast<const IntExpr&>(e).value == 0; }

static void check(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::Binary) return;
  const auto& b = static_cast<const BinaryExpr&>(e);
  if (!is_comparison(b.op)) return;
  const Expr &left = *bare(b.left), &right = *bare(b.right);
  if (is_literal(left) && is_literal(right)) {
    lint.report(b.span, "both sides of this comparison are constants");
  } else if (b.op != BinaryOp::NotEqual && b.op != BinaryOp::Equal && same_value(left, right)) {
    // `x != x` and `x == x` are left alone: they are the tests for NaN.
    lint.report(b.span, fmt::format("both sides of this `{}` are the same", spelling(b.op)));
  } else if (((b.op == BinaryOp::GreaterEqual || b.op == BinaryOp::Less) && is_length(left, lint) && is_zero(right)) ||
             ((b.op == BinaryOp::LessEqual || b.op == BinaryOp::Greater) && is_zero(left) && is_length(right, lint))) {
    lint.report(b.span, "a length is never negative, so this comparison always gives the same");
  }
}

extern const Check kConstantComparison = {
    .why = "A condition that always decides alike hides a slip: a wrong variable, or a literal where a name was meant.",
    .bad = "fn f(a, b) { return a < a; }\nprintln(f(1, 2));",
    .good = "fn f(a, b) { return a < b; }\nprintln(f(1, 2));",
    .on_expression = check,
};

}  // namespace omc::lang
