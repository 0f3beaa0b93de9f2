// The product is cut into tiles of kTileRows x kTileColumns cells. All sums of a tile stay in registers while k runs
// from 0 to its end, so no sum is ever split: the bits are those of the plain triple loop. Columns of b are packed so
// that a tile reads them one after the other. After K. Goto, R. van de Geijn, Anatomy of High-Performance Matrix
// Multiplication, ACM TOMS 34, 2008, sections 4 and 6, without its blocking over k.

#include "stdlib/matrix_product.hpp"

#include <algorithm>  // copy_n, min
#include <cstring>    // memcpy
#include <vector>

namespace omc::stdlib {

namespace {

constexpr size_t kTileRows = 4, kTileColumns = 8, kLanes = 4;
constexpr size_t kVectors = kTileColumns / kLanes;

// Vectors of the compiler: it makes the best of them that the target has. Ints wrap, hence unsigned.
template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kLanes * 8)));
};

// `height` rows of the tile whose columns are packed in `panel`. Inlined into its callers, compiled for their target.
template <size_t height, class T>
[[gnu::always_inline]] inline void tile(const T* a, const T* panel, size_t inner, T (*out)[kTileColumns]) {
  using Vector = typename VectorOf<T>::type;
  Vector sums[height][kVectors] = {};
  for (size_t k = 0; k < inner; ++k) {
    Vector b[kVectors];
    std::memcpy(&b, panel + k * kTileColumns, sizeof b);
    for (size_t r = 0; r < height; ++r)
      for (size_t v = 0; v < kVectors; ++v) sums[r][v] += a[r * inner + k] * b[v];
  }
  std::memcpy(out, &sums, sizeof sums);
}

template <class T>
[[gnu::always_inline]] inline void multiply(const T* a, const T* b, size_t inner, size_t columns,
                                            std::span<T* const> rows) {
  std::vector<T> panel(inner * kTileColumns);
  for (size_t j = 0; j < columns; j += kTileColumns) {
    const size_t width = std::min(kTileColumns, columns - j);  // the panel's other columns are never stored
    for (size_t k = 0; k < inner; ++k) std::copy_n(b + k * columns + j, width, panel.data() + k * kTileColumns);
    for (size_t i = 0; i < rows.size(); i += kTileRows) {
      const size_t height = std::min(kTileRows, rows.size() - i);
      T cells[kTileRows][kTileColumns];
      if (height == kTileRows) {
        tile<kTileRows>(a + i * inner, panel.data(), inner, cells);
      } else {
        for (size_t r = 0; r < height; ++r) tile<1>(a + (i + r) * inner, panel.data(), inner, cells + r);
      }
      for (size_t r = 0; r < height; ++r) std::copy_n(cells[r], width, rows[i + r] + j);
    }
  }
}

#if defined(__x86_64__)
template <class T>
[[gnu::target("avx2")]] void multiply_avx2(const T* a, const T* b, size_t inner, size_t columns,
                                           std::span<T* const> rows) {
  multiply(a, b, inner, columns, rows);
}
#endif

template <class T>
void multiply_anywhere(const T* a, const T* b, size_t inner, size_t columns, std::span<T* const> rows) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return multiply_avx2(a, b, inner, columns, rows);
#endif
  multiply(a, b, inner, columns, rows);
}

}  // namespace

void multiply_rows(std::span<const double> a, std::span<const double> b, size_t inner, size_t columns,
                   std::span<double* const> rows) {
  multiply_anywhere(a.data(), b.data(), inner, columns, rows);
}

void multiply_rows(std::span<const int64_t> a, std::span<const int64_t> b, size_t inner, size_t columns,
                   std::span<int64_t* const> rows) {
  // The unsigned type of the same bits: it may alias, and wraps.
  const std::span<uint64_t* const> unsigned_rows(reinterpret_cast<uint64_t* const*>(rows.data()), rows.size());
  multiply_anywhere(reinterpret_cast<const uint64_t*>(a.data()), reinterpret_cast<const uint64_t*>(b.data()), inner,
                    columns, unsigned_rows);
}

}  // namespace omc::stdlib
