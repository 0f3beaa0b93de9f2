// OMC202: local variables that are given values and never read.

#include <fmt/format.h>

#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

static void check(const Function& f, LintContext& lint) {
  if (lint.usage().evaluates()) return;
  const std::vector<VariableUse>& uses = lint.usage().variables(f);
  for (size_t i = 0; i < f.variables.size(); ++i) {
    const Variable& v = f.variables[i];
    if (v.is_parameter || v.name.empty() || v.name.starts_with('_')) continue;
    if (uses[i].reads > 0 || uses[i].writes == 0 || uses[i].counted) continue;
    lint.report(uses[i].first_write, fmt::format("`{}` is never read in `{}`", v.name, lint.function_name()));
  }
}

extern const Check kUnusedVariable = {
    .why = "Something was computed for nothing, or another variable was read by mistake. Loop, catch and match variables and\n"
           "names that begin with `_` may stay unread; variables of the top level may be read by those who import the file.",
    .bad = "fn f(x) {\n    h doubled = x * 2;\n    return x;\n}\nprintln(f(1));",
    .good = "fn f(x) {\n    h doubled = x * 2;\n    return doubled;\n}\nprintln(f(1));",
    .on_function = check,
};

}  // namespace omc::lang
