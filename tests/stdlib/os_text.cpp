#include "stdlib/os_text.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "lang/source.hpp"

using namespace omc::stdlib;

BOOST_AUTO_TEST_SUITE(os_text)

BOOST_AUTO_TEST_CASE(reasons_have_text_and_number) {
  BOOST_TEST(os_reason(ENOENT) == "No such file or directory (os error 2)");
}

BOOST_AUTO_TEST_CASE(ill_formed_sequences_become_replacement_characters) {
  const std::string r = "\xEF\xBF\xBD";
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"\xFF", r},
      {"a\x80\x80z", "a" + r + r + "z"},
      {"\xC0\xAF", r + r},          // overlong
      {"\xE0\x80\xAF", r + r + r},  // overlong
      {"\xED\xA0\x80", r + r + r},  // a surrogate
      {"\xF4\x90\x80\x80", r + r + r + r},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
       "A",
       r + r + r + r + "A"},  // table 3-11 of the Unicode Standard
      {"\xF0\x9F\x98", r},
      {"\xE2\x82", r},
      {"\xC3", r},
      {"\xF0\x9F\x98 ", r + " "},
      {"\xE2"
       "a",
       r + "a"},
  };
  for (const auto& [bytes, text] : cases) {
    BOOST_TEST(replace_ill_formed(bytes) == text);
    BOOST_TEST(omc::lang::valid_utf8_prefix(replace_ill_formed(bytes)) == replace_ill_formed(bytes).size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
