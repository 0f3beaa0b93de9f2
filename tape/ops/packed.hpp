#pragma once
// Values of which only listed cells are stored: sparse scores, and the softmax over them.
//
// A node whose flag kPacked is set holds such a value in its Saved, a Packed; all other cells are `fill`. Whoever does
// not know packed values asks for the node's tensor and gets a dense one, made then. Gradients of packed nodes have the
// same two forms: `live` holds the listed cells, which is all that backward needs, and a Deferred computes the dense
// gradient for a program that reads it. A packed path is taken only where it gives every bit that the dense one would:
// masked probabilities are 0, and adding 0·x changes no sum, provided x is finite.

#include <algorithm>  // max
#include <cstddef>    // size_t
#include <cstdint>    // uint32_t
#include <memory>     // shared_ptr
#include <vector>

#include "tape/compute.hpp"
#include "tape/kernels/functions.hpp"
#include "tape/saved.hpp"
#include "tape/tensor.hpp"

namespace omc::tape {

// Which cells of a matrix are stored, by row and by column.
struct LivePairs {
  // The pairs whose distance in residues is at most the threshold (ops/sparse_scores.cpp).
  LivePairs(size_t rows, size_t cols, double threshold);

  size_t size() const { return col.size(); }

  // Row by row: the pairs of row i are col[row_begin[i]] to col[row_begin[i + 1]], ascending.
  std::vector<uint32_t> row_begin, col;
  // Column by column: the rows of column j, ascending, and where the pair stands in col.
  std::vector<uint32_t> col_begin, row, place;
};

struct Packed : Saved {
  std::shared_ptr<const LivePairs> pairs;
  Tensor cells;  // 1 x pairs; no buffer: the node's value is dense
  double fill;
};

inline constexpr size_t kGatherWidth = 64;  // columns whose sums stay in registers

// put(r * cols + c, Σ_n weight(n) · other[other_row[n]][c]) for n in [begin[r], begin[r + 1]), weights of 0 left out.
template <class T, class Weight, class Put>
void gather_rows(const Compute& compute, size_t rows, size_t cols, const uint32_t* begin, const uint32_t* other_row,
                 const T* other, const Weight weight, const Put put) {
  const size_t row_cost = 1 + cols * begin[rows] / std::max<size_t>(1, rows) / 4;
  compute.each_row(rows, row_cost, [=](size_t r) {
    size_t c0 = 0;
    const auto columns = [&](auto width) {
      T s[width()] = {};
      for (uint32_t n = begin[r]; n < begin[r + 1]; ++n) {
        const T w = weight(n);
        if (w == 0) continue;
        const T* const from = other + other_row[n] * cols + c0;
        for (size_t c = 0; c < width(); ++c) s[c] += w * from[c];
      }
      for (size_t c = 0; c < width(); ++c) put(r * cols + c0 + c, s[c]);
      c0 += width();
    };
    while (cols - c0 >= kGatherWidth) columns(std::integral_constant<size_t, kGatherWidth>());
    while (cols - c0 >= kGatherWidth / 4) columns(std::integral_constant<size_t, kGatherWidth / 4>());
    while (c0 < cols) columns(std::integral_constant<size_t, 1>());
  });
}

// put(n, a_i · b_j) for each pair n = (i, j).
template <class Mode, class Put, class T = typename Mode::Cell>
void dot_pairs(const Compute& compute, const LivePairs& pairs, size_t cols, const T* a, const T* b, const Put put) {
  const size_t rows = pairs.row_begin.size() - 1;
  const uint32_t *const begin = pairs.row_begin.data(), *const col = pairs.col.data();
  const Isa isa = compute.isa();
  compute.rows(rows, 1 + cols * pairs.size() / std::max<size_t>(1, rows), [=](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      for (uint32_t first = begin[i]; first < begin[i + 1]; first += kDots<T>) {
        const size_t live = std::min<size_t>(kDots<T>, begin[i + 1] - first);
        const T* other[kDots<T>];
        T s[kDots<T>];
        for (size_t p = 0; p < kDots<T>; ++p)
          other[p] = b + col[first + std::min(p, live - 1)] * cols;  // the last again
        dots<Mode>(isa, a + i * cols, other, cols, s);
        for (size_t p = 0; p < live; ++p) put(first + p, s[p]);
      }
  });
}

}  // namespace omc::tape
