// Random numbers (language reference, chapter 02, section 9).

#include "stdlib/random.hpp"

#include <sys/random.h>

#include <chrono>

#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

Random::Random() {
  uint64_t start = 0;
  if (::getrandom(&start, sizeof start, GRND_NONBLOCK) != sizeof start)
    start = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  seed(start);
  // Seeds of one moment differ in few bits; some rounds spread them over the state.
  for (int i = 0; i < 16; ++i) next();
}

static Value random_seed(Vm& vm, Args args) {
  const int64_t s = args.integer(0);
  vm.state<Random>().seed(static_cast<uint64_t>(s));
  return Value::integer(s);
}

static Value random_int(Vm& vm, Args args) {
  return Value::integer(vm.state<Random>().integer(args.integer(0), args.integer(1)));
}

static Value random_float(Vm& vm, Args) {
  return Value::real(vm.state<Random>().fraction());
}

constexpr Builtin kBuiltins[] = {
    {"random_seed", "(s) -> int", "Makes the following random numbers depend on s alone.", "random_seed(42)  # 42",
     random_seed},
    {"random_int", "(lo, hi) -> int", "A random int of lo to hi, both included.", "random_int(5, 5)  # 5", random_int},
    {"random_float", "() -> float", "A random float, at least 0 and below 1.", "random_float() < 1.0  # true",
     random_float},
};

constinit const std::span<const Builtin> random_builtins = kBuiltins;

}  // namespace omc::stdlib
