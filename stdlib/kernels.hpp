#pragma once
// The kernels that other families use, too.

#include <span>

namespace omc::stdlib {

// In place: x_i = e^(x_i - max x) / Σ e^(x_j - max x), the sum from left to right.
void softmax(std::span<double> x);

}  // namespace omc::stdlib
