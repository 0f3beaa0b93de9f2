#pragma once
// The elements of an array as searches read them (substrate/search.hpp), whatever its kind: nothing is copied, and only
// what a search probes is converted.

#include <cstdint>  // int64_t
#include <span>

#include "substrate/search.hpp"  // FloatReadings
#include "vm/vm.hpp"

namespace omc::stdlib {

class ValueReadings {
 public:
  explicit ValueReadings(std::span<const vm::Value> x) : x_(x) {}
  size_t size() const { return x_.size(); }
  int64_t operator[](size_t i) const { return vm::to_int(x_[i]); }

 private:
  std::span<const vm::Value> x_;
};

// f(readings); good until the array changes.
template <class F>
decltype(auto) with_int_readings(const vm::Array* array, F&& f) {
  switch (array->kind) {
    case vm::ElementKind::Ints:
      return f(std::span<const int64_t>(array->ints, array->size));
    case vm::ElementKind::Floats:
      return f(substrate::FloatReadings(std::span<const double>(array->floats, array->size)));
    default:
      return f(ValueReadings(std::span<const vm::Value>(array->values, array->size)));
  }
}

// Readings that are gone through once: the limits are looked at on the way.
template <substrate::IntReadings A>
class PolledReadings {
 public:
  PolledReadings(vm::Vm& vm, const A& a) : vm_(vm), a_(a) {}
  size_t size() const { return a_.size(); }
  int64_t operator[](size_t i) const {
    vm_.poll();
    return a_[i];
  }

 private:
  vm::Vm& vm_;
  const A& a_;
};

}  // namespace omc::stdlib
