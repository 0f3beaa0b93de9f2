#pragma once
// The rows of a softmax, for those who build on it.

#include <cmath>  // exp, isnan
#include <limits>

#include "tape/ops/sums.hpp"

namespace omc::tape {

template <class T>
[[gnu::always_inline]] inline T greatest(const T* x, size_t n) {
  T m = -std::numeric_limits<T>::infinity();
  for (size_t c = 0; c < n; ++c) m = x[c] > m ? x[c] : m;  // a NaN is never greater
  return m;
}

template <class Mode, class T = typename Mode::Cell>
[[gnu::always_inline]] inline void softmax_row(const T* x, T* y, size_t n) {
  const T m = greatest(x, n);
  if (m == -std::numeric_limits<T>::infinity()) {  // nothing but -inf, and perhaps NaN
    bool nan = false;
    for (size_t c = 0; c < n; ++c) nan |= std::isnan(x[c]);
    for (size_t c = 0; c < n; ++c) y[c] = nan ? std::numeric_limits<T>::quiet_NaN() : T{0};
    return;
  }
  for (size_t c = 0; c < n; ++c) y[c] = std::exp(x[c] - m);
  const T s = sum_of<Mode>(n, [=](size_t c) { return y[c]; });
  for (size_t c = 0; c < n; ++c) y[c] /= s;
}

}  // namespace omc::tape
