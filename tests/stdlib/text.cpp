#include "stdlib/text.hpp"

#include <boost/test/unit_test.hpp>

using namespace omc::stdlib;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(characters_read_back) {
  for (const char32_t c : {0x0u, 0x41u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string s = "x";
    append_character(s, c);
    BOOST_TEST((last_character(s) == c));
    BOOST_TEST((first_character(std::string_view(s).substr(1)) == c));
    BOOST_TEST(character_bytes(s[1]) == s.size() - 1);
  }
}

BOOST_AUTO_TEST_CASE(offsets_of_characters) {
  std::string s;
  std::vector<size_t> starts;
  for (int i = 0; i < 300; ++i) {  // longer than the blocks it counts in
    starts.push_back(s.size());
    append_character(s, i % 3 == 0 ? 'a' : i % 3 == 1 ? 0xE9 : 0x1F600);
  }
  for (size_t i = 0; i < starts.size(); ++i) BOOST_TEST(character_offset(s, i) == starts[i]);
  BOOST_TEST(character_offset(s, starts.size()) == s.size());
  BOOST_TEST(character_offset(s, SIZE_MAX) == s.size());
  BOOST_TEST(count_characters(s) == starts.size());
  BOOST_TEST(character_offset("", 0) == 0u);
}

BOOST_AUTO_TEST_CASE(white_space_is_unicode) {
  BOOST_TEST(trim("\t\u00A0\u3000 a b\u2029\r\n") == "a b");
  BOOST_TEST(trim(" \u0085\u1680") == "");
  BOOST_TEST(trim("\u200Ba\u200B") == "\u200Ba\u200B");  // no white space since Unicode 4.0
}

BOOST_AUTO_TEST_CASE(quoted_as_a_literal) {
  BOOST_TEST(quoted("a\"b\\\n\t\r") == "\"a\\\"b\\\\\\n\\t\\r\"");
  BOOST_TEST(quoted(std::string_view("\0\x01\x1F\x7F", 4)) == "\"\\0\\u{1}\\u{1f}\\u{7f}\"");
  BOOST_TEST(quoted("\u0085\u00A0é") == "\"\\u{85}\u00A0é\"");
}

BOOST_AUTO_TEST_CASE(lines_end_at_lf) {
  const auto lines = [](std::string_view s) {
    std::string out;
    for_each_line(s, [&out](std::string_view line) { out.append("<").append(line).append(">"); });
    return out;
  };
  BOOST_TEST(lines("") == "");
  BOOST_TEST(lines("\n") == "<>");
  BOOST_TEST(lines("a\r\n\nb\r\r\nc\rd") == "<a><><b\r><c\rd>");
  BOOST_TEST(lines("a\n\r") == "<a><>");
}

BOOST_AUTO_TEST_SUITE_END()
