// Values in registers: their kinds, places and conversions.

#include "jit/native/lowering.hpp"

#include <cstring>

namespace omc::jit {

void Lowering::expect(LLVMValueRef condition, LLVMBasicBlockRef likely, LLVMBasicBlockRef unlikely) const {
  LLVMValueRef br = LLVMBuildCondBr(e_.b, condition, likely, unlikely);
  const auto text = [&](const char* s) { return LLVMMDStringInContext2(e_.context, s, std::strlen(s)); };
  const auto number = [&](uint64_t n) { return LLVMValueAsMetadata(LLVMConstInt(e_.i32, n, false)); };
  LLVMMetadataRef operands[] = {text("branch_weights"), number(2000), number(1)};
  LLVMSetMetadata(br, LLVMGetMDKindIDInContext(e_.context, "prof", 4),
                  LLVMMetadataAsValue(e_.context, LLVMMDNodeInContext2(e_.context, operands, 3)));
}

LLVMValueRef Lowering::variable(size_t slot, LLVMTypeRef type) {
  Variables& v = payloads_[slot];
  LLVMValueRef& place = type == e_.f64 ? v.number : type == e_.ptr ? v.pointer : v.whole;
  if (!place) place = new_variable(type);
  return place;
}

LLVMValueRef Lowering::tag_variable(size_t slot) {
  LLVMValueRef& place = payloads_[slot].tag;
  if (!place) place = new_variable(e_.i64);
  return place;
}

LLVMValueRef Lowering::new_variable(LLVMTypeRef type) const {
  LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
  position(entry_block_);
  LLVMValueRef v = LLVMBuildAlloca(e_.b, type, "");
  position(here);
  return v;
}

LLVMTypeRef Lowering::machine_type(Type t) const {
  return t.kind == Kind::Float ? e_.f64 : t.is_pointer() ? e_.ptr : e_.i64;
}

Operand Lowering::get(size_t slot) {
  Operand o{state_[slot].type, nullptr, nullptr, state_[slot].id};
  o.lane = state_[slot].lane;
  if (!emit_) return o;
  if (o.lane) o.beta = LLVMBuildLoad2(e_.b, e_.i64, lane_variable(slot), "");
  switch (o.type.kind) {
    case Kind::None:
    case Kind::Cell:
    case Kind::Unassigned:
    case Kind::Null: o.v = e_.constant(int64_t{0}); break;
    case Kind::Any:
      o.v = LLVMBuildLoad2(e_.b, e_.i64, variable(slot, e_.i64), "");
      o.tag = LLVMBuildLoad2(e_.b, e_.i64, tag_variable(slot), "");
      break;
    default: {
      const LLVMTypeRef type = machine_type(o.type);
      o.v = LLVMBuildLoad2(e_.b, type, variable(slot, type), "");
    }
  }
  return o;
}

void Lowering::put(size_t slot, const Operand& o, Type type) {
  state_[slot].type = type;
  if (!emit_) return;
  if (type.kind == Kind::Any) {
    LLVMBuildStore(e_.b, o.v, variable(slot, e_.i64));
    LLVMBuildStore(e_.b, o.tag, tag_variable(slot));
  } else if (type.kind == Kind::Int || type.kind == Kind::Bool || type.kind == Kind::Float || type.is_pointer()) {
    LLVMBuildStore(e_.b, o.v, variable(slot, machine_type(type)));
  }
}

void Lowering::write(uint32_t r, const Operand& o) {
  const uint32_t id = o.id ? o.id : new_id(r);
  put(r, o, o.type);
  state_[r].synced = false;
  state_[r].id = id;
  state_[r].lane = o.lane;
  if (emit_ && o.lane) LLVMBuildStore(e_.b, o.beta, lane_variable(r));
}

Operand Lowering::constant(const vm::Value& v) {
  switch (v.tag()) {
    case Tag::Int: return integer(v.as_int());
    case Tag::Float: return {kFloat, emit_ ? e_.constant(v.as_float()) : nullptr};
    case Tag::Bool: return boolean(emit_ ? e_.truth(v.as_bool()) : nullptr);
    case Tag::Null: return {kNull, emit_ ? e_.constant(int64_t{0}) : nullptr};
    case Tag::String: return {kString, emit_ ? e_.address(v.as_string()) : nullptr, nullptr, 0, v.as_string()};
    default: {
      Operand o{kAny};
      if (emit_) {
        o.v = e_.constant(static_cast<int64_t>(reinterpret_cast<uintptr_t>(v.is_heap() ? v.as_object() : nullptr)));
        o.tag = e_.tag(v.tag());
      }
      return o;
    }
  }
}

Operand Lowering::to_any(const Operand& o) const {
  if (o.type.kind == Kind::Any) return o;
  Operand any{kAny};
  if (!emit_) return any;
  any.v = payload(o);
  any.tag = e_.tag(tag_of(o.type.kind));
  return any;
}

LLVMValueRef Lowering::payload(const Operand& o) const {
  if (o.type.kind == Kind::Float) return LLVMBuildBitCast(e_.b, o.v, e_.i64, "");
  if (o.type.is_pointer()) return LLVMBuildPtrToInt(e_.b, o.v, e_.i64, "");
  return o.v;
}

Operand Lowering::from_payload(LLVMValueRef bits, Type type) const {
  Operand o{type};
  if (!emit_) return o;
  o.v = type.kind == Kind::Float ? LLVMBuildBitCast(e_.b, bits, e_.f64, "")
        : type.is_pointer()      ? LLVMBuildIntToPtr(e_.b, bits, e_.ptr, "")
                                 : bits;
  return o;
}

Operand Lowering::object_from_payload(LLVMValueRef bits, Type type) const {
  const Operand o = from_payload(bits, type);
  if (emit_ && type.is_pointer())
    e_.assume_object(o.v, type.is_array()               ? sizeof(vm::Array)
                          : type.kind == Kind::Dict     ? sizeof(vm::Dict)
                          : type.kind == Kind::Function ? sizeof(vm::Function)
                                                        : sizeof(vm::String));
  return o;
}

Operand Lowering::expect_kind(const Operand& o, Type type) {
  if (o.type.kind == type.kind) return o;
  if (!emit_) return {type, nullptr, nullptr, o.id};
  guard(has_tag(o, tag_of(type.kind)));
  Operand r = from_payload(o.v, type);
  r.id = o.id;
  return r;
}

LLVMValueRef Lowering::as_float(const Operand& o) const {
  return o.type.kind == Kind::Float ? o.v : LLVMBuildSIToFP(e_.b, o.v, e_.f64, "");
}

LLVMValueRef Lowering::as_int(const Operand& o) const {
  return o.type.kind == Kind::Float ? e_.intrinsic("llvm.fptosi.sat", {e_.i64, e_.f64}, {o.v}) : o.v;
}

void Lowering::split(const Operand& o, const std::function<void(const Operand&)>& f) {
  if (o.type.kind != Kind::Any) return f(o);
  LLVMBasicBlockRef whole = fresh(), other = fresh(), real = fresh(), done = fresh();
  LLVMBuildCondBr(e_.b, has_tag(o, Tag::Int), whole, other);
  position(other);
  expect(has_tag(o, Tag::Float), real, exit());
  position(whole);
  f(from_payload(o.v, kInt));
  LLVMBuildBr(e_.b, done);
  position(real);
  f(from_payload(o.v, kFloat));
  LLVMBuildBr(e_.b, done);
  position(done);
}

LLVMValueRef Lowering::truth(const Operand& o) {
  if (!emit_) return nullptr;
  switch (o.type.kind) {
    case Kind::Bool:
    case Kind::Int: return LLVMBuildICmp(e_.b, LLVMIntNE, o.v, e_.constant(int64_t{0}), "");
    case Kind::Float: return LLVMBuildFCmp(e_.b, LLVMRealUNE, o.v, e_.constant(0.0), "");
    case Kind::Array:
      return LLVMBuildICmp(e_.b, LLVMIntNE, array_size(o.v), e_.constant(int64_t{0}), "");
    case Kind::String: return LLVMBuildICmp(e_.b, LLVMIntNE, text_bytes(o.v), e_.constant(int64_t{0}), "");
    case Kind::Dict:
      return LLVMBuildICmp(e_.b, LLVMIntNE, e_.load(e_.i32, e_.offset(o.v, kDictSize), Memory::Dict), LLVMConstInt(e_.i32, 0, false), "");
    case Kind::Function: return e_.truth(true);
    case Kind::Any: {
      // Null, Bool and Int are the first tags and agree that zero is false.
      static_assert(Tag::Null < Tag::Bool && Tag::Bool < Tag::Int && Tag::Int < Tag::Float);
      LLVMValueRef result = new_variable(e_.i1);
      LLVMBasicBlockRef whole = fresh(), other = fresh(), real = fresh(), done = fresh();
      LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntULE, o.tag, e_.tag(Tag::Int), ""), whole, other);
      position(other);
      expect(has_tag(o, Tag::Float), real, exit());
      position(whole);
      LLVMBuildStore(e_.b, truth({kInt, o.v}), result);
      LLVMBuildBr(e_.b, done);
      position(real);
      LLVMBuildStore(e_.b, truth(from_payload(o.v, kFloat)), result);
      LLVMBuildBr(e_.b, done);
      position(done);
      return LLVMBuildLoad2(e_.b, e_.i1, result, "");
    }
    default: return e_.truth(false);
  }
}

}  // namespace omc::jit
