#pragma once
// Matrix products.
//
// In mode exact every cell of a product is s = 0; for p ascending: s = s + a_ip b_pj, each step rounded twice. So the
// kernel may tile i and j as it likes and split p only into ascending parts that continue the same sum. The fast modes
// take the same way with fused steps.

#include <cstddef>  // size_t

#include "tape/compute.hpp"
#include "tape/precision.hpp"
#include "tape/tensor.hpp"

namespace omc::tape {

// A matrix seen through its steps: cell (i, j) is data[i * row + j * col]. One of the two is 1.
template <class T>
struct Strided {
  const T* data;
  size_t row, col;

  static Strided plain(const T* data, size_t cols) { return {data, cols, 1}; }
  static Strided transposed(const T* data, size_t cols) { return {data, 1, cols}; }
};

// out[i][j] = (add ? add[i][j] : 0) + Σ_p a[i][p] b[p][j]; out is m x n, dense, and may be add.
template <class Mode, class T = typename Mode::Cell>
void matmul(const Compute& compute, Pool& pool, size_t m, size_t n, size_t k, Strided<T> a, Strided<T> b, const T* add,
            T* out);

// out[j][i] = in[i][j]
template <class T>
void transpose(const Compute& compute, size_t rows, size_t cols, const T* in, T* out);

}  // namespace omc::tape
