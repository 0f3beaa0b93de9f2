// Arrays: parts of them, and arrays put together. Every result is a fresh array that shares its elements.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

// An int as a position in the array: from 0 to its length.
static size_t clamped(int64_t i, size_t size) {
  return i <= 0 ? 0 : static_cast<size_t>(std::min<uint64_t>(static_cast<uint64_t>(i), size));
}

static Value arr_slice(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const size_t end = clamped(args.integer(2), array->size);
  const size_t start = std::min(clamped(args.integer(1), array->size), end);
  return slice(vm, array, start, end - start);
}

static Value arr_take(Vm& vm, Args args) {
  const Array* array = args.array(0);
  return slice(vm, array, 0, clamped(args.integer(1), array->size));
}

static Value arr_drop(Vm& vm, Args args) {
  const Array* array = args.array(0);
  const size_t n = clamped(args.integer(1), array->size);
  return slice(vm, array, n, array->size - n);
}

static Value arr_concat(Vm& vm, Args args) {
  const Array* a = args.array(0, Wording::Both);
  const Array* b = args.array(1, Wording::Both);
  CommonKind kind;
  kind.add(a);
  kind.add(b);
  Array* out = unfilled(vm, kind.get(), checked_size(args, a->size + b->size));
  copy_elements(out, 0, a, 0, a->size);
  copy_elements(out, a->size, b, 0, b->size);
  return out;
}

static Value arr_reverse(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::Argument);
  Array* out = unfilled(vm, array->kind, array->size);
  if (out->kind == ElementKind::Values)
    std::reverse_copy(array->values, array->values + array->size, out->values);
  else
    std::reverse_copy(array->ints, array->ints + array->size, out->ints);  // ints or floats: 8 bytes each
  return out;
}

// Runs of at most `size` elements, each `step` after the one before.
static Value runs(Vm& vm, const Array* array, size_t count, size_t step, size_t size) {
  Array* out = vm.heap().array(ElementKind::Values, count);
  for (size_t i = 0; i < count; ++i) {
    vm.poll();
    out->values[i] = slice(vm, array, i * step, std::min(size, array->size - i * step));
  }
  return out;
}

static size_t run_size(const Args& args) {
  const int64_t n = args.integer(1);
  return n < 1 ? 1 : static_cast<size_t>(n);
}

static Value arr_chunk(Vm& vm, Args args) {
  const Array* array = args.array(0);
  const size_t size = std::min(run_size(args), std::max<size_t>(array->size, 1));
  return runs(vm, array, (array->size + size - 1) / size, size, size);
}

static Value arr_window(Vm& vm, Args args) {
  const Array* array = args.array(0);
  const size_t size = run_size(args);
  return runs(vm, array, array->size < size ? 0 : array->size - size + 1, 1, size);
}

static Value arr_flatten(Vm& vm, Args args) {
  const Array* array = args.array(0);
  if (array->kind != ElementKind::Values) return copy(vm, array);
  CommonKind kind;
  uint64_t total = 0;
  for (const Value v : std::span(array->values, array->size)) {
    if (v.is_array()) {
      kind.add(v.as_array());
      total += v.as_array()->size;
    } else {
      kind.add(kind_of(v));
      ++total;
    }
  }
  Array* out = unfilled(vm, kind.get(), checked_size(args, total));
  size_t at = 0;
  for (const Value v : std::span(array->values, array->size)) {
    vm.poll();
    if (v.is_array()) {
      copy_elements(out, at, v.as_array(), 0, v.as_array()->size);
      at += v.as_array()->size;
    } else {
      out->set(vm.heap(), at++, v);
    }
  }
  return out;
}

// [[first(0), second(0)], [first(1), second(1)], ...]
template <class First, class Second>
static Value pairs(Vm& vm, size_t n, First first, Second second) {
  Array* out = vm.heap().array(ElementKind::Values, n);
  for (size_t i = 0; i < n; ++i) {
    vm.poll();
    const Value pair[] = {first(i), second(i)};
    out->values[i] = vm.heap().array_of(pair);
  }
  return out;
}

static Value arr_zip(Vm& vm, Args args) {
  const Array* a = args.array(0, Wording::Both);
  const Array* b = args.array(1, Wording::Both);
  return pairs(
      vm, std::min(a->size, b->size), [a](size_t i) { return a->at(i); }, [b](size_t i) { return b->at(i); });
}

static Value arr_enumerate(Vm& vm, Args args) {
  const Array* array = args.array(0);
  return pairs(
      vm, array->size, [](size_t i) { return Value::integer(static_cast<int64_t>(i)); },
      [array](size_t i) { return array->at(i); });
}

constexpr Builtin kBuiltins[] = {
    {"arr_slice", "(array, start, end) -> array",
     "The elements from start up to, not including, end; both are clamped.", "arr_slice([0, 1, 2, 3], 1, 3)  # [1, 2]",
     arr_slice},
    {"arr_take", "(array, n) -> array", "The first n elements.", "arr_take([1, 2, 3], 2)  # [1, 2]", arr_take},
    {"arr_drop", "(array, n) -> array", "All but the first n elements.", "arr_drop([1, 2, 3], 2)  # [3]", arr_drop},
    {"arr_concat", "(array_a, array_b) -> array", "The elements of the first array, then those of the second.",
     "arr_concat([1, 2], [3])  # [1, 2, 3]", arr_concat},
    {"arr_reverse", "(array) -> array", "The elements in the opposite order.", "arr_reverse([1, 2, 3])  # [3, 2, 1]",
     arr_reverse, "arr_reverse requires 1 argument"},
    {"arr_chunk", "(array, size) -> array", "Consecutive pieces of the given size; the last may be shorter.",
     "arr_chunk([1, 2, 3], 2)  # [[1, 2], [3]]", arr_chunk},
    {"arr_window", "(array, size) -> array", "All runs of the given number of consecutive elements.",
     "arr_window([1, 2, 3], 2)  # [[1, 2], [2, 3]]", arr_window},
    {"arr_flatten", "(array) -> array", "Elements that are arrays give way to their own elements, one level deep.",
     "arr_flatten([[1, 2], 3, []])  # [1, 2, 3]", arr_flatten},
    {"arr_zip", "(array_a, array_b) -> array", "Pairs of the elements at the same place; as long as the shorter array.",
     "arr_zip([1, 2], [\"a\", \"b\"])  # [[1, a], [2, b]]", arr_zip},
    {"arr_enumerate", "(array) -> array", "Pairs of each index and its element.",
     "arr_enumerate([\"x\", \"y\"])  # [[0, x], [1, y]]", arr_enumerate},
};

constinit const std::span<const Builtin> array_structure_builtins = kBuiltins;

}  // namespace omc::stdlib
