#pragma once
// The formulas of the training builtins, cell by cell or over row-major cells.

#include <cstddef>  // size_t
#include <cstdint>  // int32_t
#include <span>

#include "substrate/attractors.hpp"  // nearest
#include "substrate/numbers.hpp"     // round_to_int, truncate_to_int
#include "substrate/resonance.hpp"   // resonance

namespace omc::substrate {

// The distance of trunc x from its attractor, as the formulas below use it.
constexpr double cell_distance(double x) {
  return static_cast<double>(nearest(truncate_to_int(x)).distance);
}

// snap(round(x·scale)) / scale
inline double snap_cell(double x, double scale) {
  return static_cast<double>(nearest(round_to_int(x * scale)).attractor) / scale;
}

// 1.0 / (1.0 + alpha·dist(trunc x))
constexpr double smod_cell(double x, double alpha) {
  return 1.0 / (1.0 + alpha * cell_distance(x));
}

// 1.0 / (1.0 + dist(trunc(x·scale)) / scale)
constexpr double resample_cell(double x, double scale) {
  return 1.0 / (1.0 + cell_distance(x * scale) / scale);
}

// Row-major cells.
struct MatrixView {
  std::span<const double> cells;
  size_t rows, cols;

  constexpr std::span<const double> row(size_t i) const { return cells.subspan(i * cols, cols); }
};

// out (rows(q) × cols(v)) = per query row the softmax over s_j = -Σ_d dist(trunc |q[d] - k_j[d]|), times v.
// q.cols == k.cols and k.rows == v.rows; without keys out has no cells.
void substrate_attention(const MatrixView& q, const MatrixView& k, const MatrixView& v, std::span<double> out);

// Σ res(trunc cell) / columns; the row is not empty.
double substrate_score_row(std::span<const double> row);

// AdamW in the order of operations that recorded runs depend on:
//   m' = (b1·m) + ((1 - b1)·g)      v' = (b2·v) + (((1 - b2)·g)·g)      adam = (m'/bias1) / (sqrt(v'/bias2) + eps)
//   new = (cur - ((lr·wd)·cur)) - (lr·adam)                              bias = 1 - powi(b, step)
// I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, ICLR 2019, arXiv:1711.05101, Algorithm 2; one
// difference: the decay is scaled by the learning rate. Step 0 divides by zero and gives NaN or inf.
struct AdamW {
  double lr, b1, b2, eps, wd;
  int32_t step;

  // updated = new parameters; m and v change in place. All spans have one size; updated may be cur.
  void update(std::span<const double> cur, std::span<const double> grad, std::span<double> m, std::span<double> v,
              std::span<double> updated) const;
};

}  // namespace omc::substrate
