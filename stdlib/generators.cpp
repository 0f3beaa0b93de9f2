// Consumers of generators. Vm::stream hands over what the thunk yields and unwinds it when the consumer stops.

#include <utility>  // exchange

#include "stdlib/arithmetic.hpp"
#include "stdlib/array_arguments.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

static Value gen_stream(Vm& vm, Args args) {
  return Value::integer(vm.stream(args[0], [&](Value v) { return to_int(vm.call(args[1], {v})) != 0; }));
}

static Value gen_take(Vm& vm, Args args) {
  const int64_t n = args.integer(1);
  const Root<Array> out(vm, vm.heap().array(ElementKind::Ints, 0));
  vm.stream(args[0], [&](Value v) {
    if (n <= 0) return false;
    checked_size(args, out->size + 1);
    out->push(vm.heap(), v);
    return out->size < static_cast<uint64_t>(n);
  });
  return out.value();
}

static Value gen_count(Vm& vm, Args args) {
  int64_t count = 0;
  vm.stream(args[0], [&](Value) { return ++count, true; });
  return Value::integer(count);
}

static Value gen_sum(Vm& vm, Args args) {
  Value total = Value::integer(0);
  vm.stream(args[0], [&](Value v) {
    if (total.is_float() || v.is_float())
      total = Value::real(to_float(total) + to_float(v));
    else
      total = Value::integer(Add()(total.as_int(), to_int(v)));
    return true;
  });
  return total;
}

static Value gen_substrate_fib(Vm& vm, Args args) {
  constexpr int64_t kCallsAtMost = 93;  // F(92) is the last that fits an int
  const int64_t max = args.integer(1);
  int64_t calls = 0;
  uint64_t fibonacci = 0, next = 1;
  while (calls < kCallsAtMost && static_cast<int64_t>(fibonacci) <= max) {
    ++calls;
    if (to_int(vm.call(args[0], {Value::integer(static_cast<int64_t>(fibonacci))})) == 0) break;
    next += std::exchange(fibonacci, next);
  }
  return Value::integer(calls);
}

constexpr Builtin kBuiltins[] = {
    {"gen_stream", "(thunk, callback) -> int",
     "Calls the callback with every value that the thunk yields until it answers 0; 1 when the thunk ran to its end, "
     "else 0.",
     "gen_stream(fn() { yield 1; yield 2; }, fn(v) v < 2)  # 0", gen_stream},
    {"gen_take", "(thunk, n) -> array", "The first n values that the thunk yields.",
     "gen_take(fn() { yield 1; yield 2; yield 3; }, 2)  # [1, 2]", gen_take},
    {"gen_count", "(thunk) -> int", "The number of values that the thunk yields.",
     "gen_count(fn() { yield 7; yield 8; })  # 2", gen_count},
    {"gen_sum", "(thunk) -> number",
     "The sum of the values that the thunk yields: a wrapping int up to the first float.",
     "gen_sum(fn() { yield 1; yield 2.5; })  # 3.5", gen_sum},
    {"gen_substrate_fib", "(callback, max) -> int",
     "Calls the callback with the Fibonacci numbers up to max until it answers 0; the number of calls.",
     "gen_substrate_fib(fn(v) 1, 20)  # 8", gen_substrate_fib},
};

constinit const std::span<const Builtin> generators_builtins = kBuiltins;

}  // namespace omc::stdlib
