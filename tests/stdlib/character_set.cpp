#include "stdlib/character_set.hpp"

#include <boost/test/unit_test.hpp>

#include <bitset>
#include <random>

using namespace omc::stdlib;

namespace {

// The same set as one bit a code point; only the first kBits count.
constexpr size_t kBits = 64;
using Bits = std::bitset<kBits>;

Bits bits(const CharacterSet& set) {
  Bits out;
  for (const CharacterRange r : set.ranges())
    for (char32_t c = r.first; c <= r.last && c < kBits; ++c) out.set(c);
  return out;
}

bool well_formed(const CharacterSet& set) {
  const auto& ranges = set.ranges();
  for (size_t i = 0; i < ranges.size(); ++i)
    if (ranges[i].first > ranges[i].last || (i > 0 && ranges[i].first <= ranges[i - 1].last + 1)) return false;
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(character_set)

BOOST_AUTO_TEST_CASE(operations_agree_with_bits) {
  std::mt19937_64 random(1);
  const auto any = [&random] {
    std::vector<CharacterRange> ranges(random() % 5);
    for (CharacterRange& r : ranges) {
      r.first = static_cast<char32_t>(random() % kBits);
      r.last = r.first + static_cast<char32_t>(random() % 8);
    }
    return CharacterSet(ranges);
  };
  for (int i = 0; i < 10'000; ++i) {
    const CharacterSet a = any(), b = any();
    for (const CharacterSet& set : {a | b, a & b, a - b, a ^ b, ~a}) BOOST_REQUIRE(well_formed(set));
    BOOST_REQUIRE(bits(a | b) == (bits(a) | bits(b)));
    BOOST_REQUIRE(bits(a & b) == (bits(a) & bits(b)));
    BOOST_REQUIRE(bits(a - b) == (bits(a) & ~bits(b)));
    BOOST_REQUIRE(bits(a ^ b) == (bits(a) ^ bits(b)));
    BOOST_REQUIRE(bits(~a) == ~bits(a));
    BOOST_REQUIRE(~~a == a);
  }
}

BOOST_AUTO_TEST_CASE(ends_of_the_code_points) {
  BOOST_TEST((~CharacterSet() == CharacterSet::all()));
  BOOST_TEST((~CharacterSet::all()).ranges().empty());
  BOOST_TEST((~CharacterSet({{0, 0}}) == CharacterSet({{1, CharacterSet::kLast}})));
  BOOST_TEST((~CharacterSet({{CharacterSet::kLast, CharacterSet::kLast}}) == CharacterSet({{0, CharacterSet::kLast - 1}})));
}

BOOST_AUTO_TEST_CASE(names_are_compared_loosely) {
  BOOST_TEST((property_characters("Old Italic") == property_characters("script=old_italic")));
  BOOST_TEST((property_characters("Lu") == property_characters("General_Category:UPPERCASE-letter")));
  BOOST_TEST(property_characters("White_Space").has_value());
  BOOST_TEST(!property_characters("gc=Greek"));
  BOOST_TEST(!property_characters(""));
  BOOST_TEST(!posix_characters("letter"));
}

BOOST_AUTO_TEST_SUITE_END()
