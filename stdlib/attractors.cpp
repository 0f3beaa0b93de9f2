// The attractor table and where ints stand in it (language reference, chapter 04, section 1).

#include "substrate/attractors.hpp"

#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

static Value attractor_table(Vm& vm, Args) {
  return vm.heap().ints(substrate::kAttractors);
}

static Value nearest_attractor(Vm&, Args args) {
  return Value::integer(substrate::nearest(args.integer(0)).attractor);
}

static int64_t distance_of(int64_t n) {
  return static_cast<int64_t>(substrate::nearest(n).distance);
}
static Value attractor_distance(Vm&, Args args) {
  return Value::integer(distance_of(args.integer(0)));
}
static int64_t attractor_of(int64_t n) {
  return substrate::nearest(n).attractor;
}

static Value largest_attractor_at_most(Vm&, Args args) {
  return Value::integer(substrate::largest(args.integer(0)));
}

static Value is_attractor(Vm&, Args args) {
  return Value::integer(substrate::is_attractor(args.integer(0)));
}

static Value attractor_bucket(Vm&, Args args) {
  return Value::integer(static_cast<int64_t>(substrate::attractor_bucket(args.integer(0))));
}

static Value harmonic_unalign(Vm&, Args args) {
  return Value::integer(substrate::harmonic_unalign(args.integer(0)));
}

constexpr Builtin kBuiltins[] = {
    {"attractor_table", "() -> array", "The 40 attractors: the Fibonacci numbers from 0 to 63245986.",
     "attractor_table()[12]  # 144", attractor_table},
    {"nearest_attractor", "(n) -> int",
     "The attractor of an int: the nearest Fibonacci number, except in the gaps that their lower end holds whole.",
     "nearest_attractor(100)  # 89", nearest_attractor, {}, {}, vm::ShortForm(attractor_of)},
    {"attractor_distance", "(n) -> int", "How far an int is from its attractor.", "attractor_distance(100)  # 11",
     attractor_distance, {}, {}, vm::ShortForm(distance_of)},
    {"hbit_tension", "(value) -> int", "The same as attractor_distance.", "hbit_tension(12)  # 4", attractor_distance},
    {"largest_attractor_at_most", "(n) -> int",
     "The largest attractor whose magnitude is at most that of n, with the sign of n.",
     "largest_attractor_at_most(-100)  # -89", largest_attractor_at_most},
    {"is_attractor", "(value) -> int", "1 when the magnitude is one of the 40 attractors, else 0.",
     "is_attractor(-21)  # 1", is_attractor},
    {"attractor_bucket", "(value) -> int", "The place of the attractor in attractor_table().",
     "attractor_bucket(100)  # 11", attractor_bucket},
    {"harmonic_align", "(value) -> int", "The same as nearest_attractor.", "harmonic_align(12)  # 8",
     nearest_attractor},
    {"harmonic_unalign", "(value) -> int", "What is left of an int without its attractor.", "harmonic_unalign(12)  # 4",
     harmonic_unalign},
};

constinit const std::span<const Builtin> attractors_builtins = kBuiltins;

}  // namespace omc::stdlib
