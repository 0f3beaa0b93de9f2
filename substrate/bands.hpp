#pragma once
// The second lane β that band mode carries beside each int α: how phi_shadow makes it and how harmony reads it.

#include <algorithm>  // min
#include <cmath>      // floor
#include <cstdint>    // int64_t

#include "substrate/attractors.hpp"  // kAttractors
#include "substrate/numbers.hpp"     // kPhi, magnitude, round_to_int, truncate_to_int

namespace omc::substrate {

// What harmony(x) is while α = β.
inline constexpr int64_t kFullHarmony = 1000;

// β = trunc(frac(α·φ)·1000.0) with frac(y) = y - floor(y), in [0, 1000].
inline int64_t phi_shadow(int64_t alpha) {
  const double y = static_cast<double>(alpha) * kPhi;
  return truncate_to_int((y - std::floor(y)) * 1000.0);
}

// How far m is from the closest table value. Unlike the distance of nearest(), in which some lower ends hold their gap.
constexpr uint64_t band_distance(uint64_t m) {
  const size_t i = detail::kLastBelowNext.count_below(m);
  const uint64_t below = m - static_cast<uint64_t>(kAttractors[i]);
  return i + 1 < kAttractorCount ? std::min(below, static_cast<uint64_t>(kAttractors[i + 1]) - m) : below;
}

// round((1.0 / (1.0 + D))·1000.0), D the band distance of |α - β|; the difference wraps.
inline int64_t harmony(int64_t alpha, int64_t beta) {
  const auto difference = static_cast<int64_t>(static_cast<uint64_t>(alpha) - static_cast<uint64_t>(beta));
  const auto away = static_cast<double>(band_distance(magnitude(difference)));
  return round_to_int((1.0 / (1.0 + away)) * 1000.0);
}

}  // namespace omc::substrate
