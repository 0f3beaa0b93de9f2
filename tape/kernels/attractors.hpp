#pragma once
// The attractors of many cells at once, in doubles.
//
// The table and the held gaps are substrate's; tests/tape/substrate.cpp holds the two against each other. Doubles are
// enough: a magnitude below 2^53 and its distance are exact, and beyond that the one subtraction rounds as the
// conversion of the exact distance would. Magnitudes end at 2^63, on both sides of zero.

#include <algorithm>  // min
#include <cmath>      // abs, trunc
#include <cstddef>    // size_t

#include "tape/kernels/simd.hpp"

namespace omc::tape {

// attractor[i] = that of magnitude[i], an integer >= 0.
void attractors_of(Isa isa, const double* magnitude, size_t n, double* attractor);

// An attractor and the distance to it, both of a magnitude.
struct AttractorOf {
  double attractor, distance;
};

// The magnitude of trunc(x), and of x rounded half away from zero: adding the greatest double below 1/2 gives
// std::round without its branches.
[[gnu::always_inline]] inline double truncated_magnitude(double x) {
  return std::trunc(std::abs(x));
}
[[gnu::always_inline]] inline double rounded_magnitude(double x) {
  return std::trunc(std::abs(x) + 0.49999999999999994);
}

// body(i, attractor of magnitude_of(i)) for i in [begin, end). The magnitudes may be infinite or NaN, which counts as
// 0.
template <class Magnitude, class Body>
void for_attractors(Isa isa, size_t begin, size_t end, const Magnitude magnitude_of, const Body body) {
  constexpr size_t kChunk = 256;
  double magnitudes[kChunk], attractors[kChunk];
  double *const m = magnitudes, *const a = attractors;
  for (size_t first = begin; first < end; first += kChunk) {
    const size_t n = std::min(kChunk, end - first);
    run(isa, 0, n, [=](size_t i) {
      const double any = magnitude_of(first + i);
      m[i] = any < 0x1p63 ? any : any > 0 ? 0x1p63 : 0;
    });
    attractors_of(isa, m, n, a);
    run(isa, 0, n, [=](size_t i) { body(first + i, AttractorOf{a[i], std::abs(m[i] - a[i])}); });
  }
}

}  // namespace omc::tape
