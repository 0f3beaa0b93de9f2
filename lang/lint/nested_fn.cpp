// OMC106: a named function inside another.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind != StmtKind::Function || lint.at_top_level()) return;
  const Function& f = *static_cast<const FunctionStmt&>(s).function;
  lint.report(f.name.span, fmt::format("fn `{}` is defined inside `{}` — move to top level", f.name.name, lint.function_name()));
}

extern const Check kNestedFn = {
    .why = "Each call of the outer function defines the inner one again, and enters it in the table of all functions: the name\n"
           "is not private. A lambda in a variable is.",
    .bad = "fn outer(x) {\n    fn inner(y) { return y + 1; }\n    return inner(x);\n}\nprintln(outer(1));",
    .good = "fn inner(y) { return y + 1; }\nfn outer(x) {\n    return inner(x);\n}\nprintln(outer(1));",
    .on_statement = check,
};

}  // namespace omc::lang
