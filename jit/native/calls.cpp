// Calls: of native code, of raw builtins, of the interpreter for one instruction.

#include "jit/native/lowering.hpp"

#include "jit/native/intrinsics.hpp"

namespace omc::jit {

void Lowering::run_step(bool collects) {
  if (!emit_) v_.steps[pc_] = true;
  if (collects && !v_.collects) v_.collects = changed_ = true;
  const Effects effect = effects(code_[pc_]);
  for (const uint32_t r : effect.reads) sync(r);
  if (collects) sync_references();
  flush_globals(state_);
  if (!emit_) return;
  const void* const function =
      v_.loop ? reinterpret_cast<const void*>(m_.host().step_in_loop) : reinterpret_cast<const void*>(m_.host().step);
  std::vector<LLVMValueRef> arguments = {e_.address(m_.host().host), e_.address(m_.site(v_, pc_))};
  if (!v_.loop) arguments.push_back(base_);
  arguments.push_back(room_);
  if (!v_.loop) arguments.push_back(closure_);
  LLVMValueRef ok = e_.call(function, e_.i64, arguments);
  LLVMBasicBlockRef on = fresh(), failed = cold();
  expect(LLVMBuildICmp(e_.b, LLVMIntNE, ok, e_.constant(int64_t{0}), ""), on, failed);
  position(failed);
  fail();
  position(on);
}

void Lowering::step(Type type, bool calls) {
  run_step(calls);
  if (calls) forget_globals();
  take_result(type);
}

void Lowering::take_result(Type type) {
  const Instruction in = code_[pc_];
  for (const uint32_t r : effects(in).writes) {
    if (type.kind == Kind::None) continue;
    Operand v = load_register(r);
    write(r, v);
    state_[r].synced = true;
    if (r == in.a && type.kind != Kind::Any) narrow(r, type);
  }
}

void Lowering::narrow(uint32_t r, Type type) {
  Operand v = get(r);
  if (v.type.kind != Kind::Any) return;
  Operand known{type};
  if (emit_) {
    LLVMBasicBlockRef on = fresh(), off = cold();
    expect(has_tag(v, tag_of(type.kind)), on, off);
    position(off);
    State after = state_;
    leave(pc_ + 1u, after, true);
    position(on);
    known = from_payload(v.v, type);
  }
  const bool synced = state_[r].synced;
  write(r, known);
  state_[r].synced = synced;
}

LLVMValueRef Lowering::cell_target(const vm::GlobalCell* cell) const {
  return e_.load(e_.ptr, e_.address(reinterpret_cast<const char*>(cell) + kCellTarget), Memory::Cell);
}

void Lowering::guard_builtin(const vm::GlobalCell* cell) {
  if (!checks_.assured[pc_].name) guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), LLVMConstNull(e_.ptr), ""));
}

void Lowering::call_global(Instruction in) {
  const vm::GlobalCell* cell = v_.proto->cells[in.c];
  if (cell->target && cell->target->kind == vm::FunctionKind::Closure) {
    auto* closure = static_cast<vm::Closure*>(cell->target);
    std::vector<Type> arguments;
    for (uint32_t i = 0; i < in.n; ++i) arguments.push_back(state_[in.b + i].type);
    if (closure->proto->parameter_count == in.n)
      if (Version* callee = m_.callee(closure->proto, closure, arguments, v_)) return call_native(in, cell, *callee);
    return call_without_version();
  }
  if (cell->target && cell->target->kind == vm::FunctionKind::Constructor) return construct(in, cell);
  if (cell->target || !cell->builtin || in.n < cell->required) return step_call(kAny);
  if (intrinsic(in, cell)) return;
  if (calls_nobody(cell->builtin->name)) return call_direct(in, cell);
  step_call(result_of(*cell->builtin));
}

void Lowering::call_without_version() {
  if (m_.unforeseen()) give_up();
  else step_call(kAny);
}

Type Lowering::result_of(const vm::Builtin& row) {
  const size_t arrow = row.signature.rfind("-> ");
  if (arrow == std::string_view::npos) return kAny;
  const std::string_view result = row.signature.substr(arrow + 3);
  if (result == "int") return kInt;
  if (result == "float") return kFloat;
  if (result == "string") return kString;
  if (result == "array") return array_of(Leaf::Unknown);
  return kAny;
}

void Lowering::call_native(Instruction in, const vm::GlobalCell* cell, Version& callee) {
  std::vector<Operand> arguments;
  for (uint32_t i = 0; i < in.n; ++i) arguments.push_back(read(in.b + i));
  LLVMValueRef closure = nullptr;
  if (emit_) {
    closure = cell_target(cell);
    // Where the same definition is run again and again, only the code is what stays.
    if (callee.takes_closure() || m_.cautious()) {
      guard(LLVMBuildICmp(e_.b, LLVMIntNE, closure, LLVMConstNull(e_.ptr), ""));
      guard_closure(closure, callee.proto);
    } else if (!checks_.assured[pc_].name) {
      guard(LLVMBuildICmp(e_.b, LLVMIntEQ, closure, m_.refer(cell->target), ""));
    }
  }
  prepare_call();
  ended_ = !call_version(in, arguments, callee, closure);
}

void Lowering::prepare_call() {
  if (emit_) guard(LLVMBuildICmp(e_.b, LLVMIntNE, room_, e_.constant(int64_t{0}), ""));
  sync_references();
  flush_globals(state_);
}

bool Lowering::call_version(Instruction in, const std::vector<Operand>& arguments, Version& callee, LLVMValueRef closure) {
  // A closure that was made for this call alone is kept alive in the first register, which the callee leaves free.
  const bool keep = callee.takes_closure() && callee.collects;
  if (callee.collects && !v_.collects) v_.collects = changed_ = true;
  if (keep) v_.announces_registers = true;
  LLVMValueRef bits = nullptr, t = nullptr;
  if (emit_) {
    if (keep) {
      e_.store(LLVMBuildPtrToInt(e_.b, closure, e_.i64, ""), frame_slot(in.b), Memory::Register);
      e_.store(e_.tag(Tag::Function), e_.offset(frame_slot(in.b), kTagOffset), Memory::Register);
    }
    std::vector<LLVMValueRef> values = {frame_slot(keep ? in.b + 1u : in.b), LLVMBuildSub(e_.b, room_, e_.constant(int64_t{1}), "")};
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Operand o = callee.parameters[i].kind == Kind::Any ? to_any(arguments[i]) : arguments[i];
      values.push_back(o.v);
      if (o.type.kind == Kind::Any) values.push_back(o.tag);
    }
    if (callee.takes_closure()) values.push_back(closure);
    LLVMValueRef result = LLVMBuildCall2(e_.b, callee.function_type, callee.function, values.data(),
                                         static_cast<unsigned>(values.size()), "");
    bits = LLVMBuildExtractValue(e_.b, result, 0, "");
    if (callee.result.kind == Kind::Float) bits = LLVMBuildBitCast(e_.b, bits, e_.i64, "");
    t = LLVMBuildExtractValue(e_.b, result, 1, "");
  }
  forget_globals();
  if (callee.result.kind == Kind::None) {
    // Not known to return: an error, or not analysed yet. When it does, the interpreter goes on.
    if (emit_) returned(in, callee, bits, t, kAny, /*stop=*/true);
    return false;
  }
  const Type type = callee.result;
  if (emit_) returned(in, callee, bits, t, type, /*stop=*/false);
  else write(in.a, {type});
  return true;
}

void Lowering::returned(Instruction in, Version& callee, LLVMValueRef bits, LLVMValueRef t, Type type, bool stop) {
  LLVMBasicBlockRef on = fresh(), other = cold(), failed = cold();
  const LLVMValueRef error = e_.constant(static_cast<int64_t>(kErrorTag));
  if (type.kind == Kind::Any) {
    expect(LLVMBuildICmp(e_.b, LLVMIntNE, t, error, ""), on, failed);
    LLVMDeleteBasicBlock(other);
  } else {
    expect(LLVMBuildICmp(e_.b, LLVMIntEQ, t, e_.tag(tag_of(type.kind)), ""), on, other);
    position(other);
    LLVMBasicBlockRef valid = cold();
    LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntNE, t, error, ""), valid, failed);
    position(valid);
    const State saved = state_;
    write(in.a, {kAny, bits, t});
    leave(pc_ + 1u, state_, true);
    state_ = saved;
  }
  position(failed);
  const void* const report = v_.loop ? reinterpret_cast<const void*>(m_.host().failed_call_in_loop)
                                     : reinterpret_cast<const void*>(m_.host().failed_call);
  e_.call(report, LLVMVoidTypeInContext(e_.context),
          {e_.address(m_.host().host), e_.address(m_.site(v_, pc_)), e_.address(callee.proto)});
  failed_call();
  position(on);
  if (stop) {
    write(in.a, {kAny, bits, t});
    leave(pc_ + 1u, state_, true);
    return;
  }
  write(in.a, type.kind == Kind::Any ? Operand{type, bits, t} : from_payload(bits, type));
}

void Lowering::failed_call() {
  if (v_.loop) {
    const State saved = state_;
    state_ = start_;
    if (!v_.proto->handlers.empty()) store_live(pc_);
    state_ = saved;
    LLVMBuildRet(e_.b, LLVMConstNull(e_.ptr));
  } else {
    return_error();
  }
}

void Lowering::short_form(Instruction in) {
  const vm::GlobalCell* cell = v_.proto->cells[in.c];
  const Operand x = read(in.b);
  const bool floats = in.op == Op::TryFloatToInt || in.op == Op::TryFloatToFloat;
  const bool array = in.op == Op::TryIntArrayToInt, two = array || in.op == Op::TryIntsToInt;
  if (array ? x.type != array_of(Leaf::Int) : x.type.kind != Kind::Int && !(floats && x.type.kind == Kind::Float)) return;
  if (two && state_[in.b + 1u].type.kind != Kind::Int) return;
  // What has an instruction of its own behind it is better off there.
  if (find_intrinsic(cell->builtin->name)) return;
  const bool real = in.op == Op::TryIntToFloat || in.op == Op::TryFloatToFloat;
  Operand result{real ? kFloat : kInt};
  if (emit_) {
    guard_builtin(cell);
    const vm::ShortForm& raw = cell->builtin->short_form;
    if (in.op == Op::TryFloatToInt && x.type.kind == Kind::Int) {
      result.v = x.v;
    } else if (array) {  // a span is passed as two arguments; work counters are not preserved (chapter 08, decision 9)
      guard(is_kind(x.v, ElementKind::Ints));
      LLVMValueRef data = e_.load(e_.ptr, e_.offset(x.v, kArrayData), Memory::Header);
      result.v = e_.reading(e_.call(raw.none, e_.i64, {e_.address(m_.host().vm), data, array_size(x.v), get(in.b + 1u).v}));
    } else {
      std::vector<LLVMValueRef> arguments = {in.op == Op::TryFloatToFloat ? as_float(x) : x.v};
      if (in.op == Op::TryIntsToInt) arguments.push_back(get(in.b + 1u).v);
      result.v = e_.call(raw.none, real ? e_.f64 : e_.i64, arguments, /*pure=*/true);
    }
  }
  write(in.a, result);
  jump_to(pc_ + 1u + in.n);
}

bool Lowering::intrinsic(Instruction in, const vm::GlobalCell* cell) {
  const auto kind = find_intrinsic(cell->builtin->name);
  if (!kind) return false;
  const Operand x = read(in.b);
  const Operand y = in.n > 1 ? read(in.b + 1u) : Operand{};
  const auto check = [&] {
    if (emit_) guard_builtin(cell);
  };
  const auto result = [&](Type type, const auto& make) {
    check();
    Operand o{type};
    if (emit_) o.v = make();
    write(in.a, o);
    return true;
  };
  const bool number = x.type.numeric(), real = x.type.kind == Kind::Float;
  switch (*kind) {
    case Intrinsic::TextBytes:
      if (x.type.kind != Kind::String) return false;
      return result(kInt, [&] { return text_bytes(x.v); });
    case Intrinsic::Slice: return slice(in, cell);
    case Intrinsic::Length:
      if (!x.type.is_array()) return false;
      return result(kInt, [&] { return array_size(x.v); });
    case Intrinsic::Push: check(); push(in); return true;
    case Intrinsic::Harmony:
      if (x.lane && x.type.kind == Kind::Int)
        return result(kInt, [&] { return harmony_of_lanes(x); });
      return result(kInt, [&] { return e_.constant(int64_t{1000}); });
    case Intrinsic::PhiShadow: {
      check();
      Operand marked = v_.second_lanes && x.type.kind == Kind::Any ? expect_kind(x, kInt) : x;
      if (v_.second_lanes && marked.type.kind == Kind::Int) {
        marked.lane = true;
        if (emit_) marked.beta = shadow_of(marked.v);
      }
      write(in.a, marked);
      return true;
    }
    case Intrinsic::Get:
      if (!x.type.is_array() || !index_fits(y)) return false;
      check();
      get_index(in.a, x, y, nullptr);
      return true;
    case Intrinsic::Set: {
      const Operand v = read(in.b + 2u);
      if (!x.type.is_array() || !index_fits(y) || x.type.depth != 1 || v.type.kind != element(x.type).kind) return false;
      check();
      set_index(x, y, v, nullptr);
      write(in.a, {kNull, emit_ ? e_.constant(int64_t{0}) : nullptr});
      return true;
    }
    case Intrinsic::Abs:
      if (!number) return false;
      if (real) return result(kFloat, [&] { return e_.intrinsic("llvm.fabs", {e_.f64}, {x.v}); });
      return result(kInt, [&] { return e_.intrinsic("llvm.abs", {e_.i64}, {x.v, e_.truth(false)}); });
    case Intrinsic::Floor:
    case Intrinsic::Ceil:
    case Intrinsic::Round: {
      if (!number || in.n != 1) return false;
      if (!real) return result(kInt, [&] { return x.v; });
      const char* name = *kind == Intrinsic::Floor ? "llvm.floor" : *kind == Intrinsic::Ceil ? "llvm.ceil" : "llvm.round";
      return result(kInt, [&] { return as_int({kFloat, e_.intrinsic(name, {e_.f64}, {x.v})}); });
    }
    case Intrinsic::Sqrt:
      if (!number) return false;
      return result(kFloat, [&] { return e_.intrinsic("llvm.sqrt", {e_.f64}, {as_float(x)}); });
    case Intrinsic::ToInt:
      if (!number) return false;
      return result(kInt, [&] { return as_int(x); });
    case Intrinsic::ToFloat:
      if (!number) return false;
      return result(kFloat, [&] { return as_float(x); });
  }
  return false;
}

}  // namespace omc::jit
