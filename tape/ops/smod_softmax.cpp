// Row by row, a softmax whose probabilities are weighted by how near the scores lie to an attractor:
//   p = softmax(x),  w = 1 / (1 + α dist(trunc x)),  u = p w,  s = Σ u,  y = u / s, 0 where s = 0
//   g_c = d_c / s + Σ_j ((-d_j) u_j) / (s s),  h = g w,  dx = p (h - Σ h p)
// That is the gradient of div, mul by the constant w, and softmax, one after the other. p, w and s are those of the
// forward pass; u is formed again, which gives the same bits. α = 0 is softmax itself. Attractors are looked up in
// doubles.
#include "tape/kernels/attractors.hpp"
#include "tape/operation.hpp"
#include "tape/ops/softmax.hpp"

namespace omc::tape {

namespace {

struct Weighted : Saved {
  Tensor p, w, s;
};

void backward(Backward& b) {
  const Weighted& saved = b.saved<Weighted>();
  const size_t rows = static_cast<size_t>(saved.p.rows()), cols = static_cast<size_t>(saved.p.cols());
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const p = saved.p.data<T>(), *const w = saved.w.data<T>(), *const s = saved.s.data<T>();
    const T* const d = b.gradient().data<T>();
    Tensor upstream = b.make(saved.p.rows(), saved.p.cols());
    T* const h = upstream.data<T>();
    sum_rows<Mode>(
        b.compute(), rows, cols,
        [=](size_t r, size_t c) {
          const size_t i = r * cols + c;
          return s[r] == 0 ? T{0} : (-d[i] * (p[i] * w[i])) / (s[r] * s[r]);
        },
        [=](size_t r, T through_sum) {
#pragma GCC ivdep
          for (size_t i = r * cols; i < (r + 1) * cols; ++i)
            h[i] = s[r] == 0 ? T{0} : (d[i] / s[r] + through_sum) * w[i];
        });
    softmax_rows_backward<Mode>(b.compute(), rows, cols, p, std::as_const(upstream).data<T>(), b.sink<T>(0));
  });
}

constexpr Operation kSmodSoftmax = {"tape_smod_softmax", backward};

}  // namespace

NodeId Tape::smod_softmax(NodeId a, double alpha) {
  const Tensor& x = use(kSmodSoftmax, a);
  if (alpha == 0) return softmax(a);
  Tensor y = make(x.rows(), x.cols());
  auto saved = std::make_unique<Weighted>();
  saved->p = make(x.rows(), x.cols());
  saved->w = make(x.rows(), x.cols());
  saved->s = make(x.rows(), 1);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const size_t rows = static_cast<size_t>(x.rows()), cols = static_cast<size_t>(x.cols());
    const T* const from = x.data<T>();
    T *const p = saved->p.data<T>(), *const w = saved->w.data<T>(), *const s = saved->s.data<T>(),
             *const to = y.data<T>();
    softmax_rows<Mode>(compute_, rows, cols, from, p, [=, isa = compute_.isa()](size_t r) {
      for_attractors(
          isa, r * cols, (r + 1) * cols, [=](size_t i) { return truncated_magnitude(double{from[i]}); },
          [=](size_t i, AttractorOf near) {
            w[i] = static_cast<T>(1.0 / (1.0 + alpha * near.distance));
            to[i] = p[i] * w[i];
          });
    });
    sum_rows<Mode>(
        compute_, rows, cols, [=](size_t r, size_t c) { return to[r * cols + c]; },
        [=](size_t r, T total) {
          s[r] = total;
#pragma GCC ivdep
          for (size_t i = r * cols; i < (r + 1) * cols; ++i) to[i] = total == 0 ? T{0} : to[i] / total;
        });
  });
  return append(kSmodSoftmax, std::move(y), {a}, alpha, SavedRef(saved.release()));
}

}  // namespace omc::tape
