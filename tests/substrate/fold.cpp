#include "substrate/fold.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "substrate/numbers.hpp"

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(folding)

BOOST_AUTO_TEST_CASE(floats_to_the_bit) {
  BOOST_TEST(fold(0.5, 1) == 0.8090169943749475);
  BOOST_TEST(fold(0.5, 2) == 0.30901699437494745);
  BOOST_TEST(fold(0.5, 3) == 0.5000000000000001);
  BOOST_TEST(fold(0.5, 10) == 0.8090169943749529);
  BOOST_TEST(fold(-0.3, 1) == -0.4854101966249684);
  BOOST_TEST(fold(100.25, 1) == 0.20790737217697597);
  BOOST_TEST(fold(0.7, 0) == fold(0.7, 1));
  BOOST_TEST(fold(0.7, INT64_MIN) == fold(0.7, 1));
  BOOST_TEST(!std::signbit(fold(-0.0, 1)));
}

BOOST_AUTO_TEST_CASE(any_depth_is_the_plain_loop) {
  double x = 0.3;
  for (int64_t depth = 1; depth <= 5000; ++depth) {
    x = frac(x * kPhi);
    if (fold(0.3, depth) != x) BOOST_ERROR("depth " << depth);
  }
}

BOOST_AUTO_TEST_CASE(huge_depths_end) {
  const double infinity = std::numeric_limits<double>::infinity();
  BOOST_TEST(std::isnan(fold(infinity, INT64_MAX)));
  BOOST_TEST(std::isnan(fold(std::nan(""), INT64_MAX)));
  BOOST_TEST(fold(0.0, INT64_MAX) == 0.0);
}

BOOST_AUTO_TEST_CASE(whole_laps_are_left_out) {
  constexpr double kOnTheShorterCycle = 0.33083798181917823;
  constexpr int64_t kLap = 53'763'531;
  BOOST_TEST(fold(kOnTheShorterCycle, kLap) == kOnTheShorterCycle);
  BOOST_TEST(fold(kOnTheShorterCycle, 100'000'000'000 * kLap + 1000) == fold(kOnTheShorterCycle, 1000));
}

BOOST_AUTO_TEST_CASE(ints) {
  for (const int64_t n : {0, 1, 4, 6, 7, 12, 50, 100, 1000, -7, -50, -100, 99'999'999})
    BOOST_TEST(fold(fold(n)) == fold(n));
  BOOST_TEST(fold(int64_t{-50}) == -34);
  BOOST_TEST(arr_fold_elements(std::vector<int64_t>{4, -7, 12}) == 3 + 8 + 8);
  BOOST_TEST(arr_fold_elements({}) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
