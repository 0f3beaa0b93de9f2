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
  Diagnostic& d = lint.report({s.span.begin, s.arms[0].body.span.end},
                              fmt::format("empty `if` branch with non-empty `else` in `{}` — negate the condition", lint.function_name()));
  const Expr& condition = *s.arms[0].condition;
  const Span emptied{s.arms[0].body.span.begin, s.otherwise->span.begin};
  if (lint.has_comment(emptied) || lint.has_comment(condition.span)) return;
  // `!` takes all up to `and` and `or`; parentheses spare the reader the question.
  const bool simple = condition.kind == ExprKind::Name || condition.kind == ExprKind::NamedCall || condition.kind == ExprKind::Paren;
  const Span begin{condition.span.begin, condition.span.begin}, end{condition.span.end, condition.span.end};
  d.fixes.push_back({"negate the condition", Safety::Safe, {{begin, simple ? "!" : "!("}, {emptied, ""}}});
  if (!simple) d.fixes[0].edits.push_back({end, ")"});
}

extern const Check kEmptyIf = {
    .why = "The negated condition says at once when something happens.",
    .bad = "h a = 0;\nif a { } else { println(\"none\"); }",
    .good = "h a = 0;\nif !a { println(\"none\"); }",
    .on_statement = check,
};

}  // namespace omc::lang
