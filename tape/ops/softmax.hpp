#pragma once
// The rows of a softmax, for those who build on it.

#include <algorithm>  // min
#include <cmath>      // exp, isnan
#include <limits>

#include "tape/ops/sums.hpp"

namespace omc::tape {

template <class T>
[[gnu::always_inline]] inline T greatest(const T* x, size_t n) {
  T m = -std::numeric_limits<T>::infinity();
  for (size_t c = 0; c < n; ++c) m = x[c] > m ? x[c] : m;  // a NaN is never greater
  return m;
}

// y = e^(x - m) for a row, m its greatest cell. A row of only -inf gives zeros and one of -inf and NaN gives NaN, so that
// dividing by the sum, if it is not 0, leaves what the reference wants.
template <class T>
[[gnu::always_inline]] inline void exponentials(const T* x, T* y, size_t n) {
  const T m = greatest(x, n);
  const T least = -std::numeric_limits<T>::infinity();
  for (size_t c = 0; c < n; ++c) y[c] = m == least && !std::isnan(x[c]) ? T{0} : std::exp(x[c] - m);
}

// y = softmax(x), row by row; after(r) when row r is there.
template <class Mode, class After, class T = typename Mode::Cell>
void softmax_rows(const Compute& compute, size_t rows, size_t cols, const T* x, T* y, const After after) {
  const size_t blocks = (rows + kRowsSideBySide - 1) / kRowsSideBySide;
  compute.each_row(blocks, 5 * kRowsSideBySide * cols, [=](size_t block) {
    const size_t first = block * kRowsSideBySide, end = std::min(rows, first + kRowsSideBySide);
    for (size_t r = first; r < end; ++r) exponentials(x + r * cols, y + r * cols, cols);
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
        if (zero) {
          for (size_t i = begin; i < end; ++i) sink.put(i, T{0});
          return;
        }
        if (sink.in) {
#pragma GCC ivdep
          for (size_t i = begin; i < end; ++i) sink.out[i] = sink.in[i] + y[i] * (d[i] - t);
        } else {
#pragma GCC ivdep
          for (size_t i = begin; i < end; ++i) sink.out[i] = T{0} + y[i] * (d[i] - t);
        }
      });
}

}  // namespace omc::tape
