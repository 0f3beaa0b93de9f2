// Y = X^T                          dX = D^T
#include "tape/kernels/matmul.hpp"
#include "tape/operation.hpp"

namespace omc::tape {

static void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const Tensor& d = b.gradient();
    Tensor turned = b.make(d.cols(), d.rows());
    tape::transpose(b.compute(), static_cast<size_t>(d.rows()), static_cast<size_t>(d.cols()), d.data<T>(),
                    turned.data<T>());
    b.hand_over(0, std::move(turned));
  });
}

static constexpr Operation kTranspose = {"tape_transpose", backward};

NodeId Tape::transpose(NodeId a) {
  const Tensor& x = use(kTranspose, a);
  Tensor y = make(x.cols(), x.rows());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    tape::transpose(compute_, static_cast<size_t>(x.rows()), static_cast<size_t>(x.cols()), x.data<T>(), y.data<T>());
  });
  return append(kTranspose, std::move(y), {a});
}

}  // namespace omc::tape
