// Sums and means.
//
//   sum       Σ of all cells, row by row; 0 of none        d in every cell
//   mean      that / max(1, cells)                         d / max(1, cells)
//   row_sum   Σ of each row, as a column                   d_r along row r
//   row_mean  that / max(1, columns)                       d_r / max(1, columns)
#include "tape/operation.hpp"
#include "tape/ops/sums.hpp"

namespace omc::tape {

namespace {

template <class T>
T at_least_one(size_t n) {
  return static_cast<T>(std::max<size_t>(1, n));
}

template <bool Mean>
void backward_all(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T d = b.gradient().data<T>()[0], term = Mean ? d / at_least_one<T>(b.operand(0).size()) : d;
    b.accumulate<T>(0, 1, [=](size_t) { return term; });
  });
}

template <bool Mean>
void backward_rows(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const d = b.gradient().data<T>();
    const size_t cols = static_cast<size_t>(b.operand(0).cols());
    const Sink<T> sink = b.sink<T>(0);
    b.compute().each_row(static_cast<size_t>(b.operand(0).rows()), cols, [=](size_t r) {
      const T term = Mean ? d[r] / at_least_one<T>(cols) : d[r];
      sink.put_row(r * cols, cols, [=](size_t) { return term; });
    });
  });
}

constexpr Operation kSum = {"tape_sum", backward_all<false>};
constexpr Operation kMean = {"tape_mean", backward_all<true>};
constexpr Operation kRowSum = {"tape_row_sum", backward_rows<false>};
constexpr Operation kRowMean = {"tape_row_mean", backward_rows<true>};

}  // namespace

NodeId Tape::reduce_all(const Operation& operation, NodeId a, bool mean) {
  const Tensor& x = use(operation, a);
  Tensor y = make(1, 1);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const cells = x.data<T>();
    const T s = sum_all<Mode>(1, x.size(), [=](size_t, size_t i) { return cells[i]; });
    y.data<T>()[0] = mean ? s / at_least_one<T>(x.size()) : s;
  });
  return append(operation, std::move(y), {a});
}

NodeId Tape::reduce_rows(const Operation& operation, NodeId a, bool mean) {
  const Tensor& x = use(operation, a);
  Tensor y = make(x.rows(), 1);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const cells = x.data<T>();
    T* const sums = y.data<T>();
    const size_t rows = static_cast<size_t>(x.rows()), cols = static_cast<size_t>(x.cols());
    sum_rows<Mode>(
        compute_, rows, cols, [=](size_t r, size_t c) { return cells[r * cols + c]; },
        [=](size_t r, T s) { sums[r] = mean ? s / at_least_one<T>(cols) : s; });
  });
  return append(operation, std::move(y), {a});
}

NodeId Tape::sum(NodeId a) {
  if (const auto id = packed_sum(a)) return *id;
  return reduce_all(kSum, a, false);
}
NodeId Tape::mean(NodeId a) {
  return reduce_all(kMean, a, true);
}
NodeId Tape::row_sum(NodeId a) {
  return reduce_rows(kRowSum, a, false);
}
NodeId Tape::row_mean(NodeId a) {
  return reduce_rows(kRowMean, a, true);
}

}  // namespace omc::tape
