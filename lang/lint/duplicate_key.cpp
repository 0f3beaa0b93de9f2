// OMC313: a key twice in a dict literal.

#include <fmt/format.h>

#include <unordered_map>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"

namespace omc::lang {

static void check(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::Dict) return;
  std::unordered_map<std::string, Span> seen;
  for (const DictPair& p : static_cast<const DictExpr&>(e).pairs) {
    const Expr* key = bare(p.key);
    std::string text;  // keys are texts: 1 and "1" are the same
    if (key->kind == ExprKind::String) text = static_cast<const StringExpr*>(key)->value;
    else if (key->kind == ExprKind::Int) text = std::to_string(static_cast<const IntExpr*>(key)->value);
    else continue;
    const auto [first, is_new] = seen.emplace(text, key->span);
    if (is_new) continue;
    Diagnostic& d = lint.report(key->span, fmt::format("key \"{}\" is given again; the last value counts", text));
    d.notes.push_back({first->second, "given here first"});
  }
}

extern const Check kDuplicateKey = {
    .why = "The last value wins, so the earlier one is never seen.",
    .bad = "println({\"a\": 1, \"a\": 2});",
    .good = "println({\"a\": 1, \"b\": 2});",
    .on_expression = check,
};

}  // namespace omc::lang
