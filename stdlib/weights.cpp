// Danger, interference and omni weights (language reference, chapter 04, section 4).

#include "substrate/weights.hpp"

#include "stdlib/array_arguments.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

static Value value_danger(Vm&, Args args) {
  return Value::real(substrate::value_danger(args.number(0)));
}

static Value fold_escape(Vm&, Args args) {
  return substrate::in_danger(args.number(0)) ? Value::integer(substrate::escape(args.integer(0))) : args[0];
}

static Value interfere(Vm&, Args args) {
  return Value::real(substrate::interfere(args.number(0), args.number(1)));
}

static Value collapse(Vm&, Args args) {
  return Value::real(substrate::collapse(args.number(0), args.number_or(1, 0.0)));
}

static Value mean_omni_weight(Vm& vm, Args args) {
  const Array* array = args.array(0);
  if (array->empty()) return Value::real(0.0);
  double sum = 0.0;
  for_each_cells<int64_t>(vm, array, [&](std::span<const int64_t> n, size_t) {
    for (const int64_t v : n) sum += substrate::omni_weight(v);
  });
  return Value::real(sum / static_cast<double>(array->size));
}

constexpr double kHeavy = 0.5;  // the threshold where none is given

static Value quantize(Vm& vm, Args args) {
  const Array* array = args.array(0);
  const double threshold = args.number_or(1, kHeavy);
  if (array->is_ints()) {
    return map_cells<int64_t, int64_t>(vm, array, [threshold](int64_t n) {
      return substrate::omni_weight(n) >= threshold ? substrate::nearest(n).attractor : n;
    });
  }
  std::vector<Value> out(array->size);
  for (size_t i = 0; i < out.size(); ++i) {
    vm.poll();
    const Value element = array->at(i);
    const int64_t n = to_int(element);
    out[i] = substrate::omni_weight(n) >= threshold ? Value::integer(substrate::nearest(n).attractor) : element;
  }
  return vm.heap().array_of(out);
}

static Value quantization_ratio(Vm& vm, Args args) {
  const Array* array = args.array(0);
  const double threshold = args.number_or(1, kHeavy);
  if (array->empty()) return Value::real(0.0);
  int64_t heavy = 0;
  for_each_cells<int64_t>(vm, array, [&](std::span<const int64_t> n, size_t) {
    for (const int64_t v : n) heavy += substrate::omni_weight(v) >= threshold;
  });
  return Value::real(static_cast<double>(heavy) / static_cast<double>(array->size));
}

constexpr Builtin kBuiltins[] = {
    {"value_danger", "(x) -> float", "How close to zero a value is: 1.0 at zero, less the farther away.",
     "value_danger(0)  # 1.0", value_danger, {}, {}, vm::ShortForm(substrate::value_danger)},
    {"fold_escape", "(x) -> any", "A value close to zero is moved to its attractor, or to 1; others stay.",
     "fold_escape(0)  # 1", fold_escape},
    {"interfere", "(a, b) -> float", "Twice the product by the sum; 0.0 when the sum is 0.", "interfere(3, 6)  # 4.0",
     interfere},
    {"harmonic_interfere", "(a, b) -> float", "The same as interfere.", "harmonic_interfere(1, -1)  # 0.0", interfere},
    {"collapse", "(amp, phase?) -> float", "An amplitude times the cosine of its phase.", "collapse(2.5)  # 2.5",
     collapse, "collapse requires (amp[, phase])"},
    {"mean_omni_weight", "(array) -> float", "The mean weight: 1.0 for attractors, less the farther away.",
     "mean_omni_weight([5, 8, 13])  # 1.0", mean_omni_weight},
    {"quantize", "(array, threshold?) -> array",
     "Elements whose weight is at least the threshold, 0.5 if not given, give way to their attractor.",
     "quantize([12, 100], 0.9)  # [12, 89]", quantize, "quantize requires (array[, threshold])"},
    {"quantization_ratio", "(array, threshold?) -> float",
     "The share of elements whose weight is at least the threshold, 0.5 if not given.",
     "quantization_ratio([12, 100], 0.9)  # 0.5", quantization_ratio,
     "quantization_ratio requires (array[, threshold])"},
};

constinit const std::span<const Builtin> weights_builtins = kBuiltins;

}  // namespace omc::stdlib
