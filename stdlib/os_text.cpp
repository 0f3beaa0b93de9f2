#include "stdlib/os_text.hpp"

#include <system_error>

#include "lang/source.hpp"  // valid_utf8_prefix

namespace omc::stdlib {

std::string os_reason(int error) {
  return std::generic_category().message(error) + " (os error " + std::to_string(error) + ")";
}

// How many bytes at the front of ill-formed text begin a sequence that later bytes could have completed; at least 1.
// Second bytes as in table 3-7 of the Unicode Standard.
static size_t maximal_subpart(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(0);
  if (lead < 0xE0 || lead > 0xF4 || bytes.size() < 2) return 1;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 1;
  return lead >= 0xF0 && bytes.size() > 2 && (byte(2) & 0xC0) == 0x80 ? 3 : 2;
}

std::string replace_ill_formed(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (true) {
    const size_t good = lang::valid_utf8_prefix(bytes);
    out += bytes.substr(0, good);
    bytes.remove_prefix(good);
    if (bytes.empty()) return out;
    out += "\xEF\xBF\xBD";
    bytes.remove_prefix(maximal_subpart(bytes));
  }
}

}  // namespace omc::stdlib
