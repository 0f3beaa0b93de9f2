// y = ln(|x s| + 1) / K,  K = π ln φ                dx = (d |s| sign x) / ((|x s| + 1) K),  sign 0 = 0
// The parameter is the scale s.
#include <cmath>

#include "tape/kernels/functions.hpp"
#include "tape/operation.hpp"

namespace omc::tape {

static constexpr double kPiLnPhi = 1.511771534427787;

static void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const x = b.operand(0).data<T>(), *const d = b.gradient().data<T>();
    const T scale = static_cast<T>(b.parameter()), k = static_cast<T>(kPiLnPhi), slope = std::abs(scale);
    b.accumulate<T>(0, 1, [=](size_t i) {
      const T sign = static_cast<T>((x[i] > 0) - (x[i] < 0));
      return (d[i] * slope * sign) / ((std::abs(x[i] * scale) + T{1}) * k);
    });
  });
}

static constexpr Operation kPhiLog = {"tape_phi_log", backward};

NodeId Tape::phi_log(NodeId a, double scale) {
  const Tensor& operand = use(kPhiLog, a);
  Tensor value = make(operand.rows(), operand.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const x = operand.data<T>();
    T* const y = value.data<T>();
    const T s = static_cast<T>(scale), k = static_cast<T>(kPiLnPhi);
    constexpr size_t kChunk = 512;  // cells: several passes over them stay in the nearest cache
    const size_t n = operand.size();
    compute_.rows((n + kChunk - 1) / kChunk, 3 * kChunk, [=, isa = compute_.isa()](size_t begin, size_t end) {
      for (size_t first = begin * kChunk; first < std::min(n, end * kChunk); first += kChunk) {
        const size_t last = std::min(n, first + kChunk);
        run(isa, first, last, [=](size_t i) { y[i] = std::abs(x[i] * s) + T{1}; });
        log_cells<Mode>(isa, y + first, last - first, y + first);
        run(isa, first, last, [=](size_t i) { y[i] /= k; });
      }
    });
  });
  return append(kPhiLog, std::move(value), {a}, scale);
}

}  // namespace omc::tape
