#include "substrate/matrix.hpp"

#include <algorithm>  // fill, max
#include <cmath>      // abs, exp
#include <vector>

namespace omc::substrate {

void substrate_attention(const MatrixView& q, const MatrixView& k, const MatrixView& v, std::span<double> out) {
  std::vector<double> e(k.rows);
  for (size_t i = 0; i < q.rows; ++i) {
    const std::span<const double> query = q.row(i);
    for (size_t j = 0; j < k.rows; ++j) {
      const std::span<const double> key = k.row(j);
      double s = 0.0;
      for (size_t d = 0; d < q.cols; ++d) s -= cell_distance(std::abs(query[d] - key[d]));
      e[j] = s;
    }
    if (k.rows == 0) continue;
    const double largest_score = *std::max_element(e.begin(), e.end());
    double sum = 0.0;
    for (double& x : e) {
      x = std::exp(x - largest_score);
      sum += x;
    }
    const std::span<double> result = out.subspan(i * v.cols, v.cols);
    std::fill(result.begin(), result.end(), 0.0);
    for (size_t j = 0; j < k.rows; ++j) {
      const double share = e[j] / sum;
      const std::span<const double> value = v.row(j);
      for (size_t d = 0; d < v.cols; ++d) result[d] += share * value[d];
    }
  }
}

double substrate_score_row(std::span<const double> row) {
  double sum = 0.0;
  for (const double x : row) sum += resonance(truncate_to_int(x));
  return sum / static_cast<double>(row.size());
}

}  // namespace omc::substrate
