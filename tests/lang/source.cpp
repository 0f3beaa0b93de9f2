#include "lang/source.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fstream>

using namespace omc::lang;

namespace {

Source source(std::string text) { return Source("test.omc", std::move(text)); }

void check_position(const Source& s, uint32_t offset, uint32_t line, uint32_t column) {
  const Position at = s.position(offset);
  BOOST_TEST(at.line == line);
  BOOST_TEST(at.column == column);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_text)

BOOST_AUTO_TEST_CASE(columns_count_scalars) {
  const Source s = source("aé\t😀b\nx");
  check_position(s, 0, 1, 1);
  check_position(s, 1, 1, 2);
  check_position(s, 3, 1, 3);  // behind the two bytes of é
  check_position(s, 4, 1, 4);  // a tab is one
  check_position(s, 8, 1, 5);
  check_position(s, 9, 1, 6);
  check_position(s, 10, 2, 1);
  check_position(s, 11, 2, 2);    // the end of the text has a position too
  check_position(s, 9999, 2, 2);  // and stands for everything behind it
}

BOOST_AUTO_TEST_CASE(empty_text_has_one_line) {
  const Source s = source("");
  BOOST_TEST(s.line_count() == 1u);
  check_position(s, 0, 1, 1);
  BOOST_TEST(s.line_text(1) == "");
}

BOOST_AUTO_TEST_CASE(byte_order_mark_is_left_out) {
  const Source s = source("\xEF\xBB\xBFh x = 1;");
  BOOST_TEST(s.text() == "h x = 1;");
  check_position(s, 0, 1, 1);
}

BOOST_AUTO_TEST_CASE(crlf_counts_as_lf) {
  const Source s = source("ab\r\n\r\nc\r\n");
  BOOST_TEST(s.line_count() == 4u);
  BOOST_TEST(s.line_text(1) == "ab");
  BOOST_TEST(s.line_text(2) == "");
  BOOST_TEST(s.line_text(3) == "c");
  BOOST_TEST(s.line_text(4) == "");
  check_position(s, 6, 3, 1);
}

BOOST_AUTO_TEST_CASE(columns_in_a_huge_line) {
  std::string text = "1\n";
  for (int i = 0; i < 100'000; ++i) text += "é.";
  const Source s = source(text);
  for (const uint32_t k : {0u, 1u, 1365u, 1366u, 4096u, 99'999u}) check_position(s, 2 + 3 * k, 2, 2 * k + 1);
}

BOOST_AUTO_TEST_CASE(utf8_is_judged_as_unicode_says) {
  for (const char* good : {"", "abc", "é", "€", "😀", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"})
    BOOST_TEST(valid_utf8_prefix(good) == std::string_view(good).size());
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    BOOST_TEST(valid_utf8_prefix(bad) == 0u);
    BOOST_TEST(valid_utf8_prefix("12345678é" + std::string(bad) + "x") == 10u);
  }
}

BOOST_AUTO_TEST_CASE(reading_says_why_not) {
  std::error_code why;
  BOOST_TEST(!read_source("/no/such/file.omc", why));
  BOOST_TEST((why == std::errc::no_such_file_or_directory));
  BOOST_TEST(!read_source("/tmp", why));
  BOOST_TEST((why == std::errc::is_a_directory));

  const std::string path = "lang_source_test.omc";
  std::ofstream(path, std::ios::binary) << "h x = \xFF;";
  BOOST_TEST(!read_source(path, why));
  BOOST_TEST(why.message() == "stream did not contain valid UTF-8");

  std::ofstream(path, std::ios::binary) << "\xEF\xBB\xBFh x = 1;\n";
  const auto read = read_source(path, why);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(!why);
  BOOST_TEST(read->text() == "h x = 1;\n");
  BOOST_TEST(read->path() == path);
  std::remove(path.c_str());
}

BOOST_AUTO_TEST_SUITE_END()
