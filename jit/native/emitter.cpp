// The layer over LLVM's C API.

#include "jit/native/emitter.hpp"

#include <bit>
#include <cstring>

namespace omc::jit {

Emitter::Emitter(const char* name) {
  context = LLVMContextCreate();
  module = LLVMModuleCreateWithNameInContext(name, context);
  b = LLVMCreateBuilderInContext(context);
  i1 = LLVMInt1TypeInContext(context);
  i8 = LLVMInt8TypeInContext(context);
  i32 = LLVMInt32TypeInContext(context);
  i64 = LLVMInt64TypeInContext(context);
  f64 = LLVMDoubleTypeInContext(context);
  ptr = LLVMPointerTypeInContext(context, 0);
  LLVMTypeRef two[] = {i64, i64};
  pair = LLVMStructTypeInContext(context, two, 2, false);
  tbaa_ = LLVMGetMDKindIDInContext(context, "tbaa", 4);
  const auto text = [&](const char* s) { return LLVMMDStringInContext2(context, s, std::strlen(s)); };
  LLVMMetadataRef root_operands[] = {text("omc")};
  LLVMMetadataRef root = LLVMMDNodeInContext2(context, root_operands, 1);
  const LLVMMetadataRef zero = LLVMValueAsMetadata(constant(int64_t{0}));
  const char* const names[] = {"register", "cell", "header", "ints", "floats", "values", "text", "dict", "entries", "box", "fixed"};
  for (size_t i = 0; i < static_cast<size_t>(Memory::Count); ++i) {
    LLVMMetadataRef type_operands[] = {text(names[i]), root, zero};
    LLVMMetadataRef type = LLVMMDNodeInContext2(context, type_operands, 3);
    LLVMMetadataRef access_operands[] = {type, type, zero};
    access_[i] = LLVMMetadataAsValue(context, LLVMMDNodeInContext2(context, access_operands, 3));
  }
}

Emitter::~Emitter() {
  LLVMDisposeBuilder(b);
  LLVMDisposeModule(module);
  LLVMContextDispose(context);
}

LLVMValueRef Emitter::constant(double v) const {
  return LLVMConstBitCast(LLVMConstInt(i64, std::bit_cast<uint64_t>(v), false), f64);
}

LLVMValueRef Emitter::address(const void* p) const {
  return LLVMConstIntToPtr(LLVMConstInt(i64, reinterpret_cast<uintptr_t>(p), false), ptr);
}

LLVMValueRef Emitter::offset(LLVMValueRef base, int64_t bytes) const {
  if (bytes == 0) return base;
  LLVMValueRef index[] = {constant(bytes)};
  return LLVMBuildInBoundsGEP2(b, i8, base, index, 1, "");
}

LLVMValueRef Emitter::load(LLVMTypeRef type, LLVMValueRef from, Memory memory, const char* name) const {
  LLVMValueRef v = LLVMBuildLoad2(b, type, from, name);
  LLVMSetMetadata(v, tbaa_, access_[static_cast<size_t>(memory)]);
  return v;
}

void Emitter::store(LLVMValueRef v, LLVMValueRef to, Memory memory) const {
  LLVMSetMetadata(LLVMBuildStore(b, v, to), tbaa_, access_[static_cast<size_t>(memory)]);
}

LLVMValueRef Emitter::intrinsic(const char* name, std::vector<LLVMTypeRef> overloads,
                                std::vector<LLVMValueRef> arguments) const {
  const unsigned id = LLVMLookupIntrinsicID(name, std::strlen(name));
  LLVMValueRef f = LLVMGetIntrinsicDeclaration(module, id, overloads.data(), overloads.size());
  LLVMTypeRef type = LLVMIntrinsicGetType(context, id, overloads.data(), overloads.size());
  return LLVMBuildCall2(b, type, f, arguments.data(), static_cast<unsigned>(arguments.size()), "");
}

LLVMValueRef Emitter::call(const void* function, LLVMTypeRef result, std::vector<LLVMValueRef> arguments, bool pure) const {
  std::vector<LLVMTypeRef> types;
  for (LLVMValueRef v : arguments) types.push_back(LLVMTypeOf(v));
  LLVMTypeRef type = LLVMFunctionType(result, types.data(), static_cast<unsigned>(types.size()), false);
  LLVMValueRef v = LLVMBuildCall2(b, type, address(function), arguments.data(), static_cast<unsigned>(arguments.size()), "");
  add_call_attribute(v, "nounwind", 0);
  if (pure) {
    add_call_attribute(v, "memory", 0);  // none
    add_call_attribute(v, "willreturn", 0);
  }
  return v;
}

LLVMValueRef Emitter::reading(LLVMValueRef v) const {
  constexpr uint64_t kRead = 0b01'01'01;  // two bits for each of LLVM's kinds of memory
  add_call_attribute(v, "memory", kRead);
  add_call_attribute(v, "willreturn", 0);
  return v;
}

void Emitter::add_call_attribute(LLVMValueRef v, const char* name, uint64_t value) const {
  LLVMAddCallSiteAttribute(v, static_cast<LLVMAttributeIndex>(LLVMAttributeFunctionIndex),
                           LLVMCreateEnumAttribute(context, LLVMGetEnumAttributeKindForName(name, std::strlen(name)), value));
}

LLVMValueRef Emitter::make_pair(LLVMValueRef payload, LLVMValueRef t) const {
  LLVMValueRef v = LLVMBuildInsertValue(b, LLVMGetPoison(pair), payload, 0, "");
  return LLVMBuildInsertValue(b, v, t, 1, "");
}

void Emitter::assume_object(LLVMValueRef pointer, uint64_t bytes) const {
  LLVMValueRef there[] = {pointer, LLVMConstInt(i64, bytes, false)}, aligned[] = {pointer, LLVMConstInt(i64, alignof(vm::Value), false)};
  LLVMOperandBundleRef bundles[] = {LLVMCreateOperandBundle("dereferenceable", 15, there, 2),
                                    LLVMCreateOperandBundle("align", 5, aligned, 2)};
  const unsigned id = LLVMLookupIntrinsicID("llvm.assume", 11);
  LLVMValueRef condition[] = {truth(true)};
  LLVMBuildCallWithOperandBundles(b, LLVMIntrinsicGetType(context, id, nullptr, 0), LLVMGetIntrinsicDeclaration(module, id, nullptr, 0),
                                  condition, 1, bundles, 2, "");
  for (LLVMOperandBundleRef bundle : bundles) LLVMDisposeOperandBundle(bundle);
}

void Emitter::add_attribute(LLVMValueRef function, unsigned index, const char* name, uint64_t value) const {
  LLVMAddAttributeAtIndex(function, index,
                          LLVMCreateEnumAttribute(context, LLVMGetEnumAttributeKindForName(name, std::strlen(name)), value));
}

}  // namespace omc::jit
