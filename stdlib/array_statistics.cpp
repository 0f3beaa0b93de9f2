// Statistics: every element read as a float, results floats.
//
// Totals run strictly from left to right and start with the first element; those of reciprocals and logarithms start
// from 0.0. Programs rely on every bit: no reassociation, no fma.

#include <algorithm>
#include <cmath>

#include "stdlib/array_arguments.hpp"
#include "stdlib/sorting.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

struct Same {
  double operator()(double x) const { return x; }
};
struct Square {
  double operator()(double x) const { return x * x; }
};

}  // namespace

// before + f(x[0]) + f(x[1]) + ...
template <class F>
static double add_up(double before, std::span<const double> x, F f) {
  for (const double v : x) before += f(v);
  return before;
}

template <class F>
static double total(Vm& vm, const Array* array, double start, F f) {
  double sum = start;
  for_each_cells<double>(vm, array, [&](std::span<const double> x, size_t) { sum = add_up(sum, x, f); });
  return sum;
}

// Starts with f of the first element, because -0.0 + x is x for every x; 0.0 of none.
template <class F>
static double total(Vm& vm, const Array* array, F f) {
  return array->empty() ? 0.0 : total(vm, array, -0.0, f);
}

static double size_of(const Array* array) {
  return static_cast<double>(array->size);
}

static double mean(Vm& vm, const Array* array) {
  return total(vm, array, Same()) / size_of(array);
}

static double variance(Vm& vm, const Array* array) {
  const double m = mean(vm, array);
  return total(vm, array, [m](double x) { return (x - m) * (x - m); }) / size_of(array);
}

static Value arr_mean(Vm& vm, Args args) {
  return Value::real(mean(vm, non_empty_array(args, 0)));
}

static Value arr_variance(Vm& vm, Args args) {
  return Value::real(variance(vm, non_empty_array(args, 0)));
}

static Value arr_stddev(Vm& vm, Args args) {
  return Value::real(std::sqrt(variance(vm, non_empty_array(args, 0))));
}

static Value arr_median(Vm&, Args args) {
  const Array* array = non_empty_array(args, 0);
  std::vector<double> x(array->size);
  read_cells<double>(array, 0, std::span(x));
  sort_floats(x);
  if (std::isnan(x.back())) return Value::real(x.back());
  const size_t middle = x.size() / 2;
  return Value::real(x.size() % 2 ? x[middle] : (x[middle - 1] + x[middle]) / 2.0);
}

static Value arr_harmonic_mean(Vm& vm, Args args) {
  const Array* array = non_empty_array(args, 0);
  const double sum = total(vm, array, 0.0, [&args](double x) {
    if (x == 0.0) throw args.error("zero element");
    return 1.0 / x;
  });
  return Value::real(size_of(array) / sum);
}

static Value arr_geometric_mean(Vm& vm, Args args) {
  const Array* array = non_empty_array(args, 0);
  const double sum = total(vm, array, 0.0, [&args](double x) {
    if (x <= 0.0) throw args.error("non-positive element");
    return std::log(x);
  });
  return Value::real(std::exp(sum / size_of(array)));
}

static Value arr_sum_sq(Vm& vm, Args args) {
  return Value::real(total(vm, cell_array(args, 0), Square()));
}

static Value arr_norm(Vm& vm, Args args) {
  return Value::real(std::sqrt(total(vm, cell_array(args, 0), Square())));
}

constexpr Builtin kBuiltins[] = {
    {"arr_mean", "(array) -> float", "The arithmetic mean.", "arr_mean([1, 2, 6])  # 3.0", arr_mean},
    {"arr_variance", "(array) -> float", "The population variance.", "arr_variance([1, 2, 3, 4, 5])  # 2.0",
     arr_variance},
    {"arr_stddev", "(array) -> float", "The population standard deviation.", "arr_stddev([1.5, 2.5])  # 0.5",
     arr_stddev},
    {"arr_median", "(array) -> float", "The middle element in sort order, or the mean of the two middle ones.",
     "arr_median([4, 1, 3, 2])  # 2.5", arr_median},
    {"arr_harmonic_mean", "(array) -> float", "The number of elements divided by the sum of their reciprocals.",
     "arr_harmonic_mean([1, 2, 4])  # 1.7142857142857142", arr_harmonic_mean},
    {"arr_geometric_mean", "(array) -> float", "The exponential of the mean of the logarithms.",
     "arr_geometric_mean([2, 8])  # 4.0", arr_geometric_mean},
    {"arr_sum_sq", "(array) -> float", "The sum of the squares.", "arr_sum_sq([1, 2, 3])  # 14.0", arr_sum_sq},
    {"arr_norm", "(array) -> float", "The Euclidean length: the square root of the sum of the squares.",
     "arr_norm([3, 4])  # 5.0", arr_norm},
};

constinit const std::span<const Builtin> array_statistics_builtins = kBuiltins;

}  // namespace omc::stdlib
