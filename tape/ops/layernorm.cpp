// Row by row of the N x D matrix x, with  μ = Σx / D,  v = Σ(x - μ)² / D,  i = 1 / √(v + ε),  x̂ = (x - μ) i:
//   y_c = x̂_c γ_c + β_c
//   dγ_c = Σ_rows d x̂,  dβ_c = Σ_rows d,  g = d γ,  dx = i ((g - Σg / D) - x̂ (Σ g x̂ / D))
// J. L. Ba, J. R. Kiros, G. E. Hinton, Layer Normalization, 2016, arXiv:1607.06450, section 3; ε is inside the root.
// The first backward pass takes μ and i from the forward pass, if x is still what it was.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tape/operation.hpp"
#include "tape/ops/sums.hpp"

namespace omc::tape {

namespace {

struct Statistics : Saved {
  double eps;
  // x as it was, and μ and i of each row.
  mutable Tensor x, rows;
};

// μ and i of the rows of a block.
template <class Mode, class T = typename Mode::Cell>
[[gnu::always_inline]] inline void statistics(size_t block, size_t rows, size_t cols, const T* x, T eps, T* mean,
                                              T* scale) {
  const T width = static_cast<T>(cols);
  const size_t first = block * kRowsSideBySide;
  sum_row_block<Mode>(
      first, rows, cols, [=](size_t r, size_t c) { return x[r * cols + c]; },
      [=](size_t r, T s) { mean[r] = s / width; });
  const T* const m = mean;
  sum_row_block<Mode>(
      first, rows, cols, [=](size_t r, size_t c) { return (x[r * cols + c] - m[r]) * (x[r * cols + c] - m[r]); },
      [=](size_t r, T s) { scale[r] = T{1} / std::sqrt(s / width + eps); });
}

constexpr size_t blocks_of(size_t rows) { return (rows + kRowsSideBySide - 1) / kRowsSideBySide; }

void backward(Backward& b) {
  const Tensor &x_cells = b.operand(0), &gamma_cells = b.operand(1);
  const Statistics& saved = b.saved<Statistics>();
  const size_t rows = static_cast<size_t>(x_cells.rows()), cols = static_cast<size_t>(x_cells.cols());
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const bool known = saved.x.has_buffer() && saved.x.shares_buffer_with(x_cells);
    Tensor per_row = known ? saved.rows : b.make(2, x_cells.rows()), sums = b.make(2, x_cells.rows());
    saved.x.release();
    T *const mean = per_row.data<T>(), *const scale = mean + rows, *const m1 = sums.data<T>(), *const m2 = m1 + rows;
    const T *const x = x_cells.data<T>(), *const gamma = gamma_cells.data<T>(), *const d = b.gradient().data<T>();
    const T width = static_cast<T>(cols), eps = static_cast<T>(saved.eps);
    if (!known)
      b.compute().each_row(blocks_of(rows), 2 * kRowsSideBySide * cols,
                           [=](size_t block) { statistics<Mode>(block, rows, cols, x, eps, mean, scale); });
    const auto normal = [=](size_t r, size_t c) { return (x[r * cols + c] - mean[r]) * scale[r]; };
    if (b.wants(0)) {
      const Sink<T> sink = b.sink<T>(0);
      b.compute().each_row(blocks_of(rows), 4 * kRowsSideBySide * cols, [=](size_t block) {
        const size_t first = block * kRowsSideBySide;
        sum_row_block<Mode>(
            first, rows, cols, [=](size_t r, size_t c) { return d[r * cols + c] * gamma[c]; },
            [=](size_t r, T s) { m1[r] = s / width; });
        sum_row_block<Mode>(
            first, rows, cols, [=](size_t r, size_t c) { return (d[r * cols + c] * gamma[c]) * normal(r, c); },
            [=](size_t r, T s) { m2[r] = s / width; });
        for (size_t r = first; r < std::min(rows, first + kRowsSideBySide); ++r) {
          const T i = scale[r], shift = m1[r], slope = m2[r];
          sink.put_row(r * cols, cols, [=](size_t c) {
            const T g = d[r * cols + c] * gamma[c];
            return i * ((g - shift) - normal(r, c) * slope);
          });
        }
      });
    }
    if (b.wants(1)) {
      const Sink<T> sink = b.sink<T>(1);
      sum_columns<Mode>(
          b.compute(), rows, cols, [=](size_t r, size_t c) { return d[r * cols + c] * normal(r, c); },
          [=](size_t c, T s) { sink.put(c, s); });
    }
    if (b.wants(2)) {
      const Sink<T> sink = b.sink<T>(2);
      sum_columns<Mode>(
          b.compute(), rows, cols, [=](size_t r, size_t c) { return d[r * cols + c]; },
          [=](size_t c, T s) { sink.put(c, s); });
    }
  });
}

constexpr Operation kLayernorm = {"tape_layernorm", backward};

}  // namespace

NodeId Tape::layernorm(NodeId x_id, NodeId gamma_id, NodeId beta_id, double eps) {
  const Tensor &x = use(kLayernorm, x_id), &gamma = use(kLayernorm, gamma_id), &beta = use(kLayernorm, beta_id);
  if (gamma.rows() != 1 || beta.rows() != 1) throw Error("tape_layernorm: gamma/beta must have one row");
  if (gamma.cols() != x.cols() || beta.cols() != x.cols())
    throw Error(fmt::format("tape_layernorm: gamma/beta cols ({}/{}) must match x cols ({})", gamma.cols(), beta.cols(),
                            x.cols()));
  Tensor y = make(x.rows(), x.cols());
  auto saved = std::make_unique<Statistics>();
  saved->eps = eps;
  saved->x = x;
  saved->rows = make(2, x.rows());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const size_t rows = static_cast<size_t>(x.rows()), cols = static_cast<size_t>(x.cols());
    T *const mean = saved->rows.data<T>(), *const scale = mean + rows;
    const T *const from = x.data<T>(), *const g = gamma.data<T>(), *const shift = beta.data<T>();
    T* const to = y.data<T>();
    compute_.each_row(blocks_of(rows), 3 * kRowsSideBySide * cols, [=, e = static_cast<T>(eps)](size_t block) {
      statistics<Mode>(block, rows, cols, from, e, mean, scale);
      for (size_t r = block * kRowsSideBySide; r < std::min(rows, (block + 1) * kRowsSideBySide); ++r) {
        const T m = mean[r], i = scale[r];
#pragma GCC ivdep
        for (size_t c = 0; c < cols; ++c) to[r * cols + c] = ((from[r * cols + c] - m) * i) * g[c] + shift[c];
      }
    });
  });
  return append(kLayernorm, std::move(y), {x_id, gamma_id, beta_id}, 0, SavedRef(saved.release()));
}

}  // namespace omc::tape
