#pragma once
// The pairs (i, j) whose scores tape_substrate_sparse_scores computes, listed by row and by column.

#include <cstddef>  // size_t
#include <cstdint>  // uint32_t
#include <vector>

namespace omc::tape {

struct LivePairs {
  LivePairs(size_t rows, size_t cols, double threshold);

  // Row by row: the pairs of row i are col[row_begin[i]] to col[row_begin[i + 1]], ascending.
  std::vector<uint32_t> row_begin, col;
  // Column by column: the rows of column j, ascending, and where the pair stands in col.
  std::vector<uint32_t> col_begin, row, cell;
};

}  // namespace omc::tape
