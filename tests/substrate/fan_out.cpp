#include "substrate/fan_out.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "substrate/bands.hpp"

using namespace omc::substrate;
using boost::test_tools::per_element;
using Texts = std::vector<std::string_view>;

BOOST_AUTO_TEST_SUITE(fan_out)

BOOST_AUTO_TEST_CASE(spawn_counts) {
  const std::pair<int64_t, int64_t> expected[] = {{INT64_MIN, 1}, {0, 1},     {1, 1},          {2, 1},
                                                  {3, 2},         {20, 4},    {32, 5},         {100, 7},
                                                  {200, 10},      {1000, 12}, {1'000'000, 28}, {INT64_MAX, 50}};
  for (const auto& [n, count] : expected) BOOST_TEST(omc_m3_spawn_count(n) == count);
}

BOOST_AUTO_TEST_CASE(specialists) {
  const auto s = omc_self_instantiate(Texts{"alpha", "beta", "gamma", "delta", "epsilon", "zeta"}, "demo");
  BOOST_TEST(s.size() == 3u);
  BOOST_TEST(s[1].summary == "[2/3] demo: beta | epsilon");
  BOOST_TEST(s[1].item_count == 2u);
  BOOST_TEST(s[1].dominant_attractor == 63'245'986);
  BOOST_TEST(s[1].mu == 0.00000000001596450749374867);
  BOOST_TEST(s[1].sigma == 0.000000000008536005235981747);
  BOOST_TEST(s[1].resonance == 0.000000000011400547172968345);
  BOOST_TEST(s[1].wave_amplitude == -0.6156675618628239);
  BOOST_TEST(s[0].wave_amplitude == 0.0);

  const auto none = omc_self_instantiate({}, "none");
  BOOST_TEST(none.size() == 1u);
  BOOST_TEST(none[0].summary == "[1/1] none: ");
  BOOST_TEST(none[0].dominant_attractor == 0);
  BOOST_TEST(none[0].resonance == 1.0);
}

BOOST_AUTO_TEST_CASE(long_items_are_cut_by_characters) {
  std::string accented, exact(64, 'b'), shown;
  for (int i = 0; i < 70; ++i) accented += "é";
  for (int i = 0; i < 64; ++i) shown += "é";
  const auto s = omc_self_instantiate(Texts{accented, "x", exact}, "t");
  BOOST_TEST(s[0].summary == "[1/2] t: " + shown + "… | " + exact);
}

BOOST_AUTO_TEST_CASE(fold_back) {
  const FoldedChild children[] = {{1.0, 0.5, 3, 21}, {0, 0, 0, 0}};
  const FoldedParent folded = omc_fold_back(0.5, 0.1, 4, children);
  BOOST_TEST(folded.mu == 0.7142857142857143);
  BOOST_TEST(folded.sigma == 0.3359421718944242);
  BOOST_TEST(folded.dominant_attractor == 8);
  BOOST_TEST(folded.turn_count == 6.0);
  BOOST_TEST(folded.num_specialists_folded == 2.0);
  BOOST_TEST(omc_fold_back(0.5, 0.1, 0, {}).turn_count == 1.0);

  const FoldedChild negative[] = {{2, 0, 1, -50}};
  BOOST_TEST(omc_fold_back(1, 2, -3, negative).dominant_attractor == -34);
  const FoldedChild extremes[] = {{0, 0, -5, INT64_MAX}, {0, 0, 0, INT64_MAX}};
  BOOST_TEST(omc_fold_back(0, 0, 0, extremes).dominant_attractor == 63'245'986);
}

BOOST_AUTO_TEST_CASE(child_folds) {
  const ChildFold fold = omc_spawn_child_fold(-50);
  BOOST_TEST(fold.focus_numerator == 34);
  BOOST_TEST(fold.focus_denominator == 16);
  BOOST_TEST(fold.resonance_target == 0.058823529411764705);
  BOOST_TEST(fold.fold_id == 803'659'524);
  BOOST_TEST(omc_spawn_child_fold(0).focus_denominator == 1);
  BOOST_TEST(omc_spawn_child_fold(INT64_MIN).focus_denominator == 9'223'372'036'791'529'822);
}

static std::vector<int64_t> way(int64_t seed, int64_t samples) {
  std::vector<int64_t> points;
  const Geodesic geodesic(seed, samples);
  for (int64_t k = 0; k < samples; ++k) points.push_back(geodesic.at(k));
  return points;
}

BOOST_AUTO_TEST_CASE(geodesics) {
  BOOST_TEST(way(50, 4) == (std::vector<int64_t>{46, 32, 44, 32}), per_element());
  BOOST_TEST(way(-50, 3) == (std::vector<int64_t>{-22, -4, 40}), per_element());
  BOOST_TEST(way(0, 4) == (std::vector<int64_t>{0, -1, 0, 0}), per_element());
  BOOST_TEST(way(1000, 8) == (std::vector<int64_t>{998, 989, 1000, 991, 991, 990, 989, 975}), per_element());
  BOOST_TEST(way(89, 9) == (std::vector<int64_t>{89, 88, 89, 89, 89, 89, 89, 88, 89}), per_element());
  way(INT64_MIN, 9);  // wraps, no undefined arithmetic
  way(INT64_MAX, 9);
}

BOOST_AUTO_TEST_CASE(bands) {
  struct Row {
    int64_t x, beta, harmony;
  };
  const Row rows[] = {{0, 0, 1000},   {1, 618, 125}, {2, 236, 500},  {3, 854, 7},    {7, 326, 17},   {21, 978, 32},
                      {42, 957, 14},  {89, 5, 167},  {100, 803, 11}, {144, 996, 7},  {610, 0, 1000}, {1000, 33, 48},
                      {-1, 381, 167}, {-7, 673, 14}, {-50, 98, 200}, {12345, 629, 1}};
  for (const Row& row : rows) {
    BOOST_TEST(phi_shadow(row.x) == row.beta);
    BOOST_TEST(harmony(row.x, row.beta) == row.harmony);
  }
  // As the reference's vectors are made; 11 and 50 lie in gaps that nearest() gives to the lower end.
  BOOST_TEST(band_distance(11) == 2);
  BOOST_TEST(band_distance(50) == 5);
  BOOST_TEST(band_distance(uint64_t{1} << 63) == (uint64_t{1} << 63) - 63245986);
  int64_t sum = 0;
  for (int64_t x = -1000; x < 1000; ++x) sum += harmony(x, phi_shadow(x));
  BOOST_TEST(sum == 135561);
  BOOST_TEST(harmony(42, 42) == kFullHarmony);
  BOOST_TEST(harmony(INT64_MIN, 0) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
