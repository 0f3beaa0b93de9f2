#include "tape/kernels/functions.hpp"

#include <bit>  // countr_zero
#include <cstdint>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace omc::tape {

namespace {

#if defined(__x86_64__)
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
alignas(64) constexpr double kPowersLow[16] = {
    0x0.0p+0,               0x1.8a62e4adc610bp-54,  -0x1.19041b9d78a76p-55, 0x1.9b07eb6c70573p-54,
    0x1.6f46ad23182e4p-55,  0x1.ada0911f09ebcp-55,  0x1.d4397afec42e2p-56,  0x1.6324c054647adp-54,
    -0x1.bdd3413b26456p-54, -0x1.41577ee04992fp-55, 0x1.6e9f156864b27p-54,  0x1.c7c46b071f2bep-56,
    0x1.7a1cd345dcc81p-54,  0x1.11065895048ddp-55,  0x1.2ed02d75b3707p-55,  -0x1.e9c23179c2893p-54};

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
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
#if defined(__x86_64__)
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

template void exp_cells<ExactMode>(Isa, const double*, double, size_t, double*);
template void exp_cells<Fast64Mode>(Isa, const double*, double, size_t, double*);
template void exp_cells<Fast32Mode>(Isa, const float*, float, size_t, float*);

}  // namespace omc::tape
