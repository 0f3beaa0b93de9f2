// Elements of arrays: the fast way in place, everything else left to the interpreter.

#include "jit/native/lowering.hpp"

#include <algorithm>

namespace omc::jit {

LLVMValueRef Lowering::is_kind(LLVMValueRef a, ElementKind k) const {
  return LLVMBuildICmp(e_.b, LLVMIntEQ, array_kind(a), LLVMConstInt(e_.i8, static_cast<uint64_t>(k), false), "");
}

LLVMValueRef Lowering::element_place(LLVMValueRef a, LLVMValueRef i, int64_t bytes) const {
  LLVMValueRef data = e_.load(e_.ptr, e_.offset(a, kArrayData), Memory::Header);
  LLVMValueRef index[] = {i};
  return LLVMBuildInBoundsGEP2(e_.b, bytes == 8 ? e_.i64 : e_.pair, data, index, 1, "");
}

LLVMValueRef Lowering::place(LLVMValueRef a, const Operand& index) {
  LLVMValueRef i = as_int(index);
  const Assured& assured = checks_.assured[pc_];
  if (assured.inside) return i;
  LLVMValueRef size = array_size(a);
  if (LLVMIsAConstantInt(i) && LLVMConstIntGetSExtValue(i) >= 0) {
    const int64_t furthest = std::max<int64_t>(LLVMConstIntGetSExtValue(i), assured.furthest);
    guard(LLVMBuildICmp(e_.b, LLVMIntULT, e_.constant(furthest), size, ""));
    return i;
  }
  // An index from the end is rare, and left to the interpreter until it turns out not to be.
  if (!LLVMIsAConstantInt(i) && !m_.cautious()) {
    guard(LLVMBuildICmp(e_.b, LLVMIntULT, i, size, ""));
    return i;
  }
  LLVMValueRef negative = LLVMBuildICmp(e_.b, LLVMIntSLT, i, e_.constant(int64_t{0}), "");
  i = LLVMBuildSelect(e_.b, negative, LLVMBuildAdd(e_.b, i, size, ""), i, "");
  guard(LLVMBuildICmp(e_.b, LLVMIntULT, i, size, ""));
  return i;
}

void Lowering::guard_elements(LLVMValueRef a, ElementKind kind) {
  if (checks_.assured[pc_].kind != kind) guard(is_kind(a, kind));
}

LLVMValueRef Lowering::fits(LLVMValueRef size, const IndexCheck& check) {
  if (check.of == IndexCheck::Of::Constant) return LLVMBuildICmp(e_.b, LLVMIntULT, e_.constant(check.index), size, "");
  LLVMValueRef all = LLVMBuildICmp(e_.b, LLVMIntULT, get(static_cast<size_t>(check.index)).v, size, "");
  if (check.of == IndexCheck::Of::Register) return all;
  const auto at_limit = static_cast<size_t>(check.limit);
  LLVMValueRef limit = check.limit_of == IndexCheck::Limit::Number     ? e_.constant(check.limit)
                       : check.limit_of == IndexCheck::Limit::Register ? get(at_limit).v
                                                                       : array_size(get(at_limit).v);
  all = LLVMBuildAnd(e_.b, all, LLVMBuildICmp(e_.b, check.limit_included ? LLVMIntSLT : LLVMIntSLE, limit, size, ""), "");
  if (check.step) {
    LLVMValueRef step = LLVMBuildSub(e_.b, get(*check.step).v, e_.constant(int64_t{1}), "");
    all = LLVMBuildAnd(e_.b, all, LLVMBuildICmp(e_.b, LLVMIntULT, step, e_.constant(kGreatestStep - 1), ""), "");
  }
  return all;
}

void Lowering::enter_loop(const CheckedLoop& loop) {
  LLVMValueRef good = nullptr;
  const auto both = [&](LLVMValueRef condition) { good = good ? LLVMBuildAnd(e_.b, good, condition, "") : condition; };
  for (const ArrayCheck& check : loop.arrays) {
    const Operand a = get(check.array);
    if (check.kind) both(is_kind(a.v, *check.kind));
    for (const IndexCheck& index : check.indices) both(fits(array_size(a.v), index));
  }
  for (const vm::GlobalCell* cell : loop.names) {
    LLVMValueRef meant = cell->target ? m_.refer(cell->target) : LLVMConstNull(e_.ptr);
    both(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), meant, ""));
  }
  if (!good) return;
  LLVMBasicBlockRef on = fresh(), off = cold();
  expect(good, on, off);
  position(off);
  leave(loop.header, state_, true);
  position(on);
}

ElementKind Lowering::kind_of(Type element_type) {
  return element_type.kind == Kind::Int ? ElementKind::Ints : element_type.kind == Kind::Float ? ElementKind::Floats : ElementKind::Values;
}

Operand Lowering::load_element(const Operand& a, LLVMValueRef i) {
  const Type type = element(a.type);
  Operand o{type};
  if (a.type.depth == 1 && a.type.leaf == Leaf::Unknown) return load_any_element(a, i);
  if (!emit_) return o;
  guard_elements(a.v, kind_of(type));
  if (type.kind == Kind::Int) o.v = e_.load(e_.i64, element_place(a.v, i, 8), Memory::Ints);
  else if (type.kind == Kind::Float) o.v = e_.load(e_.f64, element_place(a.v, i, 8), Memory::Floats);
  else {
    LLVMValueRef at = element_place(a.v, i, kValueBytes);
    const Operand any{kAny, e_.load(e_.i64, at, Memory::Values), load_tag(at, Memory::Values)};
    if (type.kind == Kind::Any) return {type, any.v, any.tag};
    guard(has_tag(any, tag_of(type.kind)));
    o = from_payload(any.v, type);
  }
  return o;
}

Operand Lowering::load_any_element(const Operand& a, LLVMValueRef i) {
  Operand o{kAny};
  if (!emit_) return o;
  const AnyVariable result = new_any_variable();
  LLVMBasicBlockRef ints = fresh(), other = fresh(), floats = fresh(), values = fresh(), done = fresh();
  const auto finish = [&](const Operand& element) {
    set(result, element);
    LLVMBuildBr(e_.b, done);
  };
  LLVMBuildCondBr(e_.b, is_kind(a.v, ElementKind::Ints), ints, other);
  position(ints);
  finish({kInt, e_.load(e_.i64, element_place(a.v, i, 8), Memory::Ints)});
  position(other);
  LLVMBuildCondBr(e_.b, is_kind(a.v, ElementKind::Floats), floats, values);
  position(floats);
  finish({kFloat, e_.load(e_.f64, element_place(a.v, i, 8), Memory::Floats)});
  position(values);
  LLVMValueRef at = element_place(a.v, i, kValueBytes);
  finish({kAny, e_.load(e_.i64, at, Memory::Values), load_tag(at, Memory::Values)});
  position(done);
  return read(result);
}

std::optional<Operand> Lowering::as_array(const Operand& o) {
  if (o.type.is_array()) return o;
  if (o.type.kind != Kind::Any) return std::nullopt;
  return expect_kind(o, array_of(Leaf::Unknown));
}

void Lowering::get_index(uint32_t to, const Operand& object, const Operand& index, const vm::Value* constant) {
  if (const auto found = dict_place(object, index, constant)) return write(to, get_entry(found->dict, found->key));
  if (object.type.kind == Kind::Dict) return step(kAny);
  if (!index_fits(index) || object.type.kind == Kind::String) return step(kAny);
  if (!object.type.is_array() && object.type.kind != Kind::Any) return give_up();
  if (object.type.kind == Kind::Any || index.type.kind == Kind::Any) return get_any_index(to, object, index);
  const auto a = as_array(object);
  if (!a) return give_up();
  const Operand i = as_index(index);
  write(to, load_element(*a, emit_ ? place(a->v, i) : nullptr));
}

void Lowering::get_any_index(uint32_t to, const Operand& object, const Operand& index) {
  Operand result{kAny};
  if (emit_) {
    const AnyVariable either = new_any_variable();
    LLVMBasicBlockRef array = fresh(), inside = fresh(), slow = fresh(), done = fresh();
    LLVMValueRef fits = LLVMBuildICmp(e_.b, LLVMIntEQ, tag_word(object), e_.tag(Tag::Array), "");
    LLVMValueRef whole = LLVMBuildICmp(e_.b, LLVMIntEQ, tag_word(index), e_.tag(Tag::Int), "");
    LLVMBuildCondBr(e_.b, LLVMBuildAnd(e_.b, fits, whole, ""), array, slow);
    position(array);
    const Operand a = object.type.is_array() ? object : from_payload(object.v, array_of(Leaf::Unknown));
    LLVMValueRef i = payload(index);
    LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntULT, i, array_size(a.v), ""), inside, slow);
    position(inside);
    set(either, load_any_element(a, i));
    LLVMBuildBr(e_.b, done);
    position(slow);
    const State saved = state_;
    run_step(/*collects=*/false);
    state_ = saved;
    set(either, load_register(to));
    LLVMBuildBr(e_.b, done);
    position(done);
    result = read(either);
  }
  write(to, result);
}

void Lowering::store_element(const Operand& a, LLVMValueRef i, const Operand& v) {
  if (!emit_) return;
  const ElementKind kind = kind_of(v.type);
  const bool mixed = a.type.depth > 1 || a.type.leaf == Leaf::Mixed || a.type.leaf == Leaf::String;
  if (kind == ElementKind::Values || mixed) {
    guard_elements(a.v, ElementKind::Values);
    store_reference(v, element_place(a.v, i, kValueBytes));
    return;
  }
  guard_elements(a.v, kind);
  e_.store(v.v, element_place(a.v, i, 8), kind == ElementKind::Ints ? Memory::Ints : Memory::Floats);
}

void Lowering::set_index(const Operand& object, const Operand& index, Operand v, const vm::Value* constant) {
  if (const auto found = dict_place(object, index, constant)) return set_entry(found->dict, found->key, v);
  const auto a = object.type.is_array() ? std::optional(object) : std::nullopt;
  if (!a || !index_fits(index) || object.type.kind == Kind::Any || index.type.kind == Kind::Any) return step(kNone);
  if (v.type.kind == Kind::Any && a->type.depth == 1) {
    if (a->type.leaf == Leaf::Int) v = expect_kind(v, kInt);
    else if (a->type.leaf == Leaf::Float) v = expect_kind(v, kFloat);
    else if (a->type.leaf == Leaf::Unknown) return step(kNone);
  }
  // An array of one kind that is given another: the interpreter widens it.
  const Type own = element(a->type);
  if (a->type.depth == 1 && (a->type.leaf == Leaf::Int || a->type.leaf == Leaf::Float) && v.type.kind != own.kind) {
    refine(object, array_of(Leaf::Mixed));
    return step(kNone);
  }
  const Operand i = as_index(index);
  store_element(*a, emit_ ? place(a->v, i) : nullptr, v);
}

void Lowering::refine(const Operand& o, Type type) {
  if (!o.id) return;
  for (Slot& s : state_)
    if (s.id == o.id && s.type.is_array()) s.type = type;
}

void Lowering::push(Instruction in) {
  const Operand object = read(in.b);
  Operand v = read(in.b + 1u);
  if (!object.type.is_array() || v.type.kind == Kind::Unassigned) return step_call(kNull);
  const Type before = object.type;
  const Type type = with_element(before, v.type);
  if (v.type.kind == Kind::Any && before.depth == 1 && before.leaf != Leaf::Mixed) {
    refine(object, type);
    return step_call(kNull);
  }
  if (emit_) {
    // In place when the kind fits and there is room; else the builtin.
    const ElementKind kind = kind_of(v.type);
    LLVMBasicBlockRef roomy = fresh(), append = fresh(), slow = cold(), done = fresh();
    expect(is_kind(object.v, kind), roomy, slow);
    position(roomy);
    LLVMValueRef size = array_size(object.v);
    LLVMValueRef capacity = e_.load(e_.i64, e_.offset(object.v, kArrayCapacity), Memory::Header);
    LLVMValueRef limit = e_.constant(int64_t{1} << 27);  // far below the limit of elements, which the builtin checks
    LLVMValueRef fits = LLVMBuildAnd(e_.b, LLVMBuildICmp(e_.b, LLVMIntULT, size, capacity, ""),
                                     LLVMBuildICmp(e_.b, LLVMIntULT, size, limit, ""), "");
    expect(fits, append, slow);
    position(append);
    if (kind == ElementKind::Values) store_reference(v, element_place(object.v, size, kValueBytes));
    else e_.store(v.v, element_place(object.v, size, 8), kind == ElementKind::Ints ? Memory::Ints : Memory::Floats);
    e_.store(LLVMBuildAdd(e_.b, size, e_.constant(int64_t{1}), ""), e_.offset(object.v, kArraySize), Memory::Header);
    LLVMBuildBr(e_.b, done);
    position(slow);
    const State saved = state_;
    run_step(/*collects=*/false);
    state_ = saved;
    LLVMBuildBr(e_.b, done);
    position(done);
  }
  refine(object, type);
  write(in.a, {kNull, emit_ ? e_.constant(int64_t{0}) : nullptr});
}

}  // namespace omc::jit
