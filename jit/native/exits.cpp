// The frame of the interpreter, global variables, and the ways out of native code.

#include "jit/native/lowering.hpp"

namespace omc::jit {

void Lowering::store_value(const Operand& o, LLVMValueRef to, Memory memory) const {
  e_.store(payload(o), to, memory);
  e_.store(tag_word(o), e_.offset(to, kTagOffset), memory);
}

void Lowering::store_reference(const Operand& o, LLVMValueRef to, Memory memory) const {
  if (o.type.holds_reference()) {
    LLVMValueRef marking = LLVMBuildLoad2(e_.b, e_.i8, e_.address(m_.host().marking), "");
    LLVMBasicBlockRef tell = cold(), on = fresh();
    expect(LLVMBuildICmp(e_.b, LLVMIntEQ, marking, LLVMConstInt(e_.i8, 0, false), ""), on, tell);
    position(tell);
    e_.call(reinterpret_cast<const void*>(m_.host().write_barrier), LLVMVoidTypeInContext(e_.context),
            {e_.address(m_.host().host), payload(o), tag_word(o)});
    LLVMBuildBr(e_.b, on);
    position(on);
  }
  store_value(o, to, memory);
}

void Lowering::sync(size_t r) {
  if (state_[r].synced || state_[r].type.kind == Kind::None) return;
  if (emit_) store_value(get(r), frame_slot(r), Memory::Register);
  state_[r].synced = true;
  v_.announces_registers = true;
}

void Lowering::sync_references() {
  for (size_t r = 0; r < registers_; ++r)
    if (facts_.live[pc_ + 1][r] && state_[r].type.holds_reference()) sync(r);
}

LLVMValueRef Lowering::load_tag(LLVMValueRef value, Memory memory) const {
  return LLVMBuildZExt(e_.b, e_.load(e_.i8, e_.offset(value, kTagOffset), memory), e_.i64, "");
}

Operand Lowering::load_register(size_t r) const {
  Operand o{kAny};
  if (!emit_) return o;
  o.v = e_.load(e_.i64, frame_slot(r), Memory::Register);
  o.tag = load_tag(frame_slot(r), Memory::Register);
  return o;
}

LLVMValueRef Lowering::cell_variable(size_t g) const {
  return e_.address(reinterpret_cast<const char*>(v_.globals[g]) + kCellVariable);
}

void Lowering::store_cell(size_t slot) {
  if (emit_) store_value(get(slot), cell_variable(slot - registers_), Memory::Cell);
}

void Lowering::flush_globals(const State& state) {
  if (!emit_) return;
  const State saved = state_;
  state_ = state;
  for (size_t g = 0; g < v_.globals.size(); ++g)
    if (v_.written[g] && state_[registers_ + g].type.kind != Kind::Cell) store_cell(registers_ + g);
  state_ = saved;
}

void Lowering::forget_globals() {
  for (size_t g = 0; g < v_.globals.size(); ++g) state_[registers_ + g] = {kCell, false, 0};
}

void Lowering::leave(size_t pc, const State& state, bool early) {
  const State saved = state_;
  state_ = state;
  Site* const site = m_.site(v_, static_cast<uint32_t>(pc));
  site->early = early;
  store_unknown(pc, *site);
  store_lanes(pc);
  flush_globals(state);
  if (v_.loop) {
    LLVMBuildRet(e_.b, e_.address(site));
  } else {
    if (!leave_) {
      LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
      leaving_at_ = new_variable(e_.ptr);
      leave_ = cold();
      position(leave_);
      LLVMValueRef at = LLVMBuildLoad2(e_.b, e_.ptr, leaving_at_, "");
      LLVMValueRef result = e_.call(reinterpret_cast<const void*>(m_.host().leave), e_.pair,
                                    {e_.address(m_.host().host), at, base_, room_, closure_});
      return_value(LLVMBuildExtractValue(e_.b, result, 0, ""), LLVMBuildExtractValue(e_.b, result, 1, ""));
      position(here);
    }
    LLVMBuildStore(e_.b, e_.address(site), leaving_at_);
    LLVMBuildBr(e_.b, leave_);
  }
  state_ = saved;
}

void Lowering::store_unknown(size_t pc, Site& site) {
  for (size_t r = 0; r < registers_; ++r) {
    if (!facts_.live[pc][r] || state_[r].synced || state_[r].type.kind == Kind::None) continue;
    const Operand o = get(r);
    LLVMValueRef payload = this->payload(o), tag = tag_word(o);
    if (!LLVMIsAConstantInt(tag)) {
      store_value(o, frame_slot(r), Memory::Register);
      continue;
    }
    const bool whole = LLVMIsAConstantInt(payload);
    if (!whole) e_.store(payload, frame_slot(r), Memory::Register);
    site.known.push_back({static_cast<uint32_t>(r), whole, whole ? LLVMConstIntGetZExtValue(payload) : 0, LLVMConstIntGetZExtValue(tag)});
  }
}

void Lowering::store_live(size_t pc) {
  for (size_t r = 0; r < registers_; ++r)
    if (facts_.live[pc][r] && !state_[r].synced && state_[r].type.kind != Kind::None)
      store_value(get(r), frame_slot(r), Memory::Register);
}

LLVMBasicBlockRef Lowering::exit() {
  if (!exit_) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
    exit_ = cold();
    position(exit_);
    leave(pc_, start_, true);
    position(here);
  }
  return exit_;
}

void Lowering::guard(LLVMValueRef condition) {
  if (!emit_) return;
  if (m_.random_exits()) {
    LLVMValueRef chance = e_.call(reinterpret_cast<const void*>(m_.host().chance), e_.i64, {e_.address(m_.host().host)});
    condition = LLVMBuildAnd(e_.b, condition, LLVMBuildICmp(e_.b, LLVMIntEQ, chance, e_.constant(int64_t{0}), ""), "");
  }
  LLVMBasicBlockRef on = fresh();
  expect(condition, on, exit());
  position(on);
}

void Lowering::return_value(LLVMValueRef bits, LLVMValueRef tag) {
  const bool real = v_.result.kind == Kind::Float;
  LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
  if (!return_) {
    returned_bits_ = new_variable(real ? e_.f64 : e_.i64);
    returned_tag_ = new_variable(e_.i64);
    return_ = fresh();
    position(return_);
    LLVMValueRef both = LLVMBuildInsertValue(e_.b, LLVMGetPoison(m_.result_type(v_)),
                                             LLVMBuildLoad2(e_.b, real ? e_.f64 : e_.i64, returned_bits_, ""), 0, "");
    LLVMBuildRet(e_.b, LLVMBuildInsertValue(e_.b, both, LLVMBuildLoad2(e_.b, e_.i64, returned_tag_, ""), 1, ""));
    position(here);
  }
  LLVMBuildStore(e_.b, real ? LLVMBuildBitCast(e_.b, bits, e_.f64, "") : bits, returned_bits_);
  LLVMBuildStore(e_.b, tag, returned_tag_);
  LLVMBuildBr(e_.b, return_);
}

void Lowering::give_up() {
  ended_ = true;
  if (emit_) LLVMBuildBr(e_.b, exit());
}

void Lowering::fail() {
  if (v_.loop) {
    const State saved = state_;
    state_ = start_;
    if (!v_.proto->handlers.empty()) store_live(pc_);
    flush_globals(start_);
    state_ = saved;
    LLVMBuildRet(e_.b, LLVMConstNull(e_.ptr));
  } else {
    flush_globals(start_);
    return_error();
  }
}

}  // namespace omc::jit
