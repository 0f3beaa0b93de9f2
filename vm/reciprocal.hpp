#pragma once
// Division by a constant without dividing: D. Lemire, O. Kaser, N. Kurz, Faster Remainder by Direct Computation,
// Software: Practice and Experience 49 (2019). Exact for dividends and divisors below 2^32.

#include <cstdint>

namespace omc::vm {

constexpr bool has_reciprocal(int64_t divisor) { return divisor >= 2 && divisor <= UINT32_MAX; }
constexpr bool fits_reciprocal(int64_t dividend) { return static_cast<uint64_t>(dividend) <= UINT32_MAX; }

// 2^64 / divisor, rounded up.
constexpr uint64_t reciprocal(int64_t divisor) { return UINT64_MAX / static_cast<uint64_t>(divisor) + 1; }

constexpr uint64_t upper_half(uint64_t x, uint32_t y) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(x) * y >> 64);
}
constexpr int64_t quotient_by(int64_t dividend, uint64_t reciprocal) {
  return static_cast<int64_t>(upper_half(reciprocal, static_cast<uint32_t>(dividend)));
}
constexpr int64_t remainder_by(int64_t dividend, int64_t divisor, uint64_t reciprocal) {
  return static_cast<int64_t>(upper_half(reciprocal * static_cast<uint32_t>(dividend), static_cast<uint32_t>(divisor)));
}

}  // namespace omc::vm
