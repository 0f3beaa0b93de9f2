#pragma once
// Arithmetic that heals instead of failing: what the `safe` keyword and the safe_* builtins compute.

#include <cstddef>  // size_t
#include <cstdint>  // int64_t

#include "substrate/attractors.hpp"  // nearest

namespace omc::substrate {

// The divisor of safe_divide: `whole` and `real` are the int and the float reading of one value. Never 0.
int64_t safe_divisor(int64_t whole, double real);

// a / d, truncated toward 0; INT64_MIN / -1 wraps to INT64_MIN. d is a safe_divisor.
constexpr int64_t safe_quotient(int64_t a, int64_t d) {
  return d == -1 ? static_cast<int64_t>(0 - static_cast<uint64_t>(a)) : a / d;
}

// The non-negative remainder of a by max(1, d). d is a safe_divisor.
constexpr int64_t safe_remainder(int64_t a, int64_t d) {
  return nonnegative_remainder(a, d < 1 ? 1 : d);
}

double safe_sqrt(double x);  // 0.0 below 0
double safe_log(double x);   // -1.0e308 up to 0

// The attractor of the index, wrapped into [0, size); size > 0.
constexpr size_t safe_index(int64_t index, size_t size) {
  const int64_t attractor = nearest(index).attractor;
  const size_t steps = static_cast<size_t>(magnitude(attractor)) % size;
  return attractor >= 0 || steps == 0 ? steps : size - steps;
}

}  // namespace omc::substrate
