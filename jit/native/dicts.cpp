// Dicts: keys known when the code is made are looked for where a dict like this one had them; all others are found by the
// interpreter's own function.

#include "jit/native/lowering.hpp"

namespace omc::jit {

using vm::Dict;

LLVMValueRef Lowering::find_key(LLVMValueRef d, LLVMValueRef key) {
  return e_.reading(e_.call(reinterpret_cast<const void*>(m_.host().find_key), e_.i64, {d, key}));
}

void Lowering::guard_key(LLVMValueRef d, const vm::String* key, uint32_t entry) {
  LLVMValueRef used = e_.load(e_.i32, e_.offset(d, kDictUsed), Memory::Dict);
  guard(LLVMBuildICmp(e_.b, LLVMIntULT, LLVMConstInt(e_.i32, entry, false), used, ""));
  LLVMValueRef found = e_.load(e_.ptr, e_.offset(entry_place(d, e_.constant(int64_t{entry})), kEntryKey), Memory::Dict);
  guard(LLVMBuildICmp(e_.b, LLVMIntEQ, found, e_.address(key), ""));
}

LLVMValueRef Lowering::has_key_at(LLVMValueRef d, const vm::String* key, uint32_t entry) {
  LLVMValueRef used = e_.load(e_.i32, e_.offset(d, kDictUsed), Memory::Dict);
  LLVMValueRef there = LLVMBuildICmp(e_.b, LLVMIntULT, LLVMConstInt(e_.i32, entry, false), used, "");
  // Only then there is an entry to look at.
  return only_if(there, false, [&] {
    LLVMValueRef found = e_.load(e_.ptr, e_.offset(entry_place(d, e_.constant(int64_t{entry})), kEntryKey), Memory::Dict);
    return LLVMBuildICmp(e_.b, LLVMIntEQ, found, e_.address(key), "");
  });
}

LLVMValueRef Lowering::entry_place(LLVMValueRef d, LLVMValueRef entry) const {
  LLVMValueRef entries = e_.load(e_.ptr, e_.offset(d, kDictEntries), Memory::Dict);
  LLVMValueRef bytes = LLVMBuildMul(e_.b, entry, e_.constant(kEntryBytes), "");
  LLVMValueRef index[] = {bytes};
  return LLVMBuildInBoundsGEP2(e_.b, e_.i8, entries, index, 1, "");
}

Operand Lowering::load_entry_value(LLVMValueRef d, LLVMValueRef entry, Type type) {
  if (!emit_) return {type};
  LLVMValueRef at = e_.offset(entry_place(d, entry), kEntryValue);
  const Operand any{kAny, e_.load(e_.i64, at, Memory::Entries), load_tag(at, Memory::Entries)};
  if (type.kind == Kind::Any) return {type, any.v, any.tag};
  guard(has_tag(any, tag_of(type.kind)));
  return from_payload(any.v, type);
}

std::optional<Operand> Lowering::as_dict(const Operand& o) {
  if (o.type.kind == Kind::Dict) return o;
  if (o.type.kind != Kind::Any) return std::nullopt;
  const vm::Object* like = o.type.like;
  const bool closure = like && like->tag == Tag::Function && static_cast<const vm::Function*>(like)->kind == vm::FunctionKind::Closure;
  return expect_kind(o, dict_like(!like || closure || like->tag == Tag::Proto || like->tag == Tag::Box ? nullptr : like));
}

std::optional<Operand> Lowering::as_key(const Operand& o) {
  if (o.type.kind != Kind::Any && o.type.kind != Kind::String) return std::nullopt;
  return expect_kind(o, kString);
}

Lowering::Key Lowering::known_key(const Operand& d, const vm::String* text, uint8_t hint) {
  Key key{text, emit_ ? e_.address(text) : nullptr};
  key.field = m_.cautious() ? Field{} : m_.field(d.type.like, text);
  key.hint = key.field.known() ? key.field.entry : hint;
  return key;
}

LLVMValueRef Lowering::entry_of(const Operand& d, const Key& key) {
  if (!emit_) return nullptr;
  if (key.field.known()) {
    guard_key(d.v, key.text, key.hint);
    return e_.constant(int64_t{key.hint});
  }
  if (!key.text) return find_key(d.v, key.v);
  LLVMValueRef entry = new_variable(e_.i64);
  LLVMBasicBlockRef search = fresh(), done = fresh();
  LLVMBuildStore(e_.b, e_.constant(int64_t{key.hint}), entry);
  LLVMBuildCondBr(e_.b, has_key_at(d.v, key.text, key.hint), done, search);
  position(search);
  LLVMBuildStore(e_.b, find_key(d.v, key.v), entry);
  LLVMBuildBr(e_.b, done);
  position(done);
  return LLVMBuildLoad2(e_.b, e_.i64, entry, "");
}

LLVMValueRef Lowering::is_found(LLVMValueRef entry) const {
  return LLVMBuildICmp(e_.b, LLVMIntNE, entry, e_.constant(int64_t{Dict::kMissing}), "");
}

Operand Lowering::get_entry(const Operand& d, const Key& key) {
  LLVMValueRef entry = entry_of(d, key);
  if (key.field.known()) return load_entry_value(d.v, entry, key.field.type);
  Operand result{kAny};
  if (!emit_) return result;
  const AnyVariable value = new_any_variable();
  set(value, {kNull, e_.constant(int64_t{0})});
  LLVMBasicBlockRef found = fresh(), done = fresh();
  LLVMBuildCondBr(e_.b, is_found(entry), found, done);
  position(found);
  set(value, load_entry_value(d.v, entry, kAny));
  LLVMBuildBr(e_.b, done);
  position(done);
  return read(value);
}

void Lowering::set_entry(const Operand& d, const Key& key, const Operand& v) {
  if (!emit_) return;
  LLVMValueRef entry = entry_of(d, key);
  const auto store = [&] { store_reference(v, e_.offset(entry_place(d.v, entry), kEntryValue), Memory::Entries); };
  if (key.field.known()) return store();
  LLVMBasicBlockRef found = fresh(), missing = fresh(), done = fresh();
  LLVMBuildCondBr(e_.b, is_found(entry), found, missing);
  position(found);
  store();
  LLVMBuildBr(e_.b, done);
  position(missing);
  LLVMValueRef ok = e_.call(reinterpret_cast<const void*>(m_.host().add_key), e_.i64,
                            {e_.address(m_.host().host), d.v, key.v, payload(v), tag_word(v)});
  expect(LLVMBuildICmp(e_.b, LLVMIntNE, ok, e_.constant(int64_t{0}), ""), done, exit());
  position(done);
}

bool Lowering::means_builtin(size_t call) {
  const vm::GlobalCell* cell = v_.proto->cells[code_[call].c];
  if (cell->target) return false;
  if (emit_) guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), LLVMConstNull(e_.ptr), ""));
  return true;
}

void Lowering::dict_short_form(Instruction in) {
  const bool known = in.op == Op::TryDictGetK || in.op == Op::TryDictSetK, set = in.op == Op::TryDictSet || in.op == Op::TryDictSetK;
  const uint32_t skip = in.op == Op::TryDictGetK ? 3 : in.op == Op::TryDictSetK ? 4 : in.n;
  const Operand object = read(set ? in.a : in.b);
  const Operand index = known ? constant_number(set ? in.b : in.c) : read(set ? in.b : in.c);
  const Operand v = set ? read(in.c) : Operand{};
  const bool fits = (object.type.kind == Kind::Dict || object.type.kind == Kind::Any) &&
                    (index.type.kind == Kind::String || index.type.kind == Kind::Any) && v.type.kind != Kind::Unassigned;
  if (!fits || !means_builtin(pc_ + skip)) return;  // the call does it
  const Operand d = *as_dict(object), k = *as_key(index);
  const Key key = known ? known_key(d, v_.proto->constants[set ? in.b : in.c].as_string(), in.n) : Key{nullptr, k.v};
  if (set) {
    set_entry(d, key, v);
  } else if (in.op == Op::TryDictHas) {
    write(in.a, {kInt, emit_ ? LLVMBuildZExt(e_.b, is_found(entry_of(d, key)), e_.i64, "") : nullptr});
  } else {
    write(in.a, get_entry(d, key));
  }
  jump_to(pc_ + 1u + skip);
}

std::optional<Lowering::Place> Lowering::dict_place(const Operand& object, const Operand& index, const vm::Value* constant) {
  const bool text = index.type.kind == Kind::String;
  // Of an unknown kind, with a text as its index: anything else would be an error. A dict with an unknown index: its key, as long
  // as that has not been wrong too often.
  if (!(object.type.kind == Kind::Dict && (text || (index.type.kind == Kind::Any && !m_.cautious()))) &&
      !(object.type.kind == Kind::Any && text))
    return std::nullopt;
  const Operand d = *as_dict(object), k = *as_key(index);
  const bool known = constant && constant->is_string();
  return Place{d, known ? known_key(d, constant->as_string(), code_[pc_].n) : Key{nullptr, k.v}};
}

void Lowering::new_dict(uint32_t to) {
  Operand d{kDict};
  if (emit_) {
    d.v = granted(e_.call(reinterpret_cast<const void*>(m_.host().new_dict), e_.ptr, {e_.address(m_.host().host)}));
  }
  write(to, d);
}

void Lowering::construct(Instruction in, const vm::GlobalCell* cell) {
  const auto* constructor = static_cast<const vm::Constructor*>(cell->target);
  if (constructor->field_count != in.n) return step_call(kAny);
  if (emit_)
    guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), m_.refer(constructor), ""));
  for (uint32_t i = 0; i < in.n; ++i) sync(in.b + i);
  Operand d{dict_like(m_.representative(constructor))};
  if (emit_) {
    d.v = granted(e_.call(reinterpret_cast<const void*>(m_.host().construct), e_.ptr,
                          {e_.address(m_.host().host), m_.refer(constructor), frame_slot(in.b)}));
  }
  write(in.a, d);
}

}  // namespace omc::jit
