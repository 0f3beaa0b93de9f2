#include "lang/extract.hpp"

#include "lang/lexer.hpp"

namespace omc::lang {

// Works on tokens: `fn NAME`, then `{` up to its `}`. That is what the parser would find too, and it needs no tree. A
// lambda (`fn(`) has no name, so functions inside one are found only by leaving it out as a whole.
std::vector<ExtractedFunction> extract_functions(const Source& source) {
  Diagnostics ignored;
  const std::vector<Token> tokens = lex(source, ignored).tokens;
  std::vector<ExtractedFunction> found;
  const auto is = [&](size_t i, TokenKind kind) { return i < tokens.size() && tokens[i].kind == kind; };
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!is(i, TokenKind::Fn)) continue;
    const bool named = is(i + 1, TokenKind::Identifier);
    if (!named && !is(i + 1, TokenKind::LeftParen)) continue;
    // Behind the parameters; a lambda without a block there is an expression.
    size_t open = i + (named ? 2 : 1);
    size_t depth = 0;
    for (; open < tokens.size(); ++open) {
      if (is(open, TokenKind::LeftParen)) ++depth;
      else if (is(open, TokenKind::RightParen) && --depth == 0) break;
      else if (depth == 0) break;
    }
    ++open;
    if (named)
      while (open < tokens.size() && !is(open, TokenKind::LeftBrace) && !is(open, TokenKind::Semicolon)) ++open;  // types, pragmas
    else if (is(open, TokenKind::Arrow)) open += 2;
    if (!is(open, TokenKind::LeftBrace)) continue;
    size_t close = open;
    for (depth = 0; close < tokens.size(); ++close) {
      if (is(close, TokenKind::LeftBrace)) ++depth;
      if (is(close, TokenKind::RightBrace) && --depth == 0) break;
    }
    if (close >= tokens.size()) break;
    if (named) found.push_back({std::string(source.text(tokens[i + 1].span)), {tokens[i].span.begin, tokens[close].span.end}});
    i = close;
  }
  return found;
}

}  // namespace omc::lang
