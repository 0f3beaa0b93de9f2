#pragma once
// Values of literal tokens, from their text (language reference, section 1.1).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omc::lang {

// The magnitude of decimal digits; empty when it does not fit 64 bits.
std::optional<uint64_t> decode_int(std::string_view digits);

// The nearest double of `digits[.digits][e[sign]digits]`, infinity when it is too large.
double decode_float(std::string_view text);

// Whether the text between the quotes is its value as it stands.
bool is_verbatim(std::string_view body);

// Replaces the escapes of the text between the quotes. A CRLF of the file is one line feed.
std::string decode_string(std::string_view body);
// The same for the text of a raw string, which has no escapes.
std::string decode_raw_string(std::string_view body);
// The same for the text of an f-string outside its holes, where `{{` and `}}` stand for braces too.
std::string decode_fstring_text(std::string_view body);

}  // namespace omc::lang
