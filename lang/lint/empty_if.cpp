// OMC107: an `if` that does all its work in `else`.

#include <fmt/format.h>

#include <algorithm>

#include "lang/lint/context.hpp"

namespace omc::lang {

static bool is_empty(StmtList list) {
  return std::ranges::all_of(list, [](const Stmt* s) { return s->kind == StmtKind::Empty; });
}

static void check(const Stmt& statement, LintContext& lint) {
  if (statement.kind != StmtKind::If) return;
  const auto& s = static_cast<const IfStmt&>(statement);
  if (s.arms.size() != 1 || !s.otherwise || !is_empty(s.arms[0].body.statements) || is_empty(s.otherwise->statements)) return;
  lint.report({s.span.begin, s.arms[0].body.span.end},
              fmt::format("empty `if` branch with non-empty `else` in `{}` — negate the condition", lint.function_name()));
}

extern const Check kEmptyIf = {
    .why = "The negated condition says at once when something happens.",
    .bad = "h a = 0;\nif a { } else { println(\"none\"); }",
    .good = "h a = 0;\nif !a { println(\"none\"); }",
    .on_statement = check,
};

}  // namespace omc::lang
