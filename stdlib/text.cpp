// Walking UTF-8 by code points.

#include "stdlib/text.hpp"

#include <cstring>  // memmem

#include "vm/vm.hpp"

namespace omc::stdlib {

char32_t first_character(std::string_view s) {
  const auto byte = [s](size_t i) { return static_cast<unsigned char>(s[i]); };
  const char32_t lead = byte(0);
  switch (character_bytes(s[0])) {
    case 1: return lead;
    case 2: return (lead & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3: return (lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default: return (lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
}

char32_t last_character(std::string_view s) {
  size_t at = s.size() - 1;
  while (is_continuation(s[at])) --at;
  return first_character(s.substr(at));
}

void append_character(std::string& out, char32_t c) {
  const auto tail = [&out, c](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

size_t count_characters(std::string_view s) {
  size_t n = 0;
  for (const char c : s) n += !is_continuation(c);
  return n;
}

size_t character_offset(std::string_view s, size_t n) {
  constexpr size_t kBlock = 64;  // counted without branches, so that the compiler uses vectors
  size_t at = 0;
  while (s.size() - at >= kBlock) {
    const size_t starts = count_characters(s.substr(at, kBlock));
    if (starts > n) break;
    n -= starts;
    at += kBlock;
  }
  for (; at < s.size(); ++at) {
    if (is_continuation(s[at])) continue;
    if (n == 0) return at;
    --n;
  }
  return at;
}

namespace {

bool is_white_space(char32_t c) {
  for (const CharacterRange range : kWhiteSpace)
    if (c >= range.first && c <= range.last) return true;
  return false;
}

}  // namespace

std::string_view trim(std::string_view s) {
  while (!s.empty() && is_white_space(first_character(s))) s.remove_prefix(character_bytes(s[0]));
  while (!s.empty()) {
    const char32_t last = last_character(s);
    if (!is_white_space(last)) break;
    s.remove_suffix(last < 0x80 ? 1 : last < 0x800 ? 2 : 3);  // no white space lies above U+FFFF
  }
  return s;
}

size_t find_text(std::string_view s, std::string_view part, size_t from) {
  if (part.empty()) return from;
  const void* found = memmem(s.data() + from, s.size() - from, part.data(), part.size());
  return found ? static_cast<size_t>(static_cast<const char*>(found) - s.data()) : std::string_view::npos;
}

std::string quoted(std::string_view s) {
  std::string out = "\"";
  const auto append_code = [&out](unsigned code) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += "\\u{";
    if (code >= 16) out += kDigits[code / 16];
    out += kDigits[code % 16];
    out += '}';
  };
  for (size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case '\0': out += "\\0"; break;
      default:
        if (c < 0x20 || c == 0x7F) {
          append_code(c);
        } else if (c == 0xC2 && static_cast<unsigned char>(s[i + 1]) < 0xA0) {  // U+0080 to U+009F
          append_code(static_cast<unsigned char>(s[++i]));
        } else {
          out += s[i];
        }
    }
  }
  return out += '"';
}

vm::String* string_argument(vm::Vm& vm, const vm::Args& args, size_t i) {
  return args[i].is_string() ? args[i].as_string() : vm.heap().string(vm::display(args[i]));
}

void require_room(vm::Vm& vm, size_t bytes) {
  vm.heap().charge(bytes);
  vm.heap().discharge(bytes);
  if (bytes >= UINT32_MAX) throw vm::Error("string too long (" + std::to_string(bytes) + " bytes)");
}

vm::Value TextBuilder::value() const { return vm_.text(text); }

void TextBuilder::check_slow() {
  require_room(vm_, text.size());
  vm_.poll();
  due_ = text.size() + kStep;
}

}  // namespace omc::stdlib
