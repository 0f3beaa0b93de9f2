#pragma once
// How close an int is to the attractors: resonance, HIM score, classes and bands.
//
// Both scores are pure functions of the value, cheap enough that nothing stores them. The array forms read left to
// right: their sums are part of the language to the last bit.

#include <algorithm>  // max, min
#include <array>
#include <cmath>    // abs, floor
#include <cstdint>  // int64_t
#include <span>
#include <string>

#include "substrate/attractors.hpp"  // nearest
#include "substrate/numbers.hpp"     // kPhi, magnitude

namespace omc::substrate {

// 1.0 for an attractor, else 1.0 - d / (max(m, 1) + 1.0) with m = |n| and d its distance.
// Without a branch, to the same bit: converting an int rounds alike on both sides of 0, a distance is less than 2^63, and a
// distance of 0 leaves 1.0 - 0.0.
constexpr double resonance(int64_t n) {
  const auto attractor = static_cast<uint64_t>(kAttractors[attractor_bucket(n)]);
  const double d = __builtin_fabs(static_cast<double>(static_cast<int64_t>(magnitude(n) - attractor)));
  const double m = __builtin_fabs(static_cast<double>(n));
  return 1.0 - d / ((m < 1.0 ? 1.0 : m) + 1.0);
}

// The distance of n·φ from the nearest integer as seen from below: x = n·φ - floor(n·φ), min(|x|, 1.0 - |x|).
inline double him(int64_t n) {
  const double product = static_cast<double>(n) * kPhi;
  const double x = std::abs(product - std::floor(product));
  return std::min(x, 1.0 - x);
}

// 3, 2, 1 for a resonance of at least 0.7, 0.5, 0.3; else 0.
constexpr int64_t classify_resonance(int64_t n) {
  const double r = resonance(n);
  return r >= 0.7 ? 3 : r >= 0.5 ? 2 : r >= 0.3 ? 1 : 0;
}

inline constexpr size_t kBandCount = 5;

// By distance: 0, 1..3, 4..10, 11..100, more.
constexpr size_t resonance_band(int64_t n) {
  const uint64_t d = nearest(n).distance;
  return static_cast<size_t>((d > 0) + (d > 3) + (d > 10) + (d > 100));
}

std::array<int64_t, kBandCount> resonance_band_histogram(std::span<const int64_t> n);
double arr_resonance(std::span<const int64_t> n);   // 0.0 for none
double harmonic_score(std::span<const int64_t> n);  // the fraction that are attractors; 0.0 for none
double measure_coherence(int64_t a, int64_t b);     // |res(a) - res(b)|

// "HInt(5, φ=1.000, HIM=0.090)": the int with both scores, three decimals each, rounded half to even on the exact
// value.
std::string long_form(int64_t n);

}  // namespace omc::substrate
