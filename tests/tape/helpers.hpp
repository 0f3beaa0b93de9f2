#pragma once
// Matrices for the tests of the tape: random ones, written-out ones, and reading nodes back.

#include <cstdint>
#include <random>
#include <vector>

#include "tape/tape.hpp"

namespace omc::tape {

struct Shape {
  int64_t rows, cols;
  size_t size() const { return static_cast<size_t>(rows * cols); }
};

// Uniform in [low, high); std::mt19937_64 is specified to the bit, the distributions are not.
inline std::vector<double> random_cells(std::mt19937_64& random, size_t n, double low = -1, double high = 1) {
  std::vector<double> cells(n);
  for (double& x : cells) x = low + (high - low) * (static_cast<double>(random() >> 11) * 0x1p-53);
  return cells;
}

inline std::vector<double> cells_of(const Reading& reading) {
  std::vector<double> cells(reading.size());
  reading.copy_to(cells);
  return cells;
}

using Rows = std::vector<std::vector<double>>;

inline NodeId var(Tape& tape, const Rows& rows) {
  return tape.var(static_cast<int64_t>(rows.size()), rows.empty() ? 0 : static_cast<int64_t>(rows[0].size()),
                  [&](int64_t r, std::span<double> cells) {
                    std::copy(rows[static_cast<size_t>(r)].begin(), rows[static_cast<size_t>(r)].end(), cells.begin());
                  });
}

inline Rows rows_of(const Reading& reading) {
  Rows rows(static_cast<size_t>(reading.rows()));
  const size_t cols = static_cast<size_t>(reading.cols());
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t c = 0; c < cols; ++c) rows[r].push_back(reading[r * cols + c]);
  return rows;
}

}  // namespace omc::tape
