// Resonance and HIM score: how close values are to the attractors (language reference, chapter 04, section 2).

#include "substrate/resonance.hpp"

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/int_readings.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/bands.hpp"
#include "vm/conversions.hpp"

namespace omc::stdlib {

using namespace vm;

// Only numbers resonate.
static double resonance_of(int64_t n) {
  return substrate::resonance(n);
}
static Value res(Vm&, Args args) {
  if (args[0].is_int()) return Value::real(substrate::resonance(args[0].as_int()));
  if (args[0].is_float()) return Value::real(substrate::resonance(substrate::truncate_to_int(args[0].as_float())));
  return Value::real(0.0);
}

static Value phi_him(Vm&, Args args) {
  return Value::real(substrate::him(args.integer(0)));
}

static Value harmony_value(Vm&, Args args) {
  return Value::real(substrate::resonance(args.integer(0)));
}

static Value classify_resonance(Vm&, Args args) {
  return Value::integer(substrate::classify_resonance(args.integer(0)));
}

static Value resonance_band(Vm&, Args args) {
  return Value::integer(static_cast<int64_t>(substrate::resonance_band(args.integer(0))));
}

static Value resonance_band_histogram(Vm& vm, Args args) {
  Array* counts = vm.heap().array(ElementKind::Ints, substrate::kBandCount);
  for_each_cells<int64_t>(vm, args.array(0), [&](std::span<const int64_t> n, size_t) {
    const auto more = substrate::resonance_band_histogram(n);
    for (size_t band = 0; band < more.size(); ++band) counts->ints[band] += more[band];
  });
  return counts;
}

static Value filter_by_resonance(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const double threshold = args.number(1);
  std::vector<size_t> kept;
  for_each_cells<int64_t>(vm, array, [&](std::span<const int64_t> n, size_t from) {
    for (size_t i = 0; i < n.size(); ++i)
      if (substrate::resonance(n[i]) >= threshold) kept.push_back(from + i);
  });
  return gather(vm, array, kept);
}

static Value harmonic_score(Vm& vm, Args args) {
  const Array* array = args.array(0);
  if (array->empty()) return Value::real(0.0);
  int64_t attractors = 0;
  for_each_cells<int64_t>(vm, array, [&](std::span<const int64_t> n, size_t) {
    for (const int64_t v : n) attractors += substrate::is_attractor(v);
  });
  return Value::real(static_cast<double>(attractors) / static_cast<double>(array->size));
}

static Value measure_coherence(Vm&, Args args) {
  return Value::real(substrate::measure_coherence(args.integer(0), args.integer(1)));
}

// An int carries no second lane here, so the two lanes that these speak of are always the same.
static Value harmony(Vm&, Args) {
  return Value::integer(substrate::kFullHarmony);
}

static Value phi_shadow(Vm&, Args args) {
  return args[0];
}

static Value harmonic_repr(Vm& vm, Args args) {
  return vm.text(display(args[0], [](std::string& out, int64_t n) { out += substrate::long_form(n); }));
}

constexpr Builtin kBuiltins[] = {
    {"res", "(x) -> float", "The resonance of an int or of the whole part of a float; 0.0 for any other kind.",
     "res(12)  # 0.6923076923076923", res, "res requires 1 argument", {}, ShortForm(resonance_of)},
    {"phi.res", "(x) -> float", "The same as res.", "phi.res(7.5)  # 0.875", res, "phi.res requires 1 argument"},
    {"phi.him", "(x) -> float", "The HIM score: how far x times the golden ratio is from a whole number.",
     "phi.him(5)  # 0.09016994374947451", phi_him, "phi.him requires 1 argument"},
    {"harmony_value", "(value) -> float", "The resonance of any value, read as an int.",
     "harmony_value(\"12\")  # 0.6923076923076923", harmony_value},
    {"classify_resonance", "(n) -> int", "3, 2 or 1 for a resonance of at least 0.7, 0.5 or 0.3, else 0.",
     "classify_resonance(12)  # 2", classify_resonance},
    {"resonance_band", "(value) -> int", "0 to 4 for an attractor distance of 0, up to 3, up to 10, up to 100, more.",
     "resonance_band(12)  # 2", resonance_band},
    {"resonance_band_histogram", "(array) -> array", "How many elements are in each of the five resonance bands.",
     "resonance_band_histogram([1, 2, 4, 12])  # [2, 1, 1, 0, 0]", resonance_band_histogram},
    {"filter_by_resonance", "(array, threshold) -> array", "The elements whose resonance is at least the threshold.",
     "filter_by_resonance([1, 4, 12, 13], 0.8)  # [1, 4, 13]", filter_by_resonance},
    {"harmonic_score", "(array) -> float", "The share of elements that are attractors.",
     "harmonic_score([1, 2, 3, 4])  # 0.75", harmonic_score},
    {"measure_coherence", "(a, b) -> float", "How far apart two resonances are.",
     "measure_coherence(4, 5)  # 0.19999999999999996", measure_coherence},
    {"harmony", "(value) -> int", "1000: how well a value agrees with its shadow.", "harmony(42)  # 1000", harmony},
    {"phi_shadow", "(value) -> any", "The value itself.", "phi_shadow(42)  # 42", phi_shadow},
    {"harmonic_repr", "(value) -> string", "The text of a value with resonance and HIM score beside each int.",
     "harmonic_repr([5, \"a\"])  # [HInt(5, φ=1.000, HIM=0.090), a]", harmonic_repr},
};

constinit const std::span<const Builtin> resonance_builtins = kBuiltins;

}  // namespace omc::stdlib
