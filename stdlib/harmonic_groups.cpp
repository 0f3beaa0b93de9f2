// Arrays ordered, grouped, thinned and resampled harmonically (language reference, chapter 04, section 9).

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/grouping.hpp"
#include "substrate/resonance.hpp"
#include "substrate/text.hpp"

namespace omc::stdlib {

using namespace vm;

// The resonance of each number; what others(element) says of other kinds.
template <class Others>
static std::vector<double> scores(Vm& vm, const Array* array, Others&& others) {
  std::vector<double> out(array->size);
  for (size_t i = 0; i < out.size(); ++i) {
    vm.poll();
    const Value v = array->at(i);
    out[i] = v.is_int() || v.is_float() ? substrate::resonance(to_int(v)) : others(v);
  }
  return out;
}

static Value harmonic_sort(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::Argument);
  const std::vector<double> score =
      scores(vm, array, [](Value v) { return v.is_string() ? substrate::harmonic_mean(v.as_string()->view()) : 0.0; });
  return gather(vm, array, substrate::harmonic_sort(score));
}

static Value harmonic_partition(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::Argument);
  std::vector<int64_t> scratch;
  const auto groups = substrate::harmonic_partition(all_cells<int64_t>(array, scratch));
  Array* out = vm.heap().array(groups.empty() ? ElementKind::Ints : ElementKind::Values, groups.size());
  for (size_t i = 0; i < groups.size(); ++i) out->values[i] = gather(vm, array, groups[i]);
  return out;
}

static Value harmonic_partition_3(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const int64_t low = args.integer(1), high = args.integer(2);
  std::array<std::vector<size_t>, 3> parts;
  for_each_cells<int64_t>(vm, array, [&](std::span<const int64_t> n, size_t from) {
    for (size_t i = 0; i < n.size(); ++i) parts[n[i] < low ? 0 : n[i] > high ? 2 : 1].push_back(from + i);
  });
  const Value out[] = {gather(vm, array, parts[0]), gather(vm, array, parts[1]), gather(vm, array, parts[2])};
  return vm.heap().array_of(out);
}

static Value harmonic_dedupe(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const std::vector<double> score = scores(vm, array, [](Value) { return 0.0; });
  return gather(vm, array, substrate::harmonic_dedupe(score, args.number(1)));
}

static Value harmonic_resample(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const size_t n = checked_count(args, args.integer(1));
  if (array->empty() || n == 0) return vm.heap().array(ElementKind::Ints, 0);
  Array* out = vm.heap().array(array->kind, n);
  for (size_t i = 0; i < n; ++i) {
    vm.poll();
    copy_elements(out, i, array, substrate::harmonic_resample_index(i, n, array->size), 1);
  }
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"harmonic_sort", "(array) -> array",
     "The elements by descending score: the resonance of a number, the mean resonance of the characters of a text.",
     "harmonic_sort([12, 4, 8])  # [8, 4, 12]", harmonic_sort, "harmonic_sort requires 1 argument"},
    {"harmonic_partition", "(array) -> array", "Groups of elements that have the same attractor.",
     "harmonic_partition([1, 7, 12, 2])  # [[1], [2], [7, 12]]", harmonic_partition},
    {"harmonic_partition_3", "(array, lo, hi) -> array",
     "The elements below lo, those from lo to hi, and those above hi.",
     "harmonic_partition_3([1, 5, 9], 4, 6)  # [[1], [5], [9]]", harmonic_partition_3},
    {"harmonic_dedupe", "(array, band) -> array",
     "The elements whose resonance differs from all kept before by the band.",
     "harmonic_dedupe([1, 2, 12], 0.1)  # [1, 12]", harmonic_dedupe},
    {"harmonic_resample", "(array, n) -> array",
     "n of the elements, at places that follow a power of the golden ratio.",
     "harmonic_resample([1, 2, 3, 4], 2)  # [1, 3]", harmonic_resample},
};

constinit const std::span<const Builtin> harmonic_groups_builtins = kBuiltins;

}  // namespace omc::stdlib
