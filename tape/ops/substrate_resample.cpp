// y = x m,  m = 1 / (1 + dist / s),  dist that of nearest(trunc(x s))                dx = d m
// m counts as a constant: it is piecewise constant but for its jumps. The parameter is the scale s; attractors are looked
// up in doubles in all modes.
#include "tape/operation.hpp"
#include "tape/ops/attractors.hpp"

namespace omc::tape {

[[gnu::always_inline]] static inline double factor(double x, double scale) {
  return 1.0 / (1.0 + truncated_distance(x * scale) / scale);
}

static void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const x = b.operand(0).data<T>(), *const d = b.gradient().data<T>();
    const double scale = b.parameter();
    b.accumulate<T>(0, 3, [=](size_t i) { return d[i] * static_cast<T>(factor(double{x[i]}, scale)); });
  });
}

static constexpr Operation kResample = {"tape_substrate_resample", backward};

NodeId Tape::substrate_resample(NodeId v, double scale) {
  const Tensor& operand = use(kResample, v);
  if (scale == 0) return v;
  Tensor value = make(operand.rows(), operand.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const x = operand.data<T>();
    T* const y = value.data<T>();
    compute_.cells(operand.size(), 3, [=](size_t i) { y[i] = x[i] * static_cast<T>(factor(double{x[i]}, scale)); });
  });
  return append(kResample, std::move(value), {v}, scale);
}

}  // namespace omc::tape
