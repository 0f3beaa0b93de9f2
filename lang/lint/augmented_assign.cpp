// OMC103: `x = x + e` where `x += e` says it.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

// Whether the right side is `V OP E` with OP outermost, or a chain of + that starts with V; then the operation behind V.
static const BinaryExpr* first_operation(const AssignStmt& s) {
  if (s.value->kind != ExprKind::Binary) return nullptr;
  const auto* outermost = static_cast<const BinaryExpr*>(s.value);
  const BinaryExpr* first = outermost;
  while (first->left->kind == ExprKind::Binary) {
    if (first->op != BinaryOp::Add) return nullptr;
    first = static_cast<const BinaryExpr*>(first->left);
  }
  if (first != outermost && first->op != BinaryOp::Add) return nullptr;
  if (first->left->kind != ExprKind::Name || static_cast<const NameExpr*>(first->left)->name != s.name.name) return nullptr;
  return first;
}

static void check(const Stmt& statement, LintContext& lint) {
  if (statement.kind != StmtKind::Assign) return;
  const auto& s = static_cast<const AssignStmt&>(statement);
  if (s.op != AssignOp::Set || lint.in_fstring(s.span.begin)) return;
  const BinaryExpr* e = first_operation(s);
  if (!e || (e->op != BinaryOp::Add && e->op != BinaryOp::Sub && e->op != BinaryOp::Mul && e->op != BinaryOp::Div)) return;
  Diagnostic& d = lint.report(s.name.span, fmt::format("`{0} = {0} {1}...` → use `{0} {1}= ...`", s.name.name, spelling(e->op)));
  // From `= V OP` to `OP=`. Behind a chain of + the texts of the rest would be joined before V if E is a string: only a
  // single operation is sure to mean the same.
  const Span replaced{s.name.span.end, e->op_span.end};
  if (e != s.value || lint.has_comment(replaced)) return;
  d.fixes.push_back({fmt::format("use `{}=`", spelling(e->op)), Safety::Safe, {{replaced, fmt::format(" {}=", spelling(e->op))}}});
}

extern const Check kAugmentedAssign = {
    .why = "The variable is named twice, and a reader has to make sure that both are the same.",
    .bad = "h total = 1;\ntotal = total + 2;",
    .good = "h total = 1;\ntotal += 2;",
    .on_statement = check,
};

}  // namespace omc::lang
