#include "stdlib/regex_dialect.hpp"

#include <re2/re2.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

#include "stdlib/character_set.hpp"
#include "stdlib/text.hpp"

using namespace omc::stdlib;
namespace bdata = boost::unit_test::data;

namespace {

// The first match, "<none>", or "<refused>" when the dialect or RE2 refuses the pattern.
std::string first_match(std::string_view pattern, std::string_view text) {
  try {
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 compiled(to_re2(pattern), options);
    if (!compiled.ok()) return "<refused>";
    re2::StringPiece match;
    if (!compiled.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, &match, 1)) return "<none>";
    return std::string(match.data(), match.size());
  } catch (const PatternError&) {
    return "<refused>";
  }
}

struct Row {
  const char* pattern;
  const char* text;
  const char* match;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.pattern; }
};

const Row kAccepted[] = {
    // what is Unicode's, and what (?-u) makes ASCII's
    {"\\w+", "-naïve_1-", "naïve_1"},
    {"\\W+", "é¿-x", "¿-"},
    {"[\\W_]+", "aé-_¿x", "-_¿"},
    {"[^\\W\\d_]+", "12_éa9", "éa"},
    {"\\d+", "x٣2", "٣2"},
    {"[\\D]+", "٣ab", "ab"},
    {"\\s+", "a\v\u3000b", "\v\u3000"},
    {"[^\\S]+", "a \u00A0b", " \u00A0"},
    {"(?-u)\\w+", "éa_b", "a_b"},
    {"(?-u:\\d)\\d", "٣1٣", "1٣"},
    {"(?-u)a(?u)\\w", "aé", "aé"},
    {"((?-u)\\w)\\w", "aé", "aé"},  // the flag ends with its group
    // flags
    {"(?x) a b # comment\n c", "abc", "abc"},
    {"(?x)[a b]\\ \\#", "b #", "b #"},
    {"(?x)é é", "éé", "éé"},
    {"(?x: a )b c", "ab c", "ab c"},
    {"(?i-s:A.)", "\na\nab", "ab"},
    {"(?iu)É", "é", "é"},
    {"(?U)a+", "aaa", "a"},
    // escapes
    {"\\u00e9\\u{65e5}\\U0001F600", "é日😀", "é日😀"},
    {"\\x41\\x{1F600}", "A😀", "A😀"},
    {"\\_\\-\\/\\ \\<", "_-/ <", "_-/ <"},
    {"\\a\\f\\v\\t", "\a\f\v\t", "\a\f\v\t"},
    // properties
    {"\\pL\\PL\\p{Lu}\\P{Lu}", "é1Éa", "é1Éa"},
    {"\\p{Greek}+\\p{Script=Greek}\\p{sc!=Greek}", "aαβγb", "αβγb"},
    {"\\p{Uppercase_Letter}\\p{gc=Nd}\\p{lowercaseletter}", "É٣é", "É٣é"},
    {"\\p{Alphabetic}\\p{White_Space}\\p{Any}", "ⅷ é", "ⅷ é"},
    {"\\p{Cn}", "a\u0378", "\u0378"},
    // groups
    {"(?<y>\\d+)-(?P<m>\\d+)", "on 2024-05", "2024-05"},
    // brackets
    {"[]a]+", "x]a", "]a"},
    {"[^]a]+", "]ab]", "b"},
    {"[--/]+", "a-/.b", "-/"},
    {"[a-c-]+", "x-b", "-b"},
    {"[[:alpha:]_]+", "1a_é", "a_"},
    {"[[:^alpha:]]+", "ab12é", "12é"},
    {"[a-z&&[^aeiou]]+", "aebcde", "bcd"},
    {"[^a-z&&[^aeiou]]+", "bcaed", "ae"},
    {"[\\w--[0-9_]]+", "12_éa", "éa"},
    {"[a-c~~b-d]+", "bcdab", "da"},
    {"[a-e&&b-f--c]+", "abdc", "bd"},
    {"[a[bc]]+", "dabc", "abc"},
    {"(?i)[a[bc]]+", "dABc", "ABc"},
    {"[a&&b]", "ab", "<none>"},
    {"[^a&&b]", "ab", "a"},
    {"[a&b]+", "&b", "&b"},
    {"[\\w-]+", " a-é", "a-é"},
    {"[\\]\\[\\-^]+", "a]-[^", "]-[^"},
};

const char* const kRefused[] = {
    "(",          "a)",         "[a",      "[]",      "[",       "[\\",    "\\",      "*a",      "a|*",       "a**",
    "a*+",        "x{3,2}",     "[z-a]",   "[a-\\d]", "[\\d-z]", "(?)",    "(?-)",    "(?i--m)", "(?z)a",     "(?i)*",
    "a(?i)*",     "(?=a)",      "(?!a)",   "(?<=a)b", "(?<!a)b", "(?>a)",  "(?P=n)",  "(a)\\1",  "\\Z",       "\\G",
    "\\K",        "\\R",        "\\X",     "\\C",     "\\Qa\\E", "\\07",   "\\y",     "\\é",     "\\x4",      "\\x{}",
    "\\x{110000}", "\\x{d800}", "\\u12",   "\\p",     "\\p{",    "\\p{}",  "\\p{Nope}", "\\p{x=Greek}", "(?P<n>a)(?P<n>b)",
    "(?i)[a&&b]", "(?i)[a[^b]]", "\\b{start}",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(regex_dialect)

BOOST_DATA_TEST_CASE(means_the_same_to_re2, bdata::make(kAccepted), row) {
  BOOST_TEST(first_match(row.pattern, row.text) == row.match);
}

BOOST_DATA_TEST_CASE(is_refused, bdata::make(kRefused), pattern) { BOOST_TEST(first_match(pattern, "") == "<refused>"); }

// The set that RE2 uses for a class and the one that set operations compute with come from different libraries.
BOOST_AUTO_TEST_CASE(named_classes_agree_with_their_sets) {
  struct {
    const char* pattern;
    CharacterSet set;
  } const rows[] = {{"\\w", word_characters()},      {"\\W", ~word_characters()},  {"\\d", digit_characters()},
                    {"\\D", ~digit_characters()},    {"\\s", space_characters()},  {"\\S", ~space_characters()},
                    {"\\p{L}", *property_characters("L")}, {"\\p{Cyrillic}", *property_characters("Cyrillic")}};
  for (const auto& row : rows) {
    const re2::RE2 compiled(to_re2(row.pattern));
    for (char32_t c = 1; c < 0x600; ++c) {  // blocks that new versions of Unicode leave alone
      const CharacterSet one({{c, c}});
      std::string text;
      append_character(text, c);
      BOOST_TEST(re2::RE2::FullMatch(text, compiled) == ((row.set & one) == one), row.pattern << " " << text);
    }
  }
}

// Whatever the pattern, it is translated or refused.
BOOST_AUTO_TEST_CASE(any_text_is_a_pattern_or_refused) {
  static constexpr std::string_view kPieces[] = {
      "[",  "]",   "^",   "-",   "--", "&&",   "~~",    "\\",     "\\W",    "\\d",     "\\S",   "\\p{L}", "\\P", "{",  "}",
      "(",  ")",   "(?",  "(?<", "i",  "u",    "x",     ":",      "[:",     "alpha",   ":]",    "*",      "+",   "?",  "|",
      "#",  "\n", " ",   "a",   "z",  "\\x41", "\\u{e9}", "\xC3\xA9", "\xF0\x9F\x98\x80", "\\b", "$",     ".",      "1",   "_",  "\\\\",
  };
  std::mt19937_64 random(1);
  re2::RE2::Options options;
  options.set_log_errors(false);
  size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string pattern;
    for (size_t n = random() % 12; n > 0; --n) pattern += kPieces[random() % std::size(kPieces)];
    try {
      accepted += re2::RE2(to_re2(pattern), options).ok();
    } catch (const PatternError& e) {
      BOOST_TEST(!e.detail.empty());
    }
  }
  BOOST_TEST(accepted > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()
