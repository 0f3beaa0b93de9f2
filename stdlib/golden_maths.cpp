// Powers and logarithms of the golden ratio (language reference, chapter 04, section 5).

#include "stdlib/stdlib.hpp"
#include "substrate/phi.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

static Value phi_pow(Vm&, Args args) {
  return Value::real(substrate::phi_pow(args.number(0)));
}

static Value phi_pi_pow(Vm&, Args args) {
  return Value::real(substrate::phi_pi_pow(args.number(0)));
}

static Value log_phi_pi_fibonacci(Vm&, Args args) {
  return Value::real(substrate::log_phi_pi_fibonacci(args.number(0)));
}

static Value phi_pi_log_distance(Vm&, Args args) {
  return Value::real(substrate::phi_pi_log_distance(args.integer(0), args.integer(1)));
}

static Value is_phi_resonant(Vm&, Args args) {
  return Value::integer(substrate::is_phi_resonant(args.number(0), args.number(1)));
}

constexpr Builtin kBuiltins[] = {
    {"phi_pow", "(k) -> float", "The golden ratio to the power k.", "phi_pow(2)  # 2.618033988749895", phi_pow},
    {"phi_pi_pow", "(k) -> float", "The golden ratio to the power π·k.", "phi_pi_pow(0)  # 1.0", phi_pi_pow},
    {"log_phi_pi_fibonacci", "(n) -> float", "The logarithm to the base φ^π.", "log_phi_pi_fibonacci(1)  # 0.0",
     log_phi_pi_fibonacci},
    {"phi_pi_log_distance", "(a, b) -> float", "The logarithm to the base φ^π of the distance of two ints plus 1.",
     "phi_pi_log_distance(7, 7)  # 0.0", phi_pi_log_distance},
    {"is_phi_resonant", "(value, tol) -> int",
     "1 when the magnitude is at most tol away from a whole power of the golden ratio, else 0.",
     "is_phi_resonant(2.618, 0.001)  # 1", is_phi_resonant},
};

constinit const std::span<const Builtin> golden_maths_builtins = kBuiltins;

}  // namespace omc::stdlib
