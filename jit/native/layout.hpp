#pragma once
// Where native code finds the fields of values, arrays and global cells.

#include <cstddef>

#include "jit/native/types.hpp"
#include "vm/globals.hpp"
#include "vm/object.hpp"
#include "vm/value.hpp"

namespace omc::jit {

// A value is its payload, then its tag; native code writes tags as whole words, so that the interpreter's 16-byte copies need not
// wait.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
inline constexpr int64_t kTagOffset = 8;
inline constexpr int64_t kArrayKind = offsetof(vm::Array, kind);
inline constexpr int64_t kArraySize = offsetof(vm::Array, size);
inline constexpr int64_t kArrayCapacity = offsetof(vm::Array, capacity);
inline constexpr int64_t kArrayData = offsetof(vm::Array, data);
inline constexpr int64_t kStringBytes = offsetof(vm::String, size_bytes);
inline constexpr int64_t kStringCharacters = offsetof(vm::String, characters);
inline constexpr int64_t kStringData = offsetof(vm::String, data);
inline constexpr int64_t kDictEntries = offsetof(vm::Dict, entries);
inline constexpr int64_t kDictUsed = offsetof(vm::Dict, used);
inline constexpr int64_t kDictSize = offsetof(vm::Dict, size);
inline constexpr int64_t kEntryKey = offsetof(vm::Dict::Entry, key);
inline constexpr int64_t kEntryValue = offsetof(vm::Dict::Entry, value);
inline constexpr int64_t kEntryBytes = sizeof(vm::Dict::Entry);
inline constexpr int64_t kBoxValue = offsetof(vm::Box, value);
inline constexpr int64_t kFunctionKind = offsetof(vm::Function, kind);
inline constexpr int64_t kClosureProto = offsetof(vm::Closure, proto);
inline constexpr int64_t kCellTarget = offsetof(vm::GlobalCell, target);
inline constexpr int64_t kCellVariable = offsetof(vm::GlobalCell, variable);
#pragma GCC diagnostic pop
inline constexpr int64_t kValueBytes = sizeof(vm::Value);

inline vm::Tag tag_of(Kind k) {
  switch (k) {
    case Kind::Null: return vm::Tag::Null;
    case Kind::Bool: return vm::Tag::Bool;
    case Kind::Int: return vm::Tag::Int;
    case Kind::Float: return vm::Tag::Float;
    case Kind::String: return vm::Tag::String;
    case Kind::Array: return vm::Tag::Array;
    case Kind::Dict: return vm::Tag::Dict;
    case Kind::Function: return vm::Tag::Function;
    default: return vm::Tag::Unassigned;
  }
}

}  // namespace omc::jit
