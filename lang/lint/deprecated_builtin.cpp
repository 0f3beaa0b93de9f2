// OMC309: builtins under the name they had before.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

// What the summary of the row says: "The same as NAME."
static std::string_view first_name(const BuiltinFact& fact) {
  constexpr std::string_view kPhrase = "The same as ";
  if (!fact.summary.starts_with(kPhrase)) return {};
  const std::string_view rest = fact.summary.substr(kPhrase.size());
  const size_t end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  return end != std::string_view::npos && rest.substr(end) == "." ? rest.substr(0, end) : std::string_view();
}

static void check(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::NamedCall) return;
  const auto& call = static_cast<const NamedCallExpr&>(e);
  const BuiltinFact* fact = lint.builtin(call);
  if (!fact || call.callee->name == "to_str") return;  // to_str is OMC102
  const std::string_view name = first_name(*fact);
  if (name.empty() || !lint.builtins().contains(name)) return;
  Diagnostic& d = lint.report(call.callee->span, fmt::format("`{}` is a second name of `{}`", call.callee->name, name));
  const bool other = lint.scopes().introduces(name) || lint.scopes().known().imported.contains(name);
  d.fixes.push_back({fmt::format("use `{}`", name), other ? Safety::ChangesMeaning : Safety::Safe, {{call.callee->span, std::string(name)}}});
}

extern const Check kDeprecatedBuiltin = {
    .why = "Old programs know some builtins by another name. New ones are easier to read and to search when each has one.",
    .bad = "println(string(1));",
    .good = "println(to_string(1));",
    .on_expression = check,
};

}  // namespace omc::lang
