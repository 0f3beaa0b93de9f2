#include "stdlib/sorting.hpp"

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>

using namespace omc::stdlib;

BOOST_AUTO_TEST_SUITE(sorting)

// Sizes on both sides of every switch of method.
static const size_t kSizes[] = {0, 1, 2, 15, 16, 17, 33, 1000, 2047, 2048, 2049, 70000};

BOOST_AUTO_TEST_CASE(ints_of_any_size_and_spread) {
  std::mt19937_64 random(1);
  for (const size_t n : kSizes)
    for (const int bits : {1, 8, 12, 33, 64}) {
      std::vector<int64_t> x(n);
      for (int64_t& v : x) v = static_cast<int64_t>(random()) >> (64 - bits);
      std::vector<int64_t> expected = x;
      std::sort(expected.begin(), expected.end());
      sort_ints(x);
      if (x != expected) BOOST_ERROR(n << " ints of " << bits << " bits");
    }
}

BOOST_AUTO_TEST_CASE(floats_keep_the_order_of_zeros_and_put_nan_last) {
  std::mt19937_64 random(2);
  const double inf = std::numeric_limits<double>::infinity();
  const double odd[] = {0.0,   -0.0, inf, -inf, std::nan(""), -std::nan(""), std::numeric_limits<double>::denorm_min(),
                        -1e308};
  const auto precedes = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  for (const size_t n : kSizes) {
    std::vector<double> x(n);
    for (double& v : x)
      v = random() % 3 ? odd[random() % std::size(odd)] : static_cast<double>(static_cast<int64_t>(random()));
    std::vector<double> expected = x;
    std::stable_sort(expected.begin(), expected.end(), precedes);
    sort_floats(x);
    const auto same = [](double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); };
    if (!std::equal(x.begin(), x.end(), expected.begin(), same)) BOOST_ERROR(n << " floats");
  }
}

BOOST_AUTO_TEST_CASE(merging_is_stable) {
  std::mt19937_64 random(3);
  for (const size_t n : kSizes) {
    std::vector<std::pair<int, size_t>> x(n);
    for (size_t i = 0; i < n; ++i) x[i] = {static_cast<int>(random() % 50), i};
    std::vector<std::pair<int, size_t>> expected = x;
    std::sort(expected.begin(), expected.end());  // by key, then by first place
    merge_sort(std::span(x), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (x != expected) BOOST_ERROR(n << " pairs");
  }
}

BOOST_AUTO_TEST_CASE(any_comparison_leaves_a_permutation) {
  std::mt19937_64 random(4);
  for (const size_t n : kSizes) {
    std::vector<size_t> x(n), expected(n);
    for (size_t i = 0; i < n; ++i) x[i] = expected[i] = i;
    merge_sort(std::span(x), [&](size_t, size_t) { return random() % 2 == 0; });
    std::sort(x.begin(), x.end());
    if (x != expected) BOOST_ERROR(n << " elements");
  }
}

BOOST_AUTO_TEST_SUITE_END()
