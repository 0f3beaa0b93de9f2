#include "stdlib/time_format.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <random>

#include "stdlib/calendar.hpp"

using namespace omc::stdlib;

namespace {

std::string format(int64_t seconds, std::string_view f) {
  return format_utc(seconds, f).value_or("(bad)");
}

// The seconds, or what is wrong.
std::string parse(std::string_view text, std::string_view f) {
  const ParsedTime parsed = parse_utc(text, f);
  return parsed.error == TimeParseError::None ? std::to_string(parsed.seconds) : std::string(describe(parsed.error));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(time_format)

BOOST_AUTO_TEST_CASE(calendar_counts_days_without_gaps) {
  Date date = date_of(day_of({-401, 12, 31}));
  int weekday = weekday_of(day_of(date));
  for (int64_t day = day_of({-400, 1, 1}); day < day_of({2801, 1, 1}); ++day) {
    const Date next = date_of(day);
    const bool same_month = next.day == date.day + 1 && next.month == date.month && next.year == date.year;
    const bool next_month = next.day == 1 && date.day == days_in_month(date.year, date.month) &&
                            next.month == date.month % 12 + 1 && next.year == date.year + (date.month == 12);
    weekday = (weekday + 1) % 7;
    if (!(same_month || next_month) || day_of(next) != day || weekday_of(day) != weekday)
      BOOST_FAIL("wrong at day " << day);
    date = next;
  }
}

BOOST_AUTO_TEST_CASE(agrees_with_the_c_library) {
  const char* const kFormats[] = {"%Y-%m-%d %H:%M:%S %a %A %b %B %j", "%C %y %G %g %V %u %w", "%e %k %I %l %p %P",
                                  "%D %F %R %T %x %X %r %h %n%t%% %s"};
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    // Years 0 to 9999: others are written differently.
    const auto seconds = static_cast<time_t>(random() % 315'569'000'000) - 62'167'219'200 + 86'400;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    for (const char* f : kFormats) {
      char expected[256];
      const size_t size = std::strftime(expected, sizeof expected, f, &parts);
      std::string want(expected, size);
      // The C library does not pad a short year.
      if (parts.tm_year + 1900 >= 1000 && parts.tm_mon > 0 && parts.tm_mon < 11) BOOST_TEST(format(seconds, f) == want);
    }
  }
}

// The C library's rule, except that no year begins with week 0 on the second day of a week.
BOOST_AUTO_TEST_CASE(weeks_of_the_year_begin_with_their_first_day) {
  for (int64_t day = day_of({1999, 1, 1}); day < day_of({2031, 1, 1}); ++day) {
    const int64_t new_year = day_of({date_of(day).year, 1, 1});
    const time_t seconds = day * 86'400;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[8];
    std::strftime(text, sizeof text, "%U", &parts);
    BOOST_REQUIRE_EQUAL(week_of_year(day, kSunday), std::atoi(text) + (weekday_of(new_year) == 0));
    std::strftime(text, sizeof text, "%W", &parts);
    BOOST_REQUIRE_EQUAL(week_of_year(day, kMonday), std::atoi(text) + (weekday_of(new_year) == 1));
    for (const int first : {kSunday, kMonday})
      BOOST_REQUIRE_EQUAL(day_of_week_of_year(date_of(day).year, week_of_year(day, first), weekday_of(day), first),
                          day);
  }
}

BOOST_AUTO_TEST_CASE(flags_change_the_padding_of_numbers) {
  BOOST_TEST(format(3661, "[%-H][%_H][%0k][%-j][%_j][%_m][%-e][%0e]") == "[1][ 1][01][1][  1][ 1][1][01]");
  BOOST_TEST(format(0, "%-f|%f") == "0|000000000");
  for (const char* bad :
       {"%-b", "%_A", "%0D", "%-%", "%-", "%--d", "%:", "%:x", "%::::z", "%.", "%.f%.4f", "%4f", "%Q", "%E", "%"})
    BOOST_TEST(format(0, bad) == "(bad)", bad);
}

BOOST_AUTO_TEST_CASE(far_years_have_a_sign) {
  const int64_t far = day_of({12'345, 6, 7}) * 86'400, before = day_of({-5, 6, 7}) * 86'400;
  BOOST_TEST(format(far, "%F|%-Y|%_Y|%C|%y|%+") == "+12345-06-07|+12345|+12345|123|45|+12345-06-07T00:00:00+00:00");
  BOOST_TEST(format(before, "%F|%-Y|%_Y|%y") == "-0005-06-07|-5|   -5|95");
  BOOST_TEST(is_representable(day_of({262'000, 12, 31}) * 86'400 + 86'399));
  BOOST_TEST(!is_representable(day_of({262'001, 1, 1}) * 86'400));
  BOOST_TEST(is_representable(day_of({-262'000, 1, 1}) * 86'400));
  BOOST_TEST(!is_representable(INT64_MIN));
}

BOOST_AUTO_TEST_CASE(fractions_and_offsets_are_those_of_whole_utc_seconds) {
  BOOST_TEST(format(0, "[%.f][%.3f][%.6f][%.9f][%3f][%6f][%9f]") ==
             "[][.000][.000000][.000000000][000][000000][000000000]");
  BOOST_TEST(format(0, "%z %:z %::z %:::z %Z") == "+0000 +00:00 +00:00:00 +00 UTC");
}

BOOST_AUTO_TEST_CASE(parsing_inverts_formatting) {
  const char* const kFormats[] = {"%F %T",
                                  "%s",
                                  "%c",
                                  "%+",
                                  "%Y %j %H%M%S",
                                  "%G-W%V-%u %T",
                                  "%Y week %U %a %T",
                                  "%Y %W %w %r",
                                  "%C%y%m%d%H%M%S",
                                  "%A, %e %B %Y %I:%M:%S %P",
                                  "%v %X",
                                  "%s %F",
                                  "%Y%m%d %R:%S%.9f %Z"};
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const auto seconds = static_cast<int64_t>(random() % 315'000'000'000) - 62'135'596'800;  // years 1 to 9982
    for (const char* f : kFormats) BOOST_TEST(parse(format(seconds, f), f) == std::to_string(seconds));
  }
  for (const int64_t seconds : {int64_t{253'402'300'800}, int64_t{-99'999'999'999}})
    BOOST_TEST(parse(format(seconds, "%F %T"), "%F %T") == std::to_string(seconds));
}

BOOST_AUTO_TEST_CASE(failures_say_why) {
  const std::string invalid = "input contains invalid characters", premature = "premature end of input",
                    trailing = "trailing input", range = "input is out of range",
                    impossible = "no possible date and time matching input",
                    not_enough = "input is not enough for unique date and time",
                    bad = "bad or unsupported format string";
  const struct {
    std::string_view text, format;
    std::string why;
  } kCases[] = {
      {"abc", "%F %T", invalid},
      {"", "%F %T", premature},
      {"2023-11", "%F", premature},
      {"2023-11-14 22:13:25 extra", "%F %T", trailing},
      {"2023-13-01 00:00:00", "%F %T", range},
      {"2023-02-30 00:00:00", "%F %T", range},
      {"2023-11-14 24:00:00", "%F %T", range},
      {"2023-11-14 23:60:00", "%F %T", range},
      {"2023-366 00:00", "%Y-%j %R", range},
      {"2023-W53-1 00:00", "%G-W%V-%u %R", range},
      {"99999999999999999999", "%s", range},
      {"9223372036854775807", "%s", range},
      {"+262001-01-01 00:00", "%F %R", range},
      {"Mon Nov 14 22:13:25 2023", "%c", impossible},
      {"2023-11-14 22:13 AM", "%F %H:%M %p", impossible},
      {"2023-11-14 22:13 5", "%F %R %s", impossible},
      {"2023 2024", "%Y %Y", impossible},
      {"2023-11-14", "%F", not_enough},
      {"22:13", "%R", not_enough},
      {"2023-11-14 22", "%F %H", not_enough},
      {"2023-11-14 10:13", "%F %I:%M", not_enough},  // morning or evening?
      {"20-01-01 00:00", "%C-%m-%d %R", not_enough},
      {"2023-11-14 22:13", "%F %Q", bad},
      {"x", "y%", invalid},
  };
  for (const auto& c : kCases)
    BOOST_TEST(parse(c.text, c.format) == c.why, c.text << " by " << c.format << ": " << parse(c.text, c.format));
}

BOOST_AUTO_TEST_CASE(parsing_is_lenient_where_the_reference_says_so) {
  const std::string t = "1700000005";
  BOOST_TEST(parse("2023-11-14 22:13:25", "%F%n%T") == t);
  BOOST_TEST(parse("2023-11-1422:13:25", "%F %T") == t);  // white space matches none, too
  BOOST_TEST(parse("2023-11-14 \t\xC2\xA0\xE2\x80\x83"
                   "22:13:25",
                   "%F %T") == t);
  BOOST_TEST(parse("2023- 11- 14 22: 13: 25", "%F %T") == t);  // numbers skip it
  BOOST_TEST(parse("14 nOvEmBeR 2023 10:13:25 pM", "%d %B %Y %I:%M:%S %P") == t);
  BOOST_TEST(parse("14 nov 2023 22:13:25", "%d %B %Y %T") == t);
  BOOST_TEST(parse("14 November 2023 22:13:25", "%d %b %Y %T") != t);  // the short form takes no long name
  BOOST_TEST(parse("2023-11-14 22:13:25.75", "%F %T%.f") == t);
  BOOST_TEST(parse("2023-11-14 22:13:25.750", "%F %T%.3f") == t);
  BOOST_TEST(parse("2023-11-14 22:13:25750", "%F %T%3f") == t);
  BOOST_TEST(parse("2023-11-14 22:13:25 +0530", "%F %T %z") == t);  // read and ignored
  BOOST_TEST(parse("2023-11-14 22:13:25 -05:30", "%F %T %:z") == t);
  BOOST_TEST(parse("2023-11-14 22:13:25 CEST", "%F %T %Z") == t);
  BOOST_TEST(parse("2023-11-14T22:13:25.1Z", "%+") == t);
  BOOST_TEST(parse("2023-11-14 22:13:60", "%F %T") == parse("2023-11-14 22:13:59", "%F %T"));
  BOOST_TEST(parse("-5", "%s") == "-5");
  BOOST_TEST(parse("+5", "%s") == "5");
  BOOST_TEST(parse("69-1-1 0:0", "%y-%m-%d %R") == std::to_string(day_of({2069, 1, 1}) * 86'400));
  BOOST_TEST(parse("70-1-1 0:0", "%y-%m-%d %R") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
