// Functions as values: making them, calling them, and the variables they capture, which stand in boxes.

#include "jit/native/lowering.hpp"

namespace omc::jit {

LLVMValueRef Lowering::capture(uint32_t i) const {
  return e_.load(e_.ptr, e_.offset(closure_, static_cast<int64_t>(sizeof(vm::Closure)) + int64_t{i} * kValueBytes), Memory::Fixed);
}

Type Lowering::box_type(const vm::Object* like) const {
  if (!like || like->tag != Tag::Box || m_.cautious()) return kAny;
  const Type now = m_.type_of(static_cast<const vm::Box*>(like)->value);
  return now.kind == Kind::Null || now.kind == Kind::Unassigned ? kAny : now;
}

Operand Lowering::load_box(LLVMValueRef box, Type type, bool may_be_unassigned) {
  if (!emit_) return {type};
  LLVMValueRef at = e_.offset(box, kBoxValue);
  const Operand any{type, e_.load(e_.i64, at, Memory::Box), load_tag(at, Memory::Box)};
  if (type.kind == Kind::Any) {
    if (!may_be_unassigned) guard(LLVMBuildICmp(e_.b, LLVMIntNE, any.tag, e_.tag(Tag::Unassigned), ""));
    return any;
  }
  guard(has_tag(any, tag_of(type.kind)));
  return from_payload(any.v, type);
}

void Lowering::store_box(LLVMValueRef box, const Operand& v) const {
  if (emit_) store_reference(v, e_.offset(box, kBoxValue), Memory::Box);
}

LLVMValueRef Lowering::box_in(uint32_t r) {
  const Operand o = read(r);
  return emit_ ? LLVMBuildIntToPtr(e_.b, payload(o), e_.ptr, "") : nullptr;
}

void Lowering::new_box(Instruction in) {
  const Operand v = read(in.a);
  Operand box{kAny};
  if (emit_) {
    LLVMValueRef made = granted(e_.call(reinterpret_cast<const void*>(m_.host().new_box), e_.ptr, {e_.address(m_.host().host)}));
    if (in.n) store_value(v, e_.offset(made, kBoxValue), Memory::Box);  // nobody has seen the box: nothing to announce
    box.v = LLVMBuildPtrToInt(e_.b, made, e_.i64, "");
    box.tag = e_.tag(Tag::Box);
  }
  write(in.a, box);
}

void Lowering::new_closure(Instruction in) {
  vm::Proto* const proto = v_.proto->protos[static_cast<uint32_t>(in.bx())];
  for (const vm::CaptureSource source : proto->captures)
    if (source.from_register) sync(source.index);
  Operand f{function_like(m_.representative(proto, nullptr))};
  if (emit_)
    f.v = granted(e_.call(reinterpret_cast<const void*>(m_.host().new_closure), e_.ptr,
                          {e_.address(m_.host().host), closure_, base_, e_.address(proto)}));
  write(in.a, f);
}

LLVMValueRef Lowering::granted(LLVMValueRef object) {
  // Not a guard, which tests make fail by chance: the object may have been counted.
  LLVMBasicBlockRef on = fresh();
  expect(LLVMBuildICmp(e_.b, LLVMIntNE, object, LLVMConstNull(e_.ptr), ""), on, exit());
  position(on);
  return object;
}

void Lowering::guard_closure(LLVMValueRef f, const vm::Proto* proto) {
  LLVMValueRef kind = e_.load(e_.i8, e_.offset(f, kFunctionKind), Memory::Fixed);
  const auto wanted = static_cast<uint64_t>(vm::FunctionKind::Closure);
  guard(LLVMBuildICmp(e_.b, LLVMIntEQ, kind, LLVMConstInt(e_.i8, wanted, false), ""));
  LLVMValueRef own = e_.load(e_.ptr, e_.offset(f, kClosureProto), Memory::Fixed);
  guard(LLVMBuildICmp(e_.b, LLVMIntEQ, own, m_.refer(proto), ""));
}

void Lowering::call_function(Instruction in, const Operand& f) {
  const vm::Object* like = f.type.like;
  const vm::Proto* proto = nullptr;
  vm::Closure* closure = nullptr;
  if (like && like->tag == Tag::Proto) proto = static_cast<const vm::Proto*>(like);
  if (like && like->tag == Tag::Function && static_cast<const vm::Function*>(like)->kind == vm::FunctionKind::Closure) {
    closure = const_cast<vm::Closure*>(static_cast<const vm::Closure*>(like));
    proto = closure->proto;
  }
  if (!proto || proto->parameter_count != in.n || in.b >= registers_) return step_call(kAny);
  std::vector<Type> types;
  for (uint32_t i = 0; i < in.n; ++i) types.push_back(state_[in.b + i].type);
  Version* const callee = m_.callee(proto, closure, types, v_);
  if (!callee) return call_without_version();
  std::vector<Operand> arguments;
  for (uint32_t i = 0; i < in.n; ++i) arguments.push_back(read(in.b + i));
  const Operand known = expect_kind(f, function_like(like));
  if (emit_) guard_closure(known.v, proto);
  prepare_call();
  ended_ = !call_version(in, arguments, *callee, known.v);
}

}  // namespace omc::jit
