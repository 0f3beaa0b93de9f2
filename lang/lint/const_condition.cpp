// OMC108: `if true` and `if false`.

#include <fmt/format.h>

#include "lang/children.hpp"  // bare
#include "lang/lint/context.hpp"

namespace omc::lang {

static void check(const Stmt& statement, LintContext& lint) {
  if (statement.kind != StmtKind::If) return;
  const auto& s = static_cast<const IfStmt&>(statement);
  const Expr* condition = bare(s.arms[0].condition);
  if (condition->kind != ExprKind::Name) return;
  const Name name = static_cast<const NameExpr*>(condition)->name;
  if (name == "true")
    lint.report(condition->span, fmt::format("`if true` in `{}` — branch is always taken; remove the condition", lint.function_name()));
  else if (name == "false")
    lint.report(condition->span, fmt::format("`if false` in `{}` — branch is never taken; remove the dead block", lint.function_name()));
}

extern const Check kConstCondition = {
    .why = "Always the same branch is taken; the other one is dead code, or the condition was left over from a trial.",
    .bad = "if true { println(\"always\"); }",
    .good = "println(\"always\");",
    .on_statement = check,
};

}  // namespace omc::lang
