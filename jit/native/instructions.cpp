// What each instruction becomes.

#include "jit/native/lowering.hpp"

namespace omc::jit {

size_t Lowering::target(Instruction in, bool wide) const {
  return static_cast<size_t>(static_cast<int64_t>(pc_) + 1 + (wide ? in.bx() : in.jump()));
}

size_t Lowering::global_slot(const Instruction in) const {
  const vm::GlobalCell* cell = v_.proto->cells[static_cast<uint32_t>(in.bx())];
  for (size_t g = 0; g < v_.globals.size(); ++g)
    if (v_.globals[g] == cell) return registers_ + g;
  return registers_;  // not reached: every cell of the code has its slot
}

// What is not listed is left to the interpreter.
void Lowering::lower(Instruction in) {
  switch (in.op) {
    // --- loads ---
    case Op::Move: {
      const Operand v = read(in.b);
      if (v.type.kind == Kind::Unassigned) {
        state_[in.a] = {kUnassigned, false, 0};
        return;
      }
      return write(in.a, v);
    }
    case Op::LoadConstant: return write(in.a, constant(v_.proto->constants[static_cast<uint32_t>(in.bx())]));
    case Op::LoadInt: return write(in.a, integer(in.bx()));
    case Op::LoadNull: return write(in.a, {kNull, emit_ ? e_.constant(int64_t{0}) : nullptr});
    case Op::LoadBool: return write(in.a, boolean(emit_ ? e_.truth(in.n) : nullptr));
    case Op::ClearLocals:
      for (int32_t i = 0; i < in.bx(); ++i) state_[in.a + static_cast<uint32_t>(i)] = {kUnassigned, false, 0};
      return;
    case Op::CheckAssigned: {
      const Operand v = read(in.a);
      if (v.type.kind == Kind::Unassigned) return give_up();
      if (emit_ && v.type.kind == Kind::Any) guard(LLVMBuildICmp(e_.b, LLVMIntNE, v.tag, e_.tag(Tag::Unassigned), ""));
      return;
    }
    case Op::GetGlobal:
    case Op::GetVariable: {
      const size_t slot = global_slot(in);
      if (state_[slot].type.kind == Kind::Cell) {
        const Type now = m_.type_of(v_.globals[slot - registers_]->variable);
        if (now.kind == Kind::Unassigned && in.op == Op::GetGlobal) return step(kAny);
        const Type want = now.kind == Kind::Unassigned ? kAny : now;
        put(slot, load_cell(slot - registers_, want, [&] { return exit(); }), want);
        state_[slot].id = new_id(slot);
      }
      Operand v = get(slot);
      if (v.type.kind == Kind::Any && in.op == Op::GetGlobal && emit_)
        guard(LLVMBuildICmp(e_.b, LLVMIntNE, v.tag, e_.tag(Tag::Unassigned), ""));
      return write(in.a, v);
    }
    case Op::SetGlobal: {
      // A function in the variable, or put there, changes what calls of the name mean: left to the interpreter.
      const size_t slot = global_slot(in);
      const Operand v = read(in.a);
      if (v.type.kind == Kind::Function || state_[slot].type.kind == Kind::Function) return give_up();
      if (emit_ && state_[slot].type.kind == Kind::Cell)
        guard(LLVMBuildICmp(e_.b, LLVMIntNE, load_tag(cell_variable(slot - registers_), Memory::Cell), e_.tag(Tag::Function), ""));
      if (emit_ && state_[slot].type.kind == Kind::Any) guard(LLVMBuildNot(e_.b, has_tag(get(slot), Tag::Function), ""));
      if (emit_ && v.type.kind == Kind::Any) guard(LLVMBuildNot(e_.b, has_tag(v, Tag::Function), ""));
      put(slot, v, v.type);
      state_[slot].id = v.id;
      return;
    }

    // --- variables that are captured ---
    case Op::NewBox: return new_box(in);
    case Op::GetBox: return write(in.a, load_box(box_in(in.b), box_type(state_[in.b].type.like), in.n));
    case Op::SetBox: return store_box(box_in(in.a), read(in.b));
    case Op::GetCapture: {
      const vm::Object* like = v_.closure ? v_.closure->captures()[in.b].as_object() : nullptr;
      return write(in.a, load_box(emit_ ? capture(in.b) : nullptr, box_type(like), in.n));
    }
    case Op::SetCapture: return store_box(emit_ ? capture(in.a) : nullptr, read(in.b));
    case Op::NewClosure: return new_closure(in);

    // --- arithmetic ---
    case Op::Add:
    case Op::Sub:
    case Op::Mul: return arithmetic(in.op, in.a, met(in.b), met(in.c));
    case Op::Div:
    case Op::Mod:
    case Op::Pow:
    case Op::BitAnd:
    case Op::BitOr:
    case Op::BitXor:
    case Op::ShiftLeft:
    case Op::ShiftRight: return arithmetic(in.op, in.a, read(in.b), read(in.c));
    case Op::AddK: return arithmetic(Op::Add, in.a, met(in.b), constant_number(in.c));
    case Op::SubK: return arithmetic(Op::Sub, in.a, met(in.b), constant_number(in.c));
    case Op::MulK: return arithmetic(Op::Mul, in.a, met(in.b), constant_number(in.c));
    case Op::DivK: return arithmetic(Op::Div, in.a, read(in.b), constant_number(in.c));
    case Op::ModK: return arithmetic(Op::Mod, in.a, read(in.b), constant_number(in.c));
    case Op::Negate:
    case Op::BitNot: {
      const Operand x = read(in.b);
      if (never(x)) return give_up();
      if (x.type.kind == Kind::Any || x.type.kind == Kind::String) return step(kAny);
      Operand result{in.op == Op::Negate && x.type.kind == Kind::Float ? kFloat : kInt};
      // 0 - x, so that -(0.0) is 0.0.
      if (emit_)
        result.v = in.op == Op::BitNot             ? LLVMBuildNot(e_.b, as_int(x), "")
                   : x.type.kind == Kind::Float    ? LLVMBuildFSub(e_.b, e_.constant(0.0), x.v, "")
                                                   : LLVMBuildSub(e_.b, e_.constant(int64_t{0}), x.v, "");
      add_lane(in.op, result, x);
      return write(in.a, result);
    }
    case Op::Not:
    case Op::ToBool: {
      const Operand x = read(in.b);
      LLVMValueRef bit = truth(x);
      if (emit_ && in.op == Op::Not) bit = LLVMBuildNot(e_.b, bit, "");
      Operand result = boolean(bit);
      if (in.op == Op::Not) add_lane(in.op, result, x);
      return write(in.a, result);
    }
    case Op::Fold: {
      const Operand x = read(in.b);
      if (x.type.kind == Kind::Any) return give_up();
      if (x.type.kind != Kind::Int) return write(in.a, integer(0));
      return write(in.a, {kInt, emit_ ? e_.call(reinterpret_cast<const void*>(m_.host().fold), e_.i64, {x.v}, true) : nullptr});
    }

    // --- comparisons ---
    case Op::Less: return compare_value(in, Compare::Less, true);
    case Op::LessEqual: return compare_value(in, Compare::LessEqual, true);
    case Op::Greater: return compare_value(in, Compare::Greater, true);
    case Op::GreaterEqual: return compare_value(in, Compare::GreaterEqual, true);
    case Op::Equal: return compare_value(in, Compare::Equal, true);
    case Op::NotEqual: return compare_value(in, Compare::Equal, false);
    case Op::JumpEqual: return compare_jump(in, Compare::Equal, read(in.b));
    case Op::JumpLess: return compare_jump(in, Compare::Less, read(in.b));
    case Op::JumpLessEqual: return compare_jump(in, Compare::LessEqual, read(in.b));
    case Op::JumpGreater: return compare_jump(in, Compare::Greater, read(in.b));
    case Op::JumpGreaterEqual: return compare_jump(in, Compare::GreaterEqual, read(in.b));
    case Op::JumpEqualK: return compare_jump(in, Compare::Equal, constant_number(in.b));
    case Op::JumpLessK: return compare_jump(in, Compare::Less, constant_number(in.b));
    case Op::JumpLessEqualK: return compare_jump(in, Compare::LessEqual, constant_number(in.b));
    case Op::JumpGreaterK: return compare_jump(in, Compare::Greater, constant_number(in.b));
    case Op::JumpGreaterEqualK: return compare_jump(in, Compare::GreaterEqual, constant_number(in.b));

    // --- jumps ---
    case Op::Jump: return jump_back(target(in, true));
    case Op::JumpIf: return branch(truth(read(in.a)), target(in, true), pc_ + 1u);
    case Op::JumpIfNot: return branch(truth(read(in.a)), pc_ + 1u, target(in, true));
    case Op::RangePrepare: {
      LLVMValueRef v[3] = {};
      for (uint32_t i = 0; i < 3; ++i) {
        Operand o = read(in.a + i);
        if (o.type.kind == Kind::Any) o = expect_kind(o, kInt);
        else if (o.type.kind == Kind::Null) o = integer(0);
        else if (!o.type.numeric()) return give_up();
        if (emit_) v[i] = as_int(o);
      }
      LLVMValueRef empty = nullptr;
      if (emit_) {
        const LLVMValueRef none = e_.constant(int64_t{0});
        guard(LLVMBuildICmp(e_.b, LLVMIntNE, v[2], none, ""));
        empty = LLVMBuildSelect(e_.b, LLVMBuildICmp(e_.b, LLVMIntSGT, v[2], none, ""),
                                LLVMBuildICmp(e_.b, LLVMIntSGE, v[0], v[1], ""), LLVMBuildICmp(e_.b, LLVMIntSLE, v[0], v[1], ""), "");
      }
      for (uint32_t i = 0; i < 3; ++i) write(in.a + i, {kInt, v[i]});
      return branch(empty, target(in, false), pc_ + 1u);
    }
    case Op::RangeNext: {
      for (uint32_t i = 0; i < 3; ++i)
        if (state_[in.a + i].type.kind != Kind::Int) return give_up();
      const Operand now = read(in.a), end = read(in.a + 1u), by = read(in.a + 2u);
      const size_t to = target(in, false);
      if (!emit_) {
        const State before = state_;
        write(in.a, {kInt});
        write(in.b, {kInt});
        state_[in.b].id = state_[in.a].id = 0;
        jump_back(to);
        state_ = before;
        jump_to(pc_ + 1u);
        return;
      }
      LLVMValueRef next, more;
      if (facts_.range_step(in.a) == 1) {
        // now < end, so now + 1 does not wrap.
        next = LLVMBuildAdd(e_.b, now.v, e_.constant(int64_t{1}), "");
        more = LLVMBuildICmp(e_.b, LLVMIntSLT, next, end.v, "");
      } else {
        LLVMValueRef sum = e_.intrinsic("llvm.sadd.with.overflow", {e_.i64}, {now.v, by.v});
        next = LLVMBuildExtractValue(e_.b, sum, 0, "");
        LLVMValueRef up = LLVMBuildICmp(e_.b, LLVMIntSGT, by.v, e_.constant(int64_t{0}), "");
        LLVMValueRef within = LLVMBuildSelect(e_.b, up, LLVMBuildICmp(e_.b, LLVMIntSLT, next, end.v, ""),
                                              LLVMBuildICmp(e_.b, LLVMIntSGT, next, end.v, ""), "");
        more = LLVMBuildAnd(e_.b, within, LLVMBuildNot(e_.b, LLVMBuildExtractValue(e_.b, sum, 1, ""), ""), "");
      }
      LLVMBasicBlockRef inside = fresh(), done = fresh();
      LLVMBuildCondBr(e_.b, more, inside, done);
      position(inside);
      const State before = state_;
      write(in.a, {kInt, next});
      write(in.b, {kInt, next});
      jump_back(to);
      state_ = before;
      position(done);
      jump_to(pc_ + 1u);
      return;
    }
    case Op::IteratePrepare: {
      const Operand source = read(in.b);
      run_step(false);
      if (source.type.is_array()) {
        write(in.a, from_payload(load_register(in.a).v, source.type));
        write(in.a + 1u, from_payload(load_register(in.a + 1u).v, kInt));
        state_[in.a].id = new_id(in.a);
      } else {
        write(in.a, load_register(in.a));
        write(in.a + 1u, from_payload(load_register(in.a + 1u).v, kInt));
      }
      state_[in.a].synced = state_[in.a + 1u].synced = true;
      return;
    }
    case Op::IterateNext: {
      const Operand source = read(in.a), at = read(in.a + 1u);
      const auto a = as_array(source);
      if (!a || at.type.kind != Kind::Int) return give_up();
      const size_t to = target(in, false);
      const State before = state_;
      if (!emit_) {
        write(in.b, load_element(*a, nullptr));
        write(in.a + 1u, {kInt});
        jump_back(to);
        state_ = before;
        jump_to(pc_ + 1u);
        return;
      }
      LLVMBasicBlockRef inside = fresh(), done = fresh();
      LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntULT, at.v, array_size(a->v), ""), inside, done);
      position(inside);
      write(in.b, load_element(*a, at.v));
      write(in.a + 1u, {kInt, LLVMBuildAdd(e_.b, at.v, e_.constant(int64_t{1}), "")});
      jump_back(to);
      state_ = before;
      position(done);
      jump_to(pc_ + 1u);
      return;
    }
    case Op::JumpNoMatch: {
      using lang::PatternKind;
      const vm::PatternSite& p = v_.proto->patterns[in.b];
      const Operand x = read(in.a);
      const size_t to = target(in, false);
      if (p.kind == PatternKind::Wildcard) return jump_to(pc_ + 1u);
      if (x.type.kind == Kind::Unassigned) return give_up();
      if (p.kind == PatternKind::String || p.kind == PatternKind::StringRange) return branch(matches_text(p, x), pc_ + 1u, to);
      if (x.type.kind == Kind::Any) return give_up();
      LLVMValueRef accepted = emit_ ? e_.truth(false) : nullptr;
      switch (p.kind) {
        case PatternKind::Int:
          if (emit_ && (x.type.kind == Kind::Int || x.type.kind == Kind::Float))
            accepted = known_compare(Compare::Equal, x, integer(p.low));
          break;
        case PatternKind::Float:
          if (emit_ && (x.type.kind == Kind::Int || x.type.kind == Kind::Float))
            accepted = known_compare(Compare::Equal, x, {kFloat, e_.constant(p.number)});
          break;
        case PatternKind::IntRange:
          if (emit_ && (x.type.kind == Kind::Int || x.type.kind == Kind::Float)) {
            const Operand i{kInt, as_int(x)};
            accepted = LLVMBuildAnd(e_.b, known_compare(Compare::GreaterEqual, i, integer(p.low)),
                                    known_compare(Compare::LessEqual, i, integer(p.high)), "");
          }
          break;
        case PatternKind::True:
          if (emit_ && x.type.integral()) accepted = truth(x);
          break;
        case PatternKind::False:
          if (emit_ && x.type.integral()) accepted = LLVMBuildNot(e_.b, truth(x), "");
          break;
        case PatternKind::Null:
          if (emit_) accepted = e_.truth(x.type.kind == Kind::Null);
          break;
        case PatternKind::Type:
          if (emit_) accepted = e_.truth(p.tag == tag_of(x.type.kind));
          break;
        default: return give_up();
      }
      return branch(accepted, pc_ + 1u, to);
    }

    // --- containers ---
    case Op::NewArray: {
      Type type = array_of(Leaf::Unknown);
      for (uint32_t i = 0; i < in.c; ++i) type = with_element(type, state_[in.b + i].type);
      return step(type);
    }
    case Op::SizedArray: return step(array_of(Leaf::Int));
    case Op::GetIndex: return get_index(in.a, read(in.b), read(in.c), nullptr);
    case Op::GetIndexK: return get_index(in.a, read(in.b), constant_number(in.c), &v_.proto->constants[in.c]);
    case Op::SetIndex: return set_index(read(in.a), read(in.b), read(in.c), nullptr);
    case Op::SetIndexK: return set_index(read(in.a), constant_number(in.b), read(in.c), &v_.proto->constants[in.b]);
    case Op::Concat: return step(kString);
    case Op::NewDict: return new_dict(in.a);
    case Op::DictPut: {
      const Operand key = read(in.b);
      if (state_[in.a].type.kind != Kind::Dict || key.type.kind != Kind::String) return step(kNone);
      return set_entry(read(in.a), {nullptr, key.v}, read(in.c));
    }
    case Op::Append:
    case Op::Print: return step(kNone);

    // --- short forms: those whose kinds are known here; the others do nothing, and the call behind them everything ---
    case Op::TryIntToInt:
    case Op::TryIntToFloat:
    case Op::TryFloatToInt:
    case Op::TryFloatToFloat:
    case Op::TryIntsToInt:
    case Op::TryIntArrayToInt: return short_form(in);
    case Op::TryDictGet:
    case Op::TryDictGetK:
    case Op::TryDictSet:
    case Op::TryDictSetK:
    case Op::TryDictHas: return dict_short_form(in);
    case Op::TryArrayLength:
    case Op::TryArrayPush: return;

    // --- calls ---
    case Op::CallGlobal: return call_global(in);
    case Op::CallNamed:
      // A variable that cannot hold a function does not hide the function of its name.
      if (state_[in.b + in.n].type.kind != Kind::Any && state_[in.b + in.n].type.kind != Kind::Function) return call_global(in);
      return call_function(in, read(in.b + in.n));
    case Op::CallTaking:
    case Op::CallLending:
    case Op::CallValue: return call_function(in, read(in.c));
    case Op::CallMethod:
    case Op::CallDotted: return call_method(in);
    case Op::Return:
    case Op::ReturnNull: {
      const Operand v = in.op == Op::Return ? read(in.a) : Operand{kNull, emit_ ? e_.constant(int64_t{0}) : nullptr};
      if (v_.loop) return give_up();
      ended_ = true;
      if (!emit_) {
        v_.result = join(v_.result, v.type.kind == Kind::Unassigned ? kAny : v.type);
        return;
      }
      flush_globals(state_);
      return_value(payload(v), tag_word(v));
      return;
    }
    default: return give_up();
  }
}

}  // namespace omc::jit
