// OMC304: `x = x`.

#include <fmt/format.h>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"
#include "lang/lint/expressions.hpp"

namespace omc::lang {

static bool is_name(const Expr* e, Name name) {
  e = bare(const_cast<Expr*>(e));
  return e->kind == ExprKind::Name && static_cast<const NameExpr*>(e)->name == name;
}

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind == StmtKind::Assign) {
    const auto& x = static_cast<const AssignStmt&>(s);
    if (x.op == AssignOp::Set && is_name(x.value, x.name.name)) lint.report(s.span, fmt::format("`{}` is assigned to itself", x.name.name));
  } else if (s.kind == StmtKind::Let) {
    // At top level `h x = x` takes a builtin or a function of that name into a variable.
    const auto& x = static_cast<const LetStmt&>(s);
    if (!lint.at_top_level() && is_name(x.value, x.name.name)) lint.report(s.span, fmt::format("`{}` is assigned to itself", x.name.name));
  } else if (s.kind == StmtKind::IndexAssign) {
    const auto& x = static_cast<const IndexAssignStmt&>(s);
    if (x.op == AssignOp::Set && same_value(*x.target, *x.value)) lint.report(s.span, "an element is assigned to itself");
  }
}

extern const Check kSelfAssignment = {
    .why = "It does nothing; mostly another name was meant.",
    .bad = "fn f(count) {\n    count = count;\n    return count;\n}\nprintln(f(1));",
    .good = "fn f(count) {\n    return count;\n}\nprintln(f(1));",
    .on_statement = check,
};

}  // namespace omc::lang
