#pragma once
// What a native that calls back into OMC holds across the call. A Root lives on the C++ stack; roots form a list in the Vm,
// last made first.

#include "vm/object.hpp"

namespace omc::vm {

class RootBase {
 protected:
  RootBase(Vm& vm, Value v);
  ~RootBase();
  RootBase(const RootBase&) = delete;
  RootBase& operator=(const RootBase&) = delete;
  Value value_;

 private:
  friend class Vm;
  Vm& vm_;
  RootBase* below_;
};

// Root<Array> out(vm, heap.array(...)); out->push(...); return out.value();
template <class T>
class Root : RootBase {
 public:
  Root(Vm& vm, T* object) : RootBase(vm, Value(object)), object_(object) {}
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  Value value() const { return value_; }

 private:
  T* object_;
};

// A root of any value, which may be replaced.
class RootValue : RootBase {
 public:
  RootValue(Vm& vm, Value v) : RootBase(vm, v) {}
  Value get() const { return value_; }
  void set(Value v) { value_ = v; }
};

}  // namespace omc::vm
