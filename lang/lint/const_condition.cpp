// OMC108: `if true` and `if false`.

#include <fmt/format.h>

#include "lang/children.hpp"  // bare
#include "lang/lint/context.hpp"

namespace omc::lang {

// Without the `if` around it the body runs as before. Only where the statements that then meet cannot run together: a name
// in front, or a bracket behind, could make a call or an index of two statements.
static void offer_unwrapping(const IfStmt& s, Diagnostic& d, LintContext& lint) {
  const Block& body = s.arms[0].body;
  if (s.arms.size() != 1 || s.otherwise || body.statements.empty() || lint.list_gives_value()) return;
  const std::vector<Token>& tokens = lint.tokens();
  const size_t keyword = lint.token_at(s.span.begin), first = lint.token_at(body.span.begin) + 1, close = lint.token_at(body.span.end - 1);
  const auto ends_statement = [](TokenKind k) { return k == TokenKind::Semicolon || k == TokenKind::LeftBrace || k == TokenKind::RightBrace; };
  const TokenKind opens = tokens[first].kind;
  if (keyword > 0 && !ends_statement(tokens[keyword - 1].kind)) return;
  if (opens == TokenKind::LeftParen || opens == TokenKind::LeftBracket) return;
  const Span header{s.span.begin, body.span.begin + 1};
  if (lint.has_comment(header)) return;
  const bool ended = tokens[close - 1].kind == TokenKind::Semicolon;
  d.fixes.push_back({"remove the condition", Safety::Safe, {{header, ""}, {{body.span.end - 1, body.span.end}, ended ? "" : ";"}}});
}

static void check(const Stmt& statement, LintContext& lint) {
  if (statement.kind != StmtKind::If) return;
  const auto& s = static_cast<const IfStmt&>(statement);
  const Expr* condition = bare(s.arms[0].condition);
  if (condition->kind != ExprKind::Name) return;
  const Name name = static_cast<const NameExpr*>(condition)->name;
  if (name == "true") {
    offer_unwrapping(s, lint.report(condition->span, fmt::format("`if true` in `{}` — branch is always taken; remove the condition",
                                                                 lint.function_name())), lint);
  } else if (name == "false") {
    lint.report(condition->span, fmt::format("`if false` in `{}` — branch is never taken; remove the dead block", lint.function_name()));
  }
}

extern const Check kConstCondition = {
    .why = "Always the same branch is taken; the other one is dead code, or the condition was left over from a trial.",
    .bad = "if true { println(\"always\"); }",
    .good = "println(\"always\");",
    .on_statement = check,
};

}  // namespace omc::lang
