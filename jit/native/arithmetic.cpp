// Arithmetic and comparison, exactly as the language defines them (chapter 08, section 3.1).

#include "jit/native/lowering.hpp"

namespace omc::jit {

LLVMValueRef Lowering::int_operation(Op op, LLVMValueRef x, LLVMValueRef y) {
  switch (op) {
    case Op::Add: return LLVMBuildAdd(e_.b, x, y, "");
    case Op::Sub: return LLVMBuildSub(e_.b, x, y, "");
    case Op::Mul: return LLVMBuildMul(e_.b, x, y, "");
    case Op::BitAnd: return LLVMBuildAnd(e_.b, x, y, "");
    case Op::BitOr: return LLVMBuildOr(e_.b, x, y, "");
    case Op::BitXor: return LLVMBuildXor(e_.b, x, y, "");
    case Op::ShiftLeft: return LLVMBuildShl(e_.b, x, LLVMBuildAnd(e_.b, y, e_.constant(int64_t{63}), ""), "");
    case Op::ShiftRight: return LLVMBuildAShr(e_.b, x, LLVMBuildAnd(e_.b, y, e_.constant(int64_t{63}), ""), "");
    default: return int_division(op == Op::Div, x, y);
  }
}

LLVMValueRef Lowering::int_division(bool quotient, LLVMValueRef x, LLVMValueRef y) {
  const LLVMValueRef none = e_.constant(int64_t{0}), minus = e_.constant(int64_t{-1});
  if (quotient) guard(LLVMBuildICmp(e_.b, LLVMIntNE, y, none, ""));
  LLVMValueRef trivial = LLVMBuildICmp(e_.b, LLVMIntEQ, y, minus, "");
  if (!quotient) trivial = LLVMBuildOr(e_.b, trivial, LLVMBuildICmp(e_.b, LLVMIntEQ, y, none, ""), "");
  LLVMValueRef divisor = LLVMBuildSelect(e_.b, trivial, e_.constant(int64_t{1}), y, "");
  if (quotient)
    return LLVMBuildSelect(e_.b, trivial, LLVMBuildSub(e_.b, none, x, ""), LLVMBuildSDiv(e_.b, x, divisor, ""), "");
  return LLVMBuildSelect(e_.b, trivial, none, LLVMBuildSRem(e_.b, x, divisor, ""), "");
}

LLVMValueRef Lowering::float_operation(Op op, LLVMValueRef x, LLVMValueRef y) {
  switch (op) {
    case Op::Add: return LLVMBuildFAdd(e_.b, x, y, "");
    case Op::Sub: return LLVMBuildFSub(e_.b, x, y, "");
    case Op::Mul: return LLVMBuildFMul(e_.b, x, y, "");
    case Op::Div:
      guard(LLVMBuildFCmp(e_.b, LLVMRealUNE, y, e_.constant(0.0), ""));
      return LLVMBuildFDiv(e_.b, x, y, "");
    case Op::Mod: {
      LLVMValueRef r = e_.call(reinterpret_cast<const void*>(m_.host().fmod), e_.f64, {x, y}, /*pure=*/true);
      return LLVMBuildSelect(e_.b, LLVMBuildFCmp(e_.b, LLVMRealOEQ, y, e_.constant(0.0), ""), e_.constant(0.0), r, "");
    }
    default: return e_.call(reinterpret_cast<const void*>(m_.host().pow), e_.f64, {x, y}, /*pure=*/true);
  }
}

bool Lowering::only_ints(Op op) {
  return op == Op::BitAnd || op == Op::BitOr || op == Op::BitXor || op == Op::ShiftLeft || op == Op::ShiftRight;
}

void Lowering::arithmetic(Op op, uint32_t to, const Operand& x, const Operand& y) {
  if (x.type.kind == Kind::String || y.type.kind == Kind::String) return text_arithmetic(op, to, x, y);
  if (never(x) || never(y)) return give_up();
  const bool any = x.type.kind == Kind::Any || y.type.kind == Kind::Any;
  if (any) forbid_lane(x), forbid_lane(y);
  if (any && op != Op::Add && op != Op::Sub && op != Op::Mul) return step(kAny);
  if (!any) {
    Operand result = known_arithmetic(op, x, y);
    add_lane(op, result, x, y);
    return write(to, result);
  }
  if (x.type.kind == Kind::Float || y.type.kind == Kind::Float) {
    // The result is a float whatever number the other operand is.
    Operand result{kFloat};
    if (emit_) {
      LLVMValueRef place = new_variable(e_.f64);
      split(x, [&](const Operand& a) {
        split(y, [&](const Operand& b) { LLVMBuildStore(e_.b, known_arithmetic(op, a, b).v, place); });
      });
      result.v = LLVMBuildLoad2(e_.b, e_.f64, place, "");
    }
    return write(to, result);
  }
  Operand result{kAny};
  if (emit_) {
    LLVMValueRef bits = new_variable(e_.i64), t = new_variable(e_.i64);
    split(x, [&](const Operand& a) {
      split(y, [&](const Operand& b) {
        const Operand r = to_any(known_arithmetic(op, a, b));
        LLVMBuildStore(e_.b, r.v, bits);
        LLVMBuildStore(e_.b, r.tag, t);
      });
    });
    result.v = LLVMBuildLoad2(e_.b, e_.i64, bits, "");
    result.tag = LLVMBuildLoad2(e_.b, e_.i64, t, "");
  }
  write(to, result);
}

Operand Lowering::known_arithmetic(Op op, const Operand& x, const Operand& y) {
  const bool floats = x.type.kind == Kind::Float || y.type.kind == Kind::Float;
  if (only_ints(op)) return {kInt, emit_ ? int_operation(op, as_int(x), as_int(y)) : nullptr};
  if (floats) return {kFloat, emit_ ? float_operation(op, as_float(x), as_float(y)) : nullptr};
  if (op == Op::Pow) {
    if (!emit_) return {kInt};
    guard(LLVMBuildICmp(e_.b, LLVMIntSGE, y.v, e_.constant(int64_t{0}), ""));
    return {kInt, e_.call(reinterpret_cast<const void*>(m_.host().int_pow), e_.i64, {x.v, y.v}, /*pure=*/true)};
  }
  return {kInt, emit_ ? int_operation(op, x.v, y.v) : nullptr};
}

LLVMValueRef Lowering::known_compare(Compare c, const Operand& x, const Operand& y) const {
  static constexpr LLVMIntPredicate kInts[] = {LLVMIntSLT, LLVMIntSLE, LLVMIntSGT, LLVMIntSGE, LLVMIntEQ};
  static constexpr LLVMRealPredicate kFloats[] = {LLVMRealOLT, LLVMRealOLE, LLVMRealOGT, LLVMRealOGE, LLVMRealOEQ};
  if (x.type.kind == Kind::Float || y.type.kind == Kind::Float)
    return LLVMBuildFCmp(e_.b, kFloats[static_cast<int>(c)], as_float(x), as_float(y), "");
  return LLVMBuildICmp(e_.b, kInts[static_cast<int>(c)], x.v, y.v, "");
}

std::optional<LLVMValueRef> Lowering::compare(Compare c, const Operand& x, const Operand& y) {
  if (c == Compare::Equal) {
    // Null equals nothing but itself.
    const bool null_x = x.type.kind == Kind::Null, null_y = y.type.kind == Kind::Null;
    if (null_x || null_y) {
      const Operand& other = null_x ? y : x;
      if (!emit_) return nullptr;
      if (other.type.kind == Kind::Any) return has_tag(other, Tag::Null);
      return e_.truth(null_x && null_y);
    }
  }
  if (x.type.kind == Kind::String || y.type.kind == Kind::String) return compare_text(c, x, y);
  if (never(x) || never(y)) return std::nullopt;
  if (!emit_) return nullptr;
  if (x.type.kind != Kind::Any && y.type.kind != Kind::Any) return known_compare(c, x, y);
  LLVMValueRef result = new_variable(e_.i1);
  split(x, [&](const Operand& a) {
    split(y, [&](const Operand& b) { LLVMBuildStore(e_.b, known_compare(c, a, b), result); });
  });
  return LLVMBuildLoad2(e_.b, e_.i1, result, "");
}

void Lowering::compare_jump(Instruction in, Compare c, const Operand& y) {
  const auto holds = compare(c, read(in.a), y);
  if (!holds) return give_up();
  const size_t next = pc_ + 1u, to = static_cast<size_t>(static_cast<int64_t>(next) + in.jump());
  branch(*holds, in.n ? to : next, in.n ? next : to);
}

void Lowering::compare_value(Instruction in, Compare c, bool wanted) {
  const Operand x = read(in.b), y = read(in.c);
  const auto holds = compare(c, x, y);
  if (!holds) return step(kBool);
  LLVMValueRef bit = *holds;
  if (emit_ && !wanted) bit = LLVMBuildNot(e_.b, bit, "");
  Operand result = boolean(bit);
  add_lane(c, wanted, result, x, y);
  write(in.a, result);
}

}  // namespace omc::jit
