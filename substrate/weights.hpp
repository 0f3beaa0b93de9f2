#pragma once
// Danger (closeness to zero), interference of amplitudes, and the omni weight of an int.

#include <cstdint>  // int64_t
#include <span>

#include "substrate/attractors.hpp"  // nearest

namespace omc::substrate {

double value_danger(double x);  // exp(-|x|)
bool in_danger(double x);       // value_danger(x) > 0.5, that is |x| < ln 2

// Where fold_escape puts a value in danger: onto its attractor, but never onto zero.
constexpr int64_t escape(int64_t n) {
  const int64_t attractor = nearest(n).attractor;
  return attractor == 0 ? 1 : attractor;
}

double interfere(double a, double b);             // ((2.0·a)·b) / (a + b), 0.0 where a + b is 0
double collapse(double amplitude, double phase);  // amplitude·cos(phase)

// φ^-e with e = |n - a| / max(|a|, 1), a the attractor of n: 1.0 on an attractor, less the farther away.
double omni_weight(int64_t n);
double mean_omni_weight(std::span<const int64_t> n);  // 0.0 for none

// The share of ints with a weight of at least threshold; 0.0 for none.
double quantization_ratio(std::span<const int64_t> n, double threshold);

}  // namespace omc::substrate
