// Calls of methods: direct ones, for the classes that the interpreter met at a call and the one that an object is expected to
// have. Remembered methods hold as long as no function is defined anew.

#include "jit/native/lowering.hpp"

namespace omc::jit {

LLVMValueRef Lowering::class_of(const Operand& d) {
  guard_key(d.v, m_.host().class_key, 0);
  return load_entry_value(d.v, e_.constant(int64_t{0}), kString).v;
}

void Lowering::call_method(Instruction in) {
  const Operand object = read(in.b);
  if (object.type.kind != Kind::Dict && object.type.kind != Kind::Any) return step_call(kAny);
  struct Way {
    Method method;
    Version* callee;
  };
  std::vector<Way> ways;
  for (const Method& method : m_.methods(v_, pc_, object.type.like)) {
    std::vector<Type> types = {dict_like(m_.representative(method.class_name))};
    for (uint32_t i = 1; i <= in.n; ++i) types.push_back(state_[in.b + i].type);
    if (method.closure->proto->parameter_count != types.size()) return step_call(kAny);
    Version* const callee = m_.callee(method.closure->proto, method.closure, types, v_);
    if (!callee) return call_without_version();
    ways.push_back({method, callee});
  }
  if (ways.empty()) return step_call(kAny);
  std::vector<Operand> arguments = {*as_dict(object)};
  for (uint32_t i = 1; i <= in.n; ++i) arguments.push_back(read(in.b + i));
  const auto own_closure = [&](const Method& method) { return emit_ ? m_.refer(method.closure) : nullptr; };
  LLVMValueRef name = nullptr;
  if (emit_) {
    LLVMValueRef epoch = e_.load(e_.i64, e_.address(m_.host().epoch), Memory::Cell);
    guard(LLVMBuildICmp(e_.b, LLVMIntEQ, epoch, e_.constant(static_cast<int64_t>(*m_.host().epoch)), ""));
    name = class_of(arguments[0]);
  }
  const auto is_class = [&](const Way& way) { return LLVMBuildICmp(e_.b, LLVMIntEQ, name, m_.refer(way.method.class_name), ""); };
  if (ways.size() == 1) {
    if (emit_) guard(is_class(ways[0]));
    prepare_call();
    ended_ = !call_version(in, arguments, *ways[0].callee, own_closure(ways[0].method));
    return;
  }
  // The result is what all of them may give.
  Type type = kNone;
  for (const Way& way : ways) type = join(type, way.callee->result);
  LLVMBasicBlockRef done = nullptr;
  if (emit_) {
    // None of these: left before the values for a call are stored.
    LLVMValueRef any = is_class(ways[0]);
    for (size_t i = 1; i < ways.size(); ++i) any = LLVMBuildOr(e_.b, any, is_class(ways[i]), "");
    guard(any);
    done = fresh();
  }
  prepare_call();
  const State before = state_;
  for (size_t i = 0; i < ways.size(); ++i) {
    state_ = before;
    LLVMBasicBlockRef other = nullptr;
    if (emit_ && i + 1 < ways.size()) {
      LLVMBasicBlockRef own = fresh();
      other = fresh();
      LLVMBuildCondBr(e_.b, is_class(ways[i]), own, other);
      position(own);
    }
    if (call_version(in, arguments, *ways[i].callee, own_closure(ways[i].method)) && emit_) {
      const Operand result = read(in.a);
      put(in.a, type.kind == Kind::Any ? to_any(result) : result, type);
      LLVMBuildBr(e_.b, done);
    }
    if (other) position(other);
  }
  if (type.kind == Kind::None) {
    if (emit_) LLVMDeleteBasicBlock(done);
    ended_ = true;
    return;
  }
  state_ = before;
  forget_globals();
  state_[in.a] = {type, false, new_id(in.a)};
  if (emit_) position(done);
}

}  // namespace omc::jit
