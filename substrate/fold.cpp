#include "substrate/fold.hpp"

#include <algorithm>  // max
#include <bit>        // bit_cast

#include "substrate/numbers.hpp"  // frac, kPhi, magnitude

namespace omc::substrate {

// A program may ask for any depth, and nothing interrupts the loop. Doubles being finite, every orbit runs into a cycle
// (the two that nearly all values reach have 53'763'531 and 200'974'243 steps); once it closes, whole laps are left
// out. The cycle is found as in R. P. Brent, An improved Monte Carlo factorization algorithm, BIT 20, 1980, section 2.
double fold(double x, int64_t depth) {
  int64_t remaining = std::max<int64_t>(1, depth), length = 0, length_to_move = 1;
  double landmark = x;
  for (; remaining > 0; --remaining) {
    if (length == length_to_move) {
      landmark = x;
      length_to_move *= 2;
      length = 0;
    }
    x = frac(x * kPhi);
    ++length;
    if (std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(landmark)) {
      remaining = (remaining - 1) % length;
      for (; remaining > 0; --remaining) x = frac(x * kPhi);
      return x;
    }
  }
  return x;
}

int64_t arr_fold_elements(std::span<const int64_t> n) {
  uint64_t sum = 0;
  for (const int64_t v : n) sum += magnitude(nearest(v).attractor);
  return static_cast<int64_t>(sum);
}

}  // namespace omc::substrate
