#pragma once
// A value of the language: 16 bytes, a tag and a payload. Ints are full 64 bits and floats f64, both unboxed.
//
// Resonance and HIM score of an int are functions of its value and never stored.

#include <cstdint>
#include <type_traits>

#include "vm/assert.hpp"
#include "vm/fwd.hpp"

namespace omc::vm {

// Heap kinds have tags of their own: the bytes are padding anyway, and a type test needs no load.
// Unassigned marks a variable nothing was assigned to; programs never see it. The tags after Singularity are kinds of
// objects that are never the payload of a program's value, except Other (circuits and the like, `unknown` to programs).
enum class Tag : uint8_t {
  Null,
  Bool,
  Int,
  Float,
  Unassigned,
  String,
  Array,
  Dict,
  Function,
  Singularity,
  Other,
  Box,
  LateScope,
  Proto,
  StringBuffer,
  Free,  // no object: unused memory of the heap
};
inline constexpr Tag kFirstHeapTag = Tag::String;  // from here on the payload is an Object*
inline constexpr int kTagCount = static_cast<int>(Tag::Free) + 1;

class Value {
 public:
  constexpr Value() = default;
  static constexpr Value null() { return {}; }
  static constexpr Value boolean(bool b) { return {Tag::Bool, Payload{.i = b ? 1 : 0}}; }
  static constexpr Value integer(int64_t i) { return {Tag::Int, Payload{.i = i}}; }
  static constexpr Value real(double d) { return {Tag::Float, Payload{.d = d}}; }
  static constexpr Value unassigned() { return {Tag::Unassigned, Payload{.i = 0}}; }
  static Value object(Tag tag, Object* o) { return {tag, Payload{.p = o}}; }
  // The value of an object of known kind: Value(array), Value(string).
  Value(String* s) : Value(Tag::String, Payload{.p = s}) {}
  Value(Array* a) : Value(Tag::Array, Payload{.p = a}) {}
  Value(Dict* d) : Value(Tag::Dict, Payload{.p = d}) {}
  Value(Function* f) : Value(Tag::Function, Payload{.p = f}) {}
  Value(Singularity* s) : Value(Tag::Singularity, Payload{.p = s}) {}
  Value(Box* b) : Value(Tag::Box, Payload{.p = b}) {}
  Value(LateScope* s) : Value(Tag::LateScope, Payload{.p = s}) {}

  // A copy word by word. Values written a moment ago are copied so (registers above all): compilers copy 16 bytes at once,
  // and such a load waits until both stores have left the store buffer.
  constexpr Value read() const {
    Value v;
    v.payload_.i = payload_.i;
    v.tag_ = tag_;
    return v;
  }

  constexpr Tag tag() const { return static_cast<Tag>(tag_); }
  constexpr bool is_null() const { return tag() == Tag::Null; }
  constexpr bool is_bool() const { return tag() == Tag::Bool; }
  constexpr bool is_int() const { return tag() == Tag::Int; }
  constexpr bool is_float() const { return tag() == Tag::Float; }
  constexpr bool is_string() const { return tag() == Tag::String; }
  constexpr bool is_array() const { return tag() == Tag::Array; }
  constexpr bool is_dict() const { return tag() == Tag::Dict; }
  constexpr bool is_function() const { return tag() == Tag::Function; }
  constexpr bool is_singularity() const { return tag() == Tag::Singularity; }
  constexpr bool is_unassigned() const { return tag() == Tag::Unassigned; }
  constexpr bool is_heap() const { return tag() >= kFirstHeapTag; }

  constexpr bool as_bool() const { OMC_ASSERT(is_bool()); return payload_.i != 0; }
  constexpr int64_t as_int() const { OMC_ASSERT(is_int()); return payload_.i; }
  constexpr double as_float() const { OMC_ASSERT(is_float()); return payload_.d; }
  Object* as_object() const { OMC_ASSERT(is_heap()); return static_cast<Object*>(payload_.p); }
  String* as_string() const { OMC_ASSERT(is_string()); return static_cast<String*>(payload_.p); }
  Array* as_array() const { OMC_ASSERT(is_array()); return static_cast<Array*>(payload_.p); }
  Dict* as_dict() const { OMC_ASSERT(is_dict()); return static_cast<Dict*>(payload_.p); }
  Function* as_function() const { OMC_ASSERT(is_function()); return static_cast<Function*>(payload_.p); }
  Singularity* as_singularity() const { OMC_ASSERT(is_singularity()); return static_cast<Singularity*>(payload_.p); }
  Box* as_box() const { OMC_ASSERT(tag() == Tag::Box); return static_cast<Box*>(payload_.p); }
  LateScope* as_late_scope() const { OMC_ASSERT(tag() == Tag::LateScope); return static_cast<LateScope*>(payload_.p); }

 private:
  // `p`: an object, every type of which begins with its Object.
  union Payload {
    int64_t i;
    double d;
    void* p;
  };
  constexpr Value(Tag tag, Payload payload) : payload_(payload), tag_(static_cast<uint64_t>(tag)) {}

  Payload payload_{.i = 0};
  // A Tag, written in full width: a load of both halves as words must not meet a narrower store, which the processor
  // cannot forward (20 cycles each time).
  uint64_t tag_ = static_cast<uint64_t>(Tag::Null);
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

}  // namespace omc::vm
