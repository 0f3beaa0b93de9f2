#pragma once
// The formulas of the training builtins, cell by cell or over row-major cells.

#include <cstddef>  // size_t
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

}  // namespace omc::substrate
