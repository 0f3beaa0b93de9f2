// Y = A B                          dA = D B^T,  dB = A^T D
// In every cell s = 0; for k ascending: s = s + a_ik b_kj; likewise in the two products of the backward pass.
#include "tape/kernels/matmul.hpp"

#include <fmt/format.h>

#include "tape/operation.hpp"

namespace omc::tape {

static void backward(Backward& b) {
  const Tensor &a = b.operand(0), &c = b.operand(1), &d = b.gradient();
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const auto m = static_cast<size_t>(a.rows()), k = static_cast<size_t>(a.cols()), n = static_cast<size_t>(c.cols());
    if (b.wants(0)) {
      const Sink<T> s = b.sink<T>(0);
      matmul<Mode>(b.compute(), b.pool(), m, k, n, Strided<T>::plain(d.data<T>(), n),
                   Strided<T>::transposed(c.data<T>(), n), s.in, s.out);
    }
    if (b.wants(1)) {
      const Sink<T> s = b.sink<T>(1);
      matmul<Mode>(b.compute(), b.pool(), k, n, m, Strided<T>::transposed(a.data<T>(), k),
                   Strided<T>::plain(d.data<T>(), n), s.in, s.out);
    }
  });
}

static constexpr Operation kMatmul = {"tape_matmul", backward};

NodeId Tape::matmul(NodeId a_id, NodeId b_id) {
  if (const auto id = packed_matmul(a_id, b_id)) return *id;
  const Tensor &a = use(kMatmul, a_id), &b = use(kMatmul, b_id);
  if (a.cols() != b.rows())
    throw Error(fmt::format("tape_matmul: shape mismatch {}x{} @ {}x{}", a.rows(), a.cols(), b.rows(), b.cols()));
  Tensor y = make(a.rows(), b.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const auto m = static_cast<size_t>(a.rows()), k = static_cast<size_t>(a.cols()), n = static_cast<size_t>(b.cols());
    tape::matmul<Mode>(compute_, pool_, m, n, k, Strided<T>::plain(a.data<T>(), k), Strided<T>::plain(b.data<T>(), n),
                       static_cast<const T*>(nullptr), y.data<T>());
  });
  return append(kMatmul, std::move(y), {a_id, b_id});
}

}  // namespace omc::tape
