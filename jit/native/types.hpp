#pragma once
// What the compiler knows of a value at a place of the bytecode.

#include <cstdint>
#include <vector>

#include "vm/fwd.hpp"  // Object

namespace omc::jit {

// Of registers None: nobody reads it any more. Of global variables Cell: the value is in the cell, not in a register.
// Any is a tag and a payload, both only known at run time.
enum class Kind : uint8_t { None, Cell, Unassigned, Null, Bool, Int, Float, String, Array, Dict, Function, Any };

// What the elements of an array are expected to be. A guess that saves work, never relied on: another array may stand in its
// place, and any call may widen it, so each access looks at the element kind.
enum class Leaf : uint8_t { Unknown, Int, Float, String, Mixed };

struct Type {
  Kind kind = Kind::None;
  uint8_t depth = 1;  // of an array: 2 for an array of arrays
  Leaf leaf = Leaf::Unknown;
  // An object that stood in this place when the code was made. Of a dict: what keys there are, where, and what kinds of values
  // they have; or the Constructor it comes from. Of a function: a closure of the same Proto, or that. Of a box: what is in it. Of
  // an array or an unknown kind: the same of what it holds or is. A guess, too.
  const vm::Object* like = nullptr;

  friend bool operator==(const Type&, const Type&) = default;
  constexpr bool is_array() const { return kind == Kind::Array; }
  constexpr bool is_pointer() const { return kind == Kind::String || kind == Kind::Array || kind == Kind::Dict || kind == Kind::Function; }
  constexpr bool integral() const { return kind == Kind::Int || kind == Kind::Bool; }
  constexpr bool numeric() const { return integral() || kind == Kind::Float; }
  // May hold a reference that the collector must see.
  constexpr bool holds_reference() const { return is_pointer() || kind == Kind::Any; }
};

inline constexpr Type kNone{Kind::None};
inline constexpr Type kCell{Kind::Cell};
inline constexpr Type kUnassigned{Kind::Unassigned};
inline constexpr Type kNull{Kind::Null};
inline constexpr Type kBool{Kind::Bool};
inline constexpr Type kInt{Kind::Int};
inline constexpr Type kFloat{Kind::Float};
inline constexpr Type kString{Kind::String};
inline constexpr Type kAny{Kind::Any};
inline constexpr Type kDict{Kind::Dict};
constexpr Type function_like(const vm::Object* like) { return {Kind::Function, 1, Leaf::Unknown, like}; }
constexpr Type dict_like(const vm::Object* like) { return {Kind::Dict, 1, Leaf::Unknown, like}; }
constexpr Type any_like(const vm::Object* like) { return {Kind::Any, 1, Leaf::Unknown, like}; }
constexpr Type array_of(Leaf leaf) { return {Kind::Array, 1, leaf}; }

// The element of an array of this type.
constexpr Type element(Type array) {
  if (array.depth > 1) return {Kind::Array, static_cast<uint8_t>(array.depth - 1), array.leaf};
  switch (array.leaf) {
    case Leaf::Int: return kInt;
    case Leaf::Float: return kFloat;
    case Leaf::String: return kString;
    default: return any_like(array.like);
  }
}

// An array that a value of this type was put into.
constexpr Type with_element(Type array, Type v) {
  const bool fresh = array.depth == 1 && array.leaf == Leaf::Unknown;
  if (v.is_array() && (fresh || array.depth == v.depth + 1) && v.depth < 4)
    return {Kind::Array, static_cast<uint8_t>(v.depth + 1), fresh || array.leaf == Leaf::Unknown ? v.leaf : array.leaf};
  const Leaf leaf = v.kind == Kind::Int     ? Leaf::Int
                    : v.kind == Kind::Float  ? Leaf::Float
                    : v.kind == Kind::String ? Leaf::String
                                             : Leaf::Mixed;
  Type result = array_of(fresh || (array.depth == 1 && array.leaf == leaf) ? leaf : Leaf::Mixed);
  if (result.leaf == Leaf::Mixed && (fresh || array.like == v.like)) result.like = v.like;
  return result;
}

// The least type that both belong to.
constexpr Type join(Type a, Type b) {
  if (a == b) return a;
  if (a.kind == Kind::None || a.kind == Kind::Cell) return b;
  if (b.kind == Kind::None || b.kind == Kind::Cell) return a;
  if (a.is_array() && b.is_array()) {
    if (a.depth == 1 && a.leaf == Leaf::Unknown) return b;
    if (b.depth == 1 && b.leaf == Leaf::Unknown) return a;
    if (a.depth == b.depth) {
      const Leaf leaf = a.leaf == Leaf::Unknown ? b.leaf : b.leaf == Leaf::Unknown ? a.leaf : Leaf::Mixed;
      return {Kind::Array, a.depth, leaf, a.like == b.like ? a.like : nullptr};
    }
    return array_of(Leaf::Mixed);
  }
  // What may be null besides is still like it.
  const bool same = a.like == b.like || b.kind == Kind::Null, other = a.kind == Kind::Null;
  const vm::Object* like = same ? a.like : other ? b.like : nullptr;
  if (a.kind == b.kind && a.is_pointer()) return {a.kind, 1, Leaf::Unknown, like};
  return a.is_array() || b.is_array() ? kAny : any_like(like);
}

// A register or global variable at one place.
struct Slot {
  Type type;
  bool synced = false;  // the frame holds the same value
  uint32_t id = 0;      // equal for registers that hold the very same value
  bool lane = false;    // in the dual-band mode: its second lane may differ, and has a variable
  friend bool operator==(const Slot&, const Slot&) = default;
};
using State = std::vector<Slot>;  // the registers, then the globals of the unit; empty: not reached

}  // namespace omc::jit
