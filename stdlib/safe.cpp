// Arithmetic that heals instead of failing, and singularities (language reference, chapter 04, section 10). What `safe`
// turns `/` into is here too; safe_arr_get and safe_arr_set stand beside the builtins they heal, in arrays.cpp.

#include "substrate/safe.hpp"

#include "stdlib/arithmetic.hpp"
#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

// Ints unless an operand is a float; a singularity counts as 0.
template <class Operation>
static Value healed(const Args& args, Operation apply) {
  const auto healed_operand = [&](size_t i) { return args[i].is_singularity() ? Value::integer(0) : args[i]; };
  const Value a = healed_operand(0), b = healed_operand(1);
  if (a.is_float() || b.is_float()) return Value::real(apply(to_float(a), to_float(b)));
  return Value::integer(apply(to_int(a), to_int(b)));
}

static Value safe_add(Vm&, Args args) {
  return healed(args, Add());
}
static Value safe_sub(Vm&, Args args) {
  return healed(args, Subtract());
}
static Value safe_mul(Vm&, Args args) {
  return healed(args, Multiply());
}

static int64_t divisor(const Args& args) {
  return substrate::safe_divisor(args.integer(1), args.number(1));
}

static Value safe_divide(Vm&, Args args) {
  const int64_t d = divisor(args);
  if (args[0].is_float()) return Value::real(args[0].as_float() / static_cast<double>(d));
  return Value::integer(substrate::safe_quotient(args.integer(0), d));
}

static int64_t quotient_of_ints(int64_t a, int64_t b) {
  return substrate::safe_quotient(a, substrate::safe_divisor(b, static_cast<double>(b)));
}

static Value safe_mod(Vm&, Args args) {
  return Value::integer(substrate::safe_remainder(args.integer(0), divisor(args)));
}

static Value safe_sqrt(Vm&, Args args) {
  return Value::real(substrate::safe_sqrt(args.number(0)));
}

static Value safe_log(Vm&, Args args) {
  return Value::real(substrate::safe_log(args.number(0)));
}

static Value resolve_singularity(Vm&, Args args) {
  const int64_t n = args.integer(0);
  const Args::Text mode = args.text(1);
  if (mode.view() == "fold") return Value::integer(substrate::nearest(n).attractor);
  if (mode.view() == "invert") return Value::integer(n < 0 ? -1 : 1);
  if (mode.view() == "boundary") return Value::integer(n);
  throw args.error("unknown mode \"" + std::string(mode.view()) +
                   "\" (expected \"fold\", \"invert\", or \"boundary\")");
}

static Value ensure_clean(Vm&, Args args) {
  return args[0].is_singularity() ? Value::integer(0) : args[0];
}

static Value cleanup_array(Vm& vm, Args args) {
  const Array* array = args.array(0);
  if (array->kind != ElementKind::Values) return copy(vm, array);
  std::vector<Value> kept;
  std::ranges::copy_if(std::span(array->values, array->size), std::back_inserter(kept),
                       [](Value v) { return !v.is_singularity(); });
  return vm.heap().array_of(kept);
}

constexpr Builtin kBuiltins[] = {
    {"safe_add", "(a, b) -> number", "The sum; a singularity counts as 0.", "safe_add(2.5, 1)  # 3.5", safe_add},
    {"safe_sub", "(a, b) -> number", "The difference; a singularity counts as 0.", "safe_sub(1 / 0, 5)  # -5",
     safe_sub},
    {"safe_mul", "(a, b) -> number", "The product; a singularity counts as 0.", "safe_mul(3, 4)  # 12", safe_mul},
    {"safe_divide", "(a, b) -> number", "The quotient by the whole part of b; by 1 where that is 0.",
     "safe_divide(10, 0)  # 10", safe_divide, {}, {}, vm::ShortForm(quotient_of_ints)},
    {"safe_mod", "(a, b) -> int", "The non-negative remainder; 0 for a divisor below 2.", "safe_mod(-7, 3)  # 2",
     safe_mod},
    {"safe_sqrt", "(x) -> float", "The square root; 0.0 of a negative number.", "safe_sqrt(-4)  # 0.0", safe_sqrt},
    {"safe_log", "(x) -> float", "The natural logarithm; -1.0e308 of a number that is not positive.",
     "safe_log(1)  # 0.0", safe_log},
    {"resolve_singularity", "(value, mode_string) -> int",
     "The numerator folded onto its attractor (fold), its sign (invert), or the numerator itself (boundary).",
     "resolve_singularity(100 / 0, \"fold\")  # 89", resolve_singularity},
    {"ensure_clean", "(value) -> any", "0 for a singularity, any other value as it is.", "ensure_clean(5 / 0)  # 0",
     ensure_clean},
    {"cleanup_array", "(array) -> array", "The elements that are not singularities.",
     "cleanup_array([1, 2 / 0, 3])  # [1, 3]", cleanup_array},
};

constinit const std::span<const Builtin> safe_builtins = kBuiltins;

}  // namespace omc::stdlib
