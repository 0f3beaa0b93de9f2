#pragma once
// The characters of UTF-8 text, for formulas over code points. Strings of the language are valid UTF-8; a byte that is
// not part of a valid sequence counts as one character with the byte's value, so that any input is read to its end and
// not beyond.

#include <cstddef>  // size_t
#include <cstdint>  // uint32_t
#include <string_view>

namespace omc::substrate::detail {

struct Character {
  uint32_t code_point;
  size_t size;  // bytes
};

// The character that starts at text[at]; at < text.size().
constexpr Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[at + i])); };
  const uint32_t lead = byte(0);
  const size_t size = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (size == 1 || size > text.size() - at) return {lead, 1};
  uint32_t code_point = lead & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {lead, 1};
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  return {code_point, size};
}

// visit(code_point) for every character; returns their number.
template <class Visit>
constexpr size_t for_each_character(std::string_view text, Visit&& visit) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    const Character c = character_at(text, at);
    visit(c.code_point);
    at += c.size;
  }
  return count;
}

}  // namespace omc::substrate::detail
