// OMC205: functions that nothing mentions.

#include <fmt/format.h>

#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

static void check(LintContext& lint) {
  if (lint.usage().evaluates() || !lint.is_program()) return;
  for (const Stmt* s : lint.module().top_level->body.statements) {
    if (s->kind != StmtKind::Function) continue;
    const Function& f = *static_cast<const FunctionStmt*>(s)->function;
    const std::string_view name = f.name.name;
    if (name.starts_with("test_") || name.starts_with("bench_") || name == "main") continue;
    if (lint.usage().mentions(name, &f)) continue;
    lint.report(f.name.span, fmt::format("function `{}` is never used", name));
  }
}

extern const Check kUnusedFunction = {
    .why = "It is neither called nor passed on, not even by a string that names it. Files that only define and import are not\n"
           "looked at: they are there for others, who call `test_...`, `bench_...` and `main` of other files too.",
    .bad = "fn helper(x) { return x; }\nprintln(1);",
    .good = "fn helper(x) { return x; }\nprintln(helper(1));",
    .on_module = check,
};

}  // namespace omc::lang
