// OMC201: names that nothing introduces.

#include <fmt/format.h>

#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

static void report(const NameExpr& e, NameScopes::Use use, LintContext& lint) {
  const NameScopes& scopes = lint.scopes();
  if (!scopes.known().complete || lint.usage().evaluates() || scopes.is_known(e.name, lint.names())) return;
  Diagnostic& d = lint.report(e.span, fmt::format("{} `{}` is not defined", use == NameScopes::Use::Call ? "function" : "variable", e.name));
  if (const std::string_view near = scopes.closest(e.name, use, lint.names()); !near.empty())
    d.fixes.push_back({fmt::format("use `{}`", near), Safety::ChangesMeaning, {{e.span, std::string(near)}}});
}

static void check(const Expr& e, LintContext& lint) {
  if (e.kind == ExprKind::Name) report(static_cast<const NameExpr&>(e), NameScopes::Use::Read, lint);
  if (e.kind == ExprKind::NamedCall) report(*static_cast<const NamedCallExpr&>(e).callee, NameScopes::Use::Call, lint);
}

extern const Check kUndefinedName = {
    .why = "Reading or calling it is an error when it runs. Files that import a module which is not found, or evaluate text, are\n"
           "not looked at: anything may be defined there.",
    .bad = "fn f(count) { return cuont + 1; }\nprintln(f(1));",
    .good = "fn f(count) { return count + 1; }\nprintln(f(1));",
    .on_expression = check,
};

}  // namespace omc::lang
