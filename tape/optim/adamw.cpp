// I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, ICLR 2019, arXiv:1711.05101, Algorithm 2; names and
// lines are the paper's. One difference, as in PyTorch: the decay λ is scaled by the learning rate α.
// One pass over the seven streams: at a million parameters they, not the arithmetic, are the cost.
#include "tape/optim/adamw.hpp"

#include <cmath>  // sqrt

#include "tape/powi.hpp"

namespace omc::tape {

void adamw_step(const Compute& compute, const AdamW& settings, int64_t step, std::span<const double> theta,
                std::span<const double> gradient, std::span<double> m_, std::span<double> v_, std::span<double> next) {
  const auto [alpha, beta1, beta2, eps, lambda] = settings;
  const double bias1 = 1 - powi(beta1, step), bias2 = 1 - powi(beta2, step);
  const double keep1 = beta1, new1 = 1 - beta1, keep2 = beta2, new2 = 1 - beta2, rate = alpha, decay = alpha * lambda,
               epsilon = eps;
  const double *const x = theta.data(), *const g = gradient.data();
  double *const m = m_.data(), *const v = v_.data(), *const out = next.data();
  compute.cells(theta.size(), 2, [=](size_t i) {
    m[i] = keep1 * m[i] + new1 * g[i];                                            // line 7
    v[i] = keep2 * v[i] + (new2 * g[i]) * g[i];                                   // line 8
    const double adapted = (m[i] / bias1) / (std::sqrt(v[i] / bias2) + epsilon);  // lines 9, 10
    out[i] = (x[i] - decay * x[i]) - rate * adapted;                              // line 12
  });
}

}  // namespace omc::tape
