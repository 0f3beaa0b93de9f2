#include "substrate/grouping.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "substrate/attractors.hpp"
#include "substrate/resonance.hpp"

using namespace omc::substrate;
using boost::test_tools::per_element;
using Indices = std::vector<size_t>;

BOOST_AUTO_TEST_SUITE(grouping)

BOOST_AUTO_TEST_CASE(sort_is_stable_and_descending) {
  BOOST_TEST(harmonic_sort(std::vector<double>{0.5, 1.0, 0.5, 0.75, 1.0}) == (Indices{1, 4, 3, 0, 2}), per_element());
  BOOST_TEST(harmonic_sort({}).empty());
}

BOOST_AUTO_TEST_CASE(partition_by_signed_attractor) {
  const std::vector<int64_t> n = {7, -8, 12, 0, 100, -7, 1, INT64_MIN, -100};
  const std::vector<Indices> groups = harmonic_partition(n);
  const std::vector<Indices> expected = {{7}, {8}, {1, 5}, {3}, {6}, {0, 2}, {4}};
  BOOST_TEST(groups.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) BOOST_TEST(groups[i] == expected[i], per_element());
  BOOST_TEST(harmonic_partition({}).empty());
}

BOOST_AUTO_TEST_CASE(dedupe_is_the_pairwise_rule) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<double> scores(random() % 60);
    for (double& s : scores) s = resonance(static_cast<int64_t>(random() % 2000));
    const double band = static_cast<double>(random() % 100) / 400.0;
    Indices expected;
    for (size_t i = 0; i < scores.size(); ++i) {
      bool close = false;
      for (const size_t k : expected) close = close || std::abs(scores[i] - scores[k]) < band;
      if (!close) expected.push_back(i);
    }
    BOOST_TEST(harmonic_dedupe(scores, band) == expected, per_element());
  }
}

BOOST_AUTO_TEST_CASE(dedupe_without_a_band_keeps_all) {
  const std::vector<double> same = {0.5, 0.5, 0.5};
  BOOST_TEST(harmonic_dedupe(same, 0.0).size() == 3u);
  BOOST_TEST(harmonic_dedupe(same, -1.0).size() == 3u);
  BOOST_TEST(harmonic_dedupe(same, std::numeric_limits<double>::quiet_NaN()).size() == 3u);
}

BOOST_AUTO_TEST_CASE(resample_positions) {
  const size_t expected[] = {0, 24, 37, 47, 56, 65, 72, 79, 86, 93};
  for (size_t i = 0; i < 10; ++i) BOOST_TEST(harmonic_resample_index(i, 10, 100) == expected[i]);
  BOOST_TEST(harmonic_resample_index(3, 4, 1) == 0u);
  BOOST_TEST(harmonic_resample_index(99, 100, 4) == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
