// Arrays: making them, reading and storing elements.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/attractors.hpp"  // nearest

namespace omc::stdlib {

using namespace vm;

static Value arr_new(Vm& vm, Args args) {
  const int64_t size = args.integer(0);
  if (size < 0) throw args.error("size must be non-negative (got " + std::to_string(size) + ")");
  return filled(vm, checked_count(args, size), args[1]);
}

// How many of start, start + step, ... lie before end. No value between start and end leaves the 64-bit range.
static uint64_t range_count(int64_t start, int64_t end, int64_t step) {
  if (step > 0 ? start >= end : start <= end) return 0;
  return (substrate::distance(start, end) - 1) / substrate::magnitude(step) + 1;
}

static Value range(Vm& vm, Args args) {
  const bool from_zero = args.size() == 1;
  const int64_t start = from_zero ? 0 : args.integer(0);
  const int64_t end = args.integer(from_zero ? 0 : 1);
  const int64_t step = args.integer_or(2, 1);
  if (step == 0) throw args.error("step must be non-zero");
  Array* out = unfilled(vm, ElementKind::Ints, checked_size(args, range_count(start, end, step)));
  uint64_t next = static_cast<uint64_t>(start);
  for (int64_t& x : out->int_span()) {
    x = static_cast<int64_t>(next);
    next += static_cast<uint64_t>(step);
  }
  return out;
}

static Value arr_repeat(Vm& vm, Args args) {
  return filled(vm, checked_count(args, args.integer(1)), args[0]);
}

static Value arr_zeros(Vm& vm, Args args) {
  return vm.heap().array(ElementKind::Ints, checked_count(args, args.integer(0)));
}

static Value arr_ones(Vm& vm, Args args) {
  return filled(vm, checked_count(args, args.integer(0)), Value::integer(1));
}

static Array* zero_matrix(Vm& vm, size_t rows, size_t columns) {
  Array* out = vm.heap().array(ElementKind::Values, rows);
  for (size_t i = 0; i < rows; ++i) {
    vm.poll();
    out->values[i] = vm.heap().array(ElementKind::Ints, columns);
  }
  return out;
}

static Value arr_zeros_2d(Vm& vm, Args args) {
  return zero_matrix(vm, checked_count(args, args.integer(0)), checked_count(args, args.integer(1)));
}

static Value arr_eye(Vm& vm, Args args) {
  const size_t n = checked_count(args, args.integer(0));
  Array* out = zero_matrix(vm, n, n);
  for (size_t i = 0; i < n; ++i) out->values[i].as_array()->ints[i] = 1;
  return out;
}

static Value arr_len(Vm&, Args args) {
  if (!args[0].is_array()) throw Error("arr_len requires an array");
  return Value::integer(static_cast<int64_t>(args[0].as_array()->size));
}

// The place that argument i names: a number, negative ones counting from the end.
static size_t place(const Args& args, size_t i, const Array* array) {
  Value index;
  if (!numeric_operand(args[i], index)) throw args.error("Cannot index array with " + std::string(type_name(args[i])));
  const int64_t written = to_int(index), size = static_cast<int64_t>(array->size);
  if (written < -size || written >= size)
    throw args.error("index " + std::to_string(written) + " out of bounds (length " + std::to_string(size) + ")");
  return static_cast<size_t>(written < 0 ? written + size : written);
}

// The place that argument i, any value, folds to: its attractor, wrapped around. The array is not empty.
static size_t folded_place(const Args& args, size_t i, const Array* array) {
  const int64_t size = static_cast<int64_t>(array->size);
  return static_cast<size_t>((substrate::nearest(args.integer(i)).attractor % size + size) % size);
}

static Array* target(const Args& args) {
  if (!args[0].is_array()) throw args.error("first argument must be an array variable");
  return args[0].as_array();
}

static Value arr_get(Vm&, Args args) {
  if (!args[0].is_array())
    throw args.error("first argument must be an array (got " + std::string(type_name(args[0])) +
                     (args[0].is_dict() ? "; did you mean `dict_get(d, key)`?)" : ")"));
  const Array* array = args[0].as_array();
  return array->at(place(args, 1, array));
}

static Value arr_set(Vm& vm, Args args) {
  Array* array = target(args);
  array->set(vm.heap(), place(args, 1, array), args[2]);
  return Value::null();
}

static Value arr_push(Vm& vm, Args args) {
  Array* array = target(args);
  checked_size(args, array->size + 1);
  array->push(vm.heap(), args[1]);
  return Value::null();
}

static Value arr_first(Vm&, Args args) {
  return non_empty_array(args, 0)->at(0);
}

static Value arr_last(Vm&, Args args) {
  const Array* array = non_empty_array(args, 0);
  return array->at(array->size - 1);
}

static Value safe_arr_get(Vm&, Args args) {
  const Array* array = args.array(0, Wording::First);
  return array->empty() ? Value::null() : array->at(folded_place(args, 1, array));
}

static Value safe_arr_set(Vm& vm, Args args) {
  Array* array = target(args);
  if (!array->empty()) array->set(vm.heap(), folded_place(args, 1, array), args[2]);
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"arr_new", "(size, default) -> array", "An array of the given size with the same value in every place.",
     "arr_new(3, 0)  # [0, 0, 0]", arr_new, "arr_new requires 2 arguments"},
    {"range", "(start, end?, step?) -> array",
     "The ints from start (0 when only the end is given) up to, not including, end.", "range(2, 8, 3)  # [2, 5]", range,
     "range: requires 1, 2, or 3 arguments"},
    {"arr_from_range", "(start, end?, step?) -> array",
     "The ints from start (0 when only the end is given) up to, not including, end.", "arr_from_range(3)  # [0, 1, 2]",
     range, "arr_from_range: requires 1, 2, or 3 arguments"},
    {"arr_range", "(start, end?, step?) -> array",
     "The ints from start (0 when only the end is given) up to, not including, end.",
     "arr_range(5, 0, -2)  # [5, 3, 1]", range, "arr_range: requires 1, 2, or 3 arguments"},
    {"arr_repeat", "(value, n) -> array", "An array of n references to one value.", "arr_repeat(\"ab\", 2)  # [ab, ab]",
     arr_repeat},
    {"arr_fill", "(value, n) -> array", "An array of n references to one value.", "arr_fill(0.5, 3)  # [0.5, 0.5, 0.5]",
     arr_repeat},
    {"arr_zeros", "(n) -> array", "An array of n int zeros.", "arr_zeros(3)  # [0, 0, 0]", arr_zeros},
    {"arr_ones", "(n) -> array", "An array of n int ones.", "arr_ones(2)  # [1, 1]", arr_ones},
    {"arr_zeros_2d", "(rows, cols) -> array", "A matrix of int zeros with independent rows.",
     "arr_zeros_2d(2, 3)  # [[0, 0, 0], [0, 0, 0]]", arr_zeros_2d},
    {"arr_eye", "(n) -> array", "The identity matrix of ints.", "arr_eye(2)  # [[1, 0], [0, 1]]", arr_eye},
    {"arr_len", "(array) -> int", "The number of elements.", "arr_len([7, 8])  # 2", arr_len,
     "arr_len requires 1 argument", {}, Op::TryArrayLength},
    {"arr_get", "(array, index) -> any", "The element at an index; negative ones count from the end.",
     "arr_get([7, 8, 9], -1)  # 9", arr_get},
    {"arr_set", "(array_name, index, value) -> null",
     "Stores an element in place; negative indices count from the end.", "h xs = [1, 2]; arr_set(xs, 0, 9);", arr_set, {}, Effect::Changes},
    {"arr_push", "(array_name, value) -> null", "Appends an element in place.", "h xs = [1]; arr_push(xs, 2);",
     arr_push, {}, Effect::Changes, Op::TryArrayPush},
    {"arr_first", "(array) -> any", "The first element.", "arr_first([7, 8])  # 7", arr_first},
    {"arr_last", "(array) -> any", "The last element.", "arr_last([7, 8])  # 8", arr_last},
    {"safe_arr_get", "(array, index) -> any",
     "The element at the attractor of the index, wrapped around; null for an empty array.",
     "safe_arr_get([10, 20, 30], 7)  # 30", safe_arr_get},
    {"safe_arr_set", "(array_name, index, value) -> null",
     "Stores an element in place at the attractor of the index, wrapped around.",
     "h xs = [1, 2, 3]; safe_arr_set(xs, 7, 9);", safe_arr_set, {}, Effect::Changes},
};

constinit const std::span<const Builtin> arrays_builtins = kBuiltins;

}  // namespace omc::stdlib
