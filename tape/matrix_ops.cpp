#include "tape/matrix_ops.hpp"

#include "tape/ops/attractors.hpp"

namespace omc::tape {

void snap_matrix(const Compute& compute, std::span<const double> in, double scale, std::span<double> out) {
  const double* const x = in.data();
  double* const y = out.data();
  compute.cells(in.size(), 3, [=](size_t i) {
    const double scaled = x[i] * scale, attractor = attractor_of(rounded_magnitude(scaled)).attractor;
    // The attractor is an integer: it has no negative zero.
    y[i] = (scaled < 0 ? 0.0 - attractor : attractor) / scale;
  });
}

void resample_matrix(const Compute& compute, std::span<const double> in, double scale, std::span<double> out) {
  const double* const x = in.data();
  double* const y = out.data();
  compute.cells(in.size(), 3, [=](size_t i) { y[i] = 1.0 / (1.0 + truncated_distance(x[i] * scale) / scale); });
}

void smod_matrix(const Compute& compute, std::span<const double> in, double alpha, std::span<double> out) {
  const double* const x = in.data();
  double* const y = out.data();
  compute.cells(in.size(), 3, [=](size_t i) { y[i] = 1.0 / (1.0 + alpha * truncated_distance(x[i])); });
}

}  // namespace omc::tape
