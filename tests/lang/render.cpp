#include "lang/render.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace omc::lang;

namespace {

// The excerpt of the first `what` in the text.
std::string excerpt_of(const std::string& text, const std::string& what, uint32_t width = 100) {
  const Source source("test.omc", text);
  const auto begin = static_cast<uint32_t>(source.text().find(what));
  return render_excerpt(source, {begin, begin + static_cast<uint32_t>(what.size())}, {false, width});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(renderer)

BOOST_AUTO_TEST_CASE(a_whole_diagnostic) {
  const std::string text = "\n\nh count = 0;" + std::string(9, '\n') + "h next = cuont + 1;\n";
  const Source source("words.omc", text);
  const auto span = [&](const std::string& word) {
    const auto begin = static_cast<uint32_t>(text.find(word));
    return Span{begin, begin + static_cast<uint32_t>(word.size())};
  };
  Diagnostic d{Severity::Error, "unknown-name", span("cuont"), "unknown variable `cuont`", {}, {}};
  d.notes.push_back({span("count"), "`count` is declared here"});
  d.notes.push_back({{}, "names are case-sensitive"});
  d.fixes.push_back({"use `count`", Safety::ChangesMeaning, {{d.span, "count"}}});
  BOOST_TEST(render(source, d) ==
             "error[unknown-name]: unknown variable `cuont`\n"
             "  --> words.omc:12:10\n"
             "12 | h next = cuont + 1;\n"
             "   |          ^^^^^\n"
             " 3 | h count = 0;\n"
             "   |   ----- `count` is declared here\n"
             "   note: names are case-sensitive\n"
             "   fix: use `count`\n");
}

BOOST_AUTO_TEST_CASE(a_note_on_the_same_line_does_not_repeat_it) {
  const Source source("t.omc", "f(1");
  Diagnostic d{Severity::Warning, "w", {3, 3}, "m", {}, {}};
  d.notes.push_back({{1, 2}, "opened here"});
  BOOST_TEST(render(source, d) ==
             "warning[w]: m\n --> t.omc:1:4\n1 | f(1\n  |    ^\n  |  - opened here\n");
}

BOOST_AUTO_TEST_CASE(colour_is_a_switch) {
  const Source source("t.omc", "x");
  const Diagnostic d{Severity::Error, "c", {0, 1}, "m", {}, {}};
  BOOST_TEST(render(source, d).find('\x1b') == std::string::npos);
  const std::string painted = render(source, d, {.colour = true});
  BOOST_TEST(painted.find("\x1b[1;31merror[c]\x1b[0m") == 0u);
  BOOST_TEST(painted.find("\x1b[1;31m^\x1b[0m") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(columns_are_those_of_the_terminal) {
  BOOST_TEST(excerpt_of("\tx = 1", "x") == "1 |     x = 1\n  |     ^\n");
  BOOST_TEST(excerpt_of("a\tx", "x") == "1 | a   x\n  |     ^\n");
  BOOST_TEST(excerpt_of("变量 = x", "x") == "1 | 变量 = x\n  |        ^\n");
  BOOST_TEST(excerpt_of("变量 = x", "变量") == "1 | 变量 = x\n  | ^^^^\n");
  BOOST_TEST(excerpt_of("e\u0301 x", "x") == "1 | e\u0301 x\n  |   ^\n");
  BOOST_TEST(excerpt_of("a\x1b[31m x", "x") == "1 | a␛[31m x\n  |        ^\n");
  BOOST_TEST(excerpt_of("\xFF x", "x") == "1 | \uFFFD x\n  |   ^\n");
}

BOOST_AUTO_TEST_CASE(ends_of_lines) {
  BOOST_TEST(excerpt_of("ab\r\ncd", "b\r\nc") == "1 | ab\n  |  ^\n");
  const Source source("t.omc", "ab\n");
  BOOST_TEST(render_excerpt(source, {2, 2}) == "1 | ab\n  |   ^\n");
  BOOST_TEST(render_excerpt(source, {3, 3}) == "2 | \n  | ^\n");
  BOOST_TEST(render_excerpt(Source("t.omc", ""), {0, 0}) == "1 | \n  | ^\n");
}

BOOST_AUTO_TEST_CASE(long_lines_are_cut) {
  const std::string a(1'000'000, 'a'), b(1'000'000, 'b');
  BOOST_TEST(excerpt_of("XY" + b, "XY", 10) == "1 | XYbbbbbbbb…\n  | ^^\n");
  BOOST_TEST(excerpt_of(a + "XY", "XY", 12) == "1 | …aaaaXY\n  |      ^^\n");
  BOOST_TEST(excerpt_of(a + "XY" + b, "XY", 12) == "1 | …aaaaXYbbbbb…\n  |      ^^\n");
  BOOST_TEST(excerpt_of(a, a, 6) == "1 | aaaaaa…\n  | ^^^^^^\n");
  BOOST_TEST(excerpt_of("aaaaXYbb", "XY", 8) == "1 | aaaaXYbb\n  |     ^^\n");
}

BOOST_AUTO_TEST_SUITE_END()
