#pragma once
// Walking UTF-8 by code points, and the few readings of text that several families share.
//
// Strings of the language are valid UTF-8, so none of these checks for malformed text; os_text.hpp repairs what comes
// from outside.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vm/native.hpp"

namespace omc::stdlib {

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Bytes of the code point that starts with `lead`.
inline size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// The code point that starts at the front of `s`, which is not empty.
char32_t first_character(std::string_view s);
char32_t last_character(std::string_view s);
void append_character(std::string& out, char32_t c);

// Value of a hexadecimal digit, or -1.
inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

size_t count_characters(std::string_view s);
// Where code point number `n` starts, or s.size() when there are not more than n.
size_t character_offset(std::string_view s, size_t n);

// Inclusive range of code points.
struct CharacterRange {
  char32_t first;
  char32_t last;
  friend constexpr bool operator==(CharacterRange, CharacterRange) = default;
};

// Unicode White_Space. Ascending.
inline constexpr CharacterRange kWhiteSpace[] = {
    {0x09, 0x0D},     {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};
std::string_view trim(std::string_view s);

// Offset of the first occurrence at or after `from`, or npos. Linear, which string_view::find is not.
size_t find_text(std::string_view s, std::string_view part, size_t from = 0);

// As a literal of the language would be written, quotes included: \" \\ \n \t \r \0, other controls as \u{hex}.
std::string quoted(std::string_view s);

// The argument as a string: itself, or its display form made into one.
vm::String* string_argument(vm::Vm& vm, const vm::Args& args, size_t i);

// Throws what making a string of that size would throw, before anything of that size is built.
void require_room(vm::Vm& vm, size_t bytes);

// A text under construction whose final size is not known: check() now and then keeps it within the limits of the Vm on
// memory and time.
class TextBuilder {
 public:
  explicit TextBuilder(vm::Vm& vm) : vm_(vm) {}

  std::string text;
  void check() {
    if (text.size() >= due_) [[unlikely]] check_slow();
  }
  vm::Value value() const;

 private:
  void check_slow();

  vm::Vm& vm_;
  size_t due_ = kStep;
  static constexpr size_t kStep = 1 << 20;
};

// Calls `use` with each line: what ends at LF, or CRLF, and what follows the last LF unless that is empty.
template <class F>
void for_each_line(std::string_view s, F&& use) {
  while (!s.empty()) {
    const size_t end = std::min(s.find('\n'), s.size());
    const std::string_view line = s.substr(0, end);
    use(line.ends_with('\r') ? line.substr(0, end - 1) : line);
    s.remove_prefix(std::min(end + 1, s.size()));
  }
}

}  // namespace omc::stdlib
