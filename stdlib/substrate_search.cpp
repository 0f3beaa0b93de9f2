// Searches in sorted arrays whose probes follow the Fibonacci numbers (language reference, chapter 04, sections 7 and
// 8), and the counters of what they probed. How they probe: substrate/search.hpp.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/int_readings.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/search.hpp"

namespace omc::stdlib {

using namespace vm;
using substrate::SearchCounters;

static SearchCounters& counters(Vm& vm) {
  return vm.state<SearchCounters>();
}

static Value index_value(size_t i) {
  return Value::integer(static_cast<int64_t>(i));
}

static const Array* sorted_array(const Args& args) {
  return args.array(0, Wording::First);
}

// --- one target ------------------------------------------------------------------------------------------------------

static Value substrate_search(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    return Value::integer(
        substrate::index_or_minus_one(substrate::phi_pi_fib_search_v2(a, args.integer(1), counters(vm))));
  });
}

static int64_t search_of_ints(Vm& vm, std::span<const int64_t> a, int64_t target) {
  return substrate::index_or_minus_one(substrate::phi_pi_fib_search_v2(a, target, counters(vm)));
}

static size_t lower_bound(Vm& vm, const Array* array, int64_t target) {
  return with_int_readings(array,
                           [&](const auto& a) { return substrate::substrate_lower_bound(a, target, counters(vm)); });
}

static Value substrate_lower_bound(Vm& vm, Args args) {
  return index_value(lower_bound(vm, sorted_array(args), args.integer(1)));
}

static Value substrate_upper_bound(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    return index_value(substrate::substrate_upper_bound(a, args.integer(1), counters(vm)));
  });
}

static Value substrate_insert(Vm& vm, Args args) {
  if (!args[0].is_array()) throw args.error("first argument must be an array variable");
  Array* array = args[0].as_array();
  checked_size(args, array->size + 1);
  const size_t place = lower_bound(vm, array, args.integer(1));
  array->push(vm.heap(), args[1]);
  const auto move_last_to_place = [&](auto* elements) {
    std::rotate(elements + place, elements + array->size - 1, elements + array->size);
  };
  vm.heap().elements_moved(array);
  if (array->kind == ElementKind::Values)
    move_last_to_place(array->values);
  else
    move_last_to_place(array->ints);  // or floats: 8 bytes each
  return index_value(place);
}

static const Array* filled_sorted_array(const Args& args) {
  const Array* array = sorted_array(args);
  if (array->empty()) throw args.error("empty array");
  return array;
}

static Value substrate_nearest(Vm& vm, Args args) {
  return with_int_readings(filled_sorted_array(args), [&](const auto& a) {
    return Value::integer(substrate::substrate_nearest(a, args.integer(1), counters(vm)).value);
  });
}

static Value substrate_min_distance(Vm& vm, Args args) {
  return with_int_readings(filled_sorted_array(args), [&](const auto& a) {
    return Value::integer(substrate::substrate_min_distance(a, args.integer(1), counters(vm)));
  });
}

// --- ranges, orders, sets --------------------------------------------------------------------------------------------

static substrate::IndexRange range(Vm& vm, const Args& args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    return substrate::substrate_range(a, args.integer(1), args.integer(2), counters(vm));
  });
}

static Value substrate_count_range(Vm& vm, Args args) {
  const auto [from, to] = range(vm, args);
  return index_value(to - from);
}

static Value substrate_slice_range(Vm& vm, Args args) {
  const auto [from, to] = range(vm, args);
  return slice(vm, args[0].as_array(), from, to - from);
}

static Value substrate_quantile(Vm&, Args args) {
  const Array* array = filled_sorted_array(args);
  return array->at(substrate::substrate_quantile_index(args.integer(1), array->size));
}

static Value substrate_select_k(Vm&, Args args) {
  const Array* array = sorted_array(args);
  const int64_t k = args.integer(1);
  std::vector<int64_t> n(array->size);
  read_cells<int64_t>(array, 0, std::span(n));
  const std::optional<int64_t> selected = substrate::substrate_select_k(std::move(n), k);
  if (!selected)
    throw args.error("k=" + std::to_string(std::max<int64_t>(k, 0)) +
                     " out of range for len=" + std::to_string(array->size));
  return Value::integer(*selected);
}

static Value substrate_intersect(Vm& vm, Args args) {
  const Array* shorter = args.array(0, Wording::Both);
  const Array* longer = args.array(1, Wording::Both);
  if (longer->size < shorter->size) std::swap(shorter, longer);
  return with_int_readings(shorter, [&](const auto& a) {
    return with_int_readings(longer, [&](const auto& b) {
      return Value(vm.heap().ints(substrate::substrate_intersect(PolledReadings(vm, a), b, counters(vm))));
    });
  });
}

static Value substrate_difference(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::Both);
  const Array* without = args.array(1, Wording::Both);
  std::vector<size_t> kept;
  with_int_readings(array, [&](const auto& a) {
    with_int_readings(without, [&](const auto& b) {
      substrate::substrate_difference(PolledReadings(vm, a), b, counters(vm), [&](size_t i) { kept.push_back(i); });
    });
  });
  return gather(vm, array, kept);
}

// --- positions and traces --------------------------------------------------------------------------------------------

static Value phi_pi_fib_search(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    return Value::integer(substrate::encoded(substrate::phi_pi_fib_search(a, args.integer(1), counters(vm))));
  });
}

static Value phi_pi_fib_nearest(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    const int64_t target = args.integer(1);
    return Value::integer(substrate::nearest_index(a, target, substrate::phi_pi_fib_search(a, target, counters(vm))));
  });
}

// [answer(readings, position), probes]
template <class Answer>
static Value traced(Vm& vm, const Args& args, Answer&& answer) {
  std::vector<int64_t> probes;
  const int64_t first = with_int_readings(sorted_array(args), [&](const auto& a) {
    return answer(a, substrate::phi_pi_fib_search(a, args.integer(1), counters(vm),
                                                  [&](size_t i) { probes.push_back(static_cast<int64_t>(i)); }));
  });
  const Value both[] = {Value::integer(first), vm.heap().ints(probes)};
  return vm.heap().array_of(both);
}

static Value phi_pi_fib_search_traced(Vm& vm, Args args) {
  return traced(vm, args, [](const auto&, substrate::Position p) { return substrate::encoded(p); });
}

static Value phi_pi_fib_nearest_traced(Vm& vm, Args args) {
  return traced(vm, args, [target = args.integer(1)](const auto& a, substrate::Position p) {
    return substrate::nearest_index(a, target, p);
  });
}

static Value phi_pi_fib_search_v2(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    return Value::integer(substrate::encoded(substrate::phi_pi_fib_search_v2(a, args.integer(1), counters(vm))));
  });
}

static Value phi_pi_fib_nearest_v2(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    const int64_t target = args.integer(1);
    return Value::integer(
        substrate::nearest_index(a, target, substrate::phi_pi_fib_search_v2(a, target, counters(vm))));
  });
}

static Value phi_pi_bin_search(Vm& vm, Args args) {
  return with_int_readings(sorted_array(args), [&](const auto& a) {
    return Value::integer(substrate::encoded(substrate::phi_pi_bin_search(a, args.integer(1), counters(vm))));
  });
}

// --- counters --------------------------------------------------------------------------------------------------------

static Value counts(Vm& vm, uint64_t searches, uint64_t comparisons) {
  const int64_t both[] = {static_cast<int64_t>(searches), static_cast<int64_t>(comparisons)};
  return vm.heap().ints(both);
}

static Value phi_pi_fib_stats(Vm& vm, Args) {
  return counts(vm, counters(vm).searches, counters(vm).comparisons);
}

// The runtime computes resonance instead of looking it up: it makes no searches of its own.
static Value phi_pi_fib_stats_bg(Vm& vm, Args) {
  return counts(vm, 0, 0);
}

static Value phi_pi_fib_reset(Vm& vm, Args) {
  counters(vm).searches = counters(vm).comparisons = 0;
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"substrate_search", "(sorted_array, target) -> int", "An index whose element is the target, or -1.",
     "substrate_search([1, 3, 5, 7], 5)  # 2", substrate_search, {}, {}, vm::ShortForm(search_of_ints)},
    {"substrate_lower_bound", "(sorted_array, target) -> int", "The first index whose element is >= the target.",
     "substrate_lower_bound([1, 3, 3, 5], 3)  # 1", substrate_lower_bound},
    {"substrate_upper_bound", "(sorted_array, target) -> int", "The first index whose element is > the target.",
     "substrate_upper_bound([1, 3, 3, 5], 3)  # 3", substrate_upper_bound},
    {"substrate_rank", "(sorted_array, value) -> int", "The number of elements below the value.",
     "substrate_rank([1, 3, 5], 4)  # 2", substrate_lower_bound},
    {"substrate_count_range", "(sorted_array, lo, hi) -> int",
     "The number of elements from lo up to, not including, hi.", "substrate_count_range([1, 3, 5, 7], 3, 7)  # 2",
     substrate_count_range},
    {"substrate_slice_range", "(sorted_array, lo, hi) -> array", "The elements from lo up to, not including, hi.",
     "substrate_slice_range([1, 3, 5, 7], 3, 7)  # [3, 5]", substrate_slice_range},
    {"substrate_intersect", "(sorted_a, sorted_b) -> array", "The ints that both arrays have, each once.",
     "substrate_intersect([1, 2, 3], [2, 3, 4])  # [2, 3]", substrate_intersect},
    {"substrate_difference", "(sorted_a, sorted_b) -> array", "The elements of a that b does not have.",
     "substrate_difference([1, 2, 3], [2])  # [1, 3]", substrate_difference},
    {"substrate_insert", "(sorted_array_var, value) -> int",
     "Inserts a value in place where it keeps the array sorted; its index.", "substrate_insert([1, 3, 5], 4)  # 2",
     substrate_insert},
    {"substrate_quantile", "(sorted_array, q_thousandths) -> any", "The element below which q thousandths of them lie.",
     "substrate_quantile([10, 20, 30], 500)  # 20", substrate_quantile},
    {"substrate_select_k", "(array, k) -> int", "The k-th smallest element, counted from 0, of an array in any order.",
     "substrate_select_k([5, 1, 9], 1)  # 5", substrate_select_k},
    {"substrate_nearest", "(sorted_array, target) -> int", "The element closest to the target, the larger of two.",
     "substrate_nearest([10, 20], 15)  # 20", substrate_nearest},
    {"substrate_min_distance", "(sorted_array, target) -> int", "How far the closest element is from the target.",
     "substrate_min_distance([10, 20], 13)  # 3", substrate_min_distance},
    {"phi_pi_fib_search", "(sorted_array, target) -> int",
     "The index of the target by Fibonacci steps, or -(p + 1) when it would have to be inserted at p.",
     "phi_pi_fib_search([1, 3, 5, 7, 9], 4)  # -3", phi_pi_fib_search},
    {"phi_pi_fib_search_traced", "(sorted_array, target) -> array",
     "What phi_pi_fib_search gives and the indices it probed.",
     "phi_pi_fib_search_traced([1, 3, 5, 7, 9], 7)  # [3, [4, 3]]", phi_pi_fib_search_traced},
    {"phi_pi_fib_nearest", "(sorted_array, target) -> int",
     "The index of the element closest to the target by Fibonacci steps, the lower of two; -1 when there is none.",
     "phi_pi_fib_nearest([1, 3, 5, 7, 9], 6)  # 2", phi_pi_fib_nearest},
    {"phi_pi_fib_nearest_traced", "(sorted_array, target) -> array",
     "What phi_pi_fib_nearest gives and the indices it probed.",
     "phi_pi_fib_nearest_traced([1, 3, 5, 7, 9], 7)  # [3, [4, 3]]", phi_pi_fib_nearest_traced},
    {"phi_pi_fib_search_v2", "(sorted_array, target) -> int",
     "The index of the target, or -(p + 1) when it would have to be inserted at p.",
     "phi_pi_fib_search_v2([1, 3, 5, 7, 9], 4)  # -3", phi_pi_fib_search_v2},
    {"phi_pi_fib_nearest_v2", "(sorted_array, target) -> int",
     "The index of the element closest to the target, the lower of two; -1 when there is none.",
     "phi_pi_fib_nearest_v2([1, 3, 5, 7, 9], 6)  # 2", phi_pi_fib_nearest_v2},
    {"phi_pi_bin_search", "(sorted_array, target) -> int",
     "The index of the target by halving, or -(p + 1) when it would have to be inserted at p.",
     "phi_pi_bin_search([1, 3, 5, 7, 9], 4)  # -3", phi_pi_bin_search},
    {"phi_pi_fib_stats", "() -> array", "The searches and comparisons made since the last phi_pi_fib_reset.",
     "phi_pi_bin_search([1, 3], 1); println(phi_pi_fib_stats());", phi_pi_fib_stats},
    {"phi_pi_fib_stats_bg", "() -> array", "The searches and comparisons of the runtime's own: none.",
     "phi_pi_fib_stats_bg()  # [0, 0]", phi_pi_fib_stats_bg},
    {"phi_pi_fib_stats_all", "() -> array", "All searches and comparisons since the last phi_pi_fib_reset.",
     "phi_pi_bin_search([1, 3], 1); println(phi_pi_fib_stats_all());", phi_pi_fib_stats},
    {"phi_pi_fib_reset", "() -> null", "Sets the counts of searches and comparisons to zero.",
     "phi_pi_fib_reset()  # null", phi_pi_fib_reset},
};

constinit const std::span<const Builtin> substrate_search_builtins = kBuiltins;

}  // namespace omc::stdlib
