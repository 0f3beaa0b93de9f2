#pragma once
// Times as text, after a format of strftime specifiers (language reference, chapter 02, section 10). All times are UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omc::stdlib {

// Years within calendar.hpp's kMaxYear.
bool is_representable(int64_t seconds);

// Nothing when the format has an unknown specifier or ends in a lone `%`. The time must be representable.
std::optional<std::string> format_utc(int64_t seconds, std::string_view format);

enum class TimeParseError : uint8_t {
  None,
  Invalid,
  TooShort,
  TooLong,
  OutOfRange,
  Impossible,
  NotEnough,
  BadFormat,
};
std::string_view describe(TimeParseError error);

struct ParsedTime {
  int64_t seconds = 0;
  TimeParseError error = TimeParseError::None;
};
ParsedTime parse_utc(std::string_view text, std::string_view format);

}  // namespace omc::stdlib
