#include "lang/lexer.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace omc::lang;
namespace bdata = boost::unit_test::data;

namespace {

// "Kind:text Kind:text ..." without the end of file; then, after " ! ", the errors.
std::string dump(const std::string& text) {
  const Source source("test.omc", text);
  Diagnostics sink;
  const Lexed lexed = lex(source, sink);
  BOOST_REQUIRE(!lexed.tokens.empty());
  BOOST_TEST((lexed.tokens.back().kind == TokenKind::EndOfFile));
  std::string out;
  uint32_t end = 0;
  for (const Token& token : lexed.tokens) {
    BOOST_TEST(token.span.begin >= end);  // tokens never overlap
    end = token.span.end;
    if (token.kind == TokenKind::EndOfFile) break;
    if (!out.empty()) out += ' ';
    out += fmt::format("{}:{}", kind_name(token.kind), source.text(token.span));
  }
  for (const Diagnostic& d : sink) out += " ! " + at_position(source, d);
  return out;
}

struct Row {
  const char* text;
  const char* tokens;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.text; }

const Row kRows[] = {
    {"", ""},
    {" \t\r\n\v\f", ""},
    {"\u0085\u00A0\u1680\u2003\u2028\u2029\u202F\u205F\u3000x", "Identifier:x"},
    // words
    {"h hx x h1 _ _h", "H:h Identifier:hx Identifier:x Identifier:h1 Identifier:_ Identifier:_h"},
    {"If if elif Fold fold", "Identifier:If If:if Elif:elif Identifier:Fold Fold:fold"},
    {"true null self int e", "Identifier:true Identifier:null Identifier:self Identifier:int Identifier:e"},
    {"naïve 变量 área x² xⅫ", "Identifier:naïve Identifier:变量 Identifier:área Identifier:x² Identifier:xⅫ"},
    {"a\u0345", "Identifier:a\u0345"},  // Other_Alphabetic: a combining mark that is Alphabetic
    {"a\u0301", "Identifier:a ! at 1:2: Unexpected character `\u0301`"},  // one that is not
    {"²", " ! at 1:1: Unexpected character `²`"},
    // numbers
    {"0 007 9223372036854775808", "Int:0 Int:007 Int:9223372036854775808"},
    {"1.5 1e3 1E+3 2.5e-10 1..5", "Float:1.5 Float:1e3 Float:1E+3 Float:2.5e-10 Int:1 DotDot:.. Int:5"},
    {".5 5.", "Dot:. Int:5 Int:5 Dot:."},
    {"1.2.3", "Float:1.2 Dot:. Int:3"},
    {"5.foo", "Int:5 Dot:. Identifier:foo"},
    {"12abc", "Int:12abc ! at 1:1: Invalid number `12abc`: a letter or `_` directly after the digits"},
    {"1_000", "Int:1_000 ! at 1:1: Invalid number `1_000`: a letter or `_` directly after the digits"},
    {"0x1F", "Int:0x1F ! at 1:1: Invalid number `0x1F`: a letter or `_` directly after the digits"},
    {"1e 2", "Int:1e Int:2 ! at 1:1: Invalid number `1e`: a letter or `_` directly after the digits"},
    {"1e+", "Int:1e Plus:+ ! at 1:1: Invalid number `1e`: a letter or `_` directly after the digits"},
    {"1.5x", "Int:1.5x ! at 1:1: Invalid number `1.5x`: a letter or `_` directly after the digits"},
    {"3é", "Int:3é ! at 1:1: Invalid number `3é`: a letter or `_` directly after the digits"},
    // operators, longest match first
    {"x--1", "Identifier:x Minus:- Minus:- Int:1"},
    {"a**=b**c", "Identifier:a StarStarAssign:**= Identifier:b StarStar:** Identifier:c"},
    {"&& || ! not", "And:&& Or:|| Not:! Not:not"},
    {"a<=b<<c<d", "Identifier:a LessEqual:<= Identifier:b ShiftLeft:<< Identifier:c Less:< Identifier:d"},
    {"=>==->", "FatArrow:=> Equal:== Arrow:->"},
    {"!==", "NotEqual:!= Assign:="},
    {"...", "DotDot:.. Dot:."},
    {"&&&", "And:&& Ampersand:&"},
    {"7 / 2", "Int:7 Slash:/ Int:2"},
    // comments
    {"a # b\nc", "Identifier:a Identifier:c"},
    {"a // b", "Identifier:a"},
    {"a /* b\n * / # */ c */", "Identifier:a Identifier:c Star:* Slash:/"},
    {"/**/x/***/y", "Identifier:x Identifier:y"},
    {"x /* y", "Identifier:x ! at 1:3: Unterminated comment: `/*` without `*/`"},
    {"x /*/ y", "Identifier:x ! at 1:3: Unterminated comment: `/*` without `*/`"},
    {"#!/usr/bin/omc\nx", "Identifier:x"},
    // strings
    {R"("a\"b" 'c"\'')", R"(String:"a\"b" String:'c"\'')"},
    {"\"a\nb\"", "String:\"a\nb\""},
    {R"("""a"b\""")", R"(RawString:"""a"b\""")"},
    {R"("""""")", R"(RawString:"""""")"},
    {"''''", "String:'' String:''"},
    {"\"abc", "String:\"abc ! at 1:1: Unterminated string"},
    {"\"abc\\", "String:\"abc\\ ! at 1:1: Unterminated string"},
    {"\"abc\\\"", "String:\"abc\\\" ! at 1:1: Unterminated string"},
    {"x = \"\"\"abc\"\"", "Identifier:x Assign:= RawString:\"\"\"abc\"\" ! at 1:5: Unterminated string"},
    // f-strings
    {R"(f"")", R"(FStringBegin:f" FStringEnd:")"},
    {R"(F'a')", R"(FStringBegin:F' FStringText:a FStringEnd:')"},
    {R"(xf"a")", R"(Identifier:xf String:"a")"},
    {R"(f "a")", R"(Identifier:f String:"a")"},
    {R"(f"a{n}b")",
     R"(FStringBegin:f" FStringText:a HoleBegin:{ Identifier:n HoleEnd:} FStringText:b FStringEnd:")"},
    {R"(f"{{a}}}")", R"(FStringBegin:f" FStringText:{{a}}} FStringEnd:")"},
    {R"(f"{{{n}}}")",
     R"(FStringBegin:f" FStringText:{{ HoleBegin:{ Identifier:n HoleEnd:} FStringText:}} FStringEnd:")"},
    {R"(f"\{n} \" {n}")",
     R"(FStringBegin:f" FStringText:\{n} \"  HoleBegin:{ Identifier:n HoleEnd:} FStringEnd:")"},
    {R"(f"{d["k"]}")",
     R"(FStringBegin:f" HoleBegin:{ Identifier:d LeftBracket:[ String:"k" RightBracket:] HoleEnd:} FStringEnd:")"},
    {R"(f"{ {"a": f"<{n}>"} }")",
     R"(FStringBegin:f" HoleBegin:{ LeftBrace:{ String:"a" Colon:: FStringBegin:f" FStringText:< HoleBegin:{ Identifier:n HoleEnd:} FStringText:> FStringEnd:" RightBrace:} HoleEnd:} FStringEnd:")"},
    {R"(f"""a"b{x}""")",
     R"(FStringBegin:f""" FStringText:a"b HoleBegin:{ Identifier:x HoleEnd:} FStringEnd:""")"},
    {R"(f"{}")", R"(FStringBegin:f" HoleBegin:{ HoleEnd:} FStringEnd:")"},
    {"f\"{x # note }\" y", "FStringBegin:f\" HoleBegin:{ Identifier:x HoleEnd:} FStringEnd:\" Identifier:y"},
    {"f\"abc", "FStringBegin:f\" FStringText:abc FStringEnd: ! at 1:1: Unterminated string: the end of this f-string, or of "
               "a hole in it, is missing"},
    {"x f\"a{b\"", "Identifier:x FStringBegin:f\" FStringText:a{b\" FStringEnd: ! at 1:3: Unterminated string: the end of "
                   "this f-string, or of a hole in it, is missing"},
    {"f\"{\"a}\" b", "FStringBegin:f\" HoleBegin:{ String:\"a HoleEnd:} FStringEnd:\" Identifier:b ! at 1:4: Unterminated "
                     "string"},
    // junk
    {"a $ + 2", "Identifier:a Plus:+ Int:2 ! at 1:3: Unexpected character `$`"},
    {"a $?` b", "Identifier:a Identifier:b ! at 1:3: Unexpected character `$`"},
    {"\\", " ! at 1:1: Unexpected character `\\`"},
    {"a \x01", "Identifier:a ! at 1:3: Unexpected character U+0001"},
    {"a \xFF\xFE b", "Identifier:a Identifier:b ! at 1:3: Unexpected character: not valid UTF-8"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lexer)

BOOST_DATA_TEST_CASE(tokens_of_a_text, bdata::make(kRows), row) { BOOST_TEST(dump(row.text) == row.tokens); }

BOOST_AUTO_TEST_CASE(nul_is_a_bad_character) {
  BOOST_TEST(dump(std::string("a\0b", 3)) == "Identifier:a Identifier:b ! at 1:2: Unexpected character U+0000");
}

BOOST_AUTO_TEST_CASE(comments_keep_their_spans) {
  const Source source("test.omc", "#!x\r\na // b \n/* c\n*/ d # e");
  Diagnostics sink;
  const Lexed lexed = lex(source, sink);
  std::string out;
  for (const Comment& c : lexed.comments) out += fmt::format("<{}>", source.text(c.span));
  BOOST_TEST(out == "<#!x><// b ></* c\n*/><# e>");
}

BOOST_AUTO_TEST_CASE(names_and_keywords) {
  for (const char* name : {"a", "_", "hval", "变量", "x²", "true"}) BOOST_TEST(is_identifier(name), name);
  for (const char* other : {"", "h", "fold", "1a", "a b", "²", "a-b"}) BOOST_TEST(!is_identifier(other), other);
  BOOST_TEST(is_keyword("finally"));
  BOOST_TEST(!is_keyword("self"));
  BOOST_TEST(!is_keyword(""));
  BOOST_TEST(spelling(TokenKind::StarStarAssign) == "**=");
}

// Nested holes must not be rescanned level by level: 50'000 levels would take minutes.
BOOST_AUTO_TEST_CASE(deeply_nested_fstrings_take_linear_time) {
  constexpr int kDepth = 50'000;
  std::string text;
  for (int i = 0; i < kDepth; ++i) text += "f\"{";
  text += "x";
  for (int i = 0; i < kDepth; ++i) text += "}\"";
  const auto start = std::chrono::steady_clock::now();
  const Source source("test.omc", text);
  Diagnostics sink;
  BOOST_TEST(lex(source, sink).tokens.size() == 4u * kDepth + 2);
  BOOST_TEST(sink.empty());
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_SUITE_END()
