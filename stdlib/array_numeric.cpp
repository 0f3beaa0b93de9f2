// Reductions by the number rule: one float among the elements makes the result float, else it is a wrapping int. And
// their relatives that read every element as an int or as a float.
//
// Float totals run strictly from left to right and start with the first element: programs rely on every bit. A fold
// from -0.0 is that, because -0.0 + x is x for every x.

#include <cmath>    // abs, isnan
#include <limits>   // quiet_NaN
#include <numeric>  // gcd

#include "stdlib/arithmetic.hpp"
#include "stdlib/array_arguments.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

__extension__ typedef unsigned __int128 Wide;

template <class Op, Cell T>
static T fold(T before, std::span<const T> x, Op op) {
  for (const T v : x) before = op(before, v);
  return before;
}

struct Less {
  template <Cell T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};

struct Greater {
  template <Cell T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};

// The first of `before` and the elements that none of them is better than; NaN is better than nothing. Lanes of their
// own do not wait for each other; which comes first matters only between 0.0 and -0.0.
template <Cell T, class Better>
static T best_of(T before, std::span<const T> x, Better better) {
  constexpr size_t kLanes = 8;
  std::array<T, kLanes> lanes;
  lanes.fill(before);
  size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes)
    for (size_t j = 0; j < kLanes; ++j) lanes[j] = better(x[i + j], lanes[j]) ? x[i + j] : lanes[j];
  T best = before;
  for (const T v : lanes) best = better(v, best) ? v : best;
  for (; i < x.size(); ++i) best = better(x[i], best) ? x[i] : best;
  if (std::same_as<T, double> && best == 0 && before != 0) return *std::ranges::find(x, best);
  return best;
}

template <Cell T>
static T running_totals(T before, std::span<const T> x, std::span<T> out) {
  for (size_t i = 0; i < x.size(); ++i) out[i] = before = Add()(before, x[i]);
  return before;
}

template <Cell T, class Op>
static T fold_all(Vm& vm, const Array* array, T start, Op op) {
  T result = start;
  for_each_cells<T>(vm, array, [&](std::span<const T> x, size_t) { result = fold(result, x, op); });
  return result;
}

template <Cell T>
static T no_sum() {
  return std::same_as<T, double> ? T(-0.0) : T(0);
}

static Value arr_sum(Vm& vm, Args args) {
  if (!args[0].is_array()) throw Error("arr_sum requires an array");
  const Array* array = args[0].as_array();
  return with_number_kind(has_float(array),
                          [&]<Cell T>() { return number(fold_all<T>(vm, array, no_sum<T>(), Add())); });
}

static Value arr_product(Vm& vm, Args args) {
  const Array* array = args.array(0);
  return with_number_kind(has_float(array), [&]<Cell T>() { return number(fold_all<T>(vm, array, T(1), Multiply())); });
}

template <Cell T, class Better>
static T best_of_all(Vm& vm, const Array* array, T start, Better better) {
  T best = start;
  for_each_cells<T>(vm, array, [&](std::span<const T> x, size_t) { best = best_of(best, x, better); });
  return best;
}

// NaN when there is nothing else.
template <class Better>
static Value extreme(Vm& vm, const Array* array, Better better) {
  return with_number_kind(has_float(array), [&]<Cell T>() {
    size_t start = 0;
    if constexpr (std::same_as<T, double>) {
      while (start < array->size && std::isnan(to_float(array->at(start)))) ++start;
      if (start == array->size) return number(std::numeric_limits<double>::quiet_NaN());
    }
    return number(best_of_all(vm, array, read_cell<T>(array->at(start)), better));
  });
}

static Value arr_min(Vm& vm, Args args) {
  return extreme(vm, non_empty_array(args, 0), Less());
}

static Value arr_max(Vm& vm, Args args) {
  return extreme(vm, non_empty_array(args, 0), Greater());
}

static Value arr_cumsum(Vm& vm, Args args) {
  const Array* array = args.array(0);
  return with_number_kind(has_float(array), [&]<Cell T>() -> Value {
    Array* out = unfilled(vm, kKindOf<T>, array->size);
    T total = no_sum<T>();
    for_each_cells<T>(vm, array, [&](std::span<const T> x, size_t from) {
      total = running_totals(total, x, cells<T>(out).subspan(from, x.size()));
    });
    return out;
  });
}

static Value arr_diff(Vm& vm, Args args) {
  const Array* array = args.array(0);
  return with_number_kind(has_float(array), [&]<Cell T>() -> Value {
    Array* out = unfilled(vm, kKindOf<T>, array->size < 2 ? 0 : array->size - 1);
    CellReader<T> left(array), right(array);
    for_each_chunk(vm, out->size, [&](size_t from, size_t n) {
      const std::span<const T> x = left.read(from, n), next = right.read(from + 1, n);
      const std::span<T> y = cells<T>(out).subspan(from, n);
      for (size_t i = 0; i < n; ++i) y[i] = Subtract()(next[i], x[i]);
    });
    return out;
  });
}

static Value arr_avg_distance(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  if (array->empty()) return Value::real(0.0);
  const double n = static_cast<double>(array->size);
  if (has_float(array) || args[1].is_float()) {
    const auto add_distance = [target = args.number(1)](double sum, double x) { return sum + std::abs(x - target); };
    return Value::real(fold_all<double>(vm, array, -0.0, add_distance) / n);
  }
  Wide total = 0;
  for_each_cells<int64_t>(vm, array, [&, target = args.integer(1)](std::span<const int64_t> x, size_t) {
    for (const int64_t v : x) total += substrate::distance(v, target);
  });
  return Value::real(static_cast<double>(total) / n);
}

static Value arr_sum_int(Vm& vm, Args args) {
  return Value::integer(fold_all<int64_t>(vm, args.array(0), 0, Add()));
}

static Value arr_min_int(Vm& vm, Args args) {
  return Value::integer(best_of_all<int64_t>(vm, non_empty_array(args, 0), INT64_MAX, Less()));
}

static Value arr_max_int(Vm& vm, Args args) {
  return Value::integer(best_of_all<int64_t>(vm, non_empty_array(args, 0), INT64_MIN, Greater()));
}

static Value arr_gcd(Vm& vm, Args args) {
  uint64_t gcd = 0;
  for_each_cells<int64_t>(vm, args.array(0), [&](std::span<const int64_t> x, size_t) {
    for (const int64_t v : x) gcd = std::gcd(gcd, substrate::magnitude(v));
  });
  if (gcd > INT64_MAX) throw args.error("result out of range");  // only when every element is 0 or INT64_MIN
  return Value::integer(static_cast<int64_t>(gcd));
}

// And those that read every element as a float.

static Value arr_min_float(Vm& vm, Args args) {
  return Value::real(best_of_all(vm, non_empty_array(args, 0), std::numeric_limits<double>::infinity(), Less()));
}

static Value arr_max_float(Vm& vm, Args args) {
  return Value::real(best_of_all(vm, non_empty_array(args, 0), -std::numeric_limits<double>::infinity(), Greater()));
}

// The first index that nothing is better than; a NaN in front stays, others are passed over.
template <class Better>
static Value index_of_best(Vm& vm, const Array* array, Better better) {
  double best = to_float(array->at(0));
  size_t index = 0;
  for_each_cells<double>(vm, array, [&](std::span<const double> x, size_t from) {
    const double candidate = best_of(best, x, better);
    if (!better(candidate, best)) return;
    best = candidate;
    index = from + static_cast<size_t>(std::ranges::find(x, best) - x.begin());
  });
  return Value::integer(static_cast<int64_t>(index));
}

static Value arr_argmax(Vm& vm, Args args) {
  return index_of_best(vm, non_empty_array(args, 0), Greater());
}

static Value arr_argmin(Vm& vm, Args args) {
  return index_of_best(vm, non_empty_array(args, 0), Less());
}

constexpr Builtin kBuiltins[] = {
    {"arr_sum", "(array) -> number", "The sum: a wrapping int, or a float when some element is one.",
     "arr_sum([1, 2.5])  # 3.5", arr_sum, "arr_sum requires 1 argument"},
    {"arr_product", "(array) -> number", "The product: a wrapping int, or a float when some element is one.",
     "arr_product([2, 3, 4])  # 24", arr_product},
    {"arr_min", "(array) -> number", "The least element: an int, or a float when some element is one.",
     "arr_min([2, 2.5])  # 2.0", arr_min},
    {"arr_max", "(array) -> number", "The greatest element: an int, or a float when some element is one.",
     "arr_max([3, 1, 2])  # 3", arr_max},
    {"arr_cumsum", "(array) -> array", "The running totals.", "arr_cumsum([1, 2, 3])  # [1, 3, 6]", arr_cumsum},
    {"arr_diff", "(array) -> array", "Each element minus the one before it.", "arr_diff([1, 4, 9])  # [3, 5]",
     arr_diff},
    {"arr_avg_distance", "(array, target) -> float", "The mean of |x - target| over the elements.",
     "arr_avg_distance([1, 2, 9], 3)  # 3.0", arr_avg_distance},
    {"arr_sum_int", "(array) -> int", "The wrapping sum of the elements read as ints.",
     "arr_sum_int([1.9, \"2\"])  # 3", arr_sum_int},
    {"arr_min_int", "(array) -> int", "The least element, read as ints.", "arr_min_int([4, -7.5])  # -7", arr_min_int},
    {"arr_max_int", "(array) -> int", "The greatest element, read as ints.", "arr_max_int([2.9, 1])  # 2", arr_max_int},
    {"arr_gcd", "(array) -> int", "The greatest common divisor of the elements read as ints.",
     "arr_gcd([12, -18, 30])  # 6", arr_gcd},
    {"arr_min_float", "(array) -> float", "The least element as a float; NaN is ignored.",
     "arr_min_float([3, 1.5])  # 1.5", arr_min_float},
    {"arr_max_float", "(array) -> float", "The greatest element as a float; NaN is ignored.",
     "arr_max_float([3, 1.5])  # 3.0", arr_max_float},
    {"arr_argmax", "(array) -> int", "The index of the first greatest element.", "arr_argmax([1, 3, 3])  # 1",
     arr_argmax},
    {"arr_argmin", "(array) -> int", "The index of the first least element.", "arr_argmin([2, 1, 1])  # 1", arr_argmin},
};

constinit const std::span<const Builtin> array_numeric_builtins = kBuiltins;

}  // namespace omc::stdlib
