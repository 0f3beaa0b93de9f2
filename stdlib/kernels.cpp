// Kernels of machine learning on vectors: every element read as a float, results floats.
//
// Each formula is evaluated as written; sums run from left to right. Vectorised only across independent cells.

#include <cmath>
#include <limits>  // infinity

#include "stdlib/array_arguments.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

// Subtracting the greatest keeps e^x finite: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 4.1. +inf or
// NaN makes everything NaN.
static void softmax(std::span<double> x) {
  double greatest = -std::numeric_limits<double>::infinity();
  for (const double v : x) greatest = v > greatest ? v : greatest;
  double sum = -0.0;  // -0.0 + x is x: the sum starts with the first
  for (double& v : x) sum += v = std::exp(v - greatest);
  for (double& v : x) v /= sum;
}

// (x - m) / sqrt(v + eps), m the mean and v the population variance: Ba, Kiros, Hinton, Layer Normalization, 2016,
// arXiv:1607.06450, equation 3, without gain and bias.
static void layer_norm(std::span<double> x, double eps) {
  const double n = static_cast<double>(x.size());
  double sum = -0.0, squares = -0.0;
  for (const double v : x) sum += v;
  const double mean = sum / n;
  for (const double v : x) squares += (v - mean) * (v - mean);
  const double scale = 1.0 / std::sqrt(squares / n + eps);
  for (double& v : x) v = (v - mean) * scale;
}

// out[i] += input[i]·kernel[0], then += input[i + 1]·kernel[1], ... in this order for each i; across i in any.
static void correlate(std::span<const double> input, std::span<const double> kernel, std::span<double> out) {
  size_t k = 0;
  for (; k + 4 <= kernel.size(); k += 4) {  // four at a time: a sum is loaded and stored a quarter as often
    const double w0 = kernel[k], w1 = kernel[k + 1], w2 = kernel[k + 2], w3 = kernel[k + 3];
    const double* in = input.data() + k;
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = (((out[i] + in[i] * w0) + in[i + 1] * w1) + in[i + 2] * w2) + in[i + 3] * w3;
  }
  for (; k < kernel.size(); ++k) {
    const double* in = input.data() + k;
    for (size_t i = 0; i < out.size(); ++i) out[i] += in[i] * kernel[k];
  }
}

// A fresh array of the elements read as floats.
static Array* float_copy(Vm& vm, const Array* array) {
  Array* out = unfilled(vm, ElementKind::Floats, array->size);
  read_cells<double>(array, 0, out->float_span());
  return out;
}

static Value arr_softmax(Vm& vm, Args args) {
  Array* out = float_copy(vm, cell_array(args, 0));
  softmax(out->float_span());
  return out;
}

static Value arr_layer_norm(Vm& vm, Args args) {
  Array* out = float_copy(vm, cell_array(args, 0));
  layer_norm(out->float_span(), args.number_or(1, 1e-5));
  return out;
}

static Value arr_relu_vec(Vm& vm, Args args) {
  return map_cells<double, double>(vm, cell_array(args, 0), [](double x) { return x > 0.0 ? x : 0.0; });
}

static Value arr_sigmoid_vec(Vm& vm, Args args) {
  return map_cells<double, double>(vm, cell_array(args, 0), [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
}

static Value arr_conv1d(Vm& vm, Args args) {
  if (!args[0].is_array() || !args[1].is_array()) throw args.error("requires (input_array, kernel_array)");
  const Array *input = cell_array(args, 0), *kernel = cell_array(args, 1);
  if (kernel->empty()) throw args.error("empty kernel");
  if (input->size < kernel->size) throw args.error("input shorter than kernel");
  std::vector<double> input_scratch, kernel_scratch;
  const std::span<const double> x = all_cells(input, input_scratch), weights = all_cells(kernel, kernel_scratch);
  Array* out = vm.heap().array(ElementKind::Floats, x.size() - weights.size() + 1);
  for_each_chunk(vm, out->size, [&](size_t i, size_t n) {
    for_each_chunk(vm, weights.size(), [&](size_t k, size_t m) {
      correlate(x.subspan(i + k), weights.subspan(k, m), out->float_span().subspan(i, n));
    });
  });
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"arr_softmax", "(array) -> array", "The softmax of a vector.", "arr_softmax([0, 0])  # [0.5, 0.5]", arr_softmax},
    {"arr_layer_norm", "(array, eps?) -> array", "A vector shifted and scaled to mean 0 and variance 1; eps is 1e-5.",
     "arr_layer_norm([2, 2])  # [0.0, 0.0]", arr_layer_norm},
    {"arr_relu_vec", "(array) -> array", "The positive elements, 0.0 for the others.",
     "arr_relu_vec([-1, 2])  # [0.0, 2.0]", arr_relu_vec},
    {"arr_sigmoid_vec", "(array) -> array", "The logistic function of each element.", "arr_sigmoid_vec([0])  # [0.5]",
     arr_sigmoid_vec},
    {"arr_conv1d", "(input, kernel) -> array", "The valid correlation of a vector with a kernel.",
     "arr_conv1d([1, 2, 3, 4], [1, 0, -1])  # [-2.0, -2.0]", arr_conv1d},
};

constinit const std::span<const Builtin> kernels_builtins = kBuiltins;

}  // namespace omc::stdlib
