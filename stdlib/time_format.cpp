// A format is read as a sequence of items; printing and parsing walk the same items.

#include "stdlib/time_format.hpp"

#include <fmt/format.h>

#include <array>
#include <climits>

#include "lang/source.hpp"
#include "stdlib/calendar.hpp"

namespace omc::stdlib {

namespace {

constexpr int64_t kDaySeconds = 86'400;

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                       "Friday", "Saturday", "Sunday"};

// --- what numbers stand for ---

struct Moment {
  explicit Moment(int64_t s)
      : seconds(s), day(floor_div(s, kDaySeconds)), second(floor_mod(s, kDaySeconds)), date(date_of(day)) {}
  int64_t seconds;
  int64_t day;
  int64_t second;  // of the day
  Date date;
};

using Error = TimeParseError;

// What was read, each field at most once or twice the same.
struct Fields {
  using Field = std::optional<int64_t>;
  Field year, century, year_of_century;
  Field iso_year, iso_year_of_century, iso_week;
  Field month, day, ordinal, sunday_week, monday_week;
  Field weekday;  // 0 is Monday
  Field afternoon, hour_of_half, minute, second, fraction;
  Field timestamp;
};

Error set(Fields::Field& field, int64_t value, int64_t low = INT64_MIN, int64_t high = INT64_MAX) {
  if (value < low || value > high) return Error::OutOfRange;
  if (field && *field != value) return Error::Impossible;
  field = value;
  return Error::None;
}

Error set_hour(Fields& f, int64_t hour) {
  if (hour > 23) return Error::OutOfRange;
  if (const Error e = set(f.afternoon, hour / 12); e != Error::None) return e;
  return set(f.hour_of_half, hour % 12);
}

Error set_hour_of_half(Fields& f, int64_t hour) {
  return hour < 1 || hour > 12 ? Error::OutOfRange : set(f.hour_of_half, hour % 12);
}

// A specifier that is a number: how it is laid out, its value when printed, its field when parsed.
struct Numeric {
  char letter;
  int width;  // least when printed, most digits when parsed
  char pad;   // '0', ' ' or '-' for none
  int64_t (*value)(const Moment&);
  Error (*set)(Fields&, int64_t);  // the number is negative only after a sign
};

using M = const Moment&;
using F = Fields&;
using N = int64_t;
// clang-format off
constexpr Numeric kNumeric[] = {
    {'Y', 4, '0', [](M m) -> N { return m.date.year; },                        [](F f, N n) { return set(f.year, n, -kMaxYear, kMaxYear); }},
    {'C', 2, '0', [](M m) -> N { return floor_div(m.date.year, 100); },        [](F f, N n) { return set(f.century, n); }},
    {'y', 2, '0', [](M m) -> N { return floor_mod(m.date.year, 100); },        [](F f, N n) { return set(f.year_of_century, n); }},
    {'G', 4, '0', [](M m) -> N { return iso_week_of(m.day).year; },            [](F f, N n) { return set(f.iso_year, n, -kMaxYear, kMaxYear); }},
    {'g', 2, '0', [](M m) -> N { return floor_mod(iso_week_of(m.day).year, 100); }, [](F f, N n) { return set(f.iso_year_of_century, n); }},
    {'m', 2, '0', [](M m) -> N { return m.date.month; },                       [](F f, N n) { return set(f.month, n, 1, 12); }},
    {'d', 2, '0', [](M m) -> N { return m.date.day; },                         [](F f, N n) { return set(f.day, n, 1, 31); }},
    {'e', 2, ' ', [](M m) -> N { return m.date.day; },                         [](F f, N n) { return set(f.day, n, 1, 31); }},
    {'w', 1, '0', [](M m) -> N { return (weekday_of(m.day) + 1) % 7; },        [](F f, N n) { return n > 6 ? Error::OutOfRange : set(f.weekday, (n + 6) % 7); }},
    {'u', 1, '0', [](M m) -> N { return weekday_of(m.day) + 1; },              [](F f, N n) { return set(f.weekday, n - 1, 0, 6); }},
    {'U', 2, '0', [](M m) -> N { return week_of_year(m.day, kSunday); },            [](F f, N n) { return set(f.sunday_week, n, 0, 53); }},
    {'W', 2, '0', [](M m) -> N { return week_of_year(m.day, kMonday); },            [](F f, N n) { return set(f.monday_week, n, 0, 53); }},
    {'V', 2, '0', [](M m) -> N { return iso_week_of(m.day).week; },            [](F f, N n) { return set(f.iso_week, n, 1, 53); }},
    {'j', 3, '0', [](M m) -> N { return ordinal_of(m.day); },                  [](F f, N n) { return set(f.ordinal, n, 1, 366); }},
    {'H', 2, '0', [](M m) -> N { return m.second / 3600; },                    set_hour},
    {'k', 2, ' ', [](M m) -> N { return m.second / 3600; },                    set_hour},
    {'I', 2, '0', [](M m) -> N { return (m.second / 3600 + 11) % 12 + 1; },    set_hour_of_half},
    {'l', 2, ' ', [](M m) -> N { return (m.second / 3600 + 11) % 12 + 1; },    set_hour_of_half},
    {'M', 2, '0', [](M m) -> N { return m.second / 60 % 60; },                 [](F f, N n) { return set(f.minute, n, 0, 59); }},
    {'S', 2, '0', [](M m) -> N { return m.second % 60; },                      [](F f, N n) { return set(f.second, n, 0, 60); }},
    {'f', 9, '0', [](M) -> N { return 0; },                                    [](F f, N n) { return set(f.fraction, n); }},
    {'s', 1, '-', [](M m) -> N { return m.seconds; },                          [](F f, N n) { return set(f.timestamp, n); }},
};
// clang-format on

// --- items ---

struct Shorthand {
  char letter;
  std::string_view meaning;
};
constexpr Shorthand kShorthands[] = {
    {'D', "%m/%d/%y"},       {'x', "%m/%d/%y"},
    {'F', "%Y-%m-%d"},       {'v', "%e-%b-%Y"},
    {'R', "%H:%M"},          {'T', "%H:%M:%S"},
    {'X', "%H:%M:%S"},       {'r', "%I:%M:%S %p"},
    {'c', "%a %b %e %T %Y"}, {'+', "%Y-%m-%dT%H:%M:%S%.f%:z"},
};

enum class ItemKind : uint8_t {
  Literal,   // text
  Space,     // text, all of it white space
  Number,    // number
  Name,      // letter: b B a A p P Z
  Fraction,  // digits 0 (as many as needed), 3, 6 or 9; with its dot or not
  Offset,    // digits: number of colons
  Group,     // text: the items it stands for
  Bad,
};

struct Item {
  ItemKind kind;
  std::string_view text = {};
  Numeric number = {};
  char letter = 0;
  int digits = 0;
  bool dot = false;
};

size_t white_space_at(std::string_view text);  // bytes of the white-space character in front, or 0

class Items {
 public:
  explicit Items(std::string_view format) : rest_(format) {}
  bool done() const { return rest_.empty(); }
  Item next();

 private:
  Item specifier();
  std::string_view take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest_;
};

Item Items::next() {
  if (rest_[0] == '%') {
    rest_.remove_prefix(1);
    return specifier();
  }
  size_t space = 0;
  while (const size_t more = white_space_at(rest_.substr(space))) space += more;
  if (space > 0) return {ItemKind::Space, take(space)};
  size_t plain = 0;
  while (plain < rest_.size() && rest_[plain] != '%' && !white_space_at(rest_.substr(plain))) ++plain;
  return {ItemKind::Literal, take(plain)};
}

Item Items::specifier() {
  constexpr Item kBad = {ItemKind::Bad};
  char flag = 0;
  if (!rest_.empty() && (rest_[0] == '-' || rest_[0] == '_' || rest_[0] == '0')) flag = take(1)[0];
  if (rest_.empty()) return kBad;

  for (Numeric number : kNumeric) {
    if (number.letter != rest_[0]) continue;
    rest_.remove_prefix(1);
    if (flag != 0) number.pad = flag == '_' ? ' ' : flag;
    return {.kind = ItemKind::Number, .number = number};
  }
  if (flag != 0) return kBad;  // flags are for numbers

  for (const Shorthand& shorthand : kShorthands) {
    if (shorthand.letter != rest_[0]) continue;
    rest_.remove_prefix(1);
    return {ItemKind::Group, shorthand.meaning};
  }
  for (const auto& [spelling, digits, dot] : {std::tuple{std::string_view(".f"), 0, true},
                                              {".3f", 3, true},
                                              {".6f", 6, true},
                                              {".9f", 9, true},
                                              {"3f", 3, false},
                                              {"6f", 6, false},
                                              {"9f", 9, false}}) {
    if (!rest_.starts_with(spelling)) continue;
    rest_.remove_prefix(spelling.size());
    return {.kind = ItemKind::Fraction, .digits = digits, .dot = dot};
  }
  int colons = 0;
  while (colons < 3 && rest_.size() > static_cast<size_t>(colons) && rest_[static_cast<size_t>(colons)] == ':')
    ++colons;
  if (rest_.substr(static_cast<size_t>(colons)).starts_with('z')) {
    rest_.remove_prefix(static_cast<size_t>(colons) + 1);
    return {.kind = ItemKind::Offset, .digits = colons};
  }
  switch (const char letter = take(1)[0]) {
    case 'h': return {.kind = ItemKind::Name, .letter = 'b'};
    case 'b':
    case 'B':
    case 'a':
    case 'A':
    case 'p':
    case 'P':
    case 'Z': return {.kind = ItemKind::Name, .letter = letter};
    case 't': return {ItemKind::Space, "\t"};
    case 'n': return {ItemKind::Space, "\n"};
    case '%': return {ItemKind::Literal, "%"};
    default: return kBad;
  }
}

// The characters of Unicode's White_Space property.
size_t white_space_at(std::string_view text) {
  if (text.empty()) return 0;
  const auto c = static_cast<unsigned char>(text[0]);
  if (c == ' ' || (c >= 0x09 && c <= 0x0D)) return 1;
  for (const std::string_view space : {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                       "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"})
    if (text.starts_with(space)) return space.size();
  // U+2000..U+200A
  return text.size() >= 3 && text.starts_with("\xE2\x80") && static_cast<unsigned char>(text[2]) <= 0x8A ? 3 : 0;
}

// --- printing ---

void append_number(std::string& out, Numeric number, int64_t value) {
  // A year of other than four digits is written with its sign, which takes a place of its own.
  const bool signed_year = (number.letter == 'Y' || number.letter == 'G') && (value < 0 || value > 9999);
  const int width = number.width + signed_year;
  const auto text = signed_year ? fmt::format("{:+}", value) : fmt::format("{}", value);
  const size_t missing = text.size() < static_cast<size_t>(width) ? static_cast<size_t>(width) - text.size() : 0;
  if (number.pad == ' ') out.append(missing, ' ');
  const bool sign = text[0] == '-' || text[0] == '+';
  if (sign) out += text[0];
  if (number.pad == '0') out.append(missing, '0');
  out.append(text, sign);
}

bool append(std::string& out, std::string_view format, const Moment& at) {
  for (Items items(format); !items.done();) {
    const Item item = items.next();
    switch (item.kind) {
      case ItemKind::Literal:
      case ItemKind::Space: out += item.text; break;
      case ItemKind::Number: append_number(out, item.number, item.number.value(at)); break;
      case ItemKind::Name: {
        const std::string_view month = kMonths[static_cast<size_t>(at.date.month - 1)];
        const std::string_view weekday = kWeekdays[static_cast<size_t>(weekday_of(at.day))];
        const bool afternoon = at.second >= kDaySeconds / 2;
        switch (item.letter) {
          case 'b': out += month.substr(0, 3); break;
          case 'B': out += month; break;
          case 'a': out += weekday.substr(0, 3); break;
          case 'A': out += weekday; break;
          case 'p': out += afternoon ? "PM" : "AM"; break;
          case 'P': out += afternoon ? "pm" : "am"; break;
          default: out += "UTC"; break;
        }
        break;
      }
      case ItemKind::Fraction:
        if (item.digits > 0) out.append(item.dot, '.').append(static_cast<size_t>(item.digits), '0');
        break;
      case ItemKind::Offset: {
        static constexpr std::string_view kOffsets[] = {"+0000", "+00:00", "+00:00:00", "+00"};
        out += kOffsets[item.digits];
        break;
      }
      case ItemKind::Group: append(out, item.text, at); break;
      case ItemKind::Bad: return false;
    }
  }
  return true;
}

// --- parsing ---

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Error items(std::string_view format, Fields& fields) {
    for (Items items(format); !items.done();)
      if (const Error e = item(items.next(), fields); e != Error::None) return e;
    return Error::None;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  Error item(const Item& item, Fields& fields);
  Error number(const Numeric& number, Fields& fields);
  Error name(char letter, Fields& fields);
  Error offset();
  template <size_t n>
  Error one_of(const std::array<std::string_view, n>& names, bool long_too, size_t& found);

  void skip_white_space() {
    while (const size_t bytes = white_space_at(rest_)) rest_.remove_prefix(bytes);
  }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
  bool take_word(std::string_view word);
  Error digits(int at_most, int64_t& value);

  std::string_view rest_;
};

// ASCII letters in either case.
bool Parser::take_word(std::string_view word) {
  if (rest_.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i)
    if (lower(rest_[i]) != lower(word[i])) return false;
  rest_.remove_prefix(word.size());
  return true;
}

// One digit or more. The value is negative or 0, so that the smallest int has room.
Error Parser::digits(int at_most, int64_t& value) {
  if (rest_.empty()) return Error::TooShort;
  if (!is_digit(rest_[0])) return Error::Invalid;
  for (value = 0; at_most > 0 && !rest_.empty() && is_digit(rest_[0]); --at_most, rest_.remove_prefix(1))
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, rest_[0] - '0', &value))
      return Error::OutOfRange;
  return Error::None;
}

Error Parser::number(const Numeric& number, Fields& fields) {
  skip_white_space();
  const bool may_have_sign = number.letter == 'Y' || number.letter == 'G' || number.letter == 's';
  const char sign = may_have_sign && !rest_.empty() && (rest_[0] == '-' || rest_[0] == '+') ? rest_[0] : 0;
  if (sign != 0) rest_.remove_prefix(1);
  int64_t negated = 0;
  if (const Error e = digits(sign != 0 || number.letter == 's' ? INT_MAX : number.width, negated); e != Error::None)
    return e;
  if (sign != '-' && negated == INT64_MIN) return Error::OutOfRange;
  return number.set(fields, sign == '-' ? negated : -negated);
}

template <size_t n>
Error Parser::one_of(const std::array<std::string_view, n>& names, bool long_too, size_t& found) {
  if (rest_.size() < 3) return Error::TooShort;
  for (found = 0; found < n; ++found) {
    if (!take_word(names[found].substr(0, 3))) continue;
    if (long_too) take_word(names[found].substr(3));
    return Error::None;
  }
  return Error::Invalid;
}

Error Parser::name(char letter, Fields& fields) {
  size_t found = 0;
  switch (letter) {
    case 'b':
    case 'B':
      if (const Error e = one_of(kMonths, letter == 'B', found); e != Error::None) return e;
      return set(fields.month, static_cast<int64_t>(found) + 1);
    case 'a':
    case 'A':
      if (const Error e = one_of(kWeekdays, letter == 'A', found); e != Error::None) return e;
      return set(fields.weekday, static_cast<int64_t>(found));
    case 'p':
    case 'P':
      if (rest_.size() < 2) return Error::TooShort;
      if (take_word("am")) return set(fields.afternoon, 0);
      if (take_word("pm")) return set(fields.afternoon, 1);
      return Error::Invalid;
    default:  // the name of a time zone: anything, and ignored
      while (!rest_.empty() && !white_space_at(rest_)) rest_.remove_prefix(1);
      return Error::None;
  }
}

// `Z`, or a sign, two digits, and perhaps a colon or space and two more; read and ignored.
Error Parser::offset() {
  skip_white_space();
  if (rest_.empty()) return Error::TooShort;
  if (take_word("z")) return Error::None;
  if (rest_[0] != '+' && rest_[0] != '-') return Error::Invalid;
  rest_.remove_prefix(1);
  const auto two_digits = [&]() -> Error {
    if (rest_.size() < 2) return Error::TooShort;
    if (!is_digit(rest_[0]) || !is_digit(rest_[1])) return Error::Invalid;
    rest_.remove_prefix(2);
    return Error::None;
  };
  if (const Error e = two_digits(); e != Error::None) return e;
  if (!rest_.empty() && rest_[0] == ':') rest_.remove_prefix(1);
  if (!rest_.empty() && is_digit(rest_[0]) && rest_[0] > '5') return Error::OutOfRange;
  return two_digits();
}

Error Parser::item(const Item& item, Fields& fields) {
  switch (item.kind) {
    case ItemKind::Literal:
      if (rest_.size() < item.text.size()) return Error::TooShort;
      if (!rest_.starts_with(item.text)) return Error::Invalid;
      rest_.remove_prefix(item.text.size());
      return Error::None;
    case ItemKind::Space: skip_white_space(); return Error::None;
    case ItemKind::Number: return number(item.number, fields);
    case ItemKind::Name: return name(item.letter, fields);
    case ItemKind::Fraction: {
      // With a dot it is optional and may have any number of digits; only the whole seconds count.
      if (item.dot && (rest_.empty() || rest_[0] != '.')) return Error::None;
      rest_.remove_prefix(item.dot);
      size_t length = 0;
      while (length < rest_.size() && is_digit(rest_[length]) &&
             (item.dot || length < static_cast<size_t>(item.digits)))
        ++length;
      if (length < static_cast<size_t>(item.dot ? 1 : item.digits))
        return length == rest_.size() ? Error::TooShort : Error::Invalid;
      rest_.remove_prefix(length);
      return Error::None;
    }
    case ItemKind::Offset: return offset();
    case ItemKind::Group: return items(item.text, fields);
    case ItemKind::Bad: break;
  }
  return Error::BadFormat;
}

// --- from fields to a time ---

bool agrees(const Fields::Field& field, int64_t value) {
  return !field || *field == value;
}

// The year that year, century and year of the century say together.
Error whole_year(const Fields::Field& year, const Fields::Field& century, const Fields::Field& of_century,
                 Fields::Field& result) {
  if (of_century && *of_century > 99) return Error::OutOfRange;
  if (year) {
    if ((century || of_century) && *year < 0) return Error::OutOfRange;
    if (!agrees(century, *year / 100) || !agrees(of_century, *year % 100)) return Error::Impossible;
    result = *year;
  } else if (of_century) {
    result = *of_century + (century ? *century * 100 : *of_century < 70 ? 2000 : 1900);
  } else if (century) {
    return Error::NotEnough;
  }
  return Error::None;
}

Error date_from(const Fields& f, int64_t& day) {
  Fields::Field year, iso_year;
  if (const Error e = whole_year(f.year, f.century, f.year_of_century, year); e != Error::None) return e;
  if (const Error e = whole_year(f.iso_year, {}, f.iso_year_of_century, iso_year); e != Error::None) return e;

  if (year && f.month && f.day) {
    if (*f.day > days_in_month(*year, static_cast<int>(*f.month))) return Error::OutOfRange;
    day = day_of({*year, static_cast<int>(*f.month), static_cast<int>(*f.day)});
  } else if (year && f.ordinal) {
    if (*f.ordinal > days_in_year(*year)) return Error::OutOfRange;
    day = day_of({*year, 1, 1}) + *f.ordinal - 1;
  } else if (year && (f.sunday_week || f.monday_week) && f.weekday) {
    const auto weekday = static_cast<int>(*f.weekday);
    day = f.sunday_week ? day_of_week_of_year(*year, *f.sunday_week, weekday, kSunday)
                        : day_of_week_of_year(*year, *f.monday_week, weekday, kMonday);
    if (date_of(day).year != *year) return Error::OutOfRange;
  } else if (iso_year && f.iso_week && f.weekday) {
    const int64_t fourth = day_of({*iso_year, 1, 4});  // always in week 1
    day = fourth - weekday_of(fourth) + (*f.iso_week - 1) * 7 + *f.weekday;
    if (iso_week_of(day).year != *iso_year) return Error::OutOfRange;
  } else {
    return Error::NotEnough;
  }
  return Error::None;
}

bool date_agrees(const Fields& f, int64_t day) {
  const Date date = date_of(day);
  const IsoWeek iso = iso_week_of(day);
  return agrees(f.year, date.year) && agrees(f.century, floor_div(date.year, 100)) &&
         agrees(f.year_of_century, floor_mod(date.year, 100)) && agrees(f.month, date.month) &&
         agrees(f.day, date.day) && agrees(f.ordinal, ordinal_of(day)) && agrees(f.weekday, weekday_of(day)) &&
         agrees(f.sunday_week, week_of_year(day, kSunday)) && agrees(f.monday_week, week_of_year(day, kMonday)) &&
         agrees(f.iso_year, iso.year) && agrees(f.iso_year_of_century, floor_mod(iso.year, 100)) &&
         agrees(f.iso_week, iso.week);
}

// Second of the day; a leap second is read as the one before.
Error time_from(const Fields& f, int64_t& second) {
  if (!f.afternoon || !f.hour_of_half || !f.minute) return Error::NotEnough;
  second = (*f.afternoon * 12 + *f.hour_of_half) * 3600 + *f.minute * 60 + std::min<int64_t>(f.second.value_or(0), 59);
  return Error::None;
}

bool time_agrees(const Fields& f, int64_t second) {
  return agrees(f.afternoon, second / 43'200) && agrees(f.hour_of_half, second / 3600 % 12) &&
         agrees(f.minute, second / 60 % 60) &&
         (agrees(f.second, second % 60) || (*f.second == 60 && second % 60 == 59));
}

ParsedTime failed(Error e) {
  return {0, e};
}

ParsedTime time_of(const Fields& f) {
  int64_t day = 0, second = 0;
  const Error date_error = date_from(f, day), time_error = time_from(f, second);
  if (f.timestamp && (date_error == Error::NotEnough || time_error == Error::NotEnough)) {
    // A timestamp says it all; what else there is must agree.
    if (date_error == Error::OutOfRange || time_error == Error::OutOfRange) return failed(Error::OutOfRange);
    if (!is_representable(*f.timestamp)) return failed(Error::OutOfRange);
    day = floor_div(*f.timestamp, kDaySeconds);
    second = floor_mod(*f.timestamp, kDaySeconds);
  } else if (date_error != Error::None || time_error != Error::None) {
    return failed(date_error != Error::None ? date_error : time_error);
  }
  const int64_t seconds = day * kDaySeconds + second;
  if (!date_agrees(f, day) || !time_agrees(f, second) || !agrees(f.timestamp, seconds))
    return failed(Error::Impossible);
  if (!is_representable(seconds)) return failed(Error::OutOfRange);
  return {seconds, Error::None};
}

}  // namespace

bool is_representable(int64_t seconds) {
  constexpr int64_t kFirst = day_of({-kMaxYear, 1, 1}) * kDaySeconds;
  constexpr int64_t kEnd = day_of({kMaxYear + 1, 1, 1}) * kDaySeconds;
  return seconds >= kFirst && seconds < kEnd;
}

std::optional<std::string> format_utc(int64_t seconds, std::string_view format) {
  std::string out;
  if (!append(out, format, Moment(seconds))) return std::nullopt;
  return out;
}

std::string_view describe(TimeParseError error) {
  switch (error) {
    case Error::None: break;
    case Error::Invalid: return "input contains invalid characters";
    case Error::TooShort: return "premature end of input";
    case Error::TooLong: return "trailing input";
    case Error::OutOfRange: return "input is out of range";
    case Error::Impossible: return "no possible date and time matching input";
    case Error::NotEnough: return "input is not enough for unique date and time";
    case Error::BadFormat: return "bad or unsupported format string";
  }
  return "";
}

ParsedTime parse_utc(std::string_view text, std::string_view format) {
  Parser parser(text);
  Fields fields;
  if (const Error e = parser.items(format, fields); e != Error::None) return failed(e);
  if (!parser.at_end()) return failed(Error::TooLong);
  return time_of(fields);
}

}  // namespace omc::stdlib
