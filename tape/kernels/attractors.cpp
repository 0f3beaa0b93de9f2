#include "tape/kernels/attractors.hpp"

#include <array>
#include <bit>  // bit_cast
#include <cstdint>
#include <limits>

#include "substrate/attractors.hpp"
#include "tape/kernels/simd.hpp"

#if OMC_VECTOR_LOOPS
#include <immintrin.h>
#endif

namespace omc::tape {

namespace {

// All magnitudes of one bit width have one of three attractors in turn: `attractor[k]` up to and with `last[k]`.
// Beyond the table the last attractor stays, so that magnitudes may be cut off at 2^30.
struct WidthTable {
  alignas(64) std::array<std::array<int32_t, 32>, 3> attractor;
  alignas(64) std::array<std::array<int32_t, 32>, 2> last;
};

constexpr int32_t kCut = 1 << 30;

constexpr WidthTable kByWidth = [] {
  WidthTable t{};
  for (size_t width = 0; width < 32; ++width) {
    const int64_t smallest = width == 0 ? 0 : int64_t{1} << (width - 1);
    const int64_t largest = width == 0 ? 0 : 2 * smallest - 1;
    size_t bucket = substrate::attractor_bucket(smallest);
    for (size_t k = 0; k < 3; ++k) {
      t.attractor[k][width] = static_cast<int32_t>(substrate::kAttractors[bucket]);
      if (k == 2) break;
      // The end of this attractor's share, by bisection; or the end of the width.
      int64_t low = smallest, high = largest;
      while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (substrate::attractor_bucket(middle) <= bucket)
          low = middle;
        else
          high = middle - 1;
      }
      t.last[k][width] = low == largest ? std::numeric_limits<int32_t>::max() : static_cast<int32_t>(low);
      if (low < largest) bucket = substrate::attractor_bucket(low + 1);
    }
  }
  return t;
}();

[[gnu::always_inline]] inline double attractor_of(double magnitude) {
  const int32_t m = magnitude < kCut ? static_cast<int32_t>(magnitude) : kCut;
  const size_t width = static_cast<size_t>(std::bit_width(static_cast<uint32_t>(m)));
  const size_t k = size_t{m > kByWidth.last[0][width]} + size_t{m > kByWidth.last[1][width]};
  return kByWidth.attractor[k][width];
}

#if OMC_VECTOR_LOOPS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wmaybe-uninitialized"  // gcc's own header leaves lanes undefined that a mask then drops
// The 32 entries of a table as two vectors, and one of them for each lane: a single instruction.
struct Entries {
  __m512i low, high;
};
[[OMC_TARGET_AVX512, gnu::always_inline]] inline Entries load(const std::array<int32_t, 32>& entries) {
  return {_mm512_load_si512(entries.data()), _mm512_load_si512(entries.data() + 16)};
}
[[OMC_TARGET_AVX512, gnu::always_inline]] inline __m512i at(const Entries& entries, __m512i index) {
  return _mm512_permutex2var_epi32(entries.low, index, entries.high);
}

[[OMC_TARGET_AVX512]] void attractors_avx512(const double* magnitude, size_t n, double* attractor) {
  const __m512d cut = _mm512_set1_pd(kCut);
  const Entries last0 = load(kByWidth.last[0]), last1 = load(kByWidth.last[1]), first = load(kByWidth.attractor[0]),
                second = load(kByWidth.attractor[1]), third = load(kByWidth.attractor[2]);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i low = _mm512_cvttpd_epi32(_mm512_min_pd(_mm512_loadu_pd(magnitude + i), cut));
    const __m256i high = _mm512_cvttpd_epi32(_mm512_min_pd(_mm512_loadu_pd(magnitude + i + 8), cut));
    const __m512i m = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    const __m512i width = _mm512_sub_epi32(_mm512_set1_epi32(32), _mm512_lzcnt_epi32(m));
    __m512i a = at(first, width);
    a = _mm512_mask_mov_epi32(a, _mm512_cmpgt_epi32_mask(m, at(last0, width)), at(second, width));
    a = _mm512_mask_mov_epi32(a, _mm512_cmpgt_epi32_mask(m, at(last1, width)), at(third, width));
    _mm512_storeu_pd(attractor + i, _mm512_cvtepi32_pd(_mm512_castsi512_si256(a)));
    _mm512_storeu_pd(attractor + i + 8, _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a, 1)));
  }
  for (; i < n; ++i) attractor[i] = attractor_of(magnitude[i]);
}
#pragma GCC diagnostic pop
#endif

}  // namespace

void attractors_of(Isa isa, const double* magnitude, size_t n, double* attractor) {
#if OMC_VECTOR_LOOPS
  if (isa == Isa::Avx512) return attractors_avx512(magnitude, n, attractor);
#endif
  run(isa, 0, n, [=](size_t i) { attractor[i] = attractor_of(magnitude[i]); });
}

}  // namespace omc::tape
