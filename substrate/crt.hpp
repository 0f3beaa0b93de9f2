#pragma once
// Residues and their way back by the Chinese remainder theorem, for the Fibonacci-near moduli 5, 8, 13, 21.

#include <array>
#include <cstdint>  // int64_t

#include "substrate/numbers.hpp"  // nonnegative_remainder

namespace omc::substrate {

inline constexpr std::array<int64_t, 4> kCrtModuli = {5, 8, 13, 21};
inline constexpr int64_t kCrtPeriod = kCrtModuli[0] * kCrtModuli[1] * kCrtModuli[2] * kCrtModuli[3];
static_assert(kCrtPeriod == 10920);

// One element of crt_residues: in [0, |m|), and 0 for m = 0 and m = ±1.
constexpr int64_t crt_residue(int64_t position, int64_t m) {
  return nonnegative_remainder(position, m);
}

namespace detail {
// kCrtBasis[i] is 1 modulo kCrtModuli[i] and 0 modulo the others.
inline constexpr std::array<int64_t, 4> kCrtBasis = [] {
  std::array<int64_t, 4> basis{};
  for (size_t i = 0; i < basis.size(); ++i) {
    const int64_t others = kCrtPeriod / kCrtModuli[i];
    while (basis[i] % kCrtModuli[i] != 1) basis[i] += others;
  }
  return basis;
}();
}  // namespace detail

// The unique x in [0, 10920) with these residues, each of which is first reduced to [0, modulus).
constexpr int64_t crt_recover(const std::array<int64_t, 4>& residues) {
  int64_t x = 0;
  for (size_t i = 0; i < residues.size(); ++i)
    x += nonnegative_remainder(residues[i], kCrtModuli[i]) * detail::kCrtBasis[i];
  return x % kCrtPeriod;
}

}  // namespace omc::substrate
