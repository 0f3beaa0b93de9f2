#include "tape/kernels/functions.hpp"

#include <bit>  // countr_zero
#include <cstdint>
#include <limits>
#include <type_traits>  // conditional_t

#include "tape/kernels/simd.hpp"
#include "tape/ops/sums.hpp"

#if OMC_VECTOR_LOOPS
#include <immintrin.h>
#endif

namespace omc::tape {

namespace {

#if OMC_VECTOR_LOOPS
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr float kInfinityF = std::numeric_limits<float>::infinity();

// 16 / ln 2, and ln 2 / 16 as 36 bits, so that multiples are exact, and the rest.
constexpr double kSixteenthsPerLn = 0x1.71547652b82fep+4;
constexpr double kSixteenthHigh = 0x1.62e42fefa0000p-5, kSixteenthLow = 0x1.cf79abc9e3b3ap-44;
// 1 / ln 2, and ln 2 as 16 bits and the rest.
constexpr float kPerLn = 0x1.715476p+0f, kLnHigh = 0x1.62e4p-1f, kLnLow = 0x1.7f7d1cp-20f;

// 2^(j/16) = kPowersHigh[j] + kPowersLow[j].
alignas(64) constexpr double kPowersHigh[16] = {
    0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};
alignas(64) constexpr double kPowersLow[16] = {0x0.0p+0,
                                               0x1.8a62e4adc610bp-54,
                                               -0x1.19041b9d78a76p-55,
                                               0x1.9b07eb6c70573p-54,
                                               0x1.6f46ad23182e4p-55,
                                               0x1.ada0911f09ebcp-55,
                                               0x1.d4397afec42e2p-56,
                                               0x1.6324c054647adp-54,
                                               -0x1.bdd3413b26456p-54,
                                               -0x1.41577ee04992fp-55,
                                               0x1.6e9f156864b27p-54,
                                               0x1.c7c46b071f2bep-56,
                                               0x1.7a1cd345dcc81p-54,
                                               0x1.11065895048ddp-55,
                                               0x1.2ed02d75b3707p-55,
                                               -0x1.e9c23179c2893p-54};

// ln 2 as a multiple of 2^-41 and the rest; 1 / (1 + j/16) rounded, and minus its logarithm, likewise in two parts.
constexpr double kLn2High = 0x1.62e42fefa4000p-1, kLn2Low = -0x1.8432a1b0e2634p-43;
alignas(64) constexpr double kInverse[16] = {
    0x1.0000000000000p+0, 0x1.e1e1e1e1e1e1ep-1, 0x1.c71c71c71c71cp-1, 0x1.af286bca1af28p-1,
    0x1.999999999999ap-1, 0x1.8618618618618p-1, 0x1.745d1745d1746p-1, 0x1.642c8590b2164p-1,
    0x1.5555555555555p-1, 0x1.47ae147ae147bp-1, 0x1.3b13b13b13b14p-1, 0x1.2f684bda12f68p-1,
    0x1.2492492492492p-1, 0x1.1a7b9611a7b96p-1, 0x1.1111111111111p-1, 0x1.0842108421084p-1};
alignas(64) constexpr double kLogHigh[16] = {0x0.0p+0,
                                             0x1.f0a30c0110000p-5,
                                             0x1.e27076e2b0000p-4,
                                             0x1.5ff3070a78000p-3,
                                             0x1.c8ff7c79a8000p-3,
                                             0x1.1675cababa000p-2,
                                             0x1.4618bc21c6000p-2,
                                             0x1.739d7f6bbe000p-2,
                                             0x1.9f323ecbfa000p-2,
                                             0x1.c8ff7c79aa000p-2,
                                             0x1.f128f5faf0000p-2,
                                             0x1.0be72e4253000p-1,
                                             0x1.1e85f5e704000p-1,
                                             0x1.307d7334f1000p-1,
                                             0x1.41d8fe8467000p-1,
                                             0x1.52a2d265bc000p-1};
alignas(64) constexpr double kLogLow[16] = {0x0.0p+0,
                                            0x1.8aa185f325c5cp-43,
                                            -0x1.a2c2c2af0003cp-45,
                                            0x1.3d5c873e20a07p-43,
                                            0x1.a1fac25d81ef3p-43,
                                            0x1.83c0e731f55c4p-44,
                                            -0x1.3e02f484c84ccp-46,
                                            -0x1.ff1c63b67580ap-43,
                                            -0x1.ecc3525ca2643p-44,
                                            -0x1.77acf689f8434p-44,
                                            0x1.baecd720ec44cp-44,
                                            -0x1.5f3259da11331p-43,
                                            0x1.a17bd8b34be7cp-46,
                                            0x1.7c7f6b2143eadp-46,
                                            0x1.5742325e617a3p-44,
                                            0x1.6acb9df22bc57p-43};

double library_exp(double x) {
  return std::exp(x);
}
double library_log(double x) {
  return std::log(x);
}

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx512cd,prefer-vector-width=512")
namespace avx512 {
#define OMC_VECTOR_BYTES 64
#include "tape/kernels/functions.inc"
#undef OMC_VECTOR_BYTES
}  // namespace avx512
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#define OMC_VECTOR_BYTES 32
#include "tape/kernels/functions.inc"
#undef OMC_VECTOR_BYTES
}  // namespace avx2
#pragma GCC pop_options
#endif

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 28)
constexpr bool kLibraryIsNearlyRounded = true;
#else
constexpr bool kLibraryIsNearlyRounded = false;
#endif

}  // namespace

template <class Mode, class T>
void exp_cells(Isa isa, const T* x, T shift, size_t n, T* y) {
#if OMC_VECTOR_LOOPS
  if constexpr (!Mode::exact) {
    if (isa == Isa::Avx512) return avx512::exp_fast(x, shift, n, y);
    if (isa == Isa::Avx2) return avx2::exp_fast(x, shift, n, y);
  } else if constexpr (kLibraryIsNearlyRounded) {
    if (isa == Isa::Avx512) return avx512::exp_exact(x, shift, n, y);
    if (isa == Isa::Avx2) return avx2::exp_exact(x, shift, n, y);
  }
#endif
  for (size_t i = 0; i < n; ++i) y[i] = std::exp(x[i] - shift);
}

template <class Mode, class T>
void log_cells(Isa isa, const T* x, size_t n, T* y) {
#if OMC_VECTOR_LOOPS
  if (isa != Isa::Baseline && (!Mode::exact || kLibraryIsNearlyRounded)) {
    const auto many = Mode::exact ? (isa == Isa::Avx512 ? avx512::log_exact : avx2::log_exact)
                                  : (isa == Isa::Avx512 ? avx512::log_fast : avx2::log_fast);
    if constexpr (sizeof(T) == sizeof(double)) return many(x, n, y);
    constexpr size_t kChunk = 256;  // floats go through doubles: their logarithm is no bottleneck anywhere
    double cells[kChunk];
    for (size_t first = 0; first < n; first += kChunk) {
      const size_t length = std::min(kChunk, n - first);
      std::copy_n(x + first, length, cells);
      many(cells, length, cells);
      std::copy_n(cells, length, y + first);
    }
    return;
  }
#endif
  for (size_t i = 0; i < n; ++i) y[i] = std::log(x[i]);
}

template <class Mode, class T>
void dots(Isa isa, const T* a, const T* const (&b)[kDots<T>], size_t n, T (&out)[kDots<T>]) {
#if OMC_VECTOR_LOOPS
  if (isa == Isa::Avx512) return avx512::dots<T, Mode::exact>(a, b, n, out);
  if (isa == Isa::Avx2) {
    avx2::dots<T, Mode::exact>(a, b, n, out);
    return avx2::dots<T, Mode::exact>(a, b + kDots<T> / 2, n, out + kDots<T> / 2);
  }
#endif
  run(isa, 0, kDots<T>, [=, &out](size_t k) { out[k] = sum_of<Mode>(n, [=](size_t c) { return a[c] * b[k][c]; }); });
}

template void dots<ExactMode>(Isa, const double*, const double* const (&)[8], size_t, double (&)[8]);
template void dots<Fast64Mode>(Isa, const double*, const double* const (&)[8], size_t, double (&)[8]);
template void dots<Fast32Mode>(Isa, const float*, const float* const (&)[16], size_t, float (&)[16]);
template void log_cells<ExactMode>(Isa, const double*, size_t, double*);
template void log_cells<Fast64Mode>(Isa, const double*, size_t, double*);
template void log_cells<Fast32Mode>(Isa, const float*, size_t, float*);
template void exp_cells<ExactMode>(Isa, const double*, double, size_t, double*);
template void exp_cells<Fast64Mode>(Isa, const double*, double, size_t, double*);
template void exp_cells<Fast32Mode>(Isa, const float*, float, size_t, float*);

}  // namespace omc::tape
