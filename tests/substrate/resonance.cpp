#include "substrate/resonance.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <vector>

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(resonance_and_him)

BOOST_AUTO_TEST_CASE(resonance_to_the_bit) {
  BOOST_TEST(resonance(0) == 1.0);
  BOOST_TEST(resonance(1) == 1.0);
  BOOST_TEST(resonance(4) == 0.8);
  BOOST_TEST(resonance(6) == 0.8571428571428572);
  BOOST_TEST(resonance(12) == 0.6923076923076923);
  BOOST_TEST(resonance(54) == 0.6363636363636364);
  BOOST_TEST(resonance(-100) == 0.8910891089108911);
  BOOST_TEST(resonance(126'491'972) == 0.5000000039528201);
  BOOST_TEST(resonance(1'000'000'000'000'000'000) == 0.00000000006324596402151883);
  BOOST_TEST(resonance(INT64_MIN) == 1.0 - 9'223'372'036'791'529'822.0 / (0x1p63 + 1.0));
}

BOOST_AUTO_TEST_CASE(him_to_the_bit) {
  BOOST_TEST(him(0) == 0.0);
  BOOST_TEST(him(1) == 0.3819660112501051);
  BOOST_TEST(him(144) == 0.0031056200151340363);
  BOOST_TEST(him(1000) == 0.033988749894888315);
  BOOST_TEST(him(123'456'789) == 0.2560758590698242);
  BOOST_TEST(him(-100) == 0.19660112501051685);
  BOOST_TEST(him(int64_t{1} << 62) == 0.0);
}

BOOST_AUTO_TEST_CASE(never_low_below_two_to_the_26) {
  double lowest = 1.0;
  for (int64_t n = 0; n < int64_t{1} << 26; n += 1) lowest = std::min(lowest, resonance(n));
  BOOST_TEST(lowest > 0.618);
}

BOOST_AUTO_TEST_CASE(classes_and_bands) {
  BOOST_TEST(classify_resonance(100) == 3);
  BOOST_TEST(classify_resonance(12) == 2);
  BOOST_TEST(classify_resonance(200'000'000) == 1);
  BOOST_TEST(classify_resonance(INT64_MIN) == 0);
  const int64_t n[] = {89, 90, 92,         93,         99,  100, 11,   12, 44,
                       45, 54, 63'246'086, 63'246'087, 600, -90, -100, 0,  INT64_MIN};
  const size_t band[] = {0, 1, 1, 2, 2, 3, 1, 2, 2, 3, 3, 3, 4, 4, 1, 3, 0, 4};
  for (size_t i = 0; i < std::size(n); ++i) BOOST_TEST(resonance_band(n[i]) == band[i]);
  const std::array<int64_t, kBandCount> expected = {2, 4, 4, 5, 3};
  BOOST_TEST(resonance_band_histogram(n) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_arrays) {
  const std::vector<int64_t> n = {4, 5, 6};
  BOOST_TEST(arr_resonance(n) == ((0.8 + 1.0) + resonance(6)) / 3.0);
  BOOST_TEST(arr_resonance({}) == 0.0);
  BOOST_TEST(harmonic_score(n) == 1.0 / 3.0);
  BOOST_TEST(harmonic_score({}) == 0.0);
  BOOST_TEST(measure_coherence(4, 5) == 1.0 - 0.8);
}

BOOST_AUTO_TEST_CASE(long_forms) {
  BOOST_TEST(long_form(5) == "HInt(5, φ=1.000, HIM=0.090)");
  BOOST_TEST(long_form(-7) == "HInt(-7, φ=0.875, HIM=0.326)");
  BOOST_TEST(long_form(1'000'000) == "HInt(1000000, φ=0.832, HIM=0.011)");
}

BOOST_AUTO_TEST_SUITE_END()
