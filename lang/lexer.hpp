#pragma once
// Source text to tokens and comments (language reference, section 1.1).
//
// One pass over the whole file: tokens are 12 bytes and carry no values, the parser reads those from the text again. What
// cannot be a token becomes a diagnostic and the lexer goes on behind it, so the token list is always complete and ends
// with one EndOfFile.

#include <cstdint>
#include <string_view>
#include <vector>

#include "lang/ast.hpp"  // Comment
#include "lang/diagnostic.hpp"
#include "lang/source.hpp"
#include "lang/span.hpp"

namespace omc::lang {

enum class TokenKind : uint8_t {
#define OMC_TOKEN(kind, name) kind,
#define OMC_KEYWORD(kind, spelling) kind,
#define OMC_OPERATOR(kind, spelling) kind,
#include "lang/tokens.def"
};

struct Token {
  TokenKind kind;
  Span span;
};

struct Lexed {
  std::vector<Token> tokens;
  std::vector<Comment> comments;
};

// Adds errors with code "unterminated", "bad-character" or "bad-number".
Lexed lex(const Source& source, Diagnostics& sink);

// "integer", "while", "+=": the name or the spelling of tokens.def.
std::string_view spelling(TokenKind kind);
// The kind's own name, "Int", "While", "PlusAssign": for --dump=tokens.
std::string_view kind_name(TokenKind kind);
bool is_keyword(TokenKind kind);
// Whether the text is one of the 32 reserved words.
bool is_keyword(std::string_view text);

// Whether the text is an identifier of the language and no keyword.
bool is_identifier(std::string_view text);

}  // namespace omc::lang
