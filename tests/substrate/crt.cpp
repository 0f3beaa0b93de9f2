#include "substrate/crt.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(chinese_remainders)

static std::array<int64_t, 4> residues(int64_t x) {
  std::array<int64_t, 4> r{};
  for (size_t i = 0; i < r.size(); ++i) r[i] = crt_residue(x, kCrtModuli[i]);
  return r;
}

BOOST_AUTO_TEST_CASE(every_position_is_recovered) {
  for (int64_t x = 0; x < kCrtPeriod; ++x) {
    if (crt_recover(residues(x)) != x) BOOST_ERROR("lost " << x);
    if (crt_recover(residues(x - kCrtPeriod)) != x) BOOST_ERROR("lost " << x << " from a period below");
  }
  BOOST_TEST(crt_recover({-1, -1, -1, -1}) == 10'919);
  BOOST_TEST(crt_recover({5, 8, 13, 21}) == 0);
  BOOST_TEST(crt_recover({INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX}) ==
             crt_recover({INT64_MIN % 5 + 5, INT64_MAX % 8, INT64_MIN % 13 + 13, INT64_MAX % 21}));
}

BOOST_AUTO_TEST_CASE(residues_are_never_negative) {
  BOOST_TEST(crt_residue(100, 21) == 16);
  BOOST_TEST(crt_residue(-1, 5) == 4);
  BOOST_TEST(crt_residue(-7, -3) == 2);
  BOOST_TEST(crt_residue(7, -3) == 1);
  for (const int64_t m : {-1, 0, 1}) BOOST_TEST(crt_residue(INT64_MIN, m) == 0);
  BOOST_TEST(crt_residue(-5, INT64_MIN) == INT64_MAX - 4);
  BOOST_TEST(crt_residue(INT64_MIN, INT64_MIN) == 0);
  BOOST_TEST(crt_residue(INT64_MIN, INT64_MAX) == INT64_MAX - 1);
}

BOOST_AUTO_TEST_SUITE_END()
