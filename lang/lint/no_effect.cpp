// OMC312: statements that compute something and drop it.

#include "lang/children.hpp"
#include "lang/lint/context.hpp"
#include "lang/lint/expressions.hpp"

namespace omc::lang {

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind != StmtKind::Expression || lint.list_gives_value() || lint.in_try()) return;
  const Expr* e = bare(static_cast<const ExpressionStmt&>(s).value);
  switch (e->kind) {
    case ExprKind::Binary:
      if (static_cast<const BinaryExpr*>(e)->op == BinaryOp::Equal) {
        Diagnostic& d = lint.report(e->span, "this compares and drops the answer; was an assignment meant?");
        d.fixes.push_back({"assign", Safety::ChangesMeaning, {{static_cast<const BinaryExpr*>(e)->op_span, "="}}});
        return;
      }
      break;
    case ExprKind::Name:
    case ExprKind::Int:
    case ExprKind::Float:
    case ExprKind::Unary:
    case ExprKind::Index:
    case ExprKind::Lambda: break;
    default: return;  // calls; a string is a comment in the old manner
  }
  lint.report(e->span, "this statement has no effect");
}

extern const Check kNoEffect = {
    .why = "The value is computed and dropped. Mostly `=` was meant, or parentheses are missing after the name of a function.",
    .bad = "h done = false;\ndone == true;\nprintln(done);",
    .good = "h done = false;\ndone = true;\nprintln(done);",
    .on_statement = check,
};

}  // namespace omc::lang
