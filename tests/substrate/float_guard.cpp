// Fails when the compiler does not leave floats alone: contracts a·b + c to one rounding, reassociates sums, divides by
// multiplying, or keeps more precision than a double. The formulas of the language are defined by their roundings, and
// this file is compiled with the flags of the libraries.

#include <boost/test/unit_test.hpp>
#include <cfloat>
#include <cmath>
#include <limits>

#if defined(__x86_64__)
// The baseline has no fma to contract to; a function with it shows what the flags allow.
#define OMC_WITH_FMA __attribute__((target("fma"), noinline))
static bool has_fma() {
  return __builtin_cpu_supports("fma");
}
#else
#define OMC_WITH_FMA __attribute__((noinline))
static bool has_fma() {
  return true;
}
#endif

static_assert(FLT_EVAL_METHOD == 0);
static_assert(std::numeric_limits<double>::is_iec559);

BOOST_AUTO_TEST_SUITE(float_guard)

OMC_WITH_FMA static double multiply_add(double a, double b, double c) {
  return a * b + c;
}

OMC_WITH_FMA static double dot(const double* a, const double* b, int n) {
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

BOOST_AUTO_TEST_CASE(products_are_rounded_before_they_are_added) {
  if (!has_fma()) return;
  // (1 + 2^-30)² = 1 + 2^-29 + 2^-60; only a fused sum would show the last term.
  const volatile double a = 1.0 + 0x1p-30, c = -(1.0 + 0x1p-29);
  BOOST_TEST(multiply_add(a, a, c) == 0.0);
  BOOST_TEST(std::fma(a, a, c) == 0x1p-60);
  const double x[] = {c, a}, y[] = {1.0, a};
  BOOST_TEST(dot(x, y, 2) == 0.0);
}

__attribute__((noinline)) static double sum_of(const double* x, int n) {
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += x[i];
  return sum;
}

BOOST_AUTO_TEST_CASE(sums_run_from_left_to_right) {
  // In any other order some of the ones would survive the 1e16.
  double x[64];
  for (int i = 0; i < 64; ++i) x[i] = i == 0 ? 1e16 : i == 63 ? -1e16 : 1.0;
  BOOST_TEST(sum_of(x, 64) == 0.0);
  const volatile double big = 1e16, one = 1.0;
  BOOST_TEST((big + one) - big == 0.0);
  BOOST_TEST((one - big) + big == 0.0);
}

BOOST_AUTO_TEST_CASE(division_divides) {
  const volatile double x = 5.0, three = 3.0, ten = 10.0;
  BOOST_TEST(x / 3.0 == 1.6666666666666667);
  int wrong_by_reciprocal = 0;
  for (int i = 1; i < 100; ++i) {
    const volatile double n = i;
    BOOST_TEST(n / 10.0 == n / ten);
    const volatile double reciprocal = 1.0 / three;
    wrong_by_reciprocal += n / 3.0 != n * reciprocal;
  }
  BOOST_TEST(wrong_by_reciprocal > 0);
}

BOOST_AUTO_TEST_CASE(signed_zeros_and_nans_count) {
  const volatile double minus_zero = -0.0, nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(!std::signbit(minus_zero + 0.0));
  BOOST_TEST(std::signbit(minus_zero * 1.0));
  BOOST_TEST(!(nan == nan));
  BOOST_TEST(nan - nan != 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
