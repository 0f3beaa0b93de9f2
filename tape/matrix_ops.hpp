#pragma once
// The matrix builtins of the reference that work on plain arrays beside the tape (chapter 05, section 6). Always in
// doubles and exact, whatever the mode of the tape. out may be in. For the optimizer among them see optim/adamw.hpp.

#include <span>

#include "tape/compute.hpp"

namespace omc::tape {

// snap(x·scale rounded half away from zero) / scale; scale must not be 0.
void snap_matrix(const Compute& compute, std::span<const double> in, double scale, std::span<double> out);

// 1 / (1 + dist(trunc(x·scale)) / scale); scale must not be 0.
void resample_matrix(const Compute& compute, std::span<const double> in, double scale, std::span<double> out);

// 1 / (1 + alpha·dist(trunc x))
void smod_matrix(const Compute& compute, std::span<const double> in, double alpha, std::span<double> out);

}  // namespace omc::tape
