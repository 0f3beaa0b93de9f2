#pragma once
// What the compiler knows of a value at a place of the bytecode.

#include <cstdint>
#include <vector>

namespace omc::jit {

// Of registers None: nobody reads it any more. Of global variables Cell: the value is in the cell, not in a register.
// Any is a tag and a payload, both only known at run time.
enum class Kind : uint8_t { None, Cell, Unassigned, Null, Bool, Int, Float, String, Array, Any };

// What the elements of an array are expected to be. A guess that saves work, never relied on: another array may stand in its
// place, and any call may widen it, so each access looks at the element kind.
enum class Leaf : uint8_t { Unknown, Int, Float, String, Mixed };

struct Type {
  Kind kind = Kind::None;
  uint8_t depth = 1;  // of an array: 2 for an array of arrays
  Leaf leaf = Leaf::Unknown;

  friend bool operator==(const Type&, const Type&) = default;
  constexpr bool is_array() const { return kind == Kind::Array; }
  constexpr bool is_pointer() const { return kind == Kind::Array || kind == Kind::String; }
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
constexpr Type array_of(Leaf leaf) { return {Kind::Array, 1, leaf}; }

// The element of an array of this type.
constexpr Type element(Type array) {
  if (array.depth > 1) return {Kind::Array, static_cast<uint8_t>(array.depth - 1), array.leaf};
  switch (array.leaf) {
    case Leaf::Int: return kInt;
    case Leaf::Float: return kFloat;
    case Leaf::String: return kString;
    default: return kAny;
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
  if (fresh || (array.depth == 1 && array.leaf == leaf)) return array_of(leaf);
  return array_of(Leaf::Mixed);
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
      return {Kind::Array, a.depth, leaf};
    }
    return array_of(Leaf::Mixed);
  }
  return kAny;
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
