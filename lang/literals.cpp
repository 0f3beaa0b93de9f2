#include "lang/literals.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace omc::lang {

namespace {

// Whether the value of a float literal is at least 1: what is out of range is then infinite, else it is zero.
bool is_large(std::string_view text) {
  const size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return false;
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  // The power of ten of the first digit that is not 0.
  int64_t power = static_cast<int64_t>(point) - static_cast<int64_t>(first) - (first < point);
  if (e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    const bool negative = exponent.starts_with('-');
    if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
    // Beyond 18 digits only the sign matters: the text is shorter than 10^10 characters.
    const int64_t value = exponent.size() > 18 && exponent.find_first_not_of('0') != std::string_view::npos
                              ? INT64_C(1) << 60
                              : static_cast<int64_t>(decode_int(exponent).value_or(0));
    power += negative ? -value : value;
  }
  return power >= 0;
}

enum class Rules { Plain, Raw, FString };

std::string decode(std::string_view body, Rules rules) {
  std::string out;
  out.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    const char next = i + 1 < body.size() ? body[i + 1] : '\0';
    if (c == '\r' && next == '\n') continue;
    if (c == '\\' && next == '\r' && rules != Rules::Raw && body.substr(i + 1).starts_with("\r\n")) continue;
    if (c == '\\' && rules != Rules::Raw && i + 1 < body.size()) {
      ++i;
      switch (next) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        default: out += next;  // \c is c; the other bytes of a longer character follow by themselves
      }
    } else if (rules == Rules::FString && (c == '{' || c == '}') && next == c) {
      out += c;
      ++i;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::optional<uint64_t> decode_int(std::string_view digits) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

double decode_float(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return is_large(text) ? std::numeric_limits<double>::infinity() : 0.0;
  return value;
}

bool is_verbatim(std::string_view body) { return body.find_first_of("\\\r{}") == std::string_view::npos; }

std::string decode_string(std::string_view body) { return decode(body, Rules::Plain); }
std::string decode_raw_string(std::string_view body) { return decode(body, Rules::Raw); }
std::string decode_fstring_text(std::string_view body) { return decode(body, Rules::FString); }

}  // namespace omc::lang
