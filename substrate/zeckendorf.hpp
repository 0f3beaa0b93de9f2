#pragma once
// The Zeckendorf word of an int: the unique set of Fibonacci numbers, no two of them neighbours, that sums to it.
//
// Greedy from above gives it (E. Zeckendorf, Représentation des nombres naturels par une somme de nombres de Fibonacci
// ou de nombres de Lucas, Bull. Soc. Roy. Sci. Liège 41, 1972). Indices run from 92 down to 2, so every int has an
// exact word.

#include <array>
#include <bit>      // countl_zero
#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <span>

#include "substrate/fibonacci.hpp"  // kFibonacci, largest_fibonacci_index

namespace omc::substrate {

namespace detail {

// The words below F(17), bit i for the index i: half of the steps of a word of seven digits, and each step of the greedy
// search waits for the one before.
inline constexpr size_t kSmallEnd = 1597;
inline constexpr std::array<uint32_t, kSmallEnd> kSmallWords = [] {
  std::array<uint32_t, kSmallEnd> words{};
  for (size_t n = 1; n < kSmallEnd; ++n) {
    const size_t i = largest_fibonacci_index(n);
    words[n] = words[n - static_cast<size_t>(kFibonacci[i])] | uint32_t{1} << i;
  }
  return words;
}();

}  // namespace detail

// The indices of the word of |n|, largest first. At most 46: every second one of 92..2.
class ZeckendorfWord {
 public:
  constexpr explicit ZeckendorfWord(int64_t n) {
    uint64_t m = magnitude(n);
    for (; m >= detail::kSmallEnd; m -= static_cast<uint64_t>(kFibonacci[indices_[size_++]]))
      indices_[size_] = static_cast<uint8_t>(largest_fibonacci_index(m));
    for (uint32_t word = detail::kSmallWords[m]; word != 0;) {
      const int i = 31 - std::countl_zero(word);
      indices_[size_++] = static_cast<uint8_t>(i);
      word ^= uint32_t{1} << i;
    }
  }

  constexpr size_t size() const { return size_; }
  constexpr const uint8_t* begin() const { return indices_.data(); }
  constexpr const uint8_t* end() const { return indices_.data() + size_; }

 private:
  std::array<uint8_t, kLastFibonacciIndex / 2> indices_{};
  size_t size_ = 0;
};

constexpr ZeckendorfWord zeckendorf(int64_t n) {
  return ZeckendorfWord(n);
}

size_t zeckendorf_weight(int64_t n);        // the length of the word; 0 for n < 0
bool zeckendorf_bit(int64_t n, int64_t k);  // max(0, k) is in the word; false for n < 0

// Σ F(i clamped to 0..92), saturating at INT64_MAX; any indices will do.
int64_t from_zeckendorf(std::span<const int64_t> indices);

// Each index is at least 2 above the next.
bool is_zeckendorf_valid(std::span<const int64_t> indices);

}  // namespace omc::substrate
