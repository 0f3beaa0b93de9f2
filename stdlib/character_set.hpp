#pragma once
// Sets of Unicode code points: what a character class of a regular expression means when its set operations have to be
// computed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/text.hpp"  // CharacterRange

namespace omc::stdlib {

// Ranges in ascending order, with gaps between them.
class CharacterSet {
 public:
  CharacterSet() = default;
  explicit CharacterSet(std::vector<CharacterRange> ranges);  // in any order, overlapping or not

  static constexpr char32_t kLast = 0x10FFFF;
  static CharacterSet all() { return CharacterSet({{0, kLast}}); }
  template <class F>
  static CharacterSet where(F has) {
    CharacterSet set;
    for (char32_t c = 0; c <= kLast; ++c)
      if (has(c)) set.extend(c);
    return set;
  }

  const std::vector<CharacterRange>& ranges() const { return ranges_; }
  friend bool operator==(const CharacterSet&, const CharacterSet&) = default;

  friend CharacterSet operator~(const CharacterSet& a);
  friend CharacterSet operator|(const CharacterSet& a, const CharacterSet& b);
  friend CharacterSet operator&(const CharacterSet& a, const CharacterSet& b) { return ~(~a | ~b); }
  friend CharacterSet operator-(const CharacterSet& a, const CharacterSet& b) { return ~(~a | b); }
  friend CharacterSet operator^(const CharacterSet& a, const CharacterSet& b) { return (a - b) | (b - a); }

 private:
  void extend(char32_t c);  // by a code point above all others

  std::vector<CharacterRange> ranges_;
};

// \d, \w and \s of the dialect.
CharacterSet digit_characters();
CharacterSet word_characters();
CharacterSet space_characters();

// Of the name of a general category, a script or a binary property, long or short, in any spelling of case, `_`, `-`
// and spaces; with a prefix like "Script=" only of that kind.
std::optional<CharacterSet> property_characters(std::string_view name);

// "[:NAME:]": ASCII.
std::optional<CharacterSet> posix_characters(std::string_view name);

}  // namespace omc::stdlib
