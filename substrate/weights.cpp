#include "substrate/weights.hpp"

#include <algorithm>  // max
#include <cmath>      // abs, cos, exp, pow

#include "substrate/numbers.hpp"  // kPhi, magnitude

namespace omc::substrate {

double value_danger(double x) {
  return std::exp(-std::abs(x));
}

bool in_danger(double x) {
  return value_danger(x) > 0.5;
}

double interfere(double a, double b) {
  const double sum = a + b;
  return sum == 0 ? 0.0 : ((2.0 * a) * b) / sum;
}

double collapse(double amplitude, double phase) {
  return amplitude * std::cos(phase);
}

double omni_weight(int64_t n) {
  const Nearest near = nearest(n);
  const uint64_t scale = std::max<uint64_t>(magnitude(near.attractor), 1);
  return std::pow(kPhi, -(static_cast<double>(near.distance) / static_cast<double>(scale)));
}

double mean_omni_weight(std::span<const int64_t> n) {
  if (n.empty()) return 0.0;
  double sum = 0.0;
  for (const int64_t v : n) sum += omni_weight(v);
  return sum / static_cast<double>(n.size());
}

double quantization_ratio(std::span<const int64_t> n, double threshold) {
  if (n.empty()) return 0.0;
  size_t heavy = 0;
  for (const int64_t v : n) heavy += omni_weight(v) >= threshold;
  return static_cast<double>(heavy) / static_cast<double>(n.size());
}

}  // namespace omc::substrate
