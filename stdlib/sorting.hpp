#pragma once
// Stable sorts. Ints and floats by their bits, in linear time; anything else by merging.

#include <algorithm>  // copy, move_backward
#include <cstdint>
#include <span>
#include <utility>  // swap
#include <vector>

namespace omc::stdlib {

// Ascending.
void sort_ints(std::span<int64_t> x);
// Ascending; NaN after everything else, -0.0 and 0.0 as they came.
void sort_floats(std::span<double> x);

// Whatever `precedes` says, it ends with a permutation of x: the sort order of the language is not transitive where
// text and numbers meet, which std::stable_sort may not be given. Natural order costs n comparisons (Knuth, The Art of
// Computer Programming 3, 2nd ed., section 5.2.4: straight two-way merging, from runs sorted by insertion).
template <class T, class Precedes>
void merge_sort(std::span<T> x, Precedes precedes) {
  constexpr size_t kRun = 16;
  const size_t n = x.size();
  for (size_t from = 0; from < n; from += kRun) {
    const size_t end = std::min(from + kRun, n);
    for (size_t i = from + 1; i < end; ++i) {
      const T moving = x[i];
      size_t place = i;
      for (; place > from && precedes(moving, x[place - 1]); --place) x[place] = x[place - 1];
      x[place] = moving;
    }
  }
  if (n <= kRun) return;
  std::vector<T> other(n);
  std::span<T> in = x, out = other;
  for (size_t run = kRun; run < n; run *= 2) {
    for (size_t from = 0; from < n; from += 2 * run) {
      const size_t middle = std::min(from + run, n), end = std::min(from + 2 * run, n);
      size_t a = from, b = middle, to = from;
      if (middle < end && precedes(in[middle], in[middle - 1])) {
        while (a < middle && b < end) out[to++] = precedes(in[b], in[a]) ? in[b++] : in[a++];
      }
      to = static_cast<size_t>(std::copy(in.begin() + a, in.begin() + middle, out.begin() + to) - out.begin());
      std::copy(in.begin() + b, in.begin() + end, out.begin() + to);
    }
    std::swap(in, out);
  }
  if (in.data() != x.data()) std::ranges::copy(in, x.begin());
}

}  // namespace omc::stdlib
