// I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, ICLR 2019, arXiv:1711.05101, Algorithm 2; names and
// lines are the paper's. One difference, as in PyTorch: the decay λ is scaled by the learning rate α.
// One pass over the seven streams. The divider, not memory, is the first limit: three divisions and a root are 12 ns for
// a vector of eight. Two of the divisions are by the same numbers in all cells, and so become multiplications by their
// reciprocals, mended until they give the bits of the division: 8 ns.
#include "tape/optim/adamw.hpp"

#include <algorithm>  // min
#include <cmath>      // sqrt

#include "tape/kernels/simd.hpp"  // OMC_VECTOR_LOOPS
#include "tape/powi.hpp"

#if OMC_VECTOR_LOOPS
#include <immintrin.h>
#endif

namespace omc::tape {

AdamWStep::AdamWStep(const AdamW& settings, int64_t step)
    : keep1_(settings.beta1),
      new1_(1 - settings.beta1),
      keep2_(settings.beta2),
      new2_(1 - settings.beta2),
      bias1_(1 - powi(settings.beta1, step)),
      bias2_(1 - powi(settings.beta2, step)),
      rate_(settings.learning_rate),
      decay_(settings.learning_rate * settings.weight_decay),
      epsilon_(settings.eps) {}

template <class T>
void AdamWStep::by_divisions(Isa isa, size_t begin, size_t end, const T* theta, const T* gradient, double* m, double* v,
                             T* next) const {
  run(isa, begin, end, [=, *this](size_t i) {
    const double x = theta[i], g = gradient[i];
    m[i] = keep1_ * m[i] + new1_ * g;                                                // line 7
    v[i] = keep2_ * v[i] + (new2_ * g) * g;                                          // line 8
    const double adapted = (m[i] / bias1_) / (std::sqrt(v[i] / bias2_) + epsilon_);  // lines 9, 10
    next[i] = static_cast<T>((x - decay_ * x) - rate_ * adapted);                    // line 12
  });
}

// Beyond these powers of two a quotient, or what is left over in mending it, could leave the range of normal numbers.
static constexpr double kSmallBias = 0x1p-100, kLargeBias = 0x1p100;

#if OMC_VECTOR_LOOPS
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx512cd,prefer-vector-width=512")

static constexpr uint64_t kSmallest = uint64_t{1023 - 800} << 52, kOrders = uint64_t{1600} << 52;

// A mask of all lanes costs nothing; without one gcc 12 warns about its own header.
static constexpr __mmask8 kAll = 0xff;

static inline __m512d doubles_at(const double* cells) {
  return _mm512_loadu_pd(cells);
}
static inline __m512d doubles_at(const float* cells) {
  return _mm512_maskz_cvtps_pd(kAll, _mm256_loadu_ps(cells));
}
static inline void store(double* cells, __m512d x) {
  _mm512_storeu_pd(cells, x);
}
static inline void store(float* cells, __m512d x) {
  _mm256_storeu_ps(cells, _mm512_maskz_cvtpd_ps(kAll, x));
}

// a / b, rounded once, for a of ordinary size: P. Markstein, Computation of elementary functions on the IBM RISC
// System/6000 processor, IBM Journal of Research and Development 34(1), 1990, theorem 7. inverse is 1 / b rounded; the
// first step brings the quotient within a unit in the last place, and then the second rounds right.
static inline __m512d quotient(__m512d a, __m512d b, __m512d inverse) {
  const __m512d rough = _mm512_mul_pd(a, inverse);
  const __m512d close = _mm512_fmadd_pd(_mm512_fnmadd_pd(rough, b, a), inverse, rough);
  return _mm512_fmadd_pd(_mm512_fnmadd_pd(close, b, a), inverse, close);
}

template <class T>
void AdamWStep::by_reciprocals(size_t begin, size_t end, const T* theta, const T* gradient, double* m, double* v,
                               T* next) const {
  const __m512d keep1 = _mm512_set1_pd(keep1_), new1 = _mm512_set1_pd(new1_), bias1 = _mm512_set1_pd(bias1_);
  const __m512d keep2 = _mm512_set1_pd(keep2_), new2 = _mm512_set1_pd(new2_), bias2 = _mm512_set1_pd(bias2_);
  const __m512d inverse1 = _mm512_set1_pd(1 / bias1_), inverse2 = _mm512_set1_pd(1 / bias2_);
  const __m512d rate = _mm512_set1_pd(rate_), decay = _mm512_set1_pd(decay_), epsilon = _mm512_set1_pd(epsilon_);
  const __m512i smallest = _mm512_set1_epi64(static_cast<int64_t>(kSmallest)),
                orders = _mm512_set1_epi64(static_cast<int64_t>(kOrders)), magnitude = _mm512_set1_epi64(INT64_MAX);
  size_t i = begin;
  for (; i + 8 <= end; i += 8) {
    const __m512d x = doubles_at(theta + i), g = doubles_at(gradient + i);
    const __m512d mi = _mm512_add_pd(_mm512_mul_pd(keep1, _mm512_loadu_pd(m + i)), _mm512_mul_pd(new1, g));
    const __m512d vi =
        _mm512_add_pd(_mm512_mul_pd(keep2, _mm512_loadu_pd(v + i)), _mm512_mul_pd(_mm512_mul_pd(new2, g), g));
    _mm512_storeu_pd(m + i, mi);
    _mm512_storeu_pd(v + i, vi);
    // Zeros are ordinary too: v without a sign, and m apart, whose sign the mending would lose.
    const __m512i m_bits = _mm512_and_epi64(_mm512_castpd_si512(mi), magnitude), v_bits = _mm512_castpd_si512(vi);
    const __mmask8 m_is_not_0 = _mm512_test_epi64_mask(m_bits, m_bits);
    const __mmask8 unusual =
        _mm512_mask_cmpge_epu64_mask(m_is_not_0, _mm512_sub_epi64(m_bits, smallest), orders) |
        _mm512_mask_cmpge_epu64_mask(_mm512_test_epi64_mask(v_bits, v_bits), _mm512_sub_epi64(v_bits, smallest), orders);
    __m512d mean, square;
    if (unusual) [[unlikely]] {
      mean = _mm512_div_pd(mi, bias1);
      square = _mm512_div_pd(vi, bias2);
    } else {
      mean = _mm512_mask_mov_pd(mi, m_is_not_0, quotient(mi, bias1, inverse1));
      square = quotient(vi, bias2, inverse2);
    }
    const __m512d adapted = _mm512_div_pd(mean, _mm512_add_pd(_mm512_maskz_sqrt_pd(kAll, square), epsilon));
    store(next + i, _mm512_sub_pd(_mm512_sub_pd(x, _mm512_mul_pd(decay, x)), _mm512_mul_pd(rate, adapted)));
  }
  by_divisions(Isa::Baseline, i, end, theta, gradient, m, v, next);
}
#pragma GCC pop_options
#endif

template <class T>
void AdamWStep::update(const Compute& compute, size_t n, const T* theta, const T* gradient, double* m, double* v,
                       T* next) const {
  constexpr size_t kBlock = 64;
  const auto ordinary = [](double bias) { return bias >= kSmallBias && bias <= kLargeBias; };
  compute.rows((n + kBlock - 1) / kBlock, 2 * kBlock, [&, reciprocals = ordinary(bias1_) && ordinary(bias2_)](
                                                          size_t first, size_t last) {
    const size_t begin = first * kBlock, end = std::min(n, last * kBlock);
#if OMC_VECTOR_LOOPS
    if (reciprocals && compute.isa() == Isa::Avx512) return by_reciprocals(begin, end, theta, gradient, m, v, next);
#endif
    by_divisions(compute.isa(), begin, end, theta, gradient, m, v, next);
  });
}

template void AdamWStep::update(const Compute&, size_t, const double*, const double*, double*, double*, double*) const;
template void AdamWStep::update(const Compute&, size_t, const float*, const float*, double*, double*, float*) const;

}  // namespace omc::tape
