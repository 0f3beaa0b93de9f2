#pragma once
// One AdamW step on plain arrays: the builtin substrate_adamw_update, and what a fused optimizer calls for each
// parameter.

#include <cstdint>  // int64_t
#include <span>

#include "tape/compute.hpp"

namespace omc::tape {

struct AdamW {
  double learning_rate, beta1, beta2, eps, weight_decay;
};

// next = the parameters after step number `step` (from 1); m and v are updated in place. next may be theta.
void adamw_step(const Compute& compute, const AdamW& settings, int64_t step, std::span<const double> theta,
                std::span<const double> gradient, std::span<double> m, std::span<double> v, std::span<double> next);

}  // namespace omc::tape
