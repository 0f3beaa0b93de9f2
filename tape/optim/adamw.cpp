// I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, ICLR 2019, arXiv:1711.05101, Algorithm 2; names and
// lines are the paper's. One difference, as in PyTorch: the decay λ is scaled by the learning rate α.
// One pass over the seven streams: at a million parameters they, not the arithmetic, are the cost.
#include "tape/optim/adamw.hpp"

#include <cmath>  // sqrt

#include "tape/powi.hpp"

namespace omc::tape {

AdamWStep::AdamWStep(const AdamW& settings, int64_t step)
    : keep1_(settings.beta1),
      new1_(1 - settings.beta1),
      keep2_(settings.beta2),
      new2_(1 - settings.beta2),
      bias1_(1 - powi(settings.beta1, step)),
      bias2_(1 - powi(settings.beta2, step)),
      rate_(settings.learning_rate),
      decay_(settings.learning_rate * settings.weight_decay),
      epsilon_(settings.eps) {}

void AdamWStep::update(const Compute& compute, size_t n, const double* x, const double* g, double* m, double* v,
                       double* out) const {
  compute.cells(n, 2, [=, *this](size_t i) {
    m[i] = keep1_ * m[i] + new1_ * g[i];                                             // line 7
    v[i] = keep2_ * v[i] + (new2_ * g[i]) * g[i];                                    // line 8
    const double adapted = (m[i] / bias1_) / (std::sqrt(v[i] / bias2_) + epsilon_);  // lines 9, 10
    out[i] = (x[i] - decay_ * x[i]) - rate_ * adapted;                               // line 12
  });
}

}  // namespace omc::tape
