// y = x. Backward bends the gradient so that a step x - lr d that moves x towards an attractor is longer, others
// shorter:
//   a, dist = nearest(s),  s = x·scale rounded half away from zero,  amp = 1 + α,  damp = 1 / amp
//   dx = d where dist = 0;  d amp where sign(d) sign(a - s) < 0;  d damp elsewhere
// The value shares the operand's buffer. Attractors are looked up in doubles in all modes.
#include "tape/kernels/attractors.hpp"
#include "tape/operation.hpp"

namespace omc::tape {

namespace {

struct Bend : Saved {
  double scale, alpha;
};

void backward(Backward& b) {
  const Bend& bend = b.saved<Bend>();
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const x = b.operand(0).data<T>(), *const d = b.gradient().data<T>();
    const double scale = bend.scale;
    const T amp = static_cast<T>(1.0 + bend.alpha), damp = T{1} / amp;
    const Sink<T> sink = b.sink<T>(0);
    b.compute().rows(b.gradient().size(), 1, [=, isa = b.compute().isa()](size_t begin, size_t end) {
      for_attractors(
          isa, begin, end, [=](size_t i) { return rounded_magnitude(double{x[i]} * scale); },
          [=](size_t i, AttractorOf near) {
            const double scaled = double{x[i]} * scale, magnitude = rounded_magnitude(scaled);
            const double away = std::copysign(1.0, scaled) * (near.attractor - magnitude);  // the sign of a - s
            const bool towards = (d[i] > 0 && away < 0) || (d[i] < 0 && away > 0);
            sink.put(i, near.distance == 0 ? d[i] : d[i] * (towards ? amp : damp));
          });
    });
  });
}

constexpr Operation kGradMod = {"tape_substrate_grad_mod", backward};

}  // namespace

NodeId Tape::substrate_grad_mod(NodeId x, double scale, double alpha) {
  Tensor value = use(kGradMod, x);
  auto saved = std::make_unique<Bend>();
  saved->scale = scale;
  saved->alpha = alpha;
  return append(kGradMod, std::move(value), {x}, 0, SavedRef(saved.release()));
}

}  // namespace omc::tape
