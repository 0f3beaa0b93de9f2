// Texts: slices, comparisons, patterns. What takes a few instructions stands in place; the rest is a call of C++ without a frame.

#include <algorithm>

#include "jit/native/lowering.hpp"

namespace omc::jit {

LLVMValueRef Lowering::text_bytes(LLVMValueRef s) const {
  return LLVMBuildZExt(e_.b, e_.load(e_.i32, e_.offset(s, kStringBytes), Memory::Text), e_.i64, "");
}

LLVMValueRef Lowering::byte_at(LLVMValueRef data, LLVMValueRef i) const {
  LLVMValueRef index[] = {i};
  LLVMValueRef at = LLVMBuildInBoundsGEP2(e_.b, e_.i8, data, index, 1, "");
  return LLVMBuildZExt(e_.b, e_.load(e_.i8, at, Memory::Text), e_.i64, "");
}

LLVMValueRef Lowering::only_if(LLVMValueRef condition, bool otherwise, const std::function<LLVMValueRef()>& f) const {
  LLVMValueRef result = new_variable(e_.i1);
  LLVMBasicBlockRef inside = fresh(), done = fresh();
  LLVMBuildStore(e_.b, e_.truth(otherwise), result);
  LLVMBuildCondBr(e_.b, condition, inside, done);
  position(inside);
  LLVMBuildStore(e_.b, f(), result);
  LLVMBuildBr(e_.b, done);
  position(done);
  return LLVMBuildLoad2(e_.b, e_.i1, result, "");
}

// --- equality ----------------------------------------------------------------------------------------------------------

// Two loads of the largest width that fits cover up to twice that many bytes; they may overlap.
LLVMValueRef Lowering::same_bytes(LLVMValueRef data, std::string_view known) const {
  const size_t width = known.size() >= 8 ? 8 : known.size() >= 4 ? 4 : known.size() >= 2 ? 2 : 1;
  const LLVMTypeRef type = LLVMIntTypeInContext(e_.context, static_cast<unsigned>(width * 8));
  const auto same_at = [&](size_t at) {
    uint64_t wanted = 0;
    for (size_t i = width; i-- > 0;) wanted = wanted << 8 | static_cast<unsigned char>(known[at + i]);
    LLVMValueRef have = e_.load(type, e_.offset(data, static_cast<int64_t>(at)), Memory::Text);
    LLVMSetAlignment(have, 1);
    return LLVMBuildICmp(e_.b, LLVMIntEQ, have, LLVMConstInt(type, wanted, false), "");
  };
  LLVMValueRef front = same_at(0);
  return known.size() == width ? front : LLVMBuildAnd(e_.b, front, same_at(known.size() - width), "");
}

LLVMValueRef Lowering::same_as(const Operand& x, const vm::String* known) {
  constexpr size_t kInPlace = 16;
  const std::string_view text = known->view();
  if (text.size() > kInPlace) return same_text(x, {kString, e_.address(known)});
  LLVMValueRef fits = LLVMBuildICmp(e_.b, LLVMIntEQ, text_bytes(x.v), e_.constant(static_cast<int64_t>(text.size())), "");
  if (text.empty()) return fits;
  return only_if(fits, false, [&] { return same_bytes(text_data(x.v), text); });
}

LLVMValueRef Lowering::same_text(const Operand& x, const Operand& y) {
  if (x.text || y.text) return same_as(x.text ? y : x, x.text ? x.text : y.text);
  return only_if(LLVMBuildICmp(e_.b, LLVMIntNE, x.v, y.v, ""), true, [&] {
    return only_if(LLVMBuildICmp(e_.b, LLVMIntEQ, text_bytes(x.v), text_bytes(y.v), ""), false, [&] {
      LLVMValueRef same = e_.reading(e_.call(reinterpret_cast<const void*>(m_.host().same_text), e_.i64, {x.v, y.v}));
      return LLVMBuildTrunc(e_.b, same, e_.i1, "");
    });
  });
}

std::optional<LLVMValueRef> Lowering::compare_text(Compare c, const Operand& x, const Operand& y) {
  const bool swapped = x.type.kind != Kind::String;
  const Operand& text = swapped ? y : x;
  const Operand& other = swapped ? x : y;
  if (c == Compare::Equal && other.type.is_array()) return emit_ ? e_.truth(false) : nullptr;
  if (other.type.kind != Kind::String && other.type.kind != Kind::Any) return std::nullopt;
  if (!emit_) return nullptr;
  if (c == Compare::Equal && other.type.kind == Kind::Any) {
    // Null, often what a look-up gives, equals no text. A number may: the interpreter knows.
    return only_if(LLVMBuildNot(e_.b, has_tag(other, Tag::Null), ""), false,
                   [&] { return same_text(text, expect_kind(other, kString)); });
  }
  if (c == Compare::Equal) return same_text(x, y);
  LLVMValueRef order = e_.reading(e_.call(reinterpret_cast<const void*>(m_.host().compare_text), e_.i64,
                                          {expect_kind(x, kString).v, expect_kind(y, kString).v}));
  return known_compare(c, {kInt, order}, integer(0));
}

// --- patterns ----------------------------------------------------------------------------------------------------------

LLVMValueRef Lowering::matches_text(const vm::PatternSite& p, const Operand& x) {
  if (!emit_) return nullptr;
  if (x.type.kind == Kind::String) return matches_known_text(p, x);
  if (x.type.kind != Kind::Any) return e_.truth(false);
  return only_if(has_tag(x, Tag::String), false, [&] { return matches_known_text(p, from_payload(x.v, kString)); });
}

LLVMValueRef Lowering::matches_known_text(const vm::PatternSite& p, const Operand& text) {
  if (p.kind == lang::PatternKind::String) return same_as(text, p.text);
  const auto within = [&](LLVMValueRef c) {
    const Operand character{kInt, c};
    return LLVMBuildAnd(e_.b, known_compare(Compare::GreaterEqual, character, integer(p.low)),
                        known_compare(Compare::LessEqual, character, integer(p.high)), "");
  };
  if (p.high >= 0x80 || p.low < 0)
    return within(e_.call(reinterpret_cast<const void*>(m_.host().only_character), e_.i64, {text.v}));
  // One byte is one character of ASCII.
  return only_if(LLVMBuildICmp(e_.b, LLVMIntEQ, text_bytes(text.v), e_.constant(int64_t{1}), ""), false,
                 [&] { return within(byte_at(text_data(text.v), e_.constant(int64_t{0}))); });
}

// --- operators and builtins --------------------------------------------------------------------------------------------

void Lowering::text_arithmetic(Op op, uint32_t to, const Operand& x, const Operand& y) {
  const auto missing = [](const Operand& o) { return o.type.kind == Kind::Unassigned || o.type.kind == Kind::None; };
  if (missing(x) || missing(y)) return give_up();
  if (op != Op::Add) return step(kAny);
  if (x.type.kind != Kind::String || y.type.kind != Kind::String) return step(kString);
  Operand result{kString};
  if (emit_) {
    result.v = e_.call(reinterpret_cast<const void*>(m_.host().concatenate), e_.ptr, {e_.address(m_.host().host), x.v, y.v});
    failed_unless(LLVMBuildICmp(e_.b, LLVMIntNE, result.v, LLVMConstNull(e_.ptr), ""));
  }
  write(to, result);
}

void Lowering::failed_unless(LLVMValueRef condition) {
  LLVMBasicBlockRef on = fresh(), failed = cold();
  expect(condition, on, failed);
  position(failed);
  std::vector<LLVMValueRef> arguments = {e_.address(m_.host().host), e_.address(m_.site(v_, pc_))};
  if (!v_.loop) {
    arguments.push_back(base_);
    arguments.push_back(room_);
    arguments.push_back(closure_);
  }
  e_.call(v_.loop ? reinterpret_cast<const void*>(m_.host().failed_in_loop) : reinterpret_cast<const void*>(m_.host().failed),
          LLVMVoidTypeInContext(e_.context), arguments);
  fail();
  position(on);
}

Operand Lowering::direct(Instruction in, const vm::Builtin* builtin) {
  for (uint32_t i = 0; i < in.n; ++i) sync(in.b + i);
  Operand result{kAny};
  if (!emit_) return result;
  LLVMValueRef both = e_.call(reinterpret_cast<const void*>(m_.host().direct), e_.pair,
                              {e_.address(m_.host().host), e_.address(builtin), frame_slot(in.b), e_.constant(int64_t{in.n})});
  result.v = LLVMBuildExtractValue(e_.b, both, 0, "");
  result.tag = LLVMBuildExtractValue(e_.b, both, 1, "");
  failed_unless(LLVMBuildICmp(e_.b, LLVMIntNE, result.tag, e_.constant(static_cast<int64_t>(kErrorTag)), ""));
  return result;
}

// Little is won by it, so it counts as a step.
void Lowering::call_direct(Instruction in, const vm::GlobalCell* cell) {
  if (!emit_) v_.steps[pc_] = true;
  if (emit_) guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), LLVMConstNull(e_.ptr), ""));
  write(in.a, direct(in, cell->builtin));
  const Type type = result_of(*cell->builtin);
  if (type.kind != Kind::Any) narrow(in.a, type);
}

bool Lowering::slice(Instruction in, const vm::GlobalCell* cell) {
  const Operand s = read(in.b), from = read(in.b + 1u), to = read(in.b + 2u);
  if (s.type.kind != Kind::String || from.type.kind != Kind::Int || to.type.kind != Kind::Int) return false;
  const State before = state_;
  Operand result{kString};
  if (!emit_) {
    direct(in, cell->builtin);
  } else {
    guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), LLVMConstNull(e_.ptr), ""));
    LLVMValueRef place = new_variable(e_.ptr);
    LLVMBasicBlockRef one = fresh(), other = fresh(), done = fresh();
    LLVMValueRef bytes = text_bytes(s.v);
    LLVMValueRef characters =
        LLVMBuildZExt(e_.b, e_.load(e_.i32, e_.offset(s.v, kStringCharacters), Memory::Header), e_.i64, "");
    LLVMValueRef next = LLVMBuildAdd(e_.b, from.v, e_.constant(int64_t{1}), "");
    LLVMValueRef single = LLVMBuildAnd(e_.b, LLVMBuildICmp(e_.b, LLVMIntULT, from.v, bytes, ""),
                                       LLVMBuildICmp(e_.b, LLVMIntEQ, to.v, next, ""), "");
    LLVMValueRef ascii = LLVMBuildICmp(e_.b, LLVMIntEQ, bytes, characters, "");
    LLVMBuildCondBr(e_.b, LLVMBuildAnd(e_.b, single, ascii, ""), one, other);
    position(one);
    LLVMValueRef index[] = {byte_at(text_data(s.v), from.v)};
    LLVMValueRef table = LLVMBuildInBoundsGEP2(e_.b, e_.ptr, e_.address(m_.host().characters), index, 1, "");
    LLVMBuildStore(e_.b, e_.load(e_.ptr, table, Memory::Text), place);
    LLVMBuildBr(e_.b, done);
    position(other);
    LLVMBuildStore(e_.b, from_payload(direct(in, cell->builtin).v, kString).v, place);
    LLVMBuildBr(e_.b, done);
    position(done);
    result.v = LLVMBuildLoad2(e_.b, e_.ptr, place, "");
  }
  state_ = before;
  write(in.a, result);
  return true;
}

}  // namespace omc::jit
