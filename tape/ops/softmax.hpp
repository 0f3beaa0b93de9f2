#pragma once
// The rows of a softmax, for those who build on it.

#include <algorithm>  // min
#include <cmath>      // isnan
#include <limits>

#include "tape/kernels/functions.hpp"
#include "tape/operation.hpp"  // Sink
#include "tape/ops/sums.hpp"

namespace omc::tape {

// In lanes, which the compiler would not do by itself: it may not know that NaN and the sign of zero do not matter
// here.
template <class T>
[[gnu::always_inline]] inline T greatest(const T* x, size_t n) {
  T lanes[kLanes];
  for (T& lane : lanes) lane = -std::numeric_limits<T>::infinity();
  size_t c = 0;
  for (; c + kLanes <= n; c += kLanes)
    for (size_t k = 0; k < kLanes; ++k) lanes[k] = x[c + k] > lanes[k] ? x[c + k] : lanes[k];  // a NaN is never greater
  for (size_t half = kLanes / 2; half > 0; half /= 2)
    for (size_t k = 0; k < half; ++k) lanes[k] = lanes[k + half] > lanes[k] ? lanes[k + half] : lanes[k];
  for (; c < n; ++c) lanes[0] = x[c] > lanes[0] ? x[c] : lanes[0];
  return lanes[0];
}

// y = e^(x - m) for a row, m its greatest cell. A row of only -inf gives zeros and one of -inf and NaN gives NaN, so
// that dividing by the sum, if it is not 0, leaves what the reference wants.
template <class Mode, class T = typename Mode::Cell>
inline void exponentials(Isa isa, const T* x, T* y, size_t n) {
  const T m = greatest(x, n);
  if (m != -std::numeric_limits<T>::infinity()) return exp_cells<Mode>(isa, x, m, n, y);
  for (size_t c = 0; c < n; ++c) y[c] = std::isnan(x[c]) ? x[c] : T{0};
}

// y = softmax(x), row by row; after(r) when row r is there.
template <class Mode, class After, class T = typename Mode::Cell>
void softmax_rows(const Compute& compute, size_t rows, size_t cols, const T* x, T* y, const After after) {
  const size_t blocks = (rows + kRowsSideBySide - 1) / kRowsSideBySide;
  const Isa isa = compute.isa();
  compute.each_row(blocks, 3 * kRowsSideBySide * cols, [=](size_t block) {
    const size_t first = block * kRowsSideBySide, end = std::min(rows, first + kRowsSideBySide);
    for (size_t r = first; r < end; ++r) exponentials<Mode>(isa, x + r * cols, y + r * cols, cols);
    sum_row_block<Mode>(
        first, rows, cols, [=](size_t r, size_t c) { return y[r * cols + c]; },
        [=](size_t r, T s) {
          if (s == 0) return;
#pragma GCC ivdep
          for (size_t i = r * cols; i < (r + 1) * cols; ++i) y[i] /= s;
        });
    for (size_t r = first; r < end; ++r) after(r);
  });
}

// sink = y (d - Σ d y), row by row. A masked row, all zeros, takes no gradient, not even from an infinite d.
template <class Mode, class T = typename Mode::Cell>
void softmax_rows_backward(const Compute& compute, size_t rows, size_t cols, const T* y, const T* d,
                           const Sink<T> sink) {
  sum_rows<Mode>(
      compute, rows, cols, [=](size_t r, size_t c) { return d[r * cols + c] * y[r * cols + c]; },
      [=](size_t r, T t) {
        const size_t begin = r * cols, end = begin + cols;
        bool zero = true;
        for (size_t i = begin; zero && i < end; ++i) zero = y[i] == 0;
        if (zero) return sink.put_row(begin, cols, [](size_t) { return T{0}; });
        sink.put_row(begin, cols, [=](size_t c) { return y[begin + c] * (d[begin + c] - t); });
      });
}

}  // namespace omc::tape
