#include "substrate/safe.hpp"

#include <cmath>  // log, sqrt

#include "substrate/weights.hpp"  // escape, in_danger

namespace omc::substrate {

int64_t safe_divisor(int64_t whole, double real) {
  const int64_t divisor = in_danger(real) ? escape(whole) : whole;
  return divisor == 0 ? 1 : divisor;
}

double safe_sqrt(double x) {
  return x < 0 ? 0.0 : std::sqrt(x);
}

double safe_log(double x) {
  return x <= 0 ? -1.0e308 : std::log(x);
}

}  // namespace omc::substrate
