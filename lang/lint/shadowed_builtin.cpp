// OMC206: functions with the name of a builtin.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

static void report(const Identifier& name, std::string_view what, LintContext& lint) {
  if (lint.builtins().contains(name.name)) lint.report(name.span, fmt::format("{} `{}` replaces the builtin of that name", what, name.name));
}

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind == StmtKind::Function) report(static_cast<const FunctionStmt&>(s).function->name, "function", lint);
  if (s.kind == StmtKind::Class) report(static_cast<const ClassStmt&>(s).name, "class", lint);
  if (s.kind == StmtKind::Let && static_cast<const LetStmt&>(s).value->kind == ExprKind::Lambda)
    report(static_cast<const LetStmt&>(s).name, "variable", lint);
}

extern const Check kShadowedBuiltin = {
    .why = "There is one table of functions: from the definition on every call of that name anywhere in the program, modules\n"
           "included, gets the new function. A variable is only looked at when it holds a function, as only then it is called.",
    .bad = "fn to_string(v) { return \"<\" + v + \">\"; }\nprintln(to_string(1));",
    .good = "fn bracketed(v) { return \"<\" + v + \">\"; }\nprintln(bracketed(1));",
    .on_statement = check,
};

}  // namespace omc::lang
