#pragma once
// Folding: an int falls onto its attractor, a float turns by the golden ratio.

#include <cstdint>  // int64_t
#include <span>

#include "substrate/attractors.hpp"  // nearest

namespace omc::substrate {

// The attractor; folding again changes nothing, so an int needs no depth.
constexpr int64_t fold(int64_t n) {
  return nearest(n).attractor;
}

// max(1, depth) times x <- frac(x·φ). Any depth ends within seconds: orbits are periodic.
double fold(double x, int64_t depth);

// Wrapping sum of the attractors of |n|.
int64_t arr_fold_elements(std::span<const int64_t> n);

}  // namespace omc::substrate
