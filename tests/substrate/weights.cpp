#include "substrate/weights.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "substrate/safe.hpp"

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(weights_and_safety)

BOOST_AUTO_TEST_CASE(danger) {
  BOOST_TEST(value_danger(0) == 1.0);
  BOOST_TEST(value_danger(-0.5) == 0.6065306597126334);
  BOOST_TEST(value_danger(100) == 3.720075976020836e-44);
  BOOST_TEST(std::isnan(value_danger(std::nan(""))));
  BOOST_TEST(in_danger(0.69));
  BOOST_TEST(in_danger(-0.69));
  BOOST_TEST(!in_danger(0.6931471805599453));
  BOOST_TEST(!in_danger(std::nan("")));
  BOOST_TEST(escape(0) == 1);
  BOOST_TEST(escape(12) == 8);
}

BOOST_AUTO_TEST_CASE(interference) {
  BOOST_TEST(interfere(3, 6) == 4.0);
  BOOST_TEST(interfere(-2, 4) == -8.0);
  BOOST_TEST(interfere(5, -5) == 0.0);
  BOOST_TEST(interfere(0.1, 0.2) == 0.13333333333333333);
  BOOST_TEST(collapse(3, 1) == 1.6209069176044193);
  BOOST_TEST(collapse(2, 0) == 2.0);
}

BOOST_AUTO_TEST_CASE(omni_weights) {
  BOOST_TEST(omni_weight(55) == 1.0);
  BOOST_TEST(omni_weight(54) == 0.7534702233750797);
  BOOST_TEST(mean_omni_weight(std::vector<int64_t>{12, 100, 7}) == 0.8900105906971124);
  BOOST_TEST(mean_omni_weight(std::vector<int64_t>{-54, 500, 1'000'000}) == 0.8385343819374013);
  BOOST_TEST(mean_omni_weight({}) == 0.0);
  BOOST_TEST(omni_weight(INT64_MIN) == 0.0);
  const std::vector<int64_t> n = {12, 100, 7, 50, 54, 6};
  BOOST_TEST(quantization_ratio(n, 0.5) == 1.0);
  BOOST_TEST(quantization_ratio(n, 0.9) == 0.5);
  BOOST_TEST(quantization_ratio(n, 1.1) == 0.0);
  BOOST_TEST(quantization_ratio({}, 0.5) == 0.0);
}

BOOST_AUTO_TEST_CASE(safe_division) {
  BOOST_TEST(safe_divisor(0, 0.0) == 1);
  BOOST_TEST(safe_divisor(0, 0.5) == 1);
  BOOST_TEST(safe_divisor(0, 0.9) == 1);
  BOOST_TEST(safe_divisor(0, std::nan("")) == 1);
  BOOST_TEST(safe_divisor(2, 2.7) == 2);
  BOOST_TEST(safe_divisor(-3, -3.0) == -3);
  BOOST_TEST(safe_quotient(10, 2) == 5);
  BOOST_TEST(safe_quotient(-7, 2) == -3);
  BOOST_TEST(safe_quotient(INT64_MIN, -1) == INT64_MIN);
  BOOST_TEST(safe_remainder(-7, 3) == 2);
  BOOST_TEST(safe_remainder(7, -3) == 0);
  BOOST_TEST(safe_remainder(7, 1) == 0);
}

BOOST_AUTO_TEST_CASE(safe_functions) {
  BOOST_TEST(safe_sqrt(-4) == 0.0);
  BOOST_TEST(safe_sqrt(2) == 1.4142135623730951);
  BOOST_TEST(safe_log(0) == -1.0e308);
  BOOST_TEST(safe_log(-3) == -1.0e308);
  BOOST_TEST(safe_log(2.5) == 0.9162907318741551);
  BOOST_TEST(std::isnan(safe_log(std::nan(""))));
}

BOOST_AUTO_TEST_CASE(safe_indices) {
  const std::pair<int64_t, size_t> expected[] = {{0, 0}, {1, 1},  {2, 2},   {3, 3},  {4, 3},  {5, 0},  {6, 0},
                                                 {7, 3}, {12, 3}, {100, 4}, {-1, 4}, {-2, 3}, {-4, 2}, {-7, 2}};
  for (const auto& [index, place] : expected) BOOST_TEST(safe_index(index, 5) == place);
  BOOST_TEST(safe_index(INT64_MIN, 1) == 0u);
  BOOST_TEST(safe_index(-5, 5) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
