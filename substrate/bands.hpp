#pragma once
// The second lane β that band mode carries beside each int α: how phi_shadow makes it and how harmony reads it.

#include <cmath>    // floor
#include <cstdint>  // int64_t

#include "substrate/attractors.hpp"  // nearest
#include "substrate/numbers.hpp"     // kPhi, round_to_int, truncate_to_int

namespace omc::substrate {

// What harmony(x) is while α = β.
inline constexpr int64_t kFullHarmony = 1000;

// β = trunc(frac(α·φ)·1000.0) with frac(y) = y - floor(y), in [0, 1000].
inline int64_t phi_shadow(int64_t alpha) {
  const double y = static_cast<double>(alpha) * kPhi;
  return truncate_to_int((y - std::floor(y)) * 1000.0);
}

// round((1.0 / (1.0 + D))·1000.0), D the attractor distance of |α - β|; the difference wraps.
inline int64_t harmony(int64_t alpha, int64_t beta) {
  const auto difference = static_cast<int64_t>(static_cast<uint64_t>(alpha) - static_cast<uint64_t>(beta));
  const auto away = static_cast<double>(nearest(difference).distance);
  return round_to_int((1.0 / (1.0 + away)) * 1000.0);
}

}  // namespace omc::substrate
