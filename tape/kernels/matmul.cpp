// The driver of the products: blocks for the caches, panels for the tile.
//
// As in K. Goto, R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008: a block of a
// of kBlockRows x kBlockDepth cells stays in the second cache while panels of b, kBlockDepth deep and a tile wide, pass
// through the first. Two differences. Depth is split in ascending order and each part continues the sums of the last,
// so that no bit depends on the blocking. And an operand is copied into panels only where that pays (pack_a, pack_b):
// copying b costs as much as the product itself when a has few rows.
#include "tape/kernels/matmul.hpp"

#include <algorithm>
#include <array>
#include <cstdint>      // uintptr_t
#include <cstring>      // memcpy
#include <type_traits>  // conditional_t
#include <utility>      // index_sequence

#include "substrate/interrupt.hpp"
#include "tape/kernels/simd.hpp"

namespace omc::tape {

namespace {

template <class T>
using TileFunction = void(size_t k, const T* a, size_t a_row, size_t a_col, const T* b, size_t b_row, bool first,
                          const T* add, size_t add_row, T* out, size_t out_row, bool past_caches);

// The tile of one instruction set: tiles[r - 1] is the one for r rows.
template <class T>
struct TileKernel {
  TileFunction<T>* const* tiles;
  size_t rows, cols;
  // `count` rows of as many cells as a tile has rows, or columns, one behind the other.
  void (*copy_rows)(size_t count, const T* in, size_t in_row, T* out);
  void (*copy_cols)(size_t count, const T* in, size_t in_row, T* out);
  void (*transpose)(size_t rows, size_t cols, const T* in, size_t in_row, T* out, size_t out_row);
};

constexpr size_t kMaxTileRows = 8, kMaxTileCols = 64;

#if OMC_VECTOR_LOOPS
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx512cd,prefer-vector-width=512")
namespace avx512 {
#define OMC_VECTOR_BYTES 64
#define OMC_TILE_ROWS 8
#define OMC_TILE_VECTORS 2
#include "tape/kernels/matmul_tile.inc"
#undef OMC_VECTOR_BYTES
#undef OMC_TILE_ROWS
#undef OMC_TILE_VECTORS
}  // namespace avx512
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {
#define OMC_VECTOR_BYTES 32
#define OMC_TILE_ROWS 4
#define OMC_TILE_VECTORS 2
#include "tape/kernels/matmul_tile.inc"
#undef OMC_VECTOR_BYTES
#undef OMC_TILE_ROWS
#undef OMC_TILE_VECTORS
}  // namespace avx2
#pragma GCC pop_options
#endif
namespace baseline {
#define OMC_VECTOR_BYTES 16
#define OMC_TILE_ROWS 4
#define OMC_TILE_VECTORS 2
#include "tape/kernels/matmul_tile.inc"
#undef OMC_VECTOR_BYTES
#undef OMC_TILE_ROWS
#undef OMC_TILE_VECTORS
}  // namespace baseline

template <class T, bool Fused>
const TileKernel<T>& kernel_for(Isa isa) {
#if OMC_VECTOR_LOOPS
  if (isa == Isa::Avx512) return avx512::Kernel<T, Fused>::kKernel;
  if (isa == Isa::Avx2) return avx2::Kernel<T, Fused>::kKernel;
#endif
  return baseline::Kernel<T, Fused>::kKernel;
}

constexpr size_t kBlockDepth = 256, kBlockRows = 128;


// A result of so many bytes is in no cache when somebody reads it. Written past them it need not be read before: scores of
// 2048 positions at width 64 take 10.3 ms instead of 11.8.
constexpr size_t kPassesCaches = 16u << 20;

constexpr size_t round_up(size_t n, size_t to) {
  return (n + to - 1) / to * to;
}

// Whether rows that are so many bytes apart meet in the same few sets of the second cache, which a panel of them would
// leave again before it is read a second time.
constexpr bool lies_in_few_sets(size_t row_bytes) {
  return row_bytes % 8192 == 0;
}

// rows x k cells of a, which lies transposed, as tiles of kernel.rows rows: [tile][p][row].
template <class T>
void pack_a(const TileKernel<T>& kernel, size_t rows, size_t k, Strided<T> a, T* out) {
  for (size_t i = 0; i < rows; i += kernel.rows, out += kernel.rows * k) {
    const size_t height = std::min(kernel.rows, rows - i);
    if (height == kernel.rows) {
      kernel.copy_rows(k, a.data + i, a.col, out);
      continue;
    }
    for (size_t p = 0; p < k; ++p) std::memcpy(out + p * kernel.rows, a.data + i + p * a.col, height * sizeof(T));
  }
}

// k x width cells of b as one panel: [p][column], padded with zeros to the tile's width.
template <class T>
void pack_b(const TileKernel<T>& kernel, size_t k, size_t width, Strided<T> b, T* out) {
  if (b.col == 1 && width == kernel.cols) return kernel.copy_cols(k, b.data, b.row, out);
  if (width < kernel.cols) std::fill(out, out + k * kernel.cols, T{0});
  if (b.col == 1) {
    for (size_t p = 0; p < k; ++p) std::memcpy(out + p * kernel.cols, b.data + p * b.row, width * sizeof(T));
    return;
  }
  kernel.transpose(width, k, b.data, b.col, out, kernel.cols);
}

// Whether the tiles of this product may be written past the caches: whole lines, and each of them once.
template <class T>
bool passes_caches(Isa isa, size_t m, size_t n, size_t k, const T* out) {
  return OMC_VECTOR_LOOPS && isa == Isa::Avx512 && m * n * sizeof(T) >= kPassesCaches && k <= kBlockDepth &&
         n * sizeof(T) % 64 == 0 && reinterpret_cast<uintptr_t>(out) % 64 == 0;
}

// One thread's part: rows [i0, i1) and columns [j0, j1).
template <class T>
struct Part {
  const TileKernel<T>& kernel;
  size_t n, k;
  Strided<T> a, b;
  const T* add;
  T* out;
  bool packs_a, packs_b;
  bool past_caches;

  size_t scratch(size_t columns) const {
    const size_t depth = std::min(k, kBlockDepth);
    return (packs_a ? round_up(kBlockRows, kernel.rows) * depth : 0) + round_up(columns, kernel.cols) * depth;
  }

  void run(size_t i0, size_t i1, size_t j0, size_t j1, T* memory) const {
    const size_t depth = std::min(k, kBlockDepth);
    T* const packed_a = memory;
    T* const packed_b = memory + (packs_a ? round_up(kBlockRows, kernel.rows) * depth : 0);
    size_t p0 = 0;
    do {
      const size_t p1 = std::min(k, p0 + depth);
      for (size_t j = j0; j < j1; j += kernel.cols) {
        const size_t width = std::min(kernel.cols, j1 - j);
        if (packs_b || width < kernel.cols)
          pack_b(kernel, p1 - p0, width, {b.data + p0 * b.row + j * b.col, b.row, b.col}, packed_b + (j - j0) * depth);
      }
      for (size_t i = i0; i < i1; i += kBlockRows) {
        const size_t height = std::min(kBlockRows, i1 - i);
        if (packs_a) pack_a(kernel, height, p1 - p0, {a.data + i * a.row + p0 * a.col, a.row, a.col}, packed_a);
        for (size_t j = j0; j < j1; j += kernel.cols)
          panel(i, height, j, std::min(kernel.cols, j1 - j), p0, p1, packed_a, packed_b + (j - j0) * depth);
      }
      p0 = p1;
    } while (p0 < k);
#if OMC_VECTOR_LOOPS
    if (past_caches) __builtin_ia32_sfence();  // before another thread is told that it is done
#endif
  }

  void panel(size_t i0, size_t height, size_t j, size_t width, size_t p0, size_t p1, const T* packed_a,
             const T* packed_b) const {
    const bool whole = width == kernel.cols, own_b = packs_b || !whole;
    const T* const pb = own_b ? packed_b : b.data + p0 * b.row + j;
    const size_t b_row = own_b ? kernel.cols : b.row;
    const bool first = p0 == 0;
    const T* const added = p1 == k ? add : nullptr;
    for (size_t i = i0; i < i0 + height; i += kernel.rows) {
      const size_t rows = std::min(kernel.rows, i0 + height - i);
      const T* const pa = packs_a ? packed_a + (i - i0) * (p1 - p0) : a.data + i * a.row + p0 * a.col;
      const size_t a_row = packs_a ? 1 : a.row, a_col = packs_a ? kernel.rows : a.col;
      TileFunction<T>* const tile = kernel.tiles[rows - 1];
      T* const cells = out + i * n + j;
      if (whole) {
        tile(p1 - p0, pa, a_row, a_col, pb, b_row, first, added ? added + i * n + j : nullptr, n, cells, n,
             past_caches);
        continue;
      }
      // The tile writes whole vectors: beside the last columns, into a place of its own.
      alignas(64) T wide[kMaxTileRows * kMaxTileCols] = {};
      alignas(64) T wide_add[kMaxTileRows * kMaxTileCols] = {};
      for (size_t r = 0; r < rows; ++r) {
        if (!first) std::memcpy(wide + r * kernel.cols, cells + r * n, width * sizeof(T));
        if (added) std::memcpy(wide_add + r * kernel.cols, added + (i + r) * n + j, width * sizeof(T));
      }
      tile(p1 - p0, pa, a_row, a_col, pb, b_row, first, added ? wide_add : nullptr, kernel.cols, wide, kernel.cols,
           /*past_caches=*/false);
      for (size_t r = 0; r < rows; ++r) std::memcpy(cells + r * n, wide + r * kernel.cols, width * sizeof(T));
    }
  }
};

}  // namespace

template <class Mode, class T>
void matmul(const Compute& compute, Pool& pool, size_t m, size_t n, size_t k, Strided<T> a, Strided<T> b, const T* add,
            T* out) {
  if (m == 0 || n == 0) return;
  const TileKernel<T>& kernel = kernel_for<T, !Mode::exact>(compute.isa());
  if (add && k > kBlockDepth) {  // what is added would be overwritten by the first part of the sums
    Tensor sums(pool, static_cast<int64_t>(m), static_cast<int64_t>(n), sizeof(T));
    matmul<Mode>(compute, pool, m, n, k, a, b, static_cast<const T*>(nullptr), sums.data<T>());
    const T* const s = sums.data<T>();
    return compute.cells(m * n, 1, [=](size_t i) { out[i] = add[i] + s[i]; });
  }
  const Part<T> part{.kernel = kernel,
                     .n = n,
                     .k = k,
                     .a = a,
                     .b = b,
                     .add = add,
                     .out = out,
                     .packs_a = a.col != 1 && n > kernel.cols && k > 64,
                     .packs_b = b.col != 1 || m > kBlockRows || (lies_in_few_sets(b.row * sizeof(T)) && m > 2 * kernel.rows),
                     .past_caches = passes_caches(compute.isa(), m, n, k, out)};
  // Columns are shared out: then each thread copies only its own panels.
  const size_t panels = (n + kernel.cols - 1) / kernel.cols;
  const size_t nanoseconds = std::max<size_t>(1, m * std::min(n, kernel.cols) * k / 32);
  const size_t scratch_each = part.scratch(kernel.cols * panels);
  const size_t pieces = compute.pieces(panels, nanoseconds);
  Tensor scratch(pool, static_cast<int64_t>(pieces), static_cast<int64_t>(scratch_each), sizeof(T));
  T* const memory = scratch.data<T>();
  // Rows in turns of about a tenth of a second: between them a time limit or an interrupt may end it.
  const size_t turn = std::max<size_t>(4 * kBlockRows, (size_t{1} << 31) / std::max<size_t>(1, n * k));
  for (size_t first = 0; first < m; first += turn) {
    substrate::interrupt_point();
    compute.rows(panels, nanoseconds, [&, memory, first](size_t begin, size_t end) {
      const size_t piece = begin / ((panels + pieces - 1) / pieces);
      part.run(first, std::min(m, first + turn), begin * kernel.cols, std::min(n, end * kernel.cols),
               memory + piece * scratch_each);
    });
  }
}

template <class T>
void transpose(const Compute& compute, size_t rows, size_t cols, const T* in, T* out) {
  const TileKernel<T>& kernel = kernel_for<T, false>(compute.isa());
  constexpr size_t kBand = 16;  // rows: whole blocks of registers
  compute.rows((rows + kBand - 1) / kBand, kBand * cols, [&, in, out](size_t begin, size_t end) {
    const size_t first = begin * kBand;
    kernel.transpose(std::min(rows, end * kBand) - first, cols, in + first * cols, cols, out + first, rows);
  });
}

template void transpose(const Compute&, size_t, size_t, const double*, double*);
template void transpose(const Compute&, size_t, size_t, const float*, float*);
template void matmul<ExactMode>(const Compute&, Pool&, size_t, size_t, size_t, Strided<double>, Strided<double>,
                                const double*, double*);
template void matmul<Fast64Mode>(const Compute&, Pool&, size_t, size_t, size_t, Strided<double>, Strided<double>,
                                 const double*, double*);
template void matmul<Fast32Mode>(const Compute&, Pool&, size_t, size_t, size_t, Strided<float>, Strided<float>,
                                 const float*, float*);

}  // namespace omc::tape
