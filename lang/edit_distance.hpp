#pragma once
// How far one name is from another, for suggestions.

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace omc::lang {

// The Levenshtein distance in bytes, or in elements of what is given (V. Levenshtein, 1966; computed row by row);
// limit + 1 when it is larger.
template <class Text>
size_t edit_distance(const Text& a, const Text& b, size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
  }
  return row[b.size()];
}

inline size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  return edit_distance<std::string_view>(a, b, limit);
}

// Distances in characters from one name to many. Names are valid UTF-8.
class CharacterDistance {
 public:
  explicit CharacterDistance(std::string_view name) : name_(name), characters_(decode(name)) {}

  size_t length() const { return characters_.size(); }
  size_t to(std::string_view other, size_t limit) const {
    if (is_ascii(name_) && is_ascii(other)) return edit_distance(name_, other, limit);
    return edit_distance<std::u32string>(characters_, decode(other), limit);
  }

 private:
  static bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }
  static std::u32string decode(std::string_view text) {
    std::u32string scalars;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) scalars += static_cast<char32_t>(byte);
      else if (byte >= 0xC0) scalars += static_cast<char32_t>(byte & (byte >= 0xF0 ? 0x07 : byte >= 0xE0 ? 0x0F : 0x1F));
      else scalars.back() = scalars.back() << 6 | (byte & 0x3F);
    }
    return scalars;
  }

  std::string_view name_;
  std::u32string characters_;
};

}  // namespace omc::lang
