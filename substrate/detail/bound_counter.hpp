#pragma once
// Counting the entries of a fixed list below a number in constant time, for lists that grow like the Fibonacci numbers.
//
// All m of one bit length differ in at most two entries, so a start per bit length and two comparisons give the answer,
// without a branch.

#include <array>
#include <bit>      // countl_zero
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t, UINT64_MAX

namespace omc::substrate::detail {

template <size_t N>
class BoundCounter {
 public:
  constexpr explicit BoundCounter(const std::array<uint64_t, N>& ascending) {
    for (size_t i = 0; i < bounds_.size(); ++i) bounds_[i] = i < N ? ascending[i] : UINT64_MAX;
    for (size_t zeros = 0; zeros < start_.size(); ++zeros) {
      const uint64_t largest = UINT64_MAX >> zeros, smallest = largest == 1 ? 0 : largest / 2 + 1;
      size_t below_smallest = 0, below_largest = 0;
      for (const uint64_t bound : ascending) {
        below_smallest += bound < smallest;
        below_largest += bound < largest;
      }
      start_[zeros] = static_cast<uint8_t>(below_smallest);
      two_are_enough_ = two_are_enough_ && below_largest - below_smallest <= 2;
    }
  }

  // With m | 1 instead of m the count of leading zeros has no case for 0, and on x86 its instruction does not wait for
  // the result of the call before.
  constexpr size_t count_below(uint64_t m) const {
    const size_t start = start_[static_cast<size_t>(std::countl_zero(m | 1))];
    return start + (bounds_[start] < m) + (bounds_[start + 1] < m);
  }

  // What whoever makes one asserts.
  constexpr bool two_are_enough() const { return two_are_enough_; }

 private:
  std::array<uint64_t, N + 2> bounds_{};
  std::array<uint8_t, 64> start_{};  // by the leading zeros of m | 1
  bool two_are_enough_ = true;
};

}  // namespace omc::substrate::detail
