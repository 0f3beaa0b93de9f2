// par_*: the function first, then the array (language reference, chapter 02, section 19). What a program sees is
// sequential: in order, over a snapshot of the elements, and the first error ends it.

#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Array;
using vm::Builtin;
using vm::ElementKind;
using vm::Root;
using vm::RootValue;
using vm::Value;
using vm::Vm;
using vm::Wording;

// The elements as they are now: the function may change the array.
static Array* snapshot(Vm& vm, Args args) {
  const Array* a = args.array(1, Wording::Second);
  switch (a->kind) {
    case ElementKind::Ints: return vm.heap().ints(a->int_span());
    case ElementKind::Floats: return vm.heap().floats(a->float_span());
    case ElementKind::Values: break;
  }
  return vm.heap().array_of({a->values, a->size});
}

static Value par_map(Vm& vm, Args args) {
  const Root<Array> in(vm, snapshot(vm, args));
  const Root<Array> out(vm, vm.heap().array(ElementKind::Ints, 0));
  out->reserve(vm.heap(), in->size);
  for (size_t i = 0; i < in->size; ++i) out->push(vm.heap(), vm.call(args[0], {in->at(i)}));
  return out.value();
}

static Value par_filter(Vm& vm, Args args) {
  const Root<Array> in(vm, snapshot(vm, args));
  const Root<Array> out(vm, vm.heap().array(ElementKind::Ints, 0));
  for (size_t i = 0; i < in->size; ++i)
    if (vm::to_bool(vm.call(args[0], {in->at(i)}))) out->push(vm.heap(), in->at(i));
  return out.value();
}

static Value par_reduce(Vm& vm, Args args) {
  const Root<Array> in(vm, snapshot(vm, args));
  RootValue accumulated(vm, args[2]);
  for (size_t i = 0; i < in->size; ++i) accumulated.set(vm.call(args[0], {accumulated.get(), in->at(i)}));
  return accumulated.get();
}

static Value par_for(Vm& vm, Args args) {
  const Root<Array> in(vm, snapshot(vm, args));
  for (size_t i = 0; i < in->size; ++i) vm.call(args[0], {in->at(i)});
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"par_map", "(f, arr) -> array", "f of every element.", "par_map(sqrt, [4, 9])  # [2.0, 3.0]", par_map},
    {"par_filter", "(f, arr) -> array", "The elements for which f is true.",
     "par_filter(is_even, [1, 2, 3, 4])  # [2, 4]", par_filter},
    {"par_reduce", "(f, arr, init) -> any", "f(f(f(init, first), second), ...).", "par_reduce(max, [4, 9, 2], 0)  # 9",
     par_reduce},
    {"par_for", "(f, arr) -> null", "Calls f with every element.", "par_for(println, [1, 2])  # null", par_for},
};

std::span<const Builtin> parallel_builtins() {
  return kBuiltins;
}

}  // namespace omc::stdlib
