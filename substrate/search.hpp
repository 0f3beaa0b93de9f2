#pragma once
// Searches in sorted arrays of ints: V2 (φ-π-Fibonacci shares), STEP (Fibonacci steps) and BIN (plain halving), and the
// set operations built on them.
//
// Which probes are made is part of the language: they decide which of several equal elements is hit, what the traces
// list and what the counters say. So each search makes the probes of the reference (chapter 04, sections 7 and 8) and
// counts them into the SearchCounters of its caller. The int_* and sorted_* functions at the end count nothing.
//
// An array is anything with size() and an operator[] that gives the int reading of an element; see FloatReadings for
// one that converts. Unsorted arrays give an unspecified position inside the array, never an error.

#include <algorithm>  // min, max, sort, unique
#include <concepts>
#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <optional>
#include <span>
#include <vector>

#include "substrate/attractors.hpp"  // kAttractors
#include "substrate/numbers.hpp"     // distance, truncate_to_int

namespace omc::substrate {

template <class A>
concept IntReadings = requires(const A& a, size_t i) {
  { a.size() } -> std::convertible_to<size_t>;
  { a[i] } -> std::convertible_to<int64_t>;
};

// An array of floats as searches read it.
class FloatReadings {
 public:
  explicit FloatReadings(std::span<const double> x) : x_(x) {}
  size_t size() const { return x_.size(); }
  int64_t operator[](size_t i) const { return truncate_to_int(x_[i]); }

 private:
  std::span<const double> x_;
};

// How many probes V2 makes in an array of one size. They depend on nothing but the place of the target, which is found
// several times faster than by probing: the directions of probes are a coin's, and each wrong guess of the processor
// costs as much as ten right ones. So once many searches went to arrays of one size, their probes are only counted.
class ProbeCounts {
 public:
  // Before each search in an array of n elements, n > 0: whether the counts for n are at hand.
  bool know(size_t n) { return n == size_ || learn(n); }
  uint64_t of_hit(size_t place) const { return hits_[place]; }
  uint64_t of_miss(size_t place) const { return misses_[place]; }

 private:
  bool learn(size_t n);
  void walk(size_t low, size_t high, size_t k, uint8_t probes);

  size_t size_ = 0, candidate_ = 0, searches_ = 0;
  std::vector<uint8_t> hits_, misses_;
};

struct SearchCounters {
  uint64_t searches = 0, comparisons = 0;
  ProbeCounts v2;
};

// Where a target is, or the place it would have to be inserted at.
struct Position {
  bool found;
  size_t index;
};

// What searches answer as one int: i for a hit, -(i + 1) for a miss.
constexpr int64_t encoded(Position p) {
  const auto i = static_cast<int64_t>(p.index);
  return p.found ? i : -(i + 1);
}

// i for a hit, -1 for a miss.
constexpr int64_t index_or_minus_one(Position p) {
  return p.found ? static_cast<int64_t>(p.index) : -1;
}

namespace detail {

// The share of the open range that probe k = 1, 2, ... of V2 leaves below it: F(min(k, 39)) / (φ^π)^k clamped to [0,
// 0.999]. The last share is too small for any array, so searches stop before it.
inline constexpr size_t kProbeShares = 64;
const double* probe_shares();

// round(range·share), half away from zero: exact for all sizes of arrays, and inline. Signed, because x86 has no
// conversions between double and unsigned 64-bit ints.
inline size_t rounded_share(size_t range, double share) {
  const double x = static_cast<double>(static_cast<int64_t>(range)) * share;
  const auto whole = static_cast<int64_t>(x);
  return static_cast<size_t>(whole + (x - static_cast<double>(whole) >= 0.5));
}

// A V2 run; all elements below low are less than the target, all from high on greater.
struct Run {
  bool found;
  size_t index, low, high;
};

// The first index in [low, high) whose element is not less than t (kAbove: greater than t), else high. Uncounted.
template <bool kAbove, IntReadings A>
size_t plain_bound(const A& a, size_t low, size_t high, int64_t t) {
  const auto is_below = [&](size_t i) { return kAbove ? a[i] <= t : a[i] < t; };
  // Where elements come from memory, guessing the way fetches them ahead; where a cache holds them, not having to guess
  // is worth more.
  constexpr size_t kCached = size_t{1} << 16;
  size_t size = high - low;
  if (size > kCached) {
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (is_below(middle))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
  if (size == 0) return low;
  while (size > 1) {
    const size_t half = size / 2;
    low = is_below(low + half - 1) ? low + half : low;
    size -= half;
  }
  return low + is_below(low);
}

template <IntReadings A>
Run run_v2(const A& a, int64_t t, SearchCounters& counters) {
  size_t low = 0, high = a.size();
  if (high == 0) return {false, 0, 0, 0};
  ++counters.searches;
  if (counters.v2.know(high)) {
    const size_t place = plain_bound<false>(a, 0, high, t);
    if (place == high || a[place] != t) {
      counters.comparisons += counters.v2.of_miss(place);
      return {false, place, place, place};
    }
    // Among equal elements the probes decide.
    if (place + 1 == high || a[place + 1] != t) {
      counters.comparisons += counters.v2.of_hit(place);
      return {true, place, place, place + 1};
    }
  }
  const double* const shares = probe_shares();
  for (size_t k = 1; low + 1 < high; ++k) {
    const size_t offset = rounded_share(high - low, shares[k]);
    if (offset == 0) break;
    const size_t middle = std::min(low + offset, high - 1);
    const int64_t element = a[middle];
    ++counters.comparisons;
    if (element == t) return {true, middle, low, high};
    if (element < t)
      low = middle + 1;
    else
      high = middle;
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int64_t element = a[middle];
    ++counters.comparisons;
    if (element == t) return {true, middle, low, high};
    if (element < t)
      low = middle + 1;
    else
      high = middle;
  }
  return {false, low, low, high};
}

template <bool kAbove, IntReadings A>
size_t counted_bound(const A& a, int64_t t, SearchCounters& counters) {
  const Run run = run_v2(a, t, counters);
  if (!run.found) return run.index;
  return kAbove ? plain_bound<true>(a, run.index + 1, run.high, t) : plain_bound<false>(a, run.low, run.index, t);
}

}  // namespace detail

// V2: shares of the range first, halving after.
template <IntReadings A>
Position phi_pi_fib_search_v2(const A& a, int64_t t, SearchCounters& counters) {
  const detail::Run run = detail::run_v2(a, t, counters);
  return {run.found, run.index};
}

// STEP: Fibonacci steps; on_probe(index) sees each probe. They alone can miss a stored element, so the answer of a run
// without a hit is settled by an uncounted plain search.
template <IntReadings A, class OnProbe>
Position phi_pi_fib_search(const A& a, int64_t t, SearchCounters& counters, OnProbe&& on_probe) {
  const size_t n = a.size();
  if (n == 0) return {false, 0};
  ++counters.searches;
  size_t offset = 0, k = 0;
  while (k + 1 < kAttractorCount && static_cast<size_t>(kAttractors[k]) < n) ++k;
  while (k > 0) {
    const size_t middle = offset + std::min(static_cast<size_t>(kAttractors[k]), n - offset - 1);
    on_probe(middle);
    ++counters.comparisons;
    const int64_t element = a[middle];
    if (element == t) return {true, middle};
    if (element < t) {
      offset = middle + 1;
      k = k > 2 ? k - 2 : 0;
      if (offset >= n) break;
    } else {
      --k;
    }
  }
  const size_t p = detail::plain_bound<false>(a, 0, n, t);
  return {p < n && a[p] == t, p};
}

template <IntReadings A>
Position phi_pi_fib_search(const A& a, int64_t t, SearchCounters& counters) {
  return phi_pi_fib_search(a, t, counters, [](size_t) {});
}

// BIN: halving; counts a search even where there is nothing to search.
template <IntReadings A>
Position phi_pi_bin_search(const A& a, int64_t t, SearchCounters& counters) {
  ++counters.searches;
  size_t low = 0, high = a.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int64_t element = a[middle];
    ++counters.comparisons;
    if (element == t) return {true, middle};
    if (element < t)
      low = middle + 1;
    else
      high = middle;
  }
  return {false, low};
}

// The index of the element nearest to t, given where t is; a tie goes to the lower index, an empty array gives -1.
template <IntReadings A>
int64_t nearest_index(const A& a, int64_t t, Position p) {
  const size_t n = a.size();
  if (n == 0) return -1;
  size_t i = p.index;
  if (!p.found && i > 0 && (i == n || distance(a[i], t) >= distance(t, a[i - 1]))) --i;
  return static_cast<int64_t>(i);
}

// The first index with a[i] >= t, a.size() if there is none. One V2 run.
template <IntReadings A>
size_t substrate_lower_bound(const A& a, int64_t t, SearchCounters& counters) {
  return detail::counted_bound<false>(a, t, counters);
}

// The first index with a[i] > t, a.size() if there is none. One V2 run.
template <IntReadings A>
size_t substrate_upper_bound(const A& a, int64_t t, SearchCounters& counters) {
  return detail::counted_bound<true>(a, t, counters);
}

struct IndexRange {
  size_t from, to;  // from <= to
};

// The indices of the elements in [low, high). Two V2 runs.
template <IntReadings A>
IndexRange substrate_range(const A& a, int64_t low, int64_t high, SearchCounters& counters) {
  const size_t from = substrate_lower_bound(a, low, counters);
  return {from, std::max(from, substrate_lower_bound(a, high, counters))};
}

struct Neighbour {
  int64_t value;
  uint64_t distance;  // can be 2^64 - 1
};

// The element closest to t; a tie goes to the larger value. a is not empty. One V2 run.
template <IntReadings A>
Neighbour substrate_nearest(const A& a, int64_t t, SearchCounters& counters) {
  const size_t p = substrate_lower_bound(a, t, counters);
  const int64_t above = a[std::min(p, a.size() - 1)];
  const Neighbour candidate = {above, distance(above, t)};
  if (p == 0) return candidate;
  const int64_t below = a[p - 1];
  return distance(below, t) < candidate.distance ? Neighbour{below, distance(below, t)} : candidate;
}

template <IntReadings A>
int64_t substrate_min_distance(const A& a, int64_t t, SearchCounters& counters) {
  return static_cast<int64_t>(std::min<uint64_t>(substrate_nearest(a, t, counters).distance, INT64_MAX));
}

// The ints in both, ascending, each once. One V2 run for each element of the shorter side, a on equal length.
template <IntReadings A, IntReadings B>
std::vector<int64_t> substrate_intersect(const A& a, const B& b, SearchCounters& counters) {
  std::vector<int64_t> common;
  const auto look_up = [&](const auto& driver, const auto& searched) {
    for (size_t i = 0; i < driver.size(); ++i)
      if (const int64_t t = driver[i]; detail::run_v2(searched, t, counters).found) common.push_back(t);
  };
  if (a.size() <= b.size())
    look_up(a, b);
  else
    look_up(b, a);
  if (!std::is_sorted(common.begin(), common.end())) std::sort(common.begin(), common.end());
  common.erase(std::unique(common.begin(), common.end()), common.end());
  return common;
}

// keep(i) for each element of a that is not in b, in order. One V2 run for each element of a, none when b is empty.
template <IntReadings A, IntReadings B, class Keep>
void substrate_difference(const A& a, const B& b, SearchCounters& counters, Keep&& keep) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!detail::run_v2(b, a[i], counters).found) keep(i);
}

// The index of the quantile q of 1000, clamped to 0..1000, of a sorted array of size elements; size > 0.
constexpr size_t substrate_quantile_index(int64_t q, size_t size) {
  const size_t thousandths = q < 0 ? 0 : q > 1000 ? 1000 : static_cast<size_t>(q);
  return thousandths * (size - 1) / 1000;
}

// The k-th smallest, 0-based, of ints in any order; k < 0 counts as 0. Nothing when k is beyond the end.
std::optional<int64_t> substrate_select_k(std::vector<int64_t> a, int64_t k);

// The plain counterparts: the same answers with halving only, uncounted.
template <IntReadings A>
int64_t int_binary_search(const A& a, int64_t t) {
  size_t low = 0, end = a.size();
  const size_t place = detail::plain_bound<false>(a, low, end, t);
  if (place == end || a[place] != t) return -1;
  if (place + 1 == end || a[place + 1] != t) return static_cast<int64_t>(place);
  // Among equal elements the probes decide.
  while (low < end) {
    const size_t middle = low + (end - 1 - low) / 2;  // of the closed range: the lower one of two
    const int64_t element = a[middle];
    if (element == t) return static_cast<int64_t>(middle);
    if (element < t)
      low = middle + 1;
    else
      end = middle;
  }
  return -1;
}

template <IntReadings A>
size_t int_lower_bound(const A& a, int64_t t) {
  return detail::plain_bound<false>(a, 0, a.size(), t);
}

template <IntReadings A>
size_t int_upper_bound(const A& a, int64_t t) {
  return detail::plain_bound<true>(a, 0, a.size(), t);
}

// take_a(i) and take_b(j) in ascending order of the elements; a first where they are equal.
template <IntReadings A, IntReadings B, class TakeA, class TakeB>
void sorted_merge(const A& a, const B& b, TakeA&& take_a, TakeB&& take_b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] <= b[j])
      take_a(i++);
    else
      take_b(j++);
  }
  while (i < a.size()) take_a(i++);
  while (j < b.size()) take_b(j++);
}

// As sorted_merge, but an equal pair is taken once, from a. Duplicates inside one array survive.
template <IntReadings A, IntReadings B, class TakeA, class TakeB>
void sorted_union(const A& a, const B& b, TakeA&& take_a, TakeB&& take_b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const int64_t x = a[i], y = b[j];
    if (x <= y) {
      take_a(i++);
      j += x == y;
    } else {
      take_b(j++);
    }
  }
  while (i < a.size()) take_a(i++);
  while (j < b.size()) take_b(j++);
}

// keep(i) for each element that differs from the one kept before it.
template <IntReadings A, class Keep>
void sorted_dedupe(const A& a, Keep&& keep) {
  int64_t kept = 0;
  for (size_t i = 0; i < a.size(); ++i)
    if (const int64_t x = a[i]; i == 0 || x != kept) {
      keep(i);
      kept = x;
    }
}

}  // namespace omc::substrate
