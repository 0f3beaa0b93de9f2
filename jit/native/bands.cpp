// The dual-band mode: in functions that can tell it (vm/bands.hpp), ints and bools that phi_shadow has touched carry a second
// lane, a variable of its own beside the value's. Which ones do is a part of their state, so all other code costs nothing.
//
// A lane that would meet a value of unknown kind makes the version refused: the interpreter of bands runs the function.

#include "jit/native/lowering.hpp"
#include "substrate/numbers.hpp"
#include "vm/bands.hpp"

namespace omc::jit {

LLVMValueRef Lowering::lane_variable(size_t slot) {
  LLVMValueRef& place = payloads_[slot].lane;
  if (!place) place = new_variable(e_.i64);
  return place;
}

// As on the values, but no divisor traps: 0 gives 0.
LLVMValueRef Lowering::lane_operation(Op op, LLVMValueRef x, LLVMValueRef y) {
  if (op != Op::Div && op != Op::Mod) return int_operation(op, x, y);
  const LLVMValueRef none = e_.constant(int64_t{0}), minus = e_.constant(int64_t{-1});
  LLVMValueRef opposite = LLVMBuildICmp(e_.b, LLVMIntEQ, y, minus, ""), zero = LLVMBuildICmp(e_.b, LLVMIntEQ, y, none, "");
  LLVMValueRef trivial = LLVMBuildOr(e_.b, opposite, zero, "");
  LLVMValueRef divisor = LLVMBuildSelect(e_.b, trivial, e_.constant(int64_t{1}), y, "");
  if (op == Op::Mod) return LLVMBuildSelect(e_.b, trivial, none, LLVMBuildSRem(e_.b, x, divisor, ""), "");
  LLVMValueRef special = LLVMBuildSelect(e_.b, zero, none, LLVMBuildSub(e_.b, none, x, ""), "");
  return LLVMBuildSelect(e_.b, trivial, special, LLVMBuildSDiv(e_.b, x, divisor, ""), "");
}

void Lowering::add_lane(Op op, Operand& result, const Operand& x, const Operand& y) {
  if (!(x.lane || y.lane) || op == Op::Pow || !x.type.integral() || !y.type.integral() || !result.type.integral()) return;
  result.lane = true;
  if (emit_) result.beta = lane_operation(op, beta(x), beta(y));
}

void Lowering::add_lane(Op op, Operand& result, const Operand& x) {
  if (!x.lane) return;
  result.lane = true;
  if (!emit_) return;
  const LLVMValueRef none = e_.constant(int64_t{0});
  result.beta = op == Op::Negate   ? LLVMBuildSub(e_.b, none, x.beta, "")
                : op == Op::BitNot ? LLVMBuildNot(e_.b, x.beta, "")
                                   : LLVMBuildZExt(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, x.beta, none, ""), e_.i64, "");
}

void Lowering::add_lane(Compare c, bool wanted, Operand& result, const Operand& x, const Operand& y) {
  if (x.type.kind == Kind::Any || y.type.kind == Kind::Any) forbid_lane(x), forbid_lane(y);
  if (!(x.lane || y.lane) || !x.type.integral() || !y.type.integral()) return;
  result.lane = true;
  if (!emit_) return;
  LLVMValueRef bit = known_compare(c, {kInt, beta(x)}, {kInt, beta(y)});
  result.beta = boolean(wanted ? bit : LLVMBuildNot(e_.b, bit, "")).v;
}

// vm::shadow_of, operation by operation.
LLVMValueRef Lowering::shadow_of(LLVMValueRef x) const {
  LLVMValueRef y = LLVMBuildFMul(e_.b, LLVMBuildSIToFP(e_.b, x, e_.f64, ""), e_.constant(substrate::kPhi), "");
  LLVMValueRef fraction = LLVMBuildFSub(e_.b, y, e_.intrinsic("llvm.floor", {e_.f64}, {y}), "");
  return LLVMBuildFPToSI(e_.b, LLVMBuildFMul(e_.b, e_.constant(1000.0), fraction, ""), e_.i64, "");  // 0 to 1000
}

LLVMValueRef Lowering::harmony_of_lanes(const Operand& x) {
  LLVMValueRef apart = e_.intrinsic("llvm.abs", {e_.i64}, {LLVMBuildSub(e_.b, x.v, x.beta, ""), e_.truth(false)});
  LLVMValueRef result = new_variable(e_.i64);
  LLVMBasicBlockRef near = fresh(), far = cold(), done = fresh();
  expect(LLVMBuildICmp(e_.b, LLVMIntULT, apart, e_.constant(vm::kNear), ""), near, far);
  position(near);
  const LLVMTypeRef i16 = LLVMInt16TypeInContext(e_.context);
  LLVMValueRef at = LLVMBuildInBoundsGEP2(e_.b, i16, e_.address(m_.host().near_harmonies), &apart, 1, "");
  LLVMBuildStore(e_.b, LLVMBuildZExt(e_.b, e_.load(i16, at, Memory::Fixed), e_.i64, ""), result);
  LLVMBuildBr(e_.b, done);
  position(far);
  LLVMBuildStore(e_.b, e_.call(reinterpret_cast<const void*>(m_.host().harmony), e_.i64, {x.v, x.beta}, true), result);
  LLVMBuildBr(e_.b, done);
  position(done);
  return LLVMBuildLoad2(e_.b, e_.i64, result, "");
}

void Lowering::store_lanes(size_t pc) {
  for (size_t r = 0; r < registers_; ++r) {
    if (!facts_.live[pc][r] || !state_[r].lane) continue;
    vm::Lane* const lane = m_.host().lanes + r;
    LLVMBuildStore(e_.b, LLVMConstInt(e_.i8, 1, false), e_.address(&lane->own));
    LLVMBuildStore(e_.b, LLVMBuildLoad2(e_.b, e_.i64, lane_variable(r), ""), e_.address(&lane->beta));
  }
}

}  // namespace omc::jit
