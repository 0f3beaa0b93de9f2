#pragma once
// One loop in the source, one machine loop for each instruction set.
//
// A kernel hands over its body, run(isa, n, [=](size_t i) { y[i] = a[i] + b[i]; }), and the compiler makes a vector
// loop of it for AVX-512, for AVX2 and for the baseline; the processor chooses when it runs. Cells must be independent:
// then every version gives the same bits, because vectors change no rounding and nothing is contracted
// (-ffp-contract=off).

#include <cstddef>  // size_t

// clang, which builds the fuzz targets, knows no push_options; with it there is the baseline only, of the same bits.
#if defined(__x86_64__) && !defined(__clang__)
#define OMC_VECTOR_LOOPS 1
#else
#define OMC_VECTOR_LOOPS 0
#endif

namespace omc::tape {

enum class Isa { Baseline, Avx2, Avx512 };

// The best that this processor has.
inline Isa native_isa() {
#if OMC_VECTOR_LOOPS
  static const Isa isa = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd"))
      return Isa::Avx512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::Avx2 : Isa::Baseline;
  }();
  return isa;
#else
  return Isa::Baseline;
#endif
}

#if OMC_VECTOR_LOOPS
#define OMC_TARGET_AVX512 gnu::target("avx512f,avx512dq,avx512vl,avx512bw,avx512cd,prefer-vector-width=512")
#define OMC_TARGET_AVX2 gnu::target("avx2")
#endif

namespace detail {

// flatten: the body, written for the baseline, must become part of the loop to be compiled for the loop's target.
#if OMC_VECTOR_LOOPS
template <class Body>
[[OMC_TARGET_AVX512, gnu::flatten, gnu::noinline]] void run_avx512(size_t begin, size_t end, const Body body) {
#pragma GCC ivdep
  for (size_t i = begin; i < end; ++i) body(i);
}
template <class Body>
[[OMC_TARGET_AVX2, gnu::flatten, gnu::noinline]] void run_avx2(size_t begin, size_t end, const Body body) {
#pragma GCC ivdep
  for (size_t i = begin; i < end; ++i) body(i);
}
#endif

}  // namespace detail

// body(i) for i in [begin, end); the iterations are independent.
template <class Body>
void run(Isa isa, size_t begin, size_t end, const Body body) {
#if OMC_VECTOR_LOOPS
  if (isa == Isa::Avx512) return detail::run_avx512(begin, end, body);
  if (isa == Isa::Avx2) return detail::run_avx2(begin, end, body);
#endif
#pragma GCC ivdep
  for (size_t i = begin; i < end; ++i) body(i);
}

}  // namespace omc::tape
