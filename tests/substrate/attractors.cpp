#include "substrate/attractors.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <ostream>
#include <random>

using namespace omc::substrate;
namespace bdata = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(attractors)

struct NearestRow {
  int64_t n, attractor;
  uint64_t distance;
  friend std::ostream& operator<<(std::ostream& out, const NearestRow& row) { return out << row.n; }
};

constexpr NearestRow kNearest[] = {
    {0, 0, 0},
    {1, 1, 0},
    {2, 2, 0},
    {4, 3, 1},
    {6, 5, 1},
    {7, 8, 1},
    {11, 8, 3},
    {12, 8, 4},
    {13, 13, 0},
    {17, 13, 4},
    {45, 34, 11},
    {54, 34, 20},
    {100, 89, 11},
    {609, 377, 232},
    {-7, -8, 1},
    {-50, -34, 16},
    {63'245'985, 63'245'986, 1},
    {63'245'987, 63'245'986, 1},
    {1'000'000'000'000, 63'245'986, 999'936'754'014},
    {INT64_MAX, 63'245'986, 9'223'372'036'791'529'821u},
    {INT64_MIN, -63'245'986, 9'223'372'036'791'529'822u},
};

BOOST_DATA_TEST_CASE(nearest_is_as_the_language_states, bdata::make(kNearest), row) {
  BOOST_TEST(nearest(row.n).attractor == row.attractor);
  BOOST_TEST(nearest(row.n).distance == row.distance);
  BOOST_TEST(harmonic_unalign(row.n) == row.n - row.attractor);
  BOOST_TEST(is_attractor(row.n) == (row.distance == 0));
}

// The rule as it is written, by a walk over the table.
static Nearest nearest_by_walk(int64_t n) {
  const uint64_t m = magnitude(n);
  const auto signed_like_n = [n](uint64_t a) { return n < 0 ? -static_cast<int64_t>(a) : static_cast<int64_t>(a); };
  const auto top = static_cast<uint64_t>(kLargestAttractor);
  if (m > top) return {signed_like_n(top), m - top};
  size_t i = 0;
  while (static_cast<uint64_t>(kAttractors[i]) < m) ++i;
  const auto high = static_cast<uint64_t>(kAttractors[i]);
  if (high == m) return {signed_like_n(m), 0};
  const auto low = static_cast<uint64_t>(kAttractors[i - 1]);
  if (is_held(static_cast<int64_t>(low)) || m - low <= high - m) return {signed_like_n(low), m - low};
  return {signed_like_n(high), high - m};
}

static int64_t largest_by_walk(int64_t n) {
  int64_t found = 0;
  for (const int64_t a : kAttractors)
    if (static_cast<uint64_t>(a) <= magnitude(n)) found = a;
  return n < 0 ? -found : found;
}

static void check_against_the_walk(int64_t n) {
  const Nearest expected = nearest_by_walk(n), got = nearest(n);
  const bool same = got.attractor == expected.attractor && got.distance == expected.distance;
  if (!same || largest(n) != largest_by_walk(n)) BOOST_ERROR("differs from the written rule at " << n);
  if (kAttractors[attractor_bucket(n)] != (n < 0 ? -got.attractor : got.attractor)) BOOST_ERROR("bucket of " << n);
}

BOOST_AUTO_TEST_CASE(every_small_int_follows_the_rule) {
  for (int64_t n = -100'000; n <= 100'000; ++n) check_against_the_walk(n);
}

BOOST_AUTO_TEST_CASE(every_edge_follows_the_rule) {
  for (size_t i = 0; i + 1 < kAttractors.size(); ++i) {
    const int64_t low = kAttractors[i], high = kAttractors[i + 1];
    for (const int64_t edge : {low, (low + high) / 2, high})
      for (int64_t n = edge - 2; n <= edge + 2; ++n) {
        check_against_the_walk(n);
        check_against_the_walk(-n);
      }
  }
  for (int shift = 0; shift < 63; ++shift)
    for (int64_t n = (int64_t{1} << shift) - 2; n <= (int64_t{1} << shift) + 2; ++n) check_against_the_walk(n);
  for (int64_t k = 0; k < 4; ++k) {
    check_against_the_walk(INT64_MAX - k);
    check_against_the_walk(INT64_MIN + k);
  }
}

BOOST_AUTO_TEST_CASE(random_ints_of_every_length_follow_the_rule) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) check_against_the_walk(static_cast<int64_t>(random()) >> (random() % 64));
}

BOOST_AUTO_TEST_CASE(ten_attractors_hold_their_gap) {
  int held = 0;
  for (size_t i = 3; i + 1 < kAttractors.size(); ++i) {
    const int64_t low = kAttractors[i], high = kAttractors[i + 1];
    if (high - low < 3) continue;  // no int is nearer to the upper end
    held += nearest(high - 1).attractor == low;
  }
  BOOST_TEST(held == 10);
}

BOOST_AUTO_TEST_CASE(buckets) {
  const int64_t n[] = {0, 1, 2, 3, 4, 5, 7, 8, 12, 50, 55, 89, 100, -8, -50, 1'000'000, 63'245'986, 99'999'999'999};
  const size_t bucket[] = {0, 1, 3, 4, 4, 5, 6, 6, 6, 9, 10, 11, 11, 6, 9, 30, 39, 39};
  for (size_t i = 0; i < std::size(n); ++i) BOOST_TEST(attractor_bucket(n[i]) == bucket[i]);
}

BOOST_AUTO_TEST_CASE(largest_attractor_at_most) {
  BOOST_TEST(largest(0) == 0);
  BOOST_TEST(largest(12) == 8);
  BOOST_TEST(largest(609) == 377);
  BOOST_TEST(largest(63'245'985) == 39'088'169);
  BOOST_TEST(largest(-12) == -8);
  BOOST_TEST(largest(INT64_MIN) == -63'245'986);
}

BOOST_AUTO_TEST_SUITE_END()
