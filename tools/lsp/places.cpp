#include "lsp/places.hpp"

#include <algorithm>

namespace omc::lsp {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
// Beyond the basic plane, four bytes: a surrogate pair.
uint32_t utf16_units(char lead) { return static_cast<unsigned char>(lead) >= 0xF0 ? 2 : 1; }

}  // namespace

uint32_t units(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::Utf8) return static_cast<uint32_t>(text.size());
  uint32_t count = 0;
  for (const char c : text)
    if (!continues(c)) count += utf16_units(c);
  return count;
}

PlaceMap::PlaceMap(std::string_view text) : text_(text) {
  uint32_t begin = 0;
  unsigned char seen = 0;  // a byte from 0x80 on leaves its mark
  for (uint32_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    seen |= static_cast<unsigned char>(c);
    if (c != '\n' && c != '\r') continue;
    const uint32_t end = i;
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines_.push_back({begin, end, seen < 0x80});
    begin = i + 1;
    seen = 0;
  }
  lines_.push_back({begin, static_cast<uint32_t>(text.size()), seen < 0x80});
}

uint32_t PlaceMap::line_at(uint32_t offset) const {
  return static_cast<uint32_t>(std::ranges::upper_bound(lines_, offset, {}, &Line::begin) - lines_.begin()) - 1;
}

Place PlaceMap::place(uint32_t offset, Encoding encoding) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  const uint32_t at = line_at(offset);
  const Line& line = lines_[at];
  const uint32_t length = std::min(offset, line.end) - line.begin;
  return {at, line.ascii ? length : units(text_.substr(line.begin, length), encoding)};
}

uint32_t PlaceMap::offset(Place place, Encoding encoding) const {
  if (place.line >= lines_.size()) return static_cast<uint32_t>(text_.size());
  const Line& line = lines_[place.line];
  if (line.ascii) return line.begin + std::min(place.character, line.end - line.begin);
  uint32_t at = line.begin, left = place.character;
  while (at < line.end) {
    uint32_t next = at + 1;
    while (next < line.end && continues(text_[next])) ++next;
    const uint32_t size = encoding == Encoding::Utf8 ? next - at : utf16_units(text_[at]);
    if (size > left) break;
    left -= size;
    at = next;
  }
  return at;
}

}  // namespace omc::lsp
