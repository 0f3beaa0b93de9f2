#pragma once
// LLVM IR in the words of this compiler: a thin layer over the C API, and the layouts of the VM's objects.
//
// Rules of the language that shape it: no nsw or nuw, no fast-math flags, shift counts masked, saturating float to int, and no
// undef or poison (language reference, chapter 08, section 8.8).

#include <llvm-c/Core.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vm/object.hpp"

namespace omc::jit {

// Memory of one class is never written through another: what alias analysis may rely on.
enum class Memory : uint8_t { Register, Cell, Header, Ints, Floats, Values, Text, Dict, Entries, Box, Fixed, Count };

class Emitter {
 public:
  explicit Emitter(const char* name);
  ~Emitter();
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  LLVMContextRef context;
  LLVMModuleRef module;
  LLVMBuilderRef b;
  LLVMTypeRef i1, i8, i32, i64, f64, ptr, pair;

  LLVMValueRef constant(int64_t v) const { return LLVMConstInt(i64, static_cast<uint64_t>(v), true); }
  LLVMValueRef constant(double v) const;  // to the bit, NaNs too
  LLVMValueRef truth(bool v) const { return LLVMConstInt(i1, v, false); }
  LLVMValueRef address(const void* p) const;
  LLVMValueRef tag(vm::Tag t) const { return constant(static_cast<int64_t>(t)); }

  LLVMValueRef offset(LLVMValueRef base, int64_t bytes) const;
  LLVMValueRef load(LLVMTypeRef type, LLVMValueRef from, Memory memory, const char* name = "") const;
  void store(LLVMValueRef v, LLVMValueRef to, Memory memory) const;
  LLVMValueRef intrinsic(const char* name, std::vector<LLVMTypeRef> overloads, std::vector<LLVMValueRef> arguments) const;
  // A call of C++ at a fixed address.
  LLVMValueRef call(const void* function, LLVMTypeRef result, std::vector<LLVMValueRef> arguments, bool pure = false) const;
  // The same call, of a function that writes nothing.
  LLVMValueRef reading(LLVMValueRef call) const;
  LLVMValueRef make_pair(LLVMValueRef payload, LLVMValueRef tag) const;
  // An object stands there while its holder lives: so its header may be read before it is known whether anybody will.
  void assume_object(LLVMValueRef pointer, uint64_t bytes) const;
  void add_attribute(LLVMValueRef function, unsigned index, const char* name, uint64_t value = 0) const;

 private:
  void add_call_attribute(LLVMValueRef call, const char* name, uint64_t value) const;
  LLVMValueRef access_[static_cast<size_t>(Memory::Count)];
  unsigned tbaa_;
};

}  // namespace omc::jit
