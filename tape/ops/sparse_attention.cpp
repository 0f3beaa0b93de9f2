// The operations that go on with packed scores: softmax, the product of its probabilities with the values, and
// tape_sum. Each gives the bits of its dense form in ops/softmax.cpp, ops/matmul.cpp or ops/reductions.cpp, and says
// when it cannot.
//
//   softmax  over the live cells of each row; masked cells have probability 0            dx = y (d - Σ d y)
//   matmul   y_i = Σ_j p_ij v_j over live j                dp_ij = d_i · v_j where live,  dv_j = Σ_i p_ij d_i over live
//   i
#include <algorithm>
#include <cmath>
#include <limits>

#include "tape/kernels/functions.hpp"
#include "tape/kernels/matmul.hpp"
#include "tape/operation.hpp"
#include "tape/ops/packed.hpp"
#include "tape/ops/softmax.hpp"

namespace omc::tape {

namespace {

// The greatest magnitude; infinite if one is, or if a cell is NaN.
template <class T>
double greatest_magnitude(std::span<const T> cells) {
  T lanes[kLanes] = {};
  bool nan = false;
  size_t i = 0;
  for (; i + kLanes <= cells.size(); i += kLanes)
    for (size_t k = 0; k < kLanes; ++k) {
      const T x = std::abs(cells[i + k]);
      lanes[k] = x > lanes[k] ? x : lanes[k];
      nan |= x != x;
    }
  for (; i < cells.size(); ++i) {
    lanes[0] = std::max(lanes[0], std::abs(cells[i]));
    nan |= cells[i] != cells[i];
  }
  return nan ? std::numeric_limits<double>::infinity() : double{*std::ranges::max_element(lanes)};
}

template <class T>
bool all_finite(const Tensor& cells) {
  return greatest_magnitude(cells.cells<T>()) <= double{std::numeric_limits<T>::max()};
}

void backward_softmax(Backward& b) {
  const Packed* const own = b.packed_value();
  const int64_t n = b.value().rows(), m = b.value().cols();
  const size_t rows = static_cast<size_t>(n);
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    if (!b.live_gradient().has_buffer()) {
      const Tensor probabilities = own ? b.unpacked(*own, n, m) : b.value();
      return softmax_rows_backward<Mode>(b.compute(), rows, static_cast<size_t>(m), probabilities.data<T>(),
                                         b.gradient().data<T>(), b.sink<T>(0));
    }
    Packed contribution;
    contribution.pairs = own->pairs;
    contribution.fill = 0;
    contribution.cells = b.make(1, static_cast<int64_t>(own->pairs->size()));
    const T *const y = own->cells.data<T>(), *const d = b.live_gradient().data<T>();
    T* const dx = contribution.cells.data<T>();
    const uint32_t* const begin = own->pairs->row_begin.data();
    b.compute().each_row(rows, 1 + own->pairs->size() / rows, [=](size_t r) {
      const size_t first = begin[r], end = begin[r + 1];
      const T t = sum_of<Mode>(end - first, [=](size_t c) { return d[first + c] * y[first + c]; });
      bool zero = true;
      for (size_t p = first; zero && p < end; ++p) zero = y[p] == 0;
      for (size_t p = first; p < end; ++p) dx[p] = zero ? T{0} : T{0} + y[p] * (d[p] - t);
    });
    if (b.can_pack(0))
      b.contribute_live(0, std::move(contribution.cells));
    else
      b.hand_over(0, b.unpacked(contribution, n, m));
  });
}

void backward_matmul(Backward& b) {
  const Packed* const p = b.packed(0);
  const Tensor &v = b.operand(1), &d = b.gradient();
  const size_t n = static_cast<size_t>(d.rows()), cols = static_cast<size_t>(d.cols()),
               m = static_cast<size_t>(v.rows());
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const pd = d.data<T>(), *const pv = v.data<T>();
    // Masked cells of D V^T must be finite, or they would make NaN of the sums of the softmax.
    const double bound = greatest_magnitude(d.cells<T>()) * greatest_magnitude(v.cells<T>()) * double(cols);
    const bool finite = bound < double{std::numeric_limits<T>::max()} / 4;
    if (b.wants(0)) {
      if (p && finite && b.can_pack(0)) {
        Tensor contribution = b.make(1, static_cast<int64_t>(p->pairs->size()));
        T* const dp = contribution.data<T>();
        dot_pairs<Mode>(b.compute(), *p->pairs, cols, pd, pv, [=](size_t i, T s) { dp[i] = s; });
        b.contribute_live(0, std::move(contribution));
      } else {
        const Sink<T> s = b.sink<T>(0);
        matmul<Mode>(b.compute(), b.pool(), n, m, cols, Strided<T>::plain(pd, cols), Strided<T>::transposed(pv, cols),
                     s.in, s.out);
      }
    }
    if (b.wants(1)) {
      if (p && finite) {
        const Sink<T> sink = b.sink<T>(1);
        const T* const weights = p->cells.data<T>();
        const uint32_t* const place = p->pairs->place.data();
        gather_rows(
            b.compute(), m, cols, p->pairs->col_begin.data(), p->pairs->row.data(), pd,
            [=](uint32_t i) { return weights[place[i]]; }, [=](size_t i, T s) { sink.put(i, s); });
      } else {
        const Tensor dense = p ? b.unpacked(*p, d.rows(), v.rows()) : b.operand(0);
        const Sink<T> s = b.sink<T>(1);
        matmul<Mode>(b.compute(), b.pool(), m, cols, n, Strided<T>::transposed(dense.data<T>(), m),
                     Strided<T>::plain(pd, cols), s.in, s.out);
      }
    }
  });
}

void backward_sum(Backward& b) {
  const Packed* const x = b.packed(0);
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T d = b.gradient().data<T>()[0];
    if (!x || !b.can_pack(0)) return b.accumulate<T>(0, 1, [=](size_t) { return d; });
    Tensor contribution = b.make(1, static_cast<int64_t>(x->pairs->size()));
    std::ranges::fill(contribution.cells<T>(), T{0} + d);
    b.contribute_live(0, std::move(contribution));
  });
}

constexpr Operation kSoftmax = {"tape_softmax", backward_softmax, true};
constexpr Operation kMatmul = {"tape_matmul", backward_matmul, true};
constexpr Operation kSum = {"tape_sum", backward_sum, true};

}  // namespace

std::optional<NodeId> Tape::packed_softmax(NodeId a) {
  const Packed* const x = packed(kSoftmax.name, a);
  if (!x || x->fill != -std::numeric_limits<double>::infinity()) return std::nullopt;
  const int64_t n = nodes_[static_cast<size_t>(a)].value.rows(), m = nodes_[static_cast<size_t>(a)].value.cols();
  auto saved = std::make_unique<Packed>();
  saved->pairs = x->pairs;
  saved->fill = 0;
  saved->cells = make(1, x->cells.cols());
  const bool finite = in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const from = x->cells.data<T>();
    T* const y = saved->cells.data<T>();
    // A NaN or an infinity makes a whole row NaN, masked cells too: the dense form does that.
    if (!all_finite<T>(x->cells)) return false;
    const uint32_t* const begin = x->pairs->row_begin.data();
    const size_t rows = static_cast<size_t>(n);
    const Isa isa = compute_.isa();
    compute_.each_row(rows, 1 + 3 * x->pairs->size() / rows, [=](size_t r) {
      const size_t first = begin[r], live = begin[r + 1] - first;
      exponentials<Mode>(isa, from + first, y + first, live);
      const T s = sum_of<Mode>(live, [=](size_t c) { return y[first + c]; });
      for (size_t c = first; c < first + live; ++c) y[c] /= s;
    });
    return true;
  });
  if (!finite) return std::nullopt;
  return append_packed(kSoftmax, n, m, {a}, SavedRef(saved.release()));
}

std::optional<NodeId> Tape::packed_matmul(NodeId a_id, NodeId b_id) {
  const Packed* const p = packed(kMatmul.name, a_id);
  if (!p || p->fill != 0) return std::nullopt;
  const Tensor& v = use(kMatmul, b_id);
  const Tensor& shape = nodes_[static_cast<size_t>(a_id)].value;
  if (shape.cols() != v.rows()) return std::nullopt;  // the dense form says what is wrong
  Tensor y = make(shape.rows(), v.cols());
  const bool finite = in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    if (!all_finite<T>(v)) return false;
    const T* const weights = p->cells.data<T>();
    T* const out = y.data<T>();
    gather_rows(
        compute_, static_cast<size_t>(shape.rows()), static_cast<size_t>(v.cols()), p->pairs->row_begin.data(),
        p->pairs->col.data(), v.data<T>(), [=](uint32_t n) { return weights[n]; }, [=](size_t i, T s) { out[i] = s; });
    return true;
  });
  if (!finite) return std::nullopt;
  return append(kMatmul, std::move(y), {a_id, b_id});
}

std::optional<NodeId> Tape::packed_sum(NodeId a) {
  const Packed* const x = packed(kSum.name, a);
  if (!x) return std::nullopt;
  const Tensor& shape = nodes_[static_cast<size_t>(a)].value;
  Tensor y = make(1, 1);
  const bool known = in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const cells = x->cells.data<T>();
    const size_t live = x->pairs->size();
    if (x->fill == 0) {
      y.data<T>()[0] = sum_of<Mode>(live, [=](size_t n) { return cells[n]; });
      return true;
    }
    // One masked cell makes the sum -inf, unless what comes before or after it is not finite.
    if (live == shape.size() ||
        !(greatest_magnitude(x->cells.cells<T>()) * double(live) < double{std::numeric_limits<T>::max()} / 4))
      return false;
    y.data<T>()[0] = static_cast<T>(x->fill);
    return true;
  });
  if (!known) return std::nullopt;
  return append(kSum, std::move(y), {a});
}

}  // namespace omc::tape
