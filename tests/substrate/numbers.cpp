#include "substrate/numbers.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(numbers)

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

BOOST_AUTO_TEST_CASE(truncation_saturates) {
  BOOST_TEST(truncate_to_int(2.9) == 2);
  BOOST_TEST(truncate_to_int(-2.9) == -2);
  BOOST_TEST(truncate_to_int(-0.0) == 0);
  BOOST_TEST(truncate_to_int(0x1p62) == int64_t{1} << 62);
  BOOST_TEST(truncate_to_int(std::nextafter(0x1p63, 0.0)) == 9'223'372'036'854'774'784);
  BOOST_TEST(truncate_to_int(0x1p63) == INT64_MAX);
  BOOST_TEST(truncate_to_int(-0x1p63) == INT64_MIN);
  BOOST_TEST(truncate_to_int(std::nextafter(-0x1p63, -kInfinity)) == INT64_MIN);
  BOOST_TEST(truncate_to_int(kInfinity) == INT64_MAX);
  BOOST_TEST(truncate_to_int(-kInfinity) == INT64_MIN);
  BOOST_TEST(truncate_to_int(kNan) == 0);
}

BOOST_AUTO_TEST_CASE(rounding_is_half_away_from_zero) {
  BOOST_TEST(round_to_int(0.5) == 1);
  BOOST_TEST(round_to_int(-0.5) == -1);
  BOOST_TEST(round_to_int(2.5) == 3);
  BOOST_TEST(round_to_int(0.49999999999999994) == 0);
  BOOST_TEST(round_to_int(kInfinity) == INT64_MAX);
  BOOST_TEST(round_to_int(kNan) == 0);
}

BOOST_AUTO_TEST_CASE(fraction_keeps_the_sign) {
  BOOST_TEST(frac(1.25) == 0.25);
  BOOST_TEST(frac(-1.25) == -0.25);
  BOOST_TEST(frac(0x1p60) == 0.0);
  BOOST_TEST(std::isnan(frac(kInfinity)));
}

BOOST_AUTO_TEST_CASE(magnitudes_and_distances_are_exact) {
  BOOST_TEST(magnitude(-5) == 5u);
  BOOST_TEST(magnitude(INT64_MIN) == uint64_t{1} << 63);
  BOOST_TEST(distance(INT64_MIN, INT64_MAX) == UINT64_MAX);
  BOOST_TEST(distance(INT64_MAX, INT64_MIN) == UINT64_MAX);
  BOOST_TEST(distance(3, -4) == 7u);
}

BOOST_AUTO_TEST_SUITE_END()
