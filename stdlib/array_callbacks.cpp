// Map, filter, fold and search with a function of the program.
//
// The function may change the array it is called for: every builtin here works on a copy of the elements made at the
// start.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/parallel.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

static Value map(Vm& vm, const Array* array, Value function) {
  const Root<Array> elements(vm, copy(vm, array));
  const Root<Array> out(vm, vm.heap().array(ElementKind::Ints, 0));
  Callback f(vm, function);
  for (size_t i = 0; i < elements->size; ++i) {
    const Value result = f(elements->at(i));
    if (i == 0) {
      out->kind = kind_of(result);  // of the memory reserved
      out->reserve(vm.heap(), elements->size);
    }
    out->push(vm.heap(), result);
  }
  return out.value();
}

static Value filter(Vm& vm, const Array* array, Value predicate) {
  const Root<Array> elements(vm, copy(vm, array));
  const Root<Array> out(vm, vm.heap().array(elements->kind, 0));
  Callback holds(vm, predicate);
  for (size_t i = 0; i < elements->size; ++i) {
    const Value element = elements->at(i);
    if (to_bool(holds(element))) out->push(vm.heap(), element);
  }
  return out.value();
}

static Value reduce(Vm& vm, const Array* array, Value function, Value initial) {
  const Root<Array> elements(vm, copy(vm, array));
  Callback f(vm, function);
  Value result = initial;
  for (size_t i = 0; i < elements->size; ++i) result = f(result, elements->at(i));
  return result;
}

// The first place whose element the predicate answers with `wanted`; the number of elements when there is none.
static size_t find(Vm& vm, const Array* elements, Value predicate, bool wanted) {
  Callback holds(vm, predicate);
  size_t i = 0;
  while (i < elements->size && to_bool(holds(elements->at(i))) != wanted) ++i;
  return i;
}

static Value arr_map(Vm& vm, Args args) {
  return map(vm, args.array(0, Wording::First), args[1]);
}
static Value arr_filter(Vm& vm, Args args) {
  return filter(vm, args.array(0, Wording::First), args[1]);
}
static Value arr_reduce(Vm& vm, Args args) {
  return reduce(vm, args.array(0, Wording::First), args[1], args[2]);
}

static Value arr_any(Vm& vm, Args args) {
  const Root<Array> elements(vm, copy(vm, args.array(0, Wording::First)));
  return Value::integer(find(vm, elements.get(), args[1], true) < elements->size);
}

static Value arr_all(Vm& vm, Args args) {
  const Root<Array> elements(vm, copy(vm, args.array(0, Wording::First)));
  return Value::integer(find(vm, elements.get(), args[1], false) == elements->size);
}

static Value arr_find(Vm& vm, Args args) {
  const Root<Array> elements(vm, copy(vm, args.array(0, Wording::First)));
  const size_t i = find(vm, elements.get(), args[1], true);
  return i < elements->size ? elements->at(i) : Value::null();
}

static Value par_map(Vm& vm, Args args) {
  const Root<Array> elements(vm, copy(vm, args.array(1, Wording::Second)));
  const Root<Array> out(vm, vm.heap().array(ElementKind::Ints, 0));
  call_for_each(vm, args[0], elements.get(), [&](size_t i, Value result) {
    if (i == 0) {
      out->kind = kind_of(result);
      out->reserve(vm.heap(), elements->size);
    }
    out->push(vm.heap(), result);
  });
  return out.value();
}

static Value par_filter(Vm& vm, Args args) {
  const Root<Array> elements(vm, copy(vm, args.array(1, Wording::Second)));
  const Root<Array> out(vm, vm.heap().array(elements->kind, 0));
  call_for_each(vm, args[0], elements.get(), [&](size_t i, Value result) {
    if (to_bool(result)) out->push(vm.heap(), elements->at(i));
  });
  return out.value();
}

// Each call needs the result of the one before.
static Value par_reduce(Vm& vm, Args args) {
  return reduce(vm, args.array(1, Wording::Second), args[0], args[2]);
}

static Value par_for(Vm& vm, Args args) {
  const Root<Array> elements(vm, copy(vm, args.array(1, Wording::Second)));
  call_for_each(vm, args[0], elements.get(), [](size_t, Value) {});
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"arr_map", "(array, function) -> array", "What the function gives for each element, in order.",
     "arr_map([1, 4, 9], sqrt)  # [1.0, 2.0, 3.0]", arr_map},
    {"arr_filter", "(array, predicate) -> array", "The elements that the predicate holds for.",
     "arr_filter([1, 2, 3, 4], fn(x) x % 2 == 0)  # [2, 4]", arr_filter},
    {"arr_reduce", "(array, function, initial) -> any",
     "Folds the elements from left to right: acc = function(acc, x).",
     "arr_reduce([1, 2, 3], fn(acc, x) acc + x, 10)  # 16", arr_reduce},
    {"arr_any", "(array, predicate) -> int", "1 when the predicate holds for some element, else 0; stops at the first.",
     "arr_any([1, 2, 3], fn(x) x > 2)  # 1", arr_any},
    {"arr_all", "(array, predicate) -> int",
     "1 when the predicate holds for every element, else 0; stops at the first failure.",
     "arr_all([1, 2, 3], fn(x) x > 2)  # 0", arr_all},
    {"arr_find", "(array, predicate) -> any", "The first element that the predicate holds for, or null.",
     "arr_find([1, 3, 4], fn(x) x > 2)  # 3", arr_find},
    {"par_map", "(function, array) -> array", "What the function gives for each element, in order.",
     "par_map(sqrt, [1, 4, 9])  # [1.0, 2.0, 3.0]", par_map},
    {"par_filter", "(function, array) -> array", "The elements that the function holds for.",
     "par_filter(fn(x) x > 1, [1, 2, 3])  # [2, 3]", par_filter},
    {"par_reduce", "(function, array, init) -> any", "Folds the elements from left to right: acc = function(acc, x).",
     "par_reduce(fn(acc, x) acc + x, [1, 2, 3], 100)  # 106", par_reduce},
    {"par_for", "(function, array) -> null", "Calls the function for each element, in order.",
     "h seen = []; par_for(fn(x) arr_push(seen, x), [7, 8]);", par_for},
};

constinit const std::span<const Builtin> array_callbacks_builtins = kBuiltins;

}  // namespace omc::stdlib
