// Row by row:  y_j = e^(x_j - m) / s,  m = max x,  s = Σ e^(x_k - m)        dx_j = y_j (d_j - Σ d_k y_k)
// Subtracting m keeps e^x finite: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 4.1.
// A row of only -inf has no probability to give: y = 0, dx = 0. NaN or +inf in a row makes the row NaN.
// Backward reads the recorded y.
#include "tape/ops/softmax.hpp"

#include "tape/operation.hpp"

namespace omc::tape {

static void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const y = b.value().data<T>(), *const d = b.gradient().data<T>();
    const size_t rows = static_cast<size_t>(b.value().rows()), cols = static_cast<size_t>(b.value().cols());
    const Sink<T> sink = b.sink<T>(0);
    sum_rows<Mode>(
        b.compute(), rows, cols, [=](size_t r, size_t c) { return d[r * cols + c] * y[r * cols + c]; },
        [=](size_t r, T t) {
          const size_t begin = r * cols;
          bool zero = true;  // a masked row takes no gradient, not even from an infinite d
          for (size_t i = begin; zero && i < begin + cols; ++i) zero = y[i] == 0;
#pragma GCC ivdep
          for (size_t i = begin; i < begin + cols; ++i) sink.put(i, zero ? T{0} : y[i] * (d[i] - t));
        });
  });
}

static constexpr Operation kSoftmax = {"tape_softmax", backward};

NodeId Tape::softmax(NodeId a) {
  const Tensor& x = use(kSoftmax, a);
  Tensor y = make(x.rows(), x.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const from = x.data<T>();
    T* const to = y.data<T>();
    const size_t cols = static_cast<size_t>(x.cols());
    compute_.each_row(static_cast<size_t>(x.rows()), 5 * cols,
                      [=](size_t r) { softmax_row<Mode>(from + r * cols, to + r * cols, cols); });
  });
  return append(kSoftmax, std::move(y), {a});
}

}  // namespace omc::tape
