#pragma once
// Fresh arrays out of elements of others. Memory is copied as it is where the kinds agree, so that the result is as
// narrow as what it is made of.

#include <algorithm>  // copy_n
#include <optional>
#include <span>

#include "vm/vm.hpp"

namespace omc::stdlib {

inline vm::ElementKind kind_of(vm::Value v) {
  return v.is_int() ? vm::ElementKind::Ints : v.is_float() ? vm::ElementKind::Floats : vm::ElementKind::Values;
}

// The kind of an array that will hold everything it is shown.
class CommonKind {
 public:
  void add(vm::ElementKind kind) { kind_ = !kind_ || *kind_ == kind ? kind : vm::ElementKind::Values; }
  void add(const vm::Array* array) {
    if (!array->empty()) add(array->kind);
  }
  vm::ElementKind get() const { return kind_.value_or(vm::ElementKind::Ints); }

 private:
  std::optional<vm::ElementKind> kind_;
};

// An array of n elements, all of which the caller is about to write: the memory is not cleared.
inline vm::Array* unfilled(vm::Vm& vm, vm::ElementKind kind, size_t n) {
  vm::Array* out = vm.heap().array(kind, 0);
  out->reserve(vm.heap(), n);
  out->size = n;
  return out;
}

// out[at..at+n) = in[from..from+n); `out` is of the kind of `in` or of Values.
inline void copy_elements(vm::Array* out, size_t at, const vm::Array* in, size_t from, size_t n) {
  if (n == 0) return;
  if (out->kind != in->kind) {
    for (size_t i = 0; i < n; ++i) out->values[at + i] = in->at(from + i);
  } else if (in->kind == vm::ElementKind::Values) {
    std::copy_n(in->values + from, n, out->values + at);
  } else {
    std::copy_n(in->ints + from, n, out->ints + at);  // ints or floats: 8 bytes each
  }
}

inline vm::Array* slice(vm::Vm& vm, const vm::Array* array, size_t from, size_t n) {
  vm::Array* out = unfilled(vm, array->kind, n);
  copy_elements(out, 0, array, from, n);
  return out;
}

inline vm::Array* copy(vm::Vm& vm, const vm::Array* array) {
  return slice(vm, array, 0, array->size);
}

// The elements at these places, in this order.
inline vm::Array* gather(vm::Vm& vm, const vm::Array* array, std::span<const size_t> places) {
  vm::Array* out = vm.heap().array(array->kind, places.size());
  for (size_t i = 0; i < places.size(); ++i) copy_elements(out, i, array, places[i], 1);
  return out;
}

// All elements of an array at once; as many as it has. The kind may change so, since none of the old ones is left.
inline void replace_elements(vm::Heap& heap, vm::Array* array, std::span<const double> elements) {
  if (array->kind == vm::ElementKind::Values) {
    array->replace_elements(heap, heap.allocate_raw(elements.size_bytes()), elements.size(), vm::ElementKind::Floats);
  }
  array->kind = vm::ElementKind::Floats;
  std::ranges::copy(elements, array->floats);
}

// n references to one value.
inline vm::Array* filled(vm::Vm& vm, size_t n, vm::Value v) {
  vm::Array* out = unfilled(vm, kind_of(v), n);
  switch (out->kind) {
    case vm::ElementKind::Ints:
      std::fill_n(out->ints, n, v.as_int());
      break;
    case vm::ElementKind::Floats:
      std::fill_n(out->floats, n, v.as_float());
      break;
    case vm::ElementKind::Values:
      std::fill_n(out->values, n, v);
      break;
  }
  return out;
}

}  // namespace omc::stdlib
