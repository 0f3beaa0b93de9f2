// OMC307: `==` on computed floats.

#include <fmt/format.h>

#include <cmath>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"

namespace omc::lang {

static bool is_fraction(const Expr* e) {
  return e->kind == ExprKind::Float && static_cast<const FloatExpr*>(e)->value != std::trunc(static_cast<const FloatExpr*>(e)->value);
}

// A product, quotient, sum or difference with a fraction written in it: seldom exact.
static bool is_inexact(const Expr* e) {
  for (;;) {
    e = bare(const_cast<Expr*>(e));
    if (e->kind != ExprKind::Binary) return false;
    const auto* b = static_cast<const BinaryExpr*>(e);
    if (b->op != BinaryOp::Add && b->op != BinaryOp::Sub && b->op != BinaryOp::Mul && b->op != BinaryOp::Div) return false;
    if (is_fraction(bare(b->left)) || is_fraction(bare(b->right))) return true;
    e = b->left;
  }
}

static void check(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::Binary) return;
  const auto& b = static_cast<const BinaryExpr&>(e);
  if (b.op != BinaryOp::Equal && b.op != BinaryOp::NotEqual) return;
  if (!is_inexact(b.left) && !is_inexact(b.right)) return;
  lint.report(b.span, fmt::format("`{}` compares computed floats; compare their distance with a tolerance", spelling(b.op)));
}

extern const Check kFloatEquality = {
    .why = "Decimal fractions have no exact binary form, and every operation rounds: `0.1 + 0.2 == 0.3` is false.",
    .bad = "h x = 0.3;\nprintln(0.1 + 0.2 == x);",
    .good = "h x = 0.3;\nprintln(abs(0.1 + 0.2 - x) < 1e-9);",
    .on_expression = check,
};

}  // namespace omc::lang
