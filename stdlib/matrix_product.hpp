#pragma once
// Matrix products whose every cell is a sum of its own, taken in ascending order of k: floats without fma, ints
// wrapping.

#include <algorithm>  // copy_n, min
#include <cstdint>
#include <span>
#include <vector>

namespace omc::stdlib {

// The right matrix of a product: panels of kWidth columns, each row after row, the last filled up with zeros.
template <class T>
class PackedMatrix {
 public:
  static constexpr size_t kWidth = 8;

  PackedMatrix(size_t rows, size_t columns)
      : rows_(rows), columns_(columns), cells_(rows * ((columns + kWidth - 1) / kWidth * kWidth)) {}

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  void set_row(size_t k, std::span<const T> row) {
    for (size_t j = 0; j < columns_; j += kWidth)
      std::copy_n(row.data() + j, std::min(kWidth, columns_ - j), cells_.data() + j * rows_ + k * kWidth);
  }
  // The panel that begins with column j, a multiple of kWidth.
  const T* panel(size_t j) const { return cells_.data() + j * rows_; }

 private:
  size_t rows_, columns_;
  std::vector<T> cells_;
};

// out[i][j] = 0 + a[i][0]·b[0][j] + a[i][1]·b[1][j] + ... with `a` row after row.
void multiply_rows(std::span<const double> a, const PackedMatrix<double>& b, std::span<double* const> out);
void multiply_rows(std::span<const int64_t> a, const PackedMatrix<int64_t>& b, std::span<int64_t* const> out);

}  // namespace omc::stdlib
