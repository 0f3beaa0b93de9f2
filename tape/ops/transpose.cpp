// Y = X^T                          dX = D^T
// In square blocks, so that both matrices are walked along cache lines.
#include "tape/operation.hpp"

namespace omc::tape {

static constexpr size_t kBlock = 8;  // cells: a cache line of doubles

// put(index in the rows x cols matrix, index in its transpose)
template <class Put>
static void transpose_cells(const Compute& compute, size_t rows, size_t cols, const Put put) {
  compute.each_row((rows + kBlock - 1) / kBlock, kBlock * cols, [=](size_t block) {
    const size_t r0 = block * kBlock, r1 = std::min(rows, r0 + kBlock);
    for (size_t c0 = 0; c0 < cols; c0 += kBlock)
      for (size_t c = c0; c < std::min(cols, c0 + kBlock); ++c)
        for (size_t r = r0; r < r1; ++r) put(r * cols + c, c * rows + r);
  });
}

static void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const d = b.gradient().data<T>();
    const Sink<T> sink = b.sink<T>(0);
    const Tensor& x = b.operand(0);
    transpose_cells(b.compute(), static_cast<size_t>(x.rows()), static_cast<size_t>(x.cols()),
                    [=](size_t i, size_t j) { sink.put(i, d[j]); });
  });
}

static constexpr Operation kTranspose = {"tape_transpose", backward};

NodeId Tape::transpose(NodeId a) {
  const Tensor& x = use(kTranspose, a);
  Tensor y = make(x.cols(), x.rows());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const from = x.data<T>();
    T* const to = y.data<T>();
    transpose_cells(compute_, static_cast<size_t>(x.rows()), static_cast<size_t>(x.cols()),
                    [=](size_t i, size_t j) { to[j] = from[i]; });
  });
  return append(kTranspose, std::move(y), {a});
}

}  // namespace omc::tape
