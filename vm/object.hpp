#pragma once
// The kinds of heap objects. Each begins with an Object; their layouts are shared with the collector and the interpreter.
//
// Objects never move. They are made by the functions of the Vm or Heap that take a Vm& or Heap&, and freed only by the
// collector. Sizes are in elements unless a name says bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vm/value.hpp"

namespace omc::vm {

enum class ElementKind : uint8_t { Ints, Floats, Values };

// The bytes behind the first two belong to single kinds: they would be padding in their own structures.
struct Object {
  Tag tag;
  uint8_t color = 0;                     // the collector's
  uint8_t flags = 0;                     // meaning is the kind's own
  ElementKind kind = ElementKind::Ints;  // of an Array
  uint32_t hash = 0;                     // of a String's text, once `kHashed` is set
};

// Growing room behind strings made by `+`: the string that ends where `used` ends may be extended in place, all others
// see only their own prefix. So `s = s + x` costs amortised O(length of x).
struct StringBuffer : Object {
  size_t capacity = 0;
  size_t used = 0;
  char* data = nullptr;  // owned
};

// Immutable UTF-8. Interned strings (names, literals) are equal exactly when their addresses are.
struct String : Object {
  static constexpr uint8_t kInterned = 1, kHashed = 2;
  uint32_t size_bytes = 0;
  mutable uint32_t characters = kUnknownCount;  // code points, counted when first asked for
  const char* data = nullptr;                   // behind this object, or in `buffer`
  StringBuffer* buffer = nullptr;

  static constexpr uint32_t kUnknownCount = UINT32_MAX;
  std::string_view view() const { return {data, size_bytes}; }
  bool interned() const { return flags & kInterned; }
  uint32_t count_characters() const;
  bool ascii() const { return count_characters() == size_bytes; }
};

// Ints and floats are unboxed contiguous memory. A kind changes only by widening to Values; an empty array takes the kind
// of its first element.
struct Array : Object {
  static constexpr size_t kMaxSize = size_t{1} << 28;  // what programs may make
  size_t size = 0;
  size_t capacity = 0;
  union {
    int64_t* ints;
    double* floats;
    Value* values;
    void* data = nullptr;  // owned, or behind this object
  };

  bool empty() const { return size == 0; }
  bool is_ints() const { return kind == ElementKind::Ints; }
  bool is_floats() const { return kind == ElementKind::Floats; }
  std::span<int64_t> int_span() const { OMC_ASSERT(is_ints()); return {ints, size}; }
  std::span<double> float_span() const { OMC_ASSERT(is_floats()); return {floats, size}; }

  Value at(size_t i) const {
    OMC_ASSERT(i < size);
    switch (kind) {
      case ElementKind::Ints: return Value::integer(ints[i]);
      case ElementKind::Floats: return Value::real(floats[i]);
      default: return values[i].read();
    }
  }
  // These may allocate: throw Error (memory limit), never collect.
  void set(Heap& heap, size_t i, Value v);
  void push(Heap& heap, Value v);
  void reserve(Heap& heap, size_t n);
  void widen(Heap& heap);  // to Values
  // Puts other memory from Heap::allocate_raw in the place of the elements, which are gone.
  void replace_elements(Heap& heap, void* memory, size_t memory_capacity, ElementKind memory_kind);
  bool inside() const { return data == this + 1; }  // the elements stand behind the object, until there are more
  static constexpr size_t element_bytes(ElementKind kind) { return kind == ElementKind::Values ? sizeof(Value) : 8; }
};

// String keys. Lookup by hash; iteration in ascending key order (bytes of UTF-8 = code points), the order being built when
// somebody iterates and kept until a key comes or goes. Entries stand in insertion order; a removed one has no key.
struct Dict : Object {
  struct Entry {
    String* key;
    Value value;
  };
  Entry* entries = nullptr;   // owned
  uint32_t* table = nullptr;  // owned; open addressing, entry number + 1; only above kLinear entries
  mutable uint32_t* order = nullptr;  // owned; live entries in key order, or nullptr
  uint32_t used = 0;          // entries, removed ones included
  uint32_t size = 0;          // live entries
  uint32_t capacity = 0;
  uint32_t table_mask = 0;

  static constexpr uint32_t kLinear = 8;
  static constexpr uint32_t kMissing = UINT32_MAX;

  uint32_t find(const String* key) const;  // entry number or kMissing
  const Value* get(const String* key) const {
    const uint32_t i = find(key);
    return i == kMissing ? nullptr : &entries[i].value;
  }
  const Value* get(std::string_view key) const;
  void set(Heap& heap, String* key, Value v);
  bool remove(Heap& heap, const String* key);
  void clear(Heap& heap);
  // Live entry numbers in key order; valid until a key is added or removed.
  std::span<const uint32_t> sorted(Heap& heap) const;
};

// What a function value is.
enum class FunctionKind : uint8_t { Closure, Reference, Constructor };

struct Function : Object {
  FunctionKind kind;
};

// A compiled function and the variables it captured.
struct Closure : Function {
  Proto* proto = nullptr;
  uint32_t lambda_number = 0;  // of <closure __rt_lambda_N>; 0: a named function
  uint32_t capture_count = 0;
  Value* captures() { return reinterpret_cast<Value*>(this + 1); }  // Boxes, or a LateScope
};

// The name of a function or builtin as a value: calling it uses whatever the name means by then.
struct FunctionReference : Function {
  GlobalCell* cell = nullptr;
};

// The constructor function of a class.
struct Constructor : Function {
  String* class_name = nullptr;
  uint32_t field_count = 0;
  String** fields() { return reinterpret_cast<String**>(this + 1); }
};

// A captured variable.
struct Box : Object {
  Value value = Value::unassigned();
};

// The late names of one call (language reference, section 7).
struct LateScope : Object {
  LateScope* parent = nullptr;
  struct Entry {
    String* name;
    Box* box;
  };
  std::vector<Entry> entries;

  Box* find(const String* name) const {
    for (const LateScope* scope = this; scope; scope = scope->parent)
      for (const Entry& e : scope->entries)
        if (e.name == name) return e.box;
    return nullptr;
  }
};

// The result of a division by zero: numerator / denominator, where denominator is 0.
struct Singularity : Object {
  int64_t numerator = 0;
  int64_t denominator = 0;
  String* context = nullptr;
};

// What a value of another kind (a circuit, say) is made of; `unknown` to type_of.
class Opaque {
 public:
  virtual ~Opaque() = default;
  virtual std::string display() const = 0;
};

// A value on its way from one builtin to the next (Op::CallLending): an argument of a builtin that takes such values, and
// nothing a program could see. For everybody else it settles as an ordinary value first.
class Lent : public Opaque {
 public:
  std::string display() const final { return "unknown"; }
  virtual Value settle(Vm& vm) = 0;
};

struct OtherObject : Object {
  std::unique_ptr<Opaque> content;
};

}  // namespace omc::vm
