#pragma once
// Numbers as the harmonic formulas read them: constants to the bit, conversions that never fail, exact distances.
//
// The rule of this folder: every + - * / and sqrt rounds once, in the grouping written; no fma, no reassociation.
// Programs rely on each bit (language reference, chapter 04, section 0), so a formula is never "simplified" here.

#include <bit>      // bit_cast
#include <cmath>    // round, trunc
#include <cstdint>  // int64_t, INT64_MAX, INT64_MIN

namespace omc::substrate {

inline constexpr double kPhi = 1.618033988749895;         // φ
inline constexpr double kPhiSquared = 2.618033988749895;  // φ²
inline constexpr double kPhiInverse =
    0.6180339887498943;  // the language's 1/φ; by definition not the correctly rounded one
inline constexpr double kSqrt5 = 2.23606797749979;
inline constexpr double kPi = 3.141592653589793;
inline constexpr double kGoldenAngle = 2.399963229728653;  // γ

static_assert(std::bit_cast<uint64_t>(kPhi) == 0x3FF9E3779B97F4A8);
static_assert(std::bit_cast<uint64_t>(kPhiSquared) == 0x4004F1BBCDCBFA54);
static_assert(std::bit_cast<uint64_t>(kPhiInverse) == 0x3FE3C6EF372FE94B);
static_assert(std::bit_cast<uint64_t>(kPi) == 0x400921FB54442D18);
static_assert(std::bit_cast<uint64_t>(kGoldenAngle) == 0x4003331FEBFA4BFB);

// Toward zero, saturated; NaN is 0.
constexpr int64_t truncate_to_int(double x) {
  if (x >= -0x1p63 && x < 0x1p63) [[likely]]
    return static_cast<int64_t>(x);
  if (x != x) return 0;
  return x < 0 ? INT64_MIN : INT64_MAX;
}

// Half away from zero, saturated; NaN is 0.
inline int64_t round_to_int(double x) {
  return truncate_to_int(std::round(x));
}

// The fraction keeps the sign: frac(-1.25) is -0.25.
inline double frac(double x) {
  return x - std::trunc(x);
}

// |n|; unsigned, because that of INT64_MIN is 2^63.
constexpr uint64_t magnitude(int64_t n) {
  const uint64_t bits = static_cast<uint64_t>(n);
  return n < 0 ? 0 - bits : bits;
}

// |a - b|; unsigned, because it can be 2^64 - 1.
constexpr uint64_t distance(int64_t a, int64_t b) {
  const uint64_t difference = static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
  return a < b ? 0 - difference : difference;
}

// Wrapping at 64 bits, as all arithmetic of ints in the language.
constexpr int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// The remainder in [0, |m|); 0 for m = 0 and m = ±1.
constexpr int64_t nonnegative_remainder(int64_t n, int64_t m) {
  if (m >= -1 && m <= 1) return 0;  // n % 0 is undefined, INT64_MIN % -1 traps
  const int64_t r = n % m;
  return r >= 0 ? r : m < 0 ? r - m : r + m;
}

}  // namespace omc::substrate
