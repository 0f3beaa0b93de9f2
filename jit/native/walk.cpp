// The walk over the blocks: types, merging, jumps, and how code is entered.

#include "jit/native/lowering.hpp"

#include <algorithm>

namespace omc::jit {

bool Lowering::analyse() {
  v_.in.resize(code_.size());
  v_.steps.resize(code_.size());
  v_.seen.resize(code_.size());
  const Type before = v_.result;
  changed_ = false;
  pending_.assign(code_.size(), false);
  pending_[v_.entry_pc] = true;
  if (v_.in[v_.entry_pc].empty()) v_.in[v_.entry_pc] = entry_state();
  for (size_t pc = 0; pc < code_.size(); ++pc) pending_[pc] = !v_.in[pc].empty();
  for (bool again = true; again;) {
    again = false;
    for (size_t pc = 0; pc < code_.size(); ++pc) {
      if (!pending_[pc]) continue;
      pending_[pc] = false;
      again = true;
      block(pc);
    }
  }
  return changed_ || !(v_.result == before);
}

void Lowering::emit() {
  entry_block_ = LLVMAppendBasicBlockInContext(e_.context, v_.function, "entry");
  LLVMBasicBlockRef first = LLVMAppendBasicBlockInContext(e_.context, v_.function, "start");
  blocks_.assign(code_.size(), nullptr);
  for (size_t pc = 0; pc < code_.size(); ++pc)
    if (!v_.in[pc].empty()) blocks_[pc] = LLVMAppendBasicBlockInContext(e_.context, v_.function, "");
  payloads_.assign(slots(), {});
  position(first);
  base_ = LLVMGetParam(v_.function, 0);
  room_ = LLVMGetParam(v_.function, 1);
  closure_ = v_.takes_closure() ? LLVMGetLastParam(v_.function) : m_.refer(v_.closure);
  state_ = entry_state();
  pc_ = v_.entry_pc;
  if (!m_.cautious()) checks_ = find_loop_checks(v_);
  else checks_.assured.resize(code_.size());
  begin_instruction();
  load_entry();
  entering_ = true;
  jump_to(v_.entry_pc);
  entering_ = false;
  for (size_t pc = 0; pc < code_.size(); ++pc) {
    if (v_.in[pc].empty()) continue;
    position(blocks_[pc]);
    block(pc);
  }
  position(entry_block_);
  LLVMBuildBr(e_.b, first);
}

State Lowering::entry_state() const {
  if (v_.loop) return v_.entry;
  State s(slots());
  for (size_t i = 0; i < v_.parameters.size(); ++i) s[i] = {v_.parameters[i], false, static_cast<uint32_t>(i + 1)};
  for (size_t i = registers_; i < s.size(); ++i) s[i].type = kCell;
  for (size_t r = 0; r < registers_; ++r)
    if (!facts_.live[0][r]) s[r] = {};
  return s;
}

void Lowering::block(size_t pc) {
  state_ = v_.in[pc];
  for (;;) {
    pc_ = static_cast<uint32_t>(pc);
    begin_instruction();
    ended_ = false;
    if (!emit_) v_.seen[pc] = true;
    lower(code_[pc]);
    if (ended_) return;
    ++pc;
    if (facts_.leader[pc]) {
      jump_to(pc);
      return;
    }
    forget_dead(state_, pc);
  }
}

void Lowering::begin_instruction() {
  start_ = state_;
  exit_ = nullptr;
}

void Lowering::forget_dead(State& s, size_t pc) const {
  for (size_t r = 0; r < registers_; ++r)
    if (!facts_.live[pc][r]) s[r] = {};
}

void Lowering::jump_to(size_t pc) {
  ended_ = true;
  if (left_loop(pc)) {
    if (emit_) leave(pc, state_, /*early=*/false);
    return;
  }
  if (!emit_) return merge(pc);
  const State saved = state_;
  const State& to = v_.in[pc];
  for (size_t r = 0; r < slots(); ++r) {
    const Type want = to[r].type;
    Slot& have = state_[r];
    if (to[r].lane && !have.lane) LLVMBuildStore(e_.b, get(r).v, lane_variable(r));
    if (want.kind == Kind::None || have.type.kind == want.kind) continue;
    if (have.type.kind == Kind::Cell) {
      state_[r].type = kCell;
      LLVMBasicBlockRef failed = nullptr;
      const Operand v = load_cell(r - registers_, want, [&] {
        if (!failed) {
          const LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
          failed = cold();
          position(failed);
          leave(pc, state_, true);
          position(here);
        }
        return failed;
      });
      put(r, v, want);
    } else if (want.kind == Kind::Any) {
      put(r, to_any(get(r)), want);
    } else if (want.kind == Kind::Cell) {
      store_cell(r);
      have.type = kCell;
    }
  }
  for (const CheckedLoop& loop : checks_.loops)
    if (loop.header == pc && (entering_ || pc_ < loop.header || pc_ > loop.last)) enter_loop(loop);
  LLVMBuildBr(e_.b, blocks_[pc]);
  state_ = saved;
}

void Lowering::merge(size_t pc) {
  if (pc == v_.entry_pc) v_.repeats = true;
  State& to = v_.in[pc];
  State from = state_;
  forget_dead(from, pc);
  if (to.empty()) {
    to = from;
    pending_[pc] = changed_ = true;
    return;
  }
  for (size_t r = 0; r < slots(); ++r) {
    const bool dead = r < registers_ && !facts_.live[pc][r];
    if (dead) continue;
    // Without a value on one way in, nobody reads it: an instruction that may look at all registers makes it seem alive.
    const bool none = r < registers_ && (to[r].type.kind == Kind::None || from[r].type.kind == Kind::None);
    if (none && to[r] == Slot{}) continue;
    if (none) {
      to[r] = {};
      pending_[pc] = changed_ = true;
      continue;
    }
    Slot joined;
    joined.type = join(to[r].type, from[r].type);
    joined.synced = to[r].synced && from[r].synced;
    joined.lane = to[r].lane || from[r].lane;
    if (joined.lane && !joined.type.integral()) v_.refused = true;
    joined.id = to[r].id == from[r].id ? to[r].id : static_cast<uint32_t>((pc + 1) * slots() * 2 + r * 2 + 1);
    if (!(joined == to[r])) {
      to[r] = joined;
      pending_[pc] = changed_ = true;
    }
  }
}

void Lowering::branch(LLVMValueRef condition, size_t yes, size_t no) {
  ended_ = true;
  if (!emit_) {
    jump_back(yes);
    jump_back(no);
    return;
  }
  LLVMBasicBlockRef to_yes = fresh(), to_no = fresh();
  LLVMBuildCondBr(e_.b, condition, to_yes, to_no);
  position(to_yes);
  jump_back(yes);
  position(to_no);
  jump_back(no);
}

void Lowering::jump_back(size_t to) {
  if (to <= pc_ && emit_ && !left_loop(to)) {
    LLVMValueRef due = LLVMBuildLoad2(e_.b, e_.i8, e_.address(m_.host().due), "");
    LLVMSetVolatile(due, true);
    LLVMBasicBlockRef on = fresh(), off = cold();
    expect(LLVMBuildICmp(e_.b, LLVMIntEQ, due, LLVMConstInt(e_.i8, 0, false), ""), on, off);
    position(off);
    leave(to, state_, false);
    position(on);
  }
  jump_to(to);
}

void Lowering::load_entry() {
  if (v_.loop) {
    // Kinds that have changed since: back to the interpreter, where nothing has happened.
    LLVMBasicBlockRef off = cold();
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
    position(off);
    Site* const entry = m_.site(v_, v_.entry_pc);
    entry->early = true;
    LLVMBuildRet(e_.b, e_.address(entry));
    position(here);
    for (size_t r = 0; r < registers_; ++r) {
      const Type type = state_[r].type;
      if (type.kind == Kind::None) continue;
      const Operand any = load_register(r);
      if (type.kind != Kind::Any) {
        LLVMBasicBlockRef on = fresh();
        expect(has_tag(any, tag_of(type.kind)), on, off);
        position(on);
      }
      put(r, type.kind == Kind::Any ? any : object_from_payload(any.v, type), type);
    }
    return;
  }
  unsigned parameter = 2;
  for (size_t i = 0; i < v_.parameters.size(); ++i) {
    Operand o{v_.parameters[i], LLVMGetParam(v_.function, parameter++)};
    if (o.type.kind == Kind::Any) o.tag = LLVMGetParam(v_.function, parameter++);
    if (state_[i].type.kind != Kind::None) put(i, o, o.type);
  }
  if ((!v_.recursive && !v_.root) || v_.level > 0) return announce_registers();
  // A collection, a limit or an interrupt waits: this call is interpreted. Loops look by themselves, so only recursion has to.
  LLVMValueRef due = LLVMBuildLoad2(e_.b, e_.i8, e_.address(m_.host().due), "");
  LLVMSetVolatile(due, true);
  LLVMBasicBlockRef on = fresh(), off = cold();
  expect(LLVMBuildICmp(e_.b, LLVMIntEQ, due, LLVMConstInt(e_.i8, 0, false), ""), on, off);
  position(off);
  leave(0, state_, false);
  position(on);
  announce_registers();
}

void Lowering::announce_registers() {
  if (v_.announces_registers) {
    LLVMValueRef top = frame_slot(registers_);
    LLVMValueRef limit = e_.load(e_.ptr, e_.address(m_.host().soft_limit), Memory::Register);
    LLVMBasicBlockRef grow = cold(), ready = fresh(), full = cold();
    expect(LLVMBuildICmp(e_.b, LLVMIntULE, top, limit, ""), ready, grow);
    position(grow);
    LLVMValueRef ok = e_.call(reinterpret_cast<const void*>(m_.host().grow), e_.i64, {e_.address(m_.host().host), top});
    LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntNE, ok, e_.constant(int64_t{0}), ""), ready, full);
    position(full);
    leave(0, state_, true);
    position(ready);
  }
}

}  // namespace omc::jit
