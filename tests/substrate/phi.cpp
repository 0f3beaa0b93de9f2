#include "substrate/phi.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(powers_of_phi)

BOOST_AUTO_TEST_CASE(powers) {
  BOOST_TEST(phi_pow(0) == 1.0);
  BOOST_TEST(phi_pow(10) == 122.99186938124426);
  BOOST_TEST(phi_pow(-1) == 0.6180339887498948);
  BOOST_TEST(phi_pow(0.5) == 1.272019649514069);
  BOOST_TEST(phi_pi_pow(1) == 4.534757161155179);
  BOOST_TEST(phi_pi_pow(20) == 13523238455000.027);
  BOOST_TEST(phi_pi_pow(-5) == 0.0005214705941661082);
}

BOOST_AUTO_TEST_CASE(logarithms) {
  BOOST_TEST(log_phi_pi_fibonacci(1) == 0.0);
  BOOST_TEST(log_phi_pi_fibonacci(2) == 0.45849995503606633);
  BOOST_TEST(log_phi_pi_fibonacci(63'245'986) == 11.881783597616419);
  BOOST_TEST(log_phi_pi_fibonacci(0) == -std::numeric_limits<double>::infinity());
  BOOST_TEST(log_phi_pi_fibonacci(-0.0) == -std::numeric_limits<double>::infinity());
  BOOST_TEST(std::isnan(log_phi_pi_fibonacci(-5)));
  BOOST_TEST(phi_pi_log_distance(-5, 5) == 1.5861492415955472);
  BOOST_TEST(phi_pi_log_distance(INT64_MIN, INT64_MAX) == log_phi_pi_fibonacci(0x1p64));
}

BOOST_AUTO_TEST_CASE(resonant_values) {
  BOOST_TEST(is_phi_resonant(-2.618, 0.001));
  BOOST_TEST(!is_phi_resonant(3.14, 0.001));
  BOOST_TEST(is_phi_resonant(0, 0));
  BOOST_TEST(is_phi_resonant(1, 0));
  BOOST_TEST(is_phi_resonant(11, 0.1));
  BOOST_TEST(!is_phi_resonant(11, 0.05));
  BOOST_TEST(!is_phi_resonant(std::nan(""), 1e300));
}

BOOST_AUTO_TEST_SUITE_END()
