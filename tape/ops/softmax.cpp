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
    const Tensor& y = b.value();
    softmax_rows_backward<Mode>(b.compute(), static_cast<size_t>(y.rows()), static_cast<size_t>(y.cols()), y.data<T>(),
                                b.gradient().data<T>(), b.sink<T>(0));
  });
}

static constexpr Operation kSoftmax = {"tape_softmax", backward};

NodeId Tape::softmax(NodeId a) {
  if (const auto id = packed_softmax(a)) return *id;
  const Tensor& x = use(kSoftmax, a);
  Tensor y = make(x.rows(), x.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    softmax_rows<Mode>(compute_, static_cast<size_t>(x.rows()), static_cast<size_t>(x.cols()), x.data<T>(), y.data<T>(),
                       [](size_t) {});
  });
  return append(kSoftmax, std::move(y), {a});
}

}  // namespace omc::tape
