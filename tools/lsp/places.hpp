#pragma once
// Places in a text as the protocol counts them: lines and characters from 0, a character being a UTF-16 code unit, or a
// byte where the client has agreed to UTF-8. A line ends with LF, CRLF or CR.
//
// Conversions never fail: a character behind the end of its line is the end of the line, one inside a character is its
// beginning, a line behind the end is the end of the text.

#include <cstdint>
#include <string_view>
#include <vector>

#include "lang/span.hpp"

namespace omc::lsp {

enum class Encoding : uint8_t { Utf8, Utf16 };

struct Place {
  uint32_t line = 0;
  uint32_t character = 0;
  friend constexpr auto operator<=>(const Place&, const Place&) = default;
};

class PlaceMap {
 public:
  explicit PlaceMap(std::string_view text);  // valid UTF-8; it must outlive the map

  Place place(uint32_t offset, Encoding encoding) const;
  uint32_t offset(Place place, Encoding encoding) const;

  uint32_t line_count() const { return static_cast<uint32_t>(lines_.size()); }
  lang::Span line(uint32_t line) const { return {lines_[line].begin, lines_[line].end}; }  // without its end

 private:
  struct Line {
    uint32_t begin, end;
    bool ascii;
  };
  uint32_t line_at(uint32_t offset) const;

  std::string_view text_;
  std::vector<Line> lines_;
};

// Code units of valid UTF-8.
uint32_t units(std::string_view text, Encoding encoding);

}  // namespace omc::lsp
