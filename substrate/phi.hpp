#pragma once
// Powers and logarithms to the bases φ and φ^π.

#include <cstdint>  // int64_t

namespace omc::substrate {

double phi_pow(double k);                          // φ^k
double phi_pi_pow(double k);                       // (φ^π)^k = exp((π·k)·ln φ)
double log_phi_pi_fibonacci(double n);             // ln(n) / (π·ln φ); -inf for 0, NaN below
double phi_pi_log_distance(int64_t a, int64_t b);  // log_phi_pi_fibonacci(|a - b| + 1.0)

// |value| is within tolerance of a whole power of φ, or below 1e-12.
bool is_phi_resonant(double value, double tolerance);

}  // namespace omc::substrate
