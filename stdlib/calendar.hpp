#pragma once
// The proleptic Gregorian calendar on day numbers: day 0 is 1970-01-01, a Thursday.

#include <cstdint>
#include <optional>

namespace omc::stdlib {

// Years beyond are refused everywhere; what lies within has room in all the arithmetic here.
inline constexpr int64_t kMaxYear = 262'000;

constexpr int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
constexpr int64_t floor_mod(int64_t a, int64_t b) {
  return a - floor_div(a, b) * b;
}

struct Date {
  int64_t year;
  int month;  // 1..12
  int day;    // 1..31
};

// A week belongs to the year that has its Thursday; weeks begin on Monday (ISO 8601).
struct IsoWeek {
  int64_t year;
  int week;  // 1..53
};

constexpr bool is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr int days_in_month(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && is_leap(year));
}
constexpr int days_in_year(int64_t year) {
  return 365 + is_leap(year);
}

// H. Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013: days_from_civil and civil_from_days. Years begin in
// March there, so that the leap day is the last of its year.
constexpr int64_t day_of(Date date) {
  const int64_t y = date.year - (date.month <= 2);
  const int64_t era = floor_div(y, 400), year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr Date date_of(int64_t day) {
  const int64_t shifted = day + 719'468;
  const int64_t era = floor_div(shifted, 146'097), day_of_era = shifted - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  const int day_of_month = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  return {year_of_era + era * 400 + (month <= 2), month, day_of_month};
}

// 0 is Monday.
constexpr int weekday_of(int64_t day) {
  return static_cast<int>(floor_mod(day + 3, 7));
}

// 1 is January 1st.
constexpr int ordinal_of(int64_t day) {
  return static_cast<int>(day - day_of({date_of(day).year, 1, 1}) + 1);
}

constexpr IsoWeek iso_week_of(int64_t day) {
  const int64_t thursday = day - weekday_of(day) + 3;
  return {date_of(thursday).year, (ordinal_of(thursday) - 1) / 7 + 1};
}

// Weeks that begin on Sunday or Monday (`first_weekday`), by the rule of the language: week 1 begins with the first
// such day that is not before December 31. So, other than in C, a year of which January 1 is the second day of a week
// has no week 0.
constexpr int week_of_year(int64_t day, int first_weekday) {
  return static_cast<int>((ordinal_of(day) + 7 - floor_mod(weekday_of(day) - first_weekday, 7)) / 7);
}
inline constexpr int kMonday = 0, kSunday = 6;

// The day of a week of that kind; it may lie outside of the year.
constexpr int64_t day_of_week_of_year(int64_t year, int64_t week, int weekday, int first_weekday) {
  const int64_t before_new_year = day_of({year, 1, 1}) - 1;
  const int64_t week_1 = before_new_year + floor_mod(first_weekday - weekday_of(before_new_year), 7);
  return week_1 + (week - 1) * 7 + floor_mod(weekday - first_weekday, 7);
}

static_assert(day_of({1970, 1, 1}) == 0 && weekday_of(0) == 3);
static_assert(date_of(-1).year == 1969 && date_of(-1).day == 31);
static_assert(day_of({2000, 2, 29}) == 11'016 && date_of(11'016).month == 2 && date_of(11'016).day == 29);

}  // namespace omc::stdlib
