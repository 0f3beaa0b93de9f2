// Row by row of the N x D matrix x, with  μ = Σx / D,  v = Σ(x - μ)² / D,  i = 1 / √(v + ε),  x̂ = (x - μ) i:
//   y_c = x̂_c γ_c + β_c
//   dγ_c = Σ_rows d x̂,  dβ_c = Σ_rows d,  g = d γ,  dx = i ((g - Σg / D) - x̂ (Σ g x̂ / D))
// J. L. Ba, J. R. Kiros, G. E. Hinton, Layer Normalization, 2016, arXiv:1607.06450, section 3; ε is inside the root.
#include <fmt/format.h>

#include <cmath>

#include "tape/operation.hpp"
#include "tape/ops/sums.hpp"

namespace omc::tape {

// μ and i of each row.
template <class Mode, class T = typename Mode::Cell>
static void statistics(const Compute& compute, const Tensor& x, double eps, T* mean, T* scale) {
  const size_t rows = static_cast<size_t>(x.rows()), cols = static_cast<size_t>(x.cols());
  const T* const cells = x.data<T>();
  const T width = static_cast<T>(cols), e = static_cast<T>(eps);
  sum_rows<Mode>(
      compute, rows, cols, [=](size_t r, size_t c) { return cells[r * cols + c]; },
      [=](size_t r, T s) { mean[r] = s / width; });
  sum_rows<Mode>(
      compute, rows, cols,
      [=](size_t r, size_t c) {
        const T away = cells[r * cols + c] - mean[r];
        return away * away;
      },
      [=](size_t r, T s) { scale[r] = T{1} / std::sqrt(s / width + e); });
}

static void backward(Backward& b) {
  const Tensor &x_cells = b.operand(0), &gamma_cells = b.operand(1);
  const size_t rows = static_cast<size_t>(x_cells.rows()), cols = static_cast<size_t>(x_cells.cols());
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    Tensor kept = b.make(4, x_cells.rows());
    T *const mean = kept.data<T>(), *const scale = mean + rows, *const m1 = scale + rows, *const m2 = m1 + rows;
    statistics<Mode>(b.compute(), x_cells, b.parameter(), mean, scale);
    const T *const x = x_cells.data<T>(), *const gamma = gamma_cells.data<T>(), *const d = b.gradient().data<T>();
    const T width = static_cast<T>(cols);
    const auto normal = [=](size_t r, size_t c) { return (x[r * cols + c] - mean[r]) * scale[r]; };
    if (b.wants(0)) {
      sum_rows<Mode>(
          b.compute(), rows, cols, [=](size_t r, size_t c) { return d[r * cols + c] * gamma[c]; },
          [=](size_t r, T s) { m1[r] = s / width; });
      sum_rows<Mode>(
          b.compute(), rows, cols, [=](size_t r, size_t c) { return (d[r * cols + c] * gamma[c]) * normal(r, c); },
          [=](size_t r, T s) { m2[r] = s / width; });
      const Sink<T> sink = b.sink<T>(0);
      b.compute().each_row(rows, 2 * cols, [=](size_t r) {
        for (size_t c = 0; c < cols; ++c) {
          const T g = d[r * cols + c] * gamma[c];
          sink.put(r * cols + c, scale[r] * ((g - m1[r]) - normal(r, c) * m2[r]));
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

static constexpr Operation kLayernorm = {"tape_layernorm", backward};

NodeId Tape::layernorm(NodeId x_id, NodeId gamma_id, NodeId beta_id, double eps) {
  const Tensor &x = use(kLayernorm, x_id), &gamma = use(kLayernorm, gamma_id), &beta = use(kLayernorm, beta_id);
  if (gamma.rows() != 1 || beta.rows() != 1) throw Error("tape_layernorm: gamma/beta must have one row");
  if (gamma.cols() != x.cols() || beta.cols() != x.cols())
    throw Error(fmt::format("tape_layernorm: gamma/beta cols ({}/{}) must match x cols ({})", gamma.cols(), beta.cols(),
                            x.cols()));
  Tensor y = make(x.rows(), x.cols()), kept = make(2, x.rows());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const size_t rows = static_cast<size_t>(x.rows()), cols = static_cast<size_t>(x.cols());
    T *const mean = kept.data<T>(), *const scale = mean + rows;
    statistics<Mode>(compute_, x, eps, mean, scale);
    const T *const from = x.data<T>(), *const g = gamma.data<T>(), *const shift = beta.data<T>();
    T* const to = y.data<T>();
    compute_.each_row(rows, cols, [=](size_t r) {
#pragma GCC ivdep
      for (size_t c = 0; c < cols; ++c)
        to[r * cols + c] = ((from[r * cols + c] - mean[r]) * scale[r]) * g[c] + shift[c];
    });
  });
  return append(kLayernorm, std::move(y), {x_id, gamma_id, beta_id}, eps);
}

}  // namespace omc::tape
