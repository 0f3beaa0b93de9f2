// Scalar maths (language reference, chapter 02, section 8): arguments by their numeric value, results of the C library.

#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

#include "stdlib/stdlib.hpp"
#include "substrate/numbers.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using substrate::magnitude;
using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

__extension__ typedef unsigned __int128 Wide;

// --- the mathematics ---

// 7.1.26 of M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 1964: at most 1.5e-7 off.
static double error_function(double x) {
  const double sign = x < 0 ? -1.0 : 1.0;
  const double a = std::fabs(x);
  const double t = 1.0 / (1.0 + 0.3275911 * a);
  const double polynomial = (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592;
  return sign * (1.0 - polynomial * t * std::exp(-a * a));
}

static double logistic(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

// Of two numbers; a NaN loses, of equal ones the first wins.
static double smaller(double a, double b) {
  return b < a || std::isnan(a) ? b : a;
}
static double larger(double a, double b) {
  return b > a || std::isnan(a) ? b : a;
}
static int64_t smaller(int64_t a, int64_t b) {
  return b < a ? b : a;
}
static int64_t larger(int64_t a, int64_t b) {
  return b > a ? b : a;
}

static double clamped(double x, double low, double high) {
  return smaller(larger(x, low), high);
}

// Wraps like the operator `*`.
static int64_t product(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// Modulo 2^64; 66! and beyond have 64 factors 2.
static int64_t factorial_of(int64_t n) {
  if (n >= 66) return 0;
  int64_t result = 1;
  for (int64_t i = 2; i <= n; ++i) result = product(result, i);
  return result;
}

static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t modulus) {
  return static_cast<uint64_t>(static_cast<Wide>(a) * b % modulus);
}

static uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1 % modulus;
  for (base %= modulus; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = multiply_modulo(result, base, modulus);
    base = multiply_modulo(base, base, modulus);
  }
  return result;
}

// Miller's test made certain below 2^64: G. Jaeschke, On strong pseudoprimes to several bases, Math. Comp. 61, 1993
// (the bases 2, 7, 61 below 4 759 123 141); J. Sorenson, J. Webster, Strong pseudoprimes to twelve prime bases, Math.
// Comp. 86, 2017 (the first twelve primes below 3.18e23).
static bool prime(uint64_t n) {
  static constexpr uint64_t kPrimes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  static constexpr uint64_t kFewBases[] = {2, 7, 61};
  for (const uint64_t p : kPrimes)
    if (n % p == 0) return n == p;
  if (n < 41 * 41) return n > 1;

  const int twos = std::countr_zero(n - 1);
  const uint64_t odd_part = (n - 1) >> twos;
  const auto witnesses_composite = [&](uint64_t base) {
    uint64_t x = power_modulo(base, odd_part, n);
    if (x == 1 || x == n - 1) return false;
    for (int i = 1; i < twos; ++i) {
      x = multiply_modulo(x, x, n);
      if (x == n - 1) return false;
    }
    return true;
  };
  for (const uint64_t base : n < 4'759'123'141u ? std::span<const uint64_t>(kFewBases) : kPrimes)
    if (witnesses_composite(base)) return false;
  return true;
}

static int decimal_digit_sum(uint64_t n) {
  int sum = 0;
  for (; n != 0; n /= 10) sum += static_cast<int>(n % 10);
  return sum;
}

static int decimal_digit_count(uint64_t n) {
  int count = 1;
  for (; n >= 10; n /= 10) ++count;
  return count;
}

// --- functions of one number ---

template <double function(double)>
static Value of_float(Vm&, Args args) {
  return Value::real(function(args.number(0)));
}

template <double function(double)>
constexpr vm::ShortForm raw = function;

template <double function(double, double)>
static Value of_floats(Vm&, Args args) {
  return Value::real(function(args.number(0), args.number(1)));
}

// An int is whole already and would lose digits above 2^53.
template <double function(double)>
static int64_t whole_of(double x) {
  return substrate::truncate_to_int(function(x));
}
template <double function(double)>
static Value whole(Vm&, Args args) {
  if (args[0].is_int()) return args[0];
  return Value::integer(whole_of<function>(args.number(0)));
}
template <double function(double)>
constexpr vm::ShortForm raw_whole = whole_of<function>;

static Value abs(Vm&, Args args) {
  if (args[0].is_float()) return Value::real(std::fabs(args[0].as_float()));
  return Value::integer(static_cast<int64_t>(magnitude(args.integer(0))));
}

static Value sign(Vm&, Args args) {
  const double x = args.number(0);
  return Value::integer((x > 0) - (x < 0));
}

static Value square(Vm&, Args args) {
  if (args[0].is_float()) return Value::real(args[0].as_float() * args[0].as_float());
  const int64_t n = args.integer(0);
  return Value::integer(product(n, n));
}

static Value cube(Vm&, Args args) {
  if (args[0].is_float()) {
    const double x = args[0].as_float();
    return Value::real(x * x * x);
  }
  const int64_t n = args.integer(0);
  return Value::integer(product(product(n, n), n));
}

static Value clamp(Vm&, Args args) {
  return Value::real(clamped(args.number(0), args.number(1), args.number(2)));
}

static Value lerp(Vm&, Args args) {
  const double a = args.number(0), b = args.number(1), t = args.number(2);
  return Value::real(a + t * (b - a));
}

template <const double& constant>
static Value number(Vm&, Args) {
  return Value::real(constant);
}

static constexpr double kTau = 6.283185307179586;
static constexpr double kSqrt2 = 1.4142135623730951;

// --- extremes ---

struct Smaller {
  template <class T>
  T operator()(T a, T b) const {
    return smaller(a, b);
  }
};
struct Larger {
  template <class T>
  T operator()(T a, T b) const {
    return larger(a, b);
  }
};

template <class Choose, class T>
static T extreme_of(std::span<const T> x) {
  return std::accumulate(x.begin() + 1, x.end(), x[0], Choose{});
}

// One float among mixed values makes the result a float.
template <class Choose>
static Value extreme_of(std::span<const Value> x) {
  if (std::any_of(x.begin(), x.end(), [](Value v) { return v.is_float(); })) {
    double found = vm::to_float(x[0]);
    for (const Value v : x.subspan(1)) found = Choose{}(found, vm::to_float(v));
    return Value::real(found);
  }
  int64_t found = vm::to_int(x[0]);
  for (const Value v : x.subspan(1)) found = Choose{}(found, vm::to_int(v));
  return Value::integer(found);
}

template <class Choose>
static Value extreme(Vm&, Args args) {
  if (args.size() > 1) return extreme_of<Choose>(args.all());
  if (!args[0].is_array()) throw vm::Error(vm::arity_message(args.builtin()));
  const vm::Array* a = args[0].as_array();
  if (a->empty()) throw args.error("empty array");
  switch (a->kind) {
    case vm::ElementKind::Ints: return Value::integer(extreme_of<Choose, int64_t>(a->int_span()));
    case vm::ElementKind::Floats: return Value::real(extreme_of<Choose, double>(a->float_span()));
    case vm::ElementKind::Values: break;
  }
  return extreme_of<Choose>(std::span<const Value>(a->values, a->size));
}

// --- integers ---

static Value factorial(Vm&, Args args) {
  return Value::integer(factorial_of(args.integer(0)));
}

static Value pow_int(Vm&, Args args) {
  return Value::integer(vm::wrapping_pow(args.integer(0), std::max<int64_t>(args.integer(1), 0)));
}

static Value mod_pow(Vm& vm, Args args) {
  const int64_t base = args.integer(0), exponent = std::max<int64_t>(args.integer(1), 0);
  const uint64_t modulus = magnitude(args.integer(2));
  if (modulus == 0) return vm.heap().singularity(0, 0, "mod_pow: modulus is zero");
  uint64_t residue = magnitude(base) % modulus;
  if (base < 0 && residue != 0) residue = modulus - residue;
  return Value::integer(static_cast<int64_t>(power_modulo(residue, static_cast<uint64_t>(exponent), modulus)));
}

static Value is_prime(Vm&, Args args) {
  const int64_t n = args.integer(0);
  return Value::integer(n > 1 && prime(static_cast<uint64_t>(n)));
}

static Value gcd(Vm&, Args args) {
  return Value::integer(static_cast<int64_t>(std::gcd(magnitude(args.integer(0)), magnitude(args.integer(1)))));
}

static Value lcm(Vm&, Args args) {
  const uint64_t a = magnitude(args.integer(0)), b = magnitude(args.integer(1));
  if (a == 0 || b == 0) return Value::integer(0);
  return Value::integer(static_cast<int64_t>(a / std::gcd(a, b) * b));
}

static Value is_even(Vm&, Args args) {
  return Value::integer((args.integer(0) & 1) == 0);
}

static Value is_odd(Vm&, Args args) {
  return Value::integer(args.integer(0) & 1);
}

static Value bit_count(Vm&, Args args) {
  return Value::integer(std::popcount(static_cast<uint64_t>(args.integer(0))));
}

static Value bit_length(Vm&, Args args) {
  return Value::integer(static_cast<int64_t>(std::bit_width(magnitude(args.integer(0)))));
}

static Value digit_sum(Vm&, Args args) {
  return Value::integer(decimal_digit_sum(magnitude(args.integer(0))));
}

static Value digit_count(Vm&, Args args) {
  return Value::integer(decimal_digit_count(magnitude(args.integer(0))));
}

constexpr Builtin kBuiltins[] = {
    {"abs", "(x) -> any", "Absolute value: of a float a float, of anything else an int.", "abs(-3)  # 3", abs},
    {"math_abs", "(x) -> any", "The same as abs.", "math_abs(-2.5)  # 2.5", abs},
    {"sign", "(x) -> int", "-1, 0 or 1 by the sign.", "sign(-2.5)  # -1", sign},
    {"floor", "(x) -> int", "The greatest int not above x.", "floor(-2.1)  # -3", whole<std::floor>, {}, {}, raw_whole<std::floor>},
    {"math_floor", "(x) -> int", "The same as floor.", "math_floor(2.7)  # 2", whole<std::floor>},
    {"ceil", "(x) -> int", "The smallest int not below x.", "ceil(2.1)  # 3", whole<std::ceil>, {}, {}, raw_whole<std::ceil>},
    {"math_ceil", "(x) -> int", "The same as ceil.", "math_ceil(-2.7)  # -2", whole<std::ceil>},
    {"round", "(x) -> int", "The nearest int, halves away from zero.", "round(-2.5)  # -3", whole<std::round>, {}, {}, raw_whole<std::round>},
    {"math_round", "(x) -> int", "The same as round.", "math_round(2.5)  # 3", whole<std::round>},
    {"frac", "(x) -> float", "What is behind the decimal point, with its sign.", "frac(-2.75)  # -0.75",
     of_float<substrate::frac>, {}, {}, raw<substrate::frac>},
    {"clamp", "(x, lo, hi) -> float", "x, but not below lo and not above hi.", "clamp(5, 1, 3)  # 3.0", clamp},
    {"lerp", "(a, b, t) -> float", "The point t of the way from a to b.", "lerp(0, 10, 0.25)  # 2.5", lerp},

    {"sqrt", "(x) -> float", "Square root; NaN below zero.", "sqrt(16)  # 4.0", of_float<std::sqrt>, {}, {}, raw<std::sqrt>},
    {"math_sqrt", "(x) -> float", "The same as sqrt.", "math_sqrt(0.25)  # 0.5", of_float<std::sqrt>, {}, {}, raw<std::sqrt>},
    {"exp", "(x) -> float", "e to the power x.", "exp(0)  # 1.0", of_float<std::exp>, {}, {}, raw<std::exp>},
    {"log", "(x) -> float", "Natural logarithm.", "log(1)  # 0.0", of_float<std::log>, {}, {}, raw<std::log>},
    {"math_log", "(x) -> float", "The same as log.", "math_log(1)  # 0.0", of_float<std::log>, {}, {}, raw<std::log>},
    {"log2", "(x) -> float", "Logarithm to the base 2.", "log2(8)  # 3.0", of_float<std::log2>, {}, {}, raw<std::log2>},
    {"log10", "(x) -> float", "Logarithm to the base 10.", "log10(1000)  # 3.0", of_float<std::log10>, {}, {}, raw<std::log10>},
    {"sin", "(x) -> float", "Sine of x radians.", "sin(0)  # 0.0", of_float<std::sin>, {}, {}, raw<std::sin>},
    {"math_sin", "(x) -> float", "The same as sin.", "math_sin(0)  # 0.0", of_float<std::sin>, {}, {}, raw<std::sin>},
    {"cos", "(x) -> float", "Cosine of x radians.", "cos(0)  # 1.0", of_float<std::cos>, {}, {}, raw<std::cos>},
    {"math_cos", "(x) -> float", "The same as cos.", "math_cos(0)  # 1.0", of_float<std::cos>, {}, {}, raw<std::cos>},
    {"tan", "(x) -> float", "Tangent of x radians.", "tan(0)  # 0.0", of_float<std::tan>, {}, {}, raw<std::tan>},
    {"math_tan", "(x) -> float", "The same as tan.", "math_tan(0)  # 0.0", of_float<std::tan>, {}, {}, raw<std::tan>},
    {"tanh", "(x) -> float", "Hyperbolic tangent.", "tanh(100)  # 1.0", of_float<std::tanh>, {}, {}, raw<std::tanh>},
    {"asin", "(x) -> float", "The angle whose sine is x.", "asin(0)  # 0.0", of_float<std::asin>, {}, {}, raw<std::asin>},
    {"acos", "(x) -> float", "The angle whose cosine is x.", "acos(1)  # 0.0", of_float<std::acos>, {}, {}, raw<std::acos>},
    {"atan", "(x) -> float", "The angle whose tangent is x.", "atan(0)  # 0.0", of_float<std::atan>, {}, {}, raw<std::atan>},
    {"atan2", "(y, x) -> float", "The angle of the point (x, y).", "atan2(0, 1)  # 0.0", of_floats<std::atan2>},
    {"hypot", "(a, b) -> float", "Distance of the point (a, b) from the origin.", "hypot(3, 4)  # 5.0",
     of_floats<std::hypot>},
    {"pow", "(b, e) -> float", "b to the power e.", "pow(2, 10)  # 1024.0", of_floats<std::pow>},
    {"math_pow", "(b, e) -> float", "The same as pow.", "math_pow(3, 2)  # 9.0", of_floats<std::pow>},
    {"erf", "(x) -> float", "The error function, to seven digits.", "erf(10)  # 1.0", of_float<error_function>, {}, {}, raw<error_function>},
    {"sigmoid", "(x) -> float", "The logistic function 1 / (1 + exp(-x)).", "sigmoid(0)  # 0.5", of_float<logistic>, {}, {}, raw<logistic>},

    {"pi", "() -> float", "Half the circumference of the unit circle.", "pi()  # 3.141592653589793",
     number<substrate::kPi>},
    {"tau", "() -> float", "The circumference of the unit circle.", "tau()  # 6.283185307179586", number<kTau>},
    {"e", "() -> float", "The base of the natural logarithm.", "e()  # 2.718281828459045", number<std::numbers::e>},
    {"phi", "() -> float", "The golden ratio.", "phi()  # 1.618033988749895", number<substrate::kPhi>},
    {"phi_inv", "() -> float", "One by the golden ratio, as the language defines it.",
     "phi_inv()  # 0.6180339887498943", number<substrate::kPhiInverse>},
    {"phi_sq", "() -> float", "The golden ratio squared.", "phi_sq()  # 2.618033988749895",
     number<substrate::kPhiSquared>},
    {"phi_squared", "() -> float", "The same as phi_sq.", "phi_squared()  # 2.618033988749895",
     number<substrate::kPhiSquared>},
    {"sqrt_2", "() -> float", "Square root of 2.", "sqrt_2()  # 1.4142135623730951", number<kSqrt2>},
    {"sqrt_5", "() -> float", "Square root of 5.", "sqrt_5()  # 2.23606797749979", number<substrate::kSqrt5>},
    {"ln_2", "() -> float", "Natural logarithm of 2.", "ln_2()  # 0.6931471805599453", number<std::numbers::ln2>},

    {"min", "(a, b?, ...) -> any", "The smallest argument, or element of the only argument.", "min(3, 1, 2)  # 1",
     extreme<Smaller>, "min requires (a, b, ...) or (array)"},
    {"math_min", "(a, b?, ...) -> any", "The same as min.", "math_min([2, 2.5])  # 2.0", extreme<Smaller>,
     "math_min requires (a, b, ...) or (array)"},
    {"max", "(a, b?, ...) -> any", "The greatest argument, or element of the only argument.", "max(2, 2.0)  # 2.0",
     extreme<Larger>, "max requires (a, b, ...) or (array)"},
    {"math_max", "(a, b?, ...) -> any", "The same as max.", "math_max([3, 9, -2])  # 9", extreme<Larger>,
     "math_max requires (a, b, ...) or (array)"},

    {"square", "(x) -> any", "x times x; ints wrap.", "square(-1.5)  # 2.25", square},
    {"cube", "(x) -> any", "x times x times x; ints wrap.", "cube(3)  # 27", cube},
    {"factorial", "(n) -> int", "Product of 1 to n, modulo 2^64.", "factorial(5)  # 120", factorial},
    {"pow_int", "(b, e) -> int", "b to the power e, modulo 2^64.", "pow_int(2, 10)  # 1024", pow_int},
    {"mod_pow", "(b, e, m) -> int", "b to the power e, modulo m.", "mod_pow(3, 200, 13)  # 9", mod_pow},
    {"is_prime", "(n) -> int", "1 when n is a prime.", "is_prime(7919)  # 1", is_prime},
    {"gcd", "(a, b) -> int", "Greatest common divisor.", "gcd(-12, 18)  # 6", gcd},
    {"lcm", "(a, b) -> int", "Least common multiple.", "lcm(4, 6)  # 12", lcm},
    {"is_even", "(n) -> int", "1 when n is even.", "is_even(4)  # 1", is_even},
    {"even", "(n) -> int", "The same as is_even.", "even(3)  # 0", is_even},
    {"is_odd", "(n) -> int", "1 when n is odd.", "is_odd(-3)  # 1", is_odd},
    {"odd", "(n) -> int", "The same as is_odd.", "odd(4)  # 0", is_odd},
    {"bit_count", "(n) -> int", "Ones in the 64-bit two's complement.", "bit_count(-1)  # 64", bit_count},
    {"bit_length", "(n) -> int", "Binary digits of the absolute value.", "bit_length(-255)  # 8", bit_length},
    {"digit_sum", "(n) -> int", "Sum of the decimal digits.", "digit_sum(9081)  # 18", digit_sum},
    {"digit_count", "(n) -> int", "Number of decimal digits.", "digit_count(-1000)  # 4", digit_count},
};

constinit const std::span<const Builtin> maths_builtins = kBuiltins;

}  // namespace omc::stdlib
