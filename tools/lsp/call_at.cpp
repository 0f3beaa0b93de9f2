#include "lsp/call_at.hpp"

#include <algorithm>

namespace omc::lsp {

namespace {

using lang::TokenKind;

bool opens(TokenKind k) { return k == TokenKind::LeftParen || k == TokenKind::LeftBracket || k == TokenKind::LeftBrace || k == TokenKind::HoleBegin; }
bool closes(TokenKind k) { return k == TokenKind::RightParen || k == TokenKind::RightBracket || k == TokenKind::RightBrace || k == TokenKind::HoleEnd; }

// The receiver is written before the dot, not among the arguments.
Description without_receiver(Description d) {
  if (!d.parameters.empty()) d.parameters.erase(d.parameters.begin());
  return d;
}

}  // namespace

std::optional<CallAt> call_at(const File& file, uint32_t offset) {
  const std::vector<lang::Token>& tokens = file.parsed.tokens;
  const auto after = std::ranges::lower_bound(tokens, offset, {}, [](const lang::Token& t) { return t.span.begin; });
  uint32_t commas = 0;
  int depth = 0;
  for (auto t = after; t != tokens.begin();) {
    --t;
    if (t->span.end > offset) continue;  // the offset lies inside it
    if (closes(t->kind)) ++depth;
    else if (t->kind == TokenKind::Comma && depth == 0) ++commas;
    else if (t->kind == TokenKind::Semicolon && depth == 0) return std::nullopt;
    else if (opens(t->kind) && depth-- == 0) {
      if (t->kind == TokenKind::LeftBrace || t->kind == TokenKind::HoleBegin) return std::nullopt;
      const bool named = t != tokens.begin() && (std::prev(t)->kind == TokenKind::Identifier || std::prev(t)->kind == TokenKind::Res ||
                                                 std::prev(t)->kind == TokenKind::Fold || std::prev(t)->kind == TokenKind::Range);
      const bool declares = named && t - tokens.begin() >= 2 && std::prev(t, 2)->kind == TokenKind::Fn;
      if (declares) return std::nullopt;
      if (t->kind == TokenKind::LeftParen && named) return CallAt{std::prev(t)->span, commas};
      commas = 0;  // of an array, an index, a parenthesis: the call may be further out
      depth = 0;
    }
  }
  return std::nullopt;
}

std::vector<Description> callees(Workspace& workspace, const FilePtr& file, lang::Span name) {
  std::vector<Target> targets;
  const std::string_view text = file->text(name);
  const Occurrence* at = file->index.at(name.begin);
  const bool known = at && at->span == name;
  const bool behind_dot = name.begin > 0 && file->text({name.begin - 1, name.begin}) == ".";
  if (known) targets = definitions(workspace, file, file->index.symbol(*at));
  else if (behind_dot) targets = definitions(workspace, file, {SymbolKind::Member, text, nullptr, kNone, {}, {}});
  else targets = global_definitions(workspace, file, text);
  std::vector<Description> all;
  for (const Target& t : targets) {
    // A variable may hold a function that is written where it gets its value; what that is shows only when it runs.
    if (t.definition.kind == DefinitionKind::Method) all.push_back(without_receiver(describe(t)));
    else if (t.definition.function || t.definition.kind == DefinitionKind::Class) all.push_back(describe(t));
  }
  if (targets.empty())
    if (const vm::Builtin* builtin = workspace.builtin(text)) all.push_back(describe(*builtin));
  return all;
}

}  // namespace omc::lsp
