#pragma once
// Sums over rows and columns, the order of each mode in one place.
//
// exact: each sum runs from left to right, starting at 0.0. One such chain waits for the latency of each addition, so
// rows are summed side by side. The fast modes add up in lanes.

#include <algorithm>  // min
#include <cstddef>    // size_t

#include "tape/compute.hpp"
#include "tape/precision.hpp"

namespace omc::tape {

inline constexpr size_t kRowsSideBySide = 8;  // chains that hide the latency of an addition (3 to 4 cycles, 2 a cycle)
inline constexpr size_t kLanes = 32;

// Σ term(c) for c in [0, n).
template <class Mode, class Term>
[[gnu::always_inline]] inline typename Mode::Cell sum_of(size_t n, const Term& term) {
  using T = typename Mode::Cell;
  if constexpr (Mode::exact) {
    T s = 0;
    for (size_t c = 0; c < n; ++c) s += term(c);
    return s;
  } else {
    T lanes[kLanes] = {};
    size_t c = 0;
    for (; c + kLanes <= n; c += kLanes)
      for (size_t k = 0; k < kLanes; ++k) lanes[k] += term(c + k);
    for (size_t half = kLanes / 2; half > 0; half /= 2)
      for (size_t k = 0; k < half; ++k) lanes[k] += lanes[k + half];
    for (; c < n; ++c) lanes[0] += term(c);
    return lanes[0];
  }
}

// Σ term(r, c) over all cells, row by row.
template <class Mode, class Term>
typename Mode::Cell sum_all(size_t rows, size_t cols, const Term& term) {
  typename Mode::Cell s = 0;
  for (size_t r = 0; r < rows; ++r) {
    if constexpr (Mode::exact) {
      for (size_t c = 0; c < cols; ++c) s += term(r, c);
    } else {
      s += sum_of<Mode>(cols, [&](size_t c) { return term(r, c); });
    }
  }
  return s;
}

// s[k] += Σ term(first + k, c) for c in [begin, end) and k < height: goes on with sums that have begun.
template <class Mode, class Term, class T = typename Mode::Cell>
[[gnu::always_inline]] inline void sum_on(size_t first, size_t height, size_t begin, size_t end, const Term& term,
                                          T (&s)[kRowsSideBySide]) {
  if (Mode::exact && height == kRowsSideBySide) {
    T sums[kRowsSideBySide];  // a copy, so that it stays in registers
    for (size_t k = 0; k < kRowsSideBySide; ++k) sums[k] = s[k];
    for (size_t c = begin; c < end; ++c)
      for (size_t k = 0; k < kRowsSideBySide; ++k) {
        sums[k] += term(first + k, c);
#if defined(__x86_64__)
        asm("" : "+x"(sums[k]));  // a register of its own: gcc would gather the rows into vectors, at twice the cost
#endif
      }
    for (size_t k = 0; k < kRowsSideBySide; ++k) s[k] = sums[k];
    return;
  }
  for (size_t k = 0; k < height; ++k) {
    if constexpr (Mode::exact) {
      for (size_t c = begin; c < end; ++c) s[k] += term(first + k, c);
    } else {
      s[k] += sum_of<Mode>(end - begin, [&](size_t c) { return term(first + k, begin + c); });
    }
  }
}

// put(r, Σ_c term(r, c)) for r in [first, first + kRowsSideBySide) that are < rows.
template <class Mode, class Term, class Put>
[[gnu::always_inline]] inline void sum_row_block(size_t first, size_t rows, size_t cols, const Term& term,
                                                 const Put& put) {
  const size_t height = std::min(kRowsSideBySide, rows - first);
  typename Mode::Cell s[kRowsSideBySide] = {};
  sum_on<Mode>(first, height, 0, cols, term, s);
  for (size_t k = 0; k < height; ++k) put(first + k, s[k]);
}

// put(r, Σ_c term(r, c)) for every row.
template <class Mode, class Term, class Put>
void sum_rows(const Compute& compute, size_t rows, size_t cols, const Term term, const Put put) {
  const size_t blocks = (rows + kRowsSideBySide - 1) / kRowsSideBySide;
  compute.each_row(blocks, kRowsSideBySide * cols,
                   [=](size_t block) { sum_row_block<Mode>(block * kRowsSideBySide, rows, cols, term, put); });
}

// put(c, Σ_r term(r, c)) for every column, r ascending. The same in all modes: columns are independent.
template <class Mode, class Term, class Put>
void sum_columns(const Compute& compute, size_t rows, size_t cols, const Term term, const Put put) {
  using T = typename Mode::Cell;
  constexpr size_t kBlock = 128;  // columns whose sums stay in registers or the nearest cache
  compute.each_row((cols + kBlock - 1) / kBlock, kBlock * rows, [=](size_t block) {
    const size_t begin = block * kBlock, width = std::min(kBlock, cols - begin);
    T s[kBlock] = {};
    for (size_t r = 0; r < rows; ++r)
      for (size_t k = 0; k < width; ++k) s[k] += term(r, begin + k);
    for (size_t k = 0; k < width; ++k) put(begin + k, s[k]);
  });
}

}  // namespace omc::tape
