#include "substrate/phi.hpp"

#include <cmath>   // abs, exp, log, pow, round
#include <limits>  // quiet_NaN

#include "substrate/numbers.hpp"  // distance, kPhi, kPi

namespace omc::substrate {

double phi_pow(double k) {
  return std::pow(kPhi, k);
}

double phi_pi_pow(double k) {
  return std::exp((kPi * k) * std::log(kPhi));
}

double log_phi_pi_fibonacci(double n) {
  if (n < 0) return std::numeric_limits<double>::quiet_NaN();
  return std::log(n) / (kPi * std::log(kPhi));
}

double phi_pi_log_distance(int64_t a, int64_t b) {
  return log_phi_pi_fibonacci(static_cast<double>(distance(a, b)) + 1.0);
}

bool is_phi_resonant(double value, double tolerance) {
  const double v = std::abs(value);
  if (v < 1e-12) return true;
  const double k = std::round(std::log(v) / std::log(kPhi));
  return std::abs(std::pow(kPhi, k) - v) <= tolerance;
}

}  // namespace omc::substrate
