#pragma once
// Orders and groups of array elements by attractor or by score. All answer with indices: the elements themselves stay
// where they are, whatever kind they have.

#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <span>
#include <vector>

namespace omc::substrate {

// Stable, by descending score.
std::vector<size_t> harmonic_sort(std::span<const double> scores);

// Groups of equal attractor, in ascending order of the signed attractor; members in the order of the input.
std::vector<std::vector<size_t>> harmonic_partition(std::span<const int64_t> n);

// The elements whose score is at least band away from that of every element kept before; all for band <= 0 or NaN.
std::vector<size_t> harmonic_dedupe(std::span<const double> scores, double band);

// Which of m elements comes at place i of n: round(pow(i/n, 0.618...)·(m - 1)), at most m - 1; i < n, m > 0.
size_t harmonic_resample_index(size_t i, size_t n, size_t m);

}  // namespace omc::substrate
