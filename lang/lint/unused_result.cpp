// OMC308: calls of builtins for nothing but a value that nobody takes.

#include <fmt/format.h>

#include <algorithm>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"

namespace omc::lang {

// Builtins call what they are given: that may do more than give a value.
static bool gets_a_function(const NamedCallExpr& call, LintContext& lint) {
  return std::ranges::any_of(call.arguments, [&](Expr* a) {
    const Expr* e = bare(a);
    if (e->kind == ExprKind::Lambda) return true;
    return e->kind == ExprKind::Name && lint.scopes().is_function(static_cast<const NameExpr*>(e)->name, lint.names());
  });
}

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind != StmtKind::Expression || lint.list_gives_value() || lint.in_try()) return;
  const Expr* e = bare(static_cast<const ExpressionStmt&>(s).value);
  if (e->kind != ExprKind::NamedCall) return;
  const auto& call = static_cast<const NamedCallExpr&>(*e);
  const BuiltinFact* fact = lint.builtin(call);
  if (!fact || !fact->pure || gets_a_function(call, lint)) return;
  // One that gives null is called for its error; one that wants a function may be given the name of one.
  if (fact->signature.ends_with("-> null") || fact->signature.find("function") != std::string_view::npos) return;
  lint.report(call.span, fmt::format("`{}` does nothing but give a value, and it is not used", call.callee->name));
}

extern const Check kUnusedResult = {
    .why = "The builtin changes nothing, not even its arguments: it gives a new value. A call inside `try` may be there for its\n"
           "error and is left alone.",
    .bad = "h words = [3, 1, 2];\narr_sort(words);\nprintln(words);",
    .good = "h words = [3, 1, 2];\nwords = arr_sort(words);\nprintln(words);",
    .on_statement = check,
};

}  // namespace omc::lang
