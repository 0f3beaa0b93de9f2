#pragma once
// The attractor table F[0..39] and the attractor of an int.
//
// nearest() is the arithmetic nearest Fibonacci number except in ten gaps that the lower end holds whole: 12 goes to 8,
// not to 13. The held gaps are part of the language: resonances, hashes and trained models depend on them.
//
// How it is O(1): attractor i owns the magnitudes up to and including kLastOwned[i], so the index of the attractor of m
// is the number of entries below m; detail/bound_counter.hpp counts them without a branch.

#include <array>
#include <cstddef>  // size_t
#include <cstdint>  // int64_t

#include "substrate/detail/bound_counter.hpp"
#include "substrate/numbers.hpp"  // distance, magnitude

namespace omc::substrate {

inline constexpr size_t kAttractorCount = 40;

inline constexpr std::array<int64_t, kAttractorCount> kAttractors = [] {
  std::array<int64_t, kAttractorCount> f{0, 1};
  for (size_t i = 2; i < f.size(); ++i) f[i] = f[i - 1] + f[i - 2];
  return f;
}();
inline constexpr int64_t kLargestAttractor = kAttractors.back();
static_assert(kLargestAttractor == 63'245'986);

// An attractor that owns the whole gap above it.
constexpr bool is_held(int64_t attractor) {
  constexpr int64_t kHeld[] = {8, 34, 377, 2584, 6765, 17711, 121393, 317811, 1346269, 9227465};
  for (const int64_t held : kHeld)
    if (attractor == held) return true;
  return false;
}

namespace detail {

// The largest magnitude whose attractor is F[i]; a tie goes to the smaller magnitude.
inline constexpr BoundCounter<kAttractorCount - 1> kLastOwned{[] {
  std::array<uint64_t, kAttractorCount - 1> last{};
  for (size_t i = 0; i < last.size(); ++i) {
    const int64_t low = kAttractors[i], high = kAttractors[i + 1];
    last[i] = static_cast<uint64_t>(low == high ? low : is_held(low) ? high - 1 : (low + high) / 2);
  }
  return last;
}()};
static_assert(kLastOwned.two_are_enough());

// The largest magnitude below F[i + 1].
inline constexpr BoundCounter<kAttractorCount - 1> kLastBelowNext{[] {
  std::array<uint64_t, kAttractorCount - 1> last{};
  for (size_t i = 0; i < last.size(); ++i) {
    const int64_t low = kAttractors[i], high = kAttractors[i + 1];
    last[i] = static_cast<uint64_t>(low == high ? low : high - 1);
  }
  return last;
}()};
static_assert(kLastBelowNext.two_are_enough());

}  // namespace detail

struct Nearest {
  int64_t attractor;  // has the sign of n
  uint64_t distance;  // | |n| - |attractor| |
};

// The table index of the attractor of n; 1 has index 1, never 2.
constexpr size_t attractor_bucket(int64_t n) {
  return detail::kLastOwned.count_below(magnitude(n));
}

constexpr Nearest nearest(int64_t n) {
  const int64_t unsigned_attractor = kAttractors[attractor_bucket(n)];
  const int64_t attractor = n < 0 ? -unsigned_attractor : unsigned_attractor;
  return {attractor, distance(n, attractor)};
}

// The greatest table value <= |n|, with the sign of n.
constexpr int64_t largest(int64_t n) {
  const int64_t attractor = kAttractors[detail::kLastBelowNext.count_below(magnitude(n))];
  return n < 0 ? -attractor : attractor;
}

// One of the 40 table values; the sign is ignored.
constexpr bool is_attractor(int64_t n) {
  return nearest(n).distance == 0;
}

// n minus its attractor.
constexpr int64_t harmonic_unalign(int64_t n) {
  return n - nearest(n).attractor;
}

}  // namespace omc::substrate
