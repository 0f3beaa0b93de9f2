// OMC203: parameters that are never read.

#include <fmt/format.h>

#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

static void check(const Function& f, LintContext& lint) {
  // Who passes lambdas, methods and functions as values says how many parameters they have.
  const bool named_here = f.parent == lint.module().top_level && !f.is_lambda && !lint.is_method(f);
  // Those of a library have the parameters that its users were promised.
  if (!named_here || !(lint.is_program() || f.name.name.starts_with('_')) || lint.usage().evaluates() || lint.usage().passes_on(f.name.name)) return;
  if (f.body.statements.empty()) return;  // not written yet
  const std::vector<VariableUse>& uses = lint.usage().variables(f);
  for (size_t i = 0; i < f.variables.size(); ++i) {
    const Variable& v = f.variables[i];
    if (!v.is_parameter || v.name.starts_with('_') || uses[i].reads > 0) continue;
    lint.report(v.declared_at, fmt::format("parameter `{}` of `{}` is never read", v.name, f.name.name));
  }
}

extern const Check kUnusedParameter = {
    .why = "Callers compute and pass a value that changes nothing. A name that begins with `_` says that this is meant.",
    .bad = "fn area(w, d, unit) { return w * d; }\nprintln(area(2, 3, 1));",
    .good = "fn area(w, d, _unit) { return w * d; }\nprintln(area(2, 3, 1));",
    .on_function = check,
};

}  // namespace omc::lang
