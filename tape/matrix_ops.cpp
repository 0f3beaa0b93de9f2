#include "tape/matrix_ops.hpp"

#include "tape/kernels/attractors.hpp"

namespace omc::tape {

// out[i] = result(x[i], attractor of magnitude(x[i])).
template <class Magnitude, class Result>
static void map(const Compute& compute, std::span<const double> in, std::span<double> out, const Magnitude magnitude,
                const Result result) {
  const double* const x = in.data();
  double* const y = out.data();
  compute.rows(in.size(), 1, [=, isa = compute.isa()](size_t begin, size_t end) {
    for_attractors(
        isa, begin, end, [=](size_t i) { return magnitude(x[i]); },
        [=](size_t i, AttractorOf near) { y[i] = result(x[i], near); });
  });
}

void snap_matrix(const Compute& compute, std::span<const double> in, double scale, std::span<double> out) {
  map(
      compute, in, out, [=](double x) { return rounded_magnitude(x * scale); },
      // 0 - a and not -a: the attractor is an int and has no negative zero.
      [=](double x, AttractorOf near) { return (x * scale < 0 ? 0.0 - near.attractor : near.attractor) / scale; });
}

void resample_matrix(const Compute& compute, std::span<const double> in, double scale, std::span<double> out) {
  map(
      compute, in, out, [=](double x) { return truncated_magnitude(x * scale); },
      [=](double, AttractorOf near) { return 1.0 / (1.0 + near.distance / scale); });
}

void smod_matrix(const Compute& compute, std::span<const double> in, double alpha, std::span<double> out) {
  map(
      compute, in, out, [=](double x) { return truncated_magnitude(x); },
      [=](double, AttractorOf near) { return 1.0 / (1.0 + alpha * near.distance); });
}

}  // namespace omc::tape
