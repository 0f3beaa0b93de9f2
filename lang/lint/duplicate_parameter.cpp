// OMC208: two parameters of one name.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

static void check(const Function& f, LintContext& lint) {
  NameSet seen;
  for (const Parameter& p : f.parameters)
    if (!seen.insert(p.name.name).second && p.name.name != "_")
      lint.report(p.name.span, fmt::format("`{}` has two parameters `{}`; only the last one counts", lint.function_name(), p.name.name));
}

extern const Check kDuplicateParameter = {
    .why = "The last one wins: what callers pass for the others is lost.",
    .bad = "fn area(w, w) { return w * w; }\nprintln(area(2, 3));",
    .good = "fn area(w, d) { return w * d; }\nprintln(area(2, 3));",
    .on_function = check,
};

}  // namespace omc::lang
