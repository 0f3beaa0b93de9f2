#include "omc/html.hpp"

#include "lang/lexer.hpp"

namespace omc::tools {

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_highlighted(std::string_view code) {
  const lang::Source source("code", std::string(code));
  lang::Diagnostics ignored;
  const lang::Lexed lexed = lang::lex(source, ignored);
  std::string out;
  uint32_t done = 0;
  const auto put = [&](lang::Span span, const char* kind) {
    if (span.begin < done) return;
    out += html_escaped(source.text({done, span.begin}));
    const std::string text = html_escaped(source.text(span));
    out += *kind ? std::string("<span class=\"") + kind + "\">" + text + "</span>" : text;
    done = span.end;
  };
  size_t comment = 0;
  for (const lang::Token& t : lexed.tokens) {
    while (comment < lexed.comments.size() && lexed.comments[comment].span.begin < t.span.begin) put(lexed.comments[comment++].span, "c");
    using lang::TokenKind;
    const bool string = t.kind == TokenKind::String || t.kind == TokenKind::RawString || t.kind == TokenKind::FStringBegin ||
                        t.kind == TokenKind::FStringText || t.kind == TokenKind::FStringEnd;
    const bool number = t.kind == TokenKind::Int || t.kind == TokenKind::Float;
    put(t.span, string ? "s" : number ? "n" : lang::is_keyword(t.kind) ? "k" : "");
  }
  while (comment < lexed.comments.size()) put(lexed.comments[comment++].span, "c");
  return out + html_escaped(source.text({done, source.size()}));
}

}  // namespace omc::tools
