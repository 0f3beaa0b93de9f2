// y = x m,  m = 1 / (1 + dist / s),  dist that of nearest(trunc(x s))                dx = d m
// m counts as a constant: it is piecewise constant but for its jumps. The parameter is the scale s; attractors are
// looked up in doubles in all modes.
#include "tape/kernels/attractors.hpp"
#include "tape/operation.hpp"

namespace omc::tape {

// body(i, m of cell i) for every cell of x.
template <class T, class Body>
static void for_factors(const Compute& compute, size_t n, const T* x, double scale, const Body body) {
  compute.rows(n, 1, [=, isa = compute.isa()](size_t begin, size_t end) {
    for_attractors(
        isa, begin, end, [=](size_t i) { return truncated_magnitude(double{x[i]} * scale); },
        [=](size_t i, AttractorOf near) { body(i, static_cast<T>(1.0 / (1.0 + near.distance / scale))); });
  });
}

static void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const d = b.gradient().data<T>();
    const Sink<T> sink = b.sink<T>(0);
    for_factors(b.compute(), b.gradient().size(), b.operand(0).data<T>(), b.parameter(),
                [=](size_t i, T m) { sink.put(i, d[i] * m); });
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
    for_factors(compute_, operand.size(), x, scale, [=](size_t i, T m) { y[i] = x[i] * m; });
  });
  return append(kResample, std::move(value), {v}, scale);
}

}  // namespace omc::tape
