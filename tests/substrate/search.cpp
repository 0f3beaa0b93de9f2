#include "substrate/search.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using namespace omc::substrate;
using boost::test_tools::per_element;
using Ints = std::vector<int64_t>;

BOOST_AUTO_TEST_SUITE(searches)

static Ints range(int64_t from, int64_t to) {
  Ints ints;
  for (int64_t i = from; i < to; ++i) ints.push_back(i);
  return ints;
}

struct Traced {
  int64_t answer;
  std::vector<size_t> probes;
};

static Traced trace(const Ints& a, int64_t t) {
  SearchCounters counters;
  Traced traced{};
  traced.answer = encoded(phi_pi_fib_search(a, t, counters, [&](size_t i) { traced.probes.push_back(i); }));
  BOOST_TEST(counters.searches == (a.empty() ? 0u : 1u));
  BOOST_TEST(counters.comparisons == traced.probes.size());
  return traced;
}

BOOST_AUTO_TEST_CASE(step_probes_as_recorded) {
  using Probes = std::vector<size_t>;
  const Ints odd = {1, 3, 5, 7, 9};
  BOOST_TEST(trace(odd, 7).probes == (Probes{4, 3}), per_element());
  BOOST_TEST(trace(odd, 1).probes == (Probes{4, 3, 2, 1, 1}), per_element());
  BOOST_TEST(trace(odd, 1).answer == 0);
  BOOST_TEST(trace(odd, 2).answer == -2);
  BOOST_TEST(trace(odd, 100).answer == -6);
  BOOST_TEST(trace({}, 1).answer == -1);
  BOOST_TEST(trace(range(0, 40), 33).probes == (Probes{39, 34, 21, 30, 34, 33}), per_element());
  BOOST_TEST(trace(range(0, 40), 38).probes == (Probes{39, 34, 39, 39, 39, 38}), per_element());
  BOOST_TEST(trace(range(0, 9), 4).probes == (Probes{8, 8, 5, 3, 5, 5}), per_element());
  BOOST_TEST(trace(range(0, 20), 0).probes == (Probes{19, 13, 8, 5, 3, 2, 1, 1}), per_element());
}

BOOST_AUTO_TEST_CASE(v2_decides_between_equal_elements) {
  SearchCounters counters;
  const auto hit = [&](const Ints& a, int64_t t) { return index_or_minus_one(phi_pi_fib_search_v2(a, t, counters)); };
  BOOST_TEST(hit({2, 2, 2, 2, 2}, 2) == 1);
  BOOST_TEST(hit({1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, 1) == 2);
  BOOST_TEST(hit({0, 5, 5, 5, 5, 5, 5, 5, 5, 5}, 5) == 2);
  Ints tenths;
  for (int64_t i = 0; i < 50; ++i) tenths.push_back(i / 10);
  const int64_t expected[] = {1, 11, 25, 33, 42};
  for (int64_t t = 0; t < 5; ++t) BOOST_TEST(hit(tenths, t) == expected[t]);
  BOOST_TEST(hit(tenths, 5) == -1);
}

BOOST_AUTO_TEST_CASE(counters_as_recorded) {
  SearchCounters c;
  Ints a = range(0, 30);
  const auto counted = [&](uint64_t searches, uint64_t comparisons) {
    const bool same = c.searches == searches && c.comparisons == comparisons;
    c = {};
    return same;
  };
  BOOST_TEST((phi_pi_fib_search_v2(a, 7, c), counted(1, 1)));
  BOOST_TEST((substrate_lower_bound(a, 7, c), counted(1, 1)));
  BOOST_TEST((substrate_upper_bound(a, 29, c), counted(1, 6)));
  BOOST_TEST((substrate_lower_bound(a, 3, c), counted(1, 2)));
  BOOST_TEST((substrate_range(a, 5, 20, c), counted(2, 6)));
  BOOST_TEST((substrate_intersect(a, Ints{3, 4, 50}, c), counted(3, 12)));
  BOOST_TEST((substrate_difference(Ints{1, 2, 99}, a, c, [](size_t) {}), counted(3, 13)));
  const size_t place = substrate_lower_bound(a, 4, c);
  BOOST_TEST(counted(1, 4));
  a.insert(a.begin() + static_cast<std::ptrdiff_t>(place), 4);
  BOOST_TEST((substrate_nearest(a, 8, c), counted(1, 2)));
  BOOST_TEST((phi_pi_bin_search(range(0, 100), 99, c), counted(1, 6)));
  BOOST_TEST((phi_pi_bin_search(Ints{}, 1, c), counted(1, 0)));
  BOOST_TEST((phi_pi_fib_search(Ints{}, 1, c), phi_pi_fib_search_v2(Ints{}, 1, c), counted(0, 0)));
  BOOST_TEST((substrate_difference(a, Ints{}, c, [](size_t) {}), counted(0, 0)));
}

// V2 as the reference writes it, share by share.
static Position v2_as_written(const Ints& a, int64_t t, uint64_t& comparisons) {
  size_t low = 0, high = a.size();
  for (size_t k = 1; low + 1 < high; ++k) {
    const auto f = static_cast<double>(kAttractors[std::min<size_t>(k, 39)]);
    const double q = std::clamp(f / std::exp((kPi * static_cast<double>(k)) * std::log(kPhi)), 0.0, 0.999);
    const auto offset = static_cast<size_t>(std::round(static_cast<double>(high - low) * q));
    if (offset == 0) break;
    const size_t middle = std::min(low + offset, high - 1);
    ++comparisons;
    if (a[middle] == t) return {true, middle};
    (a[middle] < t ? low : high) = a[middle] < t ? middle + 1 : middle;
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    ++comparisons;
    if (a[middle] == t) return {true, middle};
    (a[middle] < t ? low : high) = a[middle] < t ? middle + 1 : middle;
  }
  return {false, low};
}

static Ints random_sorted(std::mt19937_64& random, size_t longest) {
  Ints a(random() % (longest + 1));
  const uint64_t values = 1 + random() % (2 * longest);
  for (int64_t& x : a) x = static_cast<int64_t>(random() % values) - static_cast<int64_t>(values / 2);
  std::sort(a.begin(), a.end());
  return a;
}

BOOST_AUTO_TEST_CASE(every_search_agrees_with_the_standard_one) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const Ints a = random_sorted(random, round % 10 == 0 ? 3000 : 40);
    for (int i = 0; i < 30; ++i) {
      const int64_t t = a.empty() || i % 2 ? static_cast<int64_t>(random() % 100) - 50 : a[random() % a.size()];
      const auto lower = static_cast<size_t>(std::lower_bound(a.begin(), a.end(), t) - a.begin());
      const auto upper = static_cast<size_t>(std::upper_bound(a.begin(), a.end(), t) - a.begin());
      const bool present = lower != upper;
      SearchCounters c;
      if (substrate_lower_bound(a, t, c) != lower || int_lower_bound(a, t) != lower)
        BOOST_ERROR("lower bound of " << t);
      if (substrate_upper_bound(a, t, c) != upper || int_upper_bound(a, t) != upper)
        BOOST_ERROR("upper bound of " << t);
      for (const Position p : {phi_pi_fib_search(a, t, c), phi_pi_fib_search_v2(a, t, c), phi_pi_bin_search(a, t, c)}) {
        if (p.found != present) BOOST_ERROR("found or not: " << t);
        if (p.index < lower || p.index > upper || (present && p.index == upper)) BOOST_ERROR("position of " << t);
      }
      const int64_t binary = int_binary_search(a, t);
      if (present ? a.at(static_cast<size_t>(binary)) != t : binary != -1) BOOST_ERROR("int_binary_search of " << t);
      uint64_t comparisons = 0;
      const Position written = v2_as_written(a, t, comparisons);
      c = {};
      const Position got = phi_pi_fib_search_v2(a, t, c);
      if (got.index != written.index || c.comparisons != comparisons) BOOST_ERROR("V2 probes for " << t);
    }
  }
}

// After many searches in arrays of one size V2 no longer probes; nobody may notice.
BOOST_AUTO_TEST_CASE(counted_probes_are_those_made) {
  std::mt19937_64 random(7);
  for (const size_t n : {1, 2, 3, 4, 10, 33, 100, 1000, 5000}) {
    Ints a(n);
    for (int64_t& x : a) x = static_cast<int64_t>(random() % (4 * n));
    std::sort(a.begin(), a.end());
    SearchCounters counting;
    for (size_t i = 0; i < n + 1000; ++i) {
      const auto t = static_cast<int64_t>(random() % (4 * n + 2)) - 1;
      const SearchCounters before = counting;
      SearchCounters probing;
      const Position counted = phi_pi_fib_search_v2(a, t, counting), probed = phi_pi_fib_search_v2(a, t, probing);
      if (counted.found != probed.found || counted.index != probed.index ||
          counting.comparisons - before.comparisons != probing.comparisons)
        BOOST_ERROR(t << " among " << n);
    }
    BOOST_TEST(counting.v2.know(n));
  }
}

BOOST_AUTO_TEST_CASE(plain_bounds_in_arrays_larger_than_caches) {
  Ints a;
  for (int64_t i = 0; i < 100000; ++i) a.push_back(i / 3 * 2);
  for (int64_t t = -1; t < 66670; ++t) {
    const auto [from, to] = std::equal_range(a.begin(), a.end(), t);
    if (int_lower_bound(a, t) != static_cast<size_t>(from - a.begin()) ||
        int_upper_bound(a, t) != static_cast<size_t>(to - a.begin()))
      BOOST_ERROR(t);
  }
}

BOOST_AUTO_TEST_CASE(shares_run_out_before_their_table) {
  const double* shares = detail::probe_shares();
  BOOST_TEST(shares[detail::kProbeShares - 1] * 0x1p64 < 0.5);
  BOOST_TEST(shares[1] == 1.0 / std::exp(kPi * std::log(kPhi)));
}

BOOST_AUTO_TEST_CASE(offsets_round_half_away) {
  for (const double share : {0.0, 0.49999999999999994, 0.5, 0.9, 0.999})
    for (const size_t range :
         {size_t{1}, size_t{3}, size_t{5}, size_t{1'000'003}, (size_t{1} << 53) - 1, size_t{1} << 60})
      BOOST_TEST(detail::rounded_share(range, share) ==
                 static_cast<size_t>(std::round(static_cast<double>(range) * share)));
}

BOOST_AUTO_TEST_CASE(nearest_elements) {
  const Ints a = {1, 5, 10, 20, 50};
  SearchCounters c;
  BOOST_TEST(substrate_nearest(a, -4, c).value == 1);
  BOOST_TEST(substrate_nearest(a, 3, c).value == 5);
  BOOST_TEST(substrate_nearest(a, 15, c).value == 20);
  BOOST_TEST(substrate_nearest(a, 99, c).distance == 49u);
  BOOST_TEST(nearest_index(a, 3, phi_pi_fib_search(a, 3, c)) == 0);
  BOOST_TEST(nearest_index(a, 4, phi_pi_fib_search(a, 4, c)) == 1);
  BOOST_TEST(nearest_index(a, 10, phi_pi_fib_search_v2(a, 10, c)) == 2);
  BOOST_TEST(nearest_index(a, -9, phi_pi_fib_search_v2(a, -9, c)) == 0);
  BOOST_TEST(nearest_index(a, 999, phi_pi_fib_search_v2(a, 999, c)) == 4);
  BOOST_TEST(nearest_index(Ints{}, 8, {false, 0}) == -1);
}

BOOST_AUTO_TEST_CASE(distances_are_exact) {
  SearchCounters c;
  BOOST_TEST(substrate_min_distance(Ints{-INT64_MAX}, INT64_MAX, c) == INT64_MAX);
  BOOST_TEST(substrate_nearest(Ints{-INT64_MAX, INT64_MAX}, 5, c).value == INT64_MAX);
  BOOST_TEST(substrate_min_distance(Ints{INT64_MIN, 0}, 5, c) == 5);
  BOOST_TEST(nearest_index(Ints{INT64_MIN, INT64_MAX}, -1, {false, 1}) == 0);
  BOOST_TEST(nearest_index(Ints{INT64_MIN, INT64_MAX}, 0, {false, 1}) == 1);
}

BOOST_AUTO_TEST_CASE(ranges) {
  const Ints a = {1, 3, 5, 7, 9};
  SearchCounters c;
  const auto count = [&](int64_t low, int64_t high) {
    const IndexRange r = substrate_range(a, low, high, c);
    return r.to - r.from;
  };
  BOOST_TEST(count(3, 8) == 3u);
  BOOST_TEST(count(8, 3) == 0u);
  BOOST_TEST(count(3, 3) == 0u);
  BOOST_TEST(count(-100, 100) == 5u);
}

BOOST_AUTO_TEST_CASE(floats_are_read_as_ints) {
  const std::vector<double> x = {-2.9, 0.5, 3.9, 1e300};
  SearchCounters c;
  const FloatReadings a(x);
  BOOST_TEST(substrate_lower_bound(a, 3, c) == 2u);
  BOOST_TEST(phi_pi_bin_search(a, INT64_MAX, c).found);
  BOOST_TEST(substrate_intersect(a, Ints{-2, 0, 1, 3}, c) == (Ints{-2, 0, 3}), per_element());
}

BOOST_AUTO_TEST_CASE(sets) {
  SearchCounters c;
  BOOST_TEST(substrate_intersect(Ints{1, 2, 2, 3, 5}, Ints{2, 2, 3, 4}, c) == (Ints{2, 3}), per_element());
  BOOST_TEST(substrate_intersect(range(0, 100), Ints{3, 50, 200}, c) == (Ints{3, 50}), per_element());
  BOOST_TEST(substrate_intersect(Ints{5, 3, 5}, range(0, 9), c) == (Ints{3, 5}), per_element());

  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    const Ints a = random_sorted(random, 30), b = random_sorted(random, 30);
    Ints expected, got;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(expected));
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    BOOST_TEST(substrate_intersect(a, b, c) == expected, per_element());

    expected.clear();
    for (const int64_t x : a)
      if (!std::binary_search(b.begin(), b.end(), x)) expected.push_back(x);
    substrate_difference(a, b, c, [&](size_t i) { got.push_back(a[i]); });
    BOOST_TEST(got == expected, per_element());

    expected.clear();
    got.clear();
    std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(expected));
    const auto take_a = [&](size_t i) { got.push_back(a[i]); };
    const auto take_b = [&](size_t j) { got.push_back(b[j]); };
    sorted_merge(a, b, take_a, take_b);
    BOOST_TEST(got == expected, per_element());

    // std::set_union keeps max(times in a, times in b) of each int, as pairing off equal ones does.
    expected.clear();
    got.clear();
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(expected));
    sorted_union(a, b, take_a, take_b);
    BOOST_TEST(got == expected, per_element());

    expected = a;
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    got.clear();
    sorted_dedupe(a, take_a);
    BOOST_TEST(got == expected, per_element());
  }
}

BOOST_AUTO_TEST_CASE(merge_takes_from_a_on_equal) {
  std::string taken;
  const Ints a = {1, 2, 2}, b = {2, 3};
  const auto take_a = [&](size_t) { taken += 'a'; };
  const auto take_b = [&](size_t) { taken += 'b'; };
  sorted_merge(a, b, take_a, take_b);
  BOOST_TEST(taken == "aaabb");
  taken.clear();
  sorted_union(a, b, take_a, take_b);
  BOOST_TEST(taken == "aaab");
}

BOOST_AUTO_TEST_CASE(quantiles_and_selection) {
  BOOST_TEST(substrate_quantile_index(500, 101) == 50u);
  BOOST_TEST(substrate_quantile_index(999, 101) == 99u);
  BOOST_TEST(substrate_quantile_index(INT64_MIN, 4) == 0u);
  BOOST_TEST(substrate_quantile_index(INT64_MAX, 4) == 3u);
  BOOST_TEST(substrate_select_k({100, -50, 12, 12, 600}, 2).value() == 12);
  BOOST_TEST(substrate_select_k({4, 2}, -3).value() == 2);
  BOOST_TEST(!substrate_select_k({1}, 1).has_value());
  BOOST_TEST(!substrate_select_k({}, 0).has_value());
}

// Every position an unsorted array gives lies inside it.
BOOST_AUTO_TEST_CASE(unsorted_arrays_do_no_harm) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 5000; ++round) {
    Ints a(random() % 50);
    for (int64_t& x : a) x = static_cast<int64_t>(random() % 20);
    const auto t = static_cast<int64_t>(random() % 22) - 1;
    SearchCounters c;
    BOOST_TEST(substrate_lower_bound(a, t, c) <= a.size());
    BOOST_TEST(substrate_upper_bound(a, t, c) <= a.size());
    BOOST_TEST(phi_pi_fib_search(a, t, c).index <= a.size());
    const IndexRange r = substrate_range(a, t, t + 5, c);
    BOOST_TEST((r.from <= r.to && r.to <= a.size()));
    if (!a.empty()) substrate_nearest(a, t, c);
    nearest_index(a, t, phi_pi_fib_search_v2(a, t, c));
  }
}

BOOST_AUTO_TEST_SUITE_END()
