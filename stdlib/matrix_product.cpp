// The product is cut into tiles of a few rows and PackedMatrix::kWidth columns. All sums of a tile stay in registers
// while k runs from 0 to its end, so no sum is ever split: the bits are those of the plain triple loop. After K. Goto,
// R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34, 2008, sections 4 and 6, without its
// blocking over k.

#include "stdlib/matrix_product.hpp"

#include <cstring>  // memcpy
#include <type_traits>

namespace omc::stdlib {

namespace {

constexpr size_t kWidth = PackedMatrix<double>::kWidth;

// Vectors of the compiler, as wide as the target has registers. Ints wrap, hence unsigned.
template <class T, size_t lanes>
struct Vector {
  using Lane = std::conditional_t<std::is_same_v<T, double>, double, uint64_t>;
  typedef Lane type __attribute__((vector_size(lanes * 8)));
};

// `height` rows of a tile. Inlined into its callers, to be compiled for their target.
template <size_t lanes, size_t height, class T>
[[gnu::always_inline]] inline void tile(const T* a, const T* panel, size_t inner, T (*out)[kWidth]) {
  using V = typename Vector<T, lanes>::type;
  using Lane = typename Vector<T, lanes>::Lane;
  constexpr size_t kVectors = kWidth / lanes;
  V sums[height][kVectors] = {};
  for (size_t k = 0; k < inner; ++k) {
    V b[kVectors];
    for (size_t v = 0; v < kVectors; ++v) std::memcpy(&b[v], panel + k * kWidth + v * lanes, sizeof(V));
    for (size_t r = 0; r < height; ++r)
      for (size_t v = 0; v < kVectors; ++v) sums[r][v] += static_cast<Lane>(a[r * inner + k]) * b[v];
  }
  for (size_t r = 0; r < height; ++r)
    for (size_t v = 0; v < kVectors; ++v) std::memcpy(out[r] + v * lanes, &sums[r][v], sizeof(V));
}

template <size_t lanes, size_t height, class T>
[[gnu::always_inline]] inline void multiply(const T* a, const PackedMatrix<T>& b, std::span<T* const> out) {
  const size_t inner = b.rows();
  for (size_t j = 0; j < b.columns(); j += kWidth) {
    const size_t width = std::min(kWidth, b.columns() - j);
    for (size_t i = 0; i < out.size(); i += height) {
      const size_t rows = std::min(height, out.size() - i);
      T cells[height][kWidth];
      if (rows == height) {
        tile<lanes, height>(a + i * inner, b.panel(j), inner, cells);
      } else {
        for (size_t r = 0; r < rows; ++r) tile<lanes, 1>(a + (i + r) * inner, b.panel(j), inner, cells + r);
      }
      for (size_t r = 0; r < rows; ++r) std::copy_n(cells[r], width, out[i + r] + j);
    }
  }
}

#if defined(__x86_64__)
template <class T>
[[gnu::target("avx2")]] void multiply_avx2(const T* a, const PackedMatrix<T>& b, std::span<T* const> out) {
  multiply<4, 4>(a, b, out);  // 8 of 16 registers hold sums
}
#endif

template <class T>
void multiply_anywhere(const T* a, const PackedMatrix<T>& b, std::span<T* const> out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return multiply_avx2(a, b, out);
#endif
  multiply<2, 2>(a, b, out);
}

}  // namespace

void multiply_rows(std::span<const double> a, const PackedMatrix<double>& b, std::span<double* const> out) {
  multiply_anywhere(a.data(), b, out);
}

void multiply_rows(std::span<const int64_t> a, const PackedMatrix<int64_t>& b, std::span<int64_t* const> out) {
  multiply_anywhere(a.data(), b, out);
}

}  // namespace omc::stdlib
