// Fold: ints fall onto their attractor, floats turn by the golden ratio (language reference, chapter 04, section 3).
//
// `fold(x)`, written so, takes ints only and is an instruction of its own; the builtin `fold` is what a depth and calls
// by name lead to.

#include "stdlib/stdlib.hpp"
#include "substrate/fold.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

static Value folded(Value x, int64_t depth) {
  if (x.is_int()) return Value::integer(substrate::fold(x.as_int()));
  if (x.is_float()) return Value::real(substrate::fold(x.as_float(), depth));
  return Value::integer(0);
}

static Value fold(Vm&, Args args) {
  const bool is_depth = args.has(1) && (args[1].is_int() || args[1].is_float());  // else the name of a mode
  return folded(args[0], is_depth ? args.integer(1) : 1);
}

static Value phi_fold(Vm&, Args args) {
  return folded(args[0], args.integer_or(1, 1));
}

constexpr Builtin kBuiltins[] = {
    {"fold", "(x, depth?) -> number",
     "The attractor of an int; with a depth, a float times the golden ratio without its whole part, that many times.",
     "fold(100)  # 89", fold, "fold requires at least 1 argument"},
    {"phi.fold", "(x, depth?) -> number",
     "The attractor of an int; of a float what is left of it times the golden ratio without its whole part, depth "
     "times.",
     "phi.fold(0.5, 3)  # 0.5000000000000001", phi_fold, "phi.fold requires at least 1 argument"},
};

constinit const std::span<const Builtin> folding_builtins = kBuiltins;

}  // namespace omc::stdlib
