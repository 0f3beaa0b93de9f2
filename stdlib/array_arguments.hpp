#pragma once
// How the builtins on arrays read their arguments: strict numeric cells and the number rule (language reference,
// chapter 03, section 1), and elements as ints or floats whatever kind the array is of.
//
// A kernel is written once, on plain spans of int64_t or double. It gets the elements of any array a span at a time:
// the array's own memory where the kinds agree, else a converted piece of it, so that nothing as long as the array is
// made.

#include <algorithm>  // min
#include <array>
#include <concepts>
#include <cstdint>  // int64_t
#include <span>
#include <string>
#include <vector>

#include "stdlib/array_building.hpp"
#include "substrate/numbers.hpp"  // truncate_to_int
#include "vm/native.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

template <class T>
concept Cell = std::same_as<T, int64_t> || std::same_as<T, double>;

inline constexpr uint64_t kMaxElements = vm::Array::kMaxSize;

// n, when an array may have so many elements.
inline size_t checked_size(const vm::Args& args, uint64_t n) {
  if (n > kMaxElements) throw args.error(std::to_string(n) + " elements exceeds the array limit");
  return static_cast<size_t>(n);
}

// An int as a count: a negative one is none.
inline size_t checked_count(const vm::Args& args, int64_t n) {
  return n <= 0 ? 0 : checked_size(args, static_cast<uint64_t>(n));
}

// Null, bools and strings count as numbers; containers and functions do not.
inline bool is_cell(vm::Value v) {
  return !(v.is_array() || v.is_dict() || v.is_function());
}

// Throws "NAME: element I is not a number (TYPE)" for the first element that is none.
inline void require_cells(const vm::Args& args, const vm::Array* array) {
  if (array->kind != vm::ElementKind::Values) return;
  for (size_t i = 0; i < array->size; ++i)
    if (!is_cell(array->values[i]))
      throw args.error("element " + std::to_string(i) + " is not a number (" +
                       std::string(vm::type_name(array->values[i])) + ")");
}

// A required array of strict cells.
inline vm::Array* cell_array(const vm::Args& args, size_t i, vm::Wording wording = vm::Wording::Requires) {
  vm::Array* array = args.array(i, wording);
  require_cells(args, array);
  return array;
}

inline vm::Array* non_empty_array(const vm::Args& args, size_t i) {
  vm::Array* array = args.array(i, vm::Wording::Requires);
  if (array->empty()) throw args.error("empty array");
  return array;
}

template <Cell T>
T read_cell(vm::Value v) {
  if constexpr (std::same_as<T, double>)
    return vm::to_float(v);
  else
    return vm::to_int(v);
}

// One float among the cells makes all of them floats.
inline bool has_float(const vm::Array* array) {
  if (array->kind == vm::ElementKind::Floats) return !array->empty();
  if (array->kind == vm::ElementKind::Ints) return false;
  return std::ranges::any_of(std::span(array->values, array->size), &vm::Value::is_float);
}

// f<double>() or f<int64_t>().
template <class F>
decltype(auto) with_number_kind(bool floats, F&& f) {
  if (floats) return f.template operator()<double>();
  return f.template operator()<int64_t>();
}

inline vm::Value number(int64_t i) {
  return vm::Value::integer(i);
}
inline vm::Value number(double d) {
  return vm::Value::real(d);
}

// Elements in a span that a reader hands out; how often a long loop looks at the limits, too.
inline constexpr size_t kChunk = 1024;

template <Cell T>
inline constexpr vm::ElementKind kKindOf = std::same_as<T, double> ? vm::ElementKind::Floats : vm::ElementKind::Ints;

// The memory of an array of kind kKindOf<T>.
template <Cell T>
std::span<T> cells(vm::Array* array) {
  if constexpr (std::same_as<T, double>)
    return array->float_span();
  else
    return array->int_span();
}
template <Cell T>
std::span<const T> cells(const vm::Array* array) {
  return cells<T>(const_cast<vm::Array*>(array));
}

template <Cell T>
void read_cells(const vm::Array* array, size_t from, std::span<T> out) {
  switch (array->kind) {
    case vm::ElementKind::Ints:
      for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(array->ints[from + i]);
      break;
    case vm::ElementKind::Floats:
      for (size_t i = 0; i < out.size(); ++i) {
        if constexpr (std::same_as<T, double>)
          out[i] = array->floats[from + i];
        else
          out[i] = substrate::truncate_to_int(array->floats[from + i]);
      }
      break;
    case vm::ElementKind::Values:
      for (size_t i = 0; i < out.size(); ++i) out[i] = read_cell<T>(array->values[from + i]);
      break;
  }
}

// The elements of an array, or one scalar again and again, as T.
template <Cell T>
class CellReader {
 public:
  explicit CellReader(const vm::Array* array) : array_(array) {}
  // Good for spans of up to min(longest, kChunk).
  CellReader(vm::Value scalar, size_t longest) {
    std::fill_n(buffer_.begin(), std::min(longest, kChunk), read_cell<T>(scalar));
  }
  CellReader(const CellReader&) = delete;

  // n <= kChunk elements; valid until the next call.
  std::span<const T> read(size_t from, size_t n) {
    if (array_) {
      if (array_->kind == kKindOf<T>) return cells<T>(array_).subspan(from, n);
      read_cells<T>(array_, from, std::span(buffer_).first(n));
    }
    return std::span(buffer_).first(n);
  }

 private:
  const vm::Array* array_ = nullptr;
  std::array<T, kChunk> buffer_;  // left as it is where the array's own memory serves
};

// f(from, n) for pieces of [0, size), in order.
template <class F>
void for_each_chunk(vm::Vm& vm, size_t size, F&& f) {
  for (size_t from = 0; from < size; from += kChunk) {
    vm.poll();
    f(from, std::min(kChunk, size - from));
  }
}

// f(span, from) for pieces of the elements, in order.
template <Cell T, class F>
void for_each_cells(vm::Vm& vm, const vm::Array* array, F&& f) {
  CellReader<T> reader(array);
  for_each_chunk(vm, array->size, [&](size_t from, size_t n) { f(reader.read(from, n), from); });
}

// All elements at once, for kernels that go back and forth: the array's own memory where the kinds agree, else
// `scratch`.
template <Cell T>
std::span<const T> all_cells(const vm::Array* array, std::vector<T>& scratch) {
  if (array->kind == kKindOf<T>) return cells<T>(array);
  scratch.resize(array->size);
  read_cells<T>(array, 0, std::span(scratch));
  return scratch;
}

// A fresh array whose elements are f(x), T to R.
template <Cell T, Cell R, class F>
vm::Value map_cells(vm::Vm& vm, const vm::Array* array, F&& f) {
  vm::Array* out = unfilled(vm, kKindOf<R>, array->size);
  for_each_cells<T>(vm, array, [&](std::span<const T> x, size_t from) {
    const std::span<R> y = cells<R>(out).subspan(from, x.size());
    for (size_t i = 0; i < x.size(); ++i) y[i] = f(x[i]);
  });
  return out;
}

}  // namespace omc::stdlib
