#pragma once
// The attractor of a cell, in doubles and without a branch, so that it becomes part of a vector loop.
//
// The table and the held gaps are substrate's; tests/tape/substrate.cpp holds the two against each other. Doubles are
// enough: a magnitude below 2^53 and its distance are exact, and beyond that the one subtraction rounds as the
// conversion of the exact distance would. Magnitudes end at 2^63, on both sides of zero.

#include <array>
#include <bit>    // bit_cast
#include <cmath>  // abs, copysign, trunc
#include <cstdint>

#include "substrate/attractors.hpp"

namespace omc::tape {

namespace detail {

struct AttractorTables {
  // By the biased exponent of the magnitude less that of 0.5: where to start counting.
  std::array<int32_t, 65> start{};
  // The largest magnitude that belongs to attractor i, and the attractors themselves.
  std::array<double, substrate::kAttractorCount + 1> last_owned{};
  std::array<double, substrate::kAttractorCount> attractor{};
};

inline constexpr AttractorTables kAttractorTables = [] {
  AttractorTables t;
  for (size_t i = 0; i < t.attractor.size(); ++i) {
    const int64_t low = substrate::kAttractors[i];
    t.attractor[i] = static_cast<double>(low);
    if (i + 1 == t.attractor.size()) break;
    const int64_t high = substrate::kAttractors[i + 1];
    const bool held = substrate::nearest(high - 1).attractor == low;
    t.last_owned[i] = static_cast<double>(low == high ? low : held ? high - 1 : (low + high) / 2);
  }
  t.last_owned[substrate::kAttractorCount - 1] = t.last_owned[substrate::kAttractorCount] = 0x1p64;
  for (size_t width = 0; width < t.start.size(); ++width) {
    const double smallest = width == 0 ? 0 : static_cast<double>(uint64_t{1} << (width - 1));
    while (t.last_owned[static_cast<size_t>(t.start[width])] < smallest) ++t.start[width];
  }
  return t;
}();

}  // namespace detail

// An attractor and the distance to it, both of a magnitude.
struct AttractorOf {
  double attractor, distance;
};

// magnitude: an integer >= 0, perhaps infinite; NaN counts as 0.
[[gnu::always_inline]] inline AttractorOf attractor_of(double magnitude) {
  const double m = magnitude < 0x1p63 ? magnitude : magnitude > 0 ? 0x1p63 : 0;
  const auto& t = detail::kAttractorTables;
  const int64_t exponent = static_cast<int64_t>(std::bit_cast<uint64_t>(m) >> 52) - 1022;  // bit width, if m >= 1
  const int32_t start = t.start[static_cast<size_t>(exponent < 0 ? 0 : exponent)];
  const int32_t index = start + (t.last_owned[static_cast<size_t>(start)] < m) +
                        (t.last_owned[static_cast<size_t>(start + 1)] < m);
  const double attractor = t.attractor[static_cast<size_t>(index)];
  return {attractor, std::abs(m - attractor)};
}

// The distance of nearest(trunc x).
[[gnu::always_inline]] inline double truncated_distance(double x) {
  return attractor_of(std::trunc(std::abs(x))).distance;
}

// |x| rounded half away from zero. Adding the greatest double below 1/2 gives std::round without its branches.
[[gnu::always_inline]] inline double rounded_magnitude(double x) {
  return std::trunc(std::abs(x) + 0.49999999999999994);
}

}  // namespace omc::tape
