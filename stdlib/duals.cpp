// Forward-mode dual numbers: an array [value, derivative]. Anything else is a constant.
//
// The formulas are evaluated exactly as written, from left to right: programs rely on every bit.

#include <cmath>
#include <cstdint>  // INT32_MAX, INT32_MIN

#include "stdlib/stdlib.hpp"
#include "substrate/numbers.hpp"  // magnitude
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

struct Dual {
  double v;  // a
  double d;  // a'
};

Dual unpack(Value x) {
  if (!x.is_array()) return {to_float(x), 0.0};
  const Array* array = x.as_array();
  return {array->size >= 1 ? to_float(array->at(0)) : 0.0, array->size >= 2 ? to_float(array->at(1)) : 0.0};
}

Value pack(Vm& vm, Dual x) {
  const double both[] = {x.v, x.d};
  return vm.heap().floats(both);
}

double component(const Args& args, size_t i) {
  if (!args[0].is_array()) throw args.error("not a dual");
  if (args[0].as_array()->size <= i) throw args.error("malformed dual");
  return to_float(args[0].as_array()->at(i));
}

// Binary powering from the least bit: the order of the products is part of the language.
double power(double x, int64_t n) {
  double result = 1.0;
  for (uint64_t bits = substrate::magnitude(n); bits;) {
    if (bits & 1) result *= x;
    bits >>= 1;
    if (bits) x *= x;
  }
  return n < 0 ? 1.0 / result : result;
}

}  // namespace

static Value dual(Vm& vm, Args args) {
  return pack(vm, {args.number(0), args.number(1)});
}
static Value dual_v(Vm&, Args args) {
  return Value::real(component(args, 0));
}
static Value dual_d(Vm&, Args args) {
  return Value::real(component(args, 1));
}

static Value dual_add(Vm& vm, Args args) {
  const Dual a = unpack(args[0]), b = unpack(args[1]);
  return pack(vm, {a.v + b.v, a.d + b.d});
}

static Value dual_sub(Vm& vm, Args args) {
  const Dual a = unpack(args[0]), b = unpack(args[1]);
  return pack(vm, {a.v - b.v, a.d - b.d});
}

static Value dual_mul(Vm& vm, Args args) {
  const Dual a = unpack(args[0]), b = unpack(args[1]);
  return pack(vm, {a.v * b.v, a.d * b.v + a.v * b.d});
}

static Value dual_div(Vm& vm, Args args) {
  const Dual a = unpack(args[0]), b = unpack(args[1]);
  if (b.v == 0.0) throw args.error("division by zero");
  return pack(vm, {a.v / b.v, (a.d * b.v - a.v * b.d) / (b.v * b.v)});
}

static Value dual_neg(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  return pack(vm, {-a.v, -a.d});
}

static Value dual_pow_int(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  const int64_t n = args.integer(1);
  if (n < INT32_MIN || n > INT32_MAX) throw args.error("exponent out of range");
  if (n == 0) return pack(vm, {1.0, 0.0});
  return pack(vm, {power(a.v, n), static_cast<double>(n) * power(a.v, n - 1) * a.d});
}

static Value dual_exp(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  const double e = std::exp(a.v);
  return pack(vm, {e, e * a.d});
}

static Value dual_sin(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  return pack(vm, {std::sin(a.v), std::cos(a.v) * a.d});
}

static Value dual_cos(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  return pack(vm, {std::cos(a.v), -std::sin(a.v) * a.d});
}

static Value dual_tanh(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  const double t = std::tanh(a.v);
  return pack(vm, {t, (1.0 - t * t) * a.d});
}

static Value dual_sigmoid(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  const double s = 1.0 / (1.0 + std::exp(-a.v));
  return pack(vm, {s, s * (1.0 - s) * a.d});
}

static Value dual_relu(Vm& vm, Args args) {
  const Dual a = unpack(args[0]);
  return pack(vm, a.v > 0.0 ? a : Dual{0.0, 0.0});
}

constexpr Builtin kBuiltins[] = {
    {"dual", "(value, derivative) -> array", "A dual number: a value and its derivative.", "dual(3, 1)  # [3.0, 1.0]",
     dual},
    {"dual_v", "(dual) -> float", "The value of a dual number.", "dual_v(dual(3, 1))  # 3.0", dual_v},
    {"dual_d", "(dual) -> float", "The derivative of a dual number.", "dual_d(dual(3, 1))  # 1.0", dual_d},
    {"dual_add", "(a, b) -> array", "The sum of two dual numbers.", "dual_add(dual(3, 1), 4)  # [7.0, 1.0]", dual_add},
    {"dual_sub", "(a, b) -> array", "The difference of two dual numbers.", "dual_sub(10, dual(3, 1))  # [7.0, -1.0]",
     dual_sub},
    {"dual_mul", "(a, b) -> array", "The product of two dual numbers.",
     "dual_mul(dual(3, 1), dual(4, 2))  # [12.0, 10.0]", dual_mul},
    {"dual_div", "(a, b) -> array", "The quotient of two dual numbers.",
     "dual_div(dual(3, 1), dual(4, 2))  # [0.75, -0.125]", dual_div},
    {"dual_neg", "(a) -> array", "A dual number negated.", "dual_neg(dual(3, 1))  # [-3.0, -1.0]", dual_neg},
    {"dual_pow_int", "(a, n) -> array", "A dual number to an int power.", "dual_pow_int(dual(3, 1), 2)  # [9.0, 6.0]",
     dual_pow_int},
    {"dual_exp", "(a) -> array", "The exponential of a dual number.", "dual_exp(dual(0, 1))  # [1.0, 1.0]", dual_exp},
    {"dual_sin", "(a) -> array", "The sine of a dual number.", "dual_sin(dual(0, 1))  # [0.0, 1.0]", dual_sin},
    {"dual_cos", "(a) -> array", "The cosine of a dual number.", "dual_cos(dual(0, 1))  # [1.0, -0.0]", dual_cos},
    {"dual_tanh", "(a) -> array", "The hyperbolic tangent of a dual number.", "dual_tanh(dual(0, 2))  # [0.0, 2.0]",
     dual_tanh},
    {"dual_sigmoid", "(a) -> array", "The logistic function of a dual number.",
     "dual_sigmoid(dual(0, 2))  # [0.5, 0.5]", dual_sigmoid},
    {"dual_relu", "(a) -> array", "A dual number where its value is positive, else 0.",
     "dual_relu(dual(1, 2))  # [1.0, 2.0]", dual_relu},
};

constinit const std::span<const Builtin> duals_builtins = kBuiltins;

}  // namespace omc::stdlib
