// The lowering of every instruction, and the walk over the blocks that drives it.

#include "jit/native/lowering.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>

#include "jit/native/intrinsics.hpp"
#include "vm/globals.hpp"
#include "vm/native.hpp"

namespace omc::jit {

using vm::ElementKind;
using vm::Instruction;
using vm::Op;
using vm::Tag;

namespace {

// Layouts. Value: payload, then tag; native code writes tags as whole words, so that the interpreter's 16-byte copies need not wait.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
constexpr int64_t kTagOffset = 8;
constexpr int64_t kArrayKind = offsetof(vm::Array, kind);
constexpr int64_t kArraySize = offsetof(vm::Array, size);
constexpr int64_t kArrayCapacity = offsetof(vm::Array, capacity);
constexpr int64_t kArrayData = offsetof(vm::Array, data);
constexpr int64_t kCellTarget = offsetof(vm::GlobalCell, target);
constexpr int64_t kCellVariable = offsetof(vm::GlobalCell, variable);
#pragma GCC diagnostic pop
constexpr int64_t kValueBytes = sizeof(vm::Value);

// Limits of a unit.
constexpr size_t kMostInstructions = 3000;  // of all functions in a module
constexpr size_t kMostRegisters = 250;
constexpr size_t kMostParameters = 16;
constexpr size_t kMostVersions = 24;
constexpr size_t kInlineInstructions = 40;
constexpr size_t kWorthwhile = 5;           // instructions for each that calls the interpreter

Tag tag_of(Kind k) {
  switch (k) {
    case Kind::Null: return Tag::Null;
    case Kind::Bool: return Tag::Bool;
    case Kind::Int: return Tag::Int;
    case Kind::Float: return Tag::Float;
    case Kind::Array: return Tag::Array;
    default: return Tag::Unassigned;
  }
}

bool fits_function(const vm::Proto& p) {
  return !p.is_top_level && !p.is_generator && p.captures.empty() && p.handlers.empty() && p.parameter_count <= kMostParameters &&
         p.register_count <= kMostRegisters && p.code.size() <= kMostInstructions;
}

Type sampled(const vm::Value& v, int depth) {
  switch (v.tag()) {
    case Tag::Null: return kNull;
    case Tag::Bool: return kBool;
    case Tag::Int: return kInt;
    case Tag::Float: return kFloat;
    case Tag::Unassigned: return kUnassigned;
    case Tag::Array: {
      const vm::Array* a = v.as_array();
      if (a->empty()) return array_of(Leaf::Unknown);
      if (a->kind == ElementKind::Ints) return array_of(Leaf::Int);
      if (a->kind == ElementKind::Floats) return array_of(Leaf::Float);
      if (depth >= 3 || !a->values[0].is_array()) return array_of(Leaf::Mixed);
      return with_element(array_of(Leaf::Unknown), sampled(a->values[0], depth + 1));
    }
    default: return kAny;
  }
}

// A value while an instruction is lowered; `v` is null while only types are computed.
struct Operand {
  Type type;
  LLVMValueRef v = nullptr;    // i64, double or ptr by the kind; of Any the payload
  LLVMValueRef tag = nullptr;  // of Any
  uint32_t id = 0;
};

enum class Compare : uint8_t { Less, LessEqual, Greater, GreaterEqual, Equal };

}  // namespace

Type type_of(const vm::Value& v) { return sampled(v, 0); }

// ------------------------------------------------------------------------------------------------------------------------

class Lowering {
 public:
  Lowering(Module& module, Version& version, bool emit)
      : m_(module), v_(version), e_(module.emitter()), emit_(emit), facts_(*version.facts), code_(facts_.code),
        registers_(version.proto->register_count) {}

  // True: something was learnt.
  bool analyse() {
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

  void emit() {
    entry_block_ = LLVMAppendBasicBlockInContext(e_.context, v_.function, "entry");
    LLVMBasicBlockRef first = LLVMAppendBasicBlockInContext(e_.context, v_.function, "start");
    blocks_.assign(code_.size(), nullptr);
    for (size_t pc = 0; pc < code_.size(); ++pc)
      if (!v_.in[pc].empty()) blocks_[pc] = LLVMAppendBasicBlockInContext(e_.context, v_.function, "");
    payloads_.assign(slots(), {});
    position(first);
    base_ = LLVMGetParam(v_.function, 0);
    room_ = LLVMGetParam(v_.function, 1);
    state_ = entry_state();
    pc_ = v_.entry_pc;
    begin_instruction();
    load_entry();
    jump_to(v_.entry_pc);
    for (size_t pc = 0; pc < code_.size(); ++pc) {
      if (v_.in[pc].empty()) continue;
      position(blocks_[pc]);
      block(pc);
    }
    position(entry_block_);
    LLVMBuildBr(e_.b, first);
  }

 private:
  // --- the walk ---

  // One more, so that the state of a function without variables is not empty, which means: not reached.
  size_t slots() const { return registers_ + v_.globals.size() + 1; }

  State entry_state() const {
    if (v_.loop) return v_.entry;
    State s(slots());
    for (size_t i = 0; i < v_.parameters.size(); ++i) s[i] = {v_.parameters[i], false, static_cast<uint32_t>(i + 1)};
    for (size_t i = registers_; i < s.size(); ++i) s[i].type = kCell;
    for (size_t r = 0; r < registers_; ++r)
      if (!facts_.live[0][r]) s[r] = {};
    return s;
  }

  void block(size_t pc) {
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

  void begin_instruction() {
    start_ = state_;
    exit_ = nullptr;
  }

  void forget_dead(State& s, size_t pc) const {
    for (size_t r = 0; r < registers_; ++r)
      if (!facts_.live[pc][r]) s[r] = {};
  }

  bool left_loop(size_t pc) const { return v_.loop && !v_.inside[pc]; }

  // Control goes to `pc` with the present state. Ends the block.
  void jump_to(size_t pc) {
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
    LLVMBuildBr(e_.b, blocks_[pc]);
    state_ = saved;
  }

  void merge(size_t pc) {
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
      Slot joined;
      joined.type = join(to[r].type, from[r].type);
      joined.synced = to[r].synced && from[r].synced;
      joined.id = to[r].id == from[r].id ? to[r].id : static_cast<uint32_t>((pc + 1) * slots() * 2 + r * 2 + 1);
      if (!(joined == to[r])) {
        to[r] = joined;
        pending_[pc] = changed_ = true;
      }
    }
  }

  void branch(LLVMValueRef condition, size_t yes, size_t no) {
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

  // A jump; a backward one looks whether something waits at a safepoint.
  void jump_back(size_t to) {
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

  // --- places ---

  void position(LLVMBasicBlockRef at) const { LLVMPositionBuilderAtEnd(e_.b, at); }
  LLVMBasicBlockRef fresh() const { return LLVMAppendBasicBlockInContext(e_.context, v_.function, ""); }
  LLVMBasicBlockRef cold() const { return LLVMAppendBasicBlockInContext(e_.context, v_.function, "cold"); }

  // Branches with a weight: the first way is the likely one.
  void expect(LLVMValueRef condition, LLVMBasicBlockRef likely, LLVMBasicBlockRef unlikely) const {
    LLVMValueRef br = LLVMBuildCondBr(e_.b, condition, likely, unlikely);
    const auto text = [&](const char* s) { return LLVMMDStringInContext2(e_.context, s, std::strlen(s)); };
    const auto number = [&](uint64_t n) { return LLVMValueAsMetadata(LLVMConstInt(e_.i32, n, false)); };
    LLVMMetadataRef operands[] = {text("branch_weights"), number(2000), number(1)};
    LLVMSetMetadata(br, LLVMGetMDKindIDInContext(e_.context, "prof", 4),
                    LLVMMetadataAsValue(e_.context, LLVMMDNodeInContext2(e_.context, operands, 3)));
  }

  LLVMValueRef variable(size_t slot, LLVMTypeRef type) {
    Variables& v = payloads_[slot];
    LLVMValueRef& place = type == e_.f64 ? v.number : type == e_.ptr ? v.pointer : v.whole;
    if (!place) place = new_variable(type);
    return place;
  }
  LLVMValueRef tag_variable(size_t slot) {
    LLVMValueRef& place = payloads_[slot].tag;
    if (!place) place = new_variable(e_.i64);
    return place;
  }
  LLVMValueRef new_variable(LLVMTypeRef type) const {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
    position(entry_block_);
    LLVMValueRef v = LLVMBuildAlloca(e_.b, type, "");
    position(here);
    return v;
  }

  LLVMTypeRef machine_type(Type t) const {
    return t.kind == Kind::Float ? e_.f64 : t.kind == Kind::Array ? e_.ptr : e_.i64;
  }

  // The value of a register or global that is in a register.
  Operand get(size_t slot) {
    Operand o{state_[slot].type, nullptr, nullptr, state_[slot].id};
    if (!emit_) return o;
    switch (o.type.kind) {
      case Kind::None:
      case Kind::Cell:
      case Kind::Unassigned:
      case Kind::Null: o.v = e_.constant(int64_t{0}); break;
      case Kind::Any:
        o.v = LLVMBuildLoad2(e_.b, e_.i64, variable(slot, e_.i64), "");
        o.tag = LLVMBuildLoad2(e_.b, e_.i64, tag_variable(slot), "");
        break;
      default: {
        const LLVMTypeRef type = machine_type(o.type);
        o.v = LLVMBuildLoad2(e_.b, type, variable(slot, type), "");
        if (o.type.is_array()) e_.mark_dereferenceable(o.v, sizeof(vm::Array));
      }
    }
    return o;
  }

  void put(size_t slot, const Operand& o, Type type) {
    state_[slot].type = type;
    if (!emit_) return;
    if (type.kind == Kind::Any) {
      LLVMBuildStore(e_.b, o.v, variable(slot, e_.i64));
      LLVMBuildStore(e_.b, o.tag, tag_variable(slot));
    } else if (type.kind == Kind::Int || type.kind == Kind::Bool || type.kind == Kind::Float || type.kind == Kind::Array) {
      LLVMBuildStore(e_.b, o.v, variable(slot, machine_type(type)));
    }
  }

  uint32_t new_id(size_t slot) const { return static_cast<uint32_t>((pc_ + 1) * slots() * 2 + slot * 2); }

  Operand read(uint32_t r) { return get(r); }
  void write(uint32_t r, const Operand& o) {
    const uint32_t id = o.id ? o.id : new_id(r);
    put(r, o, o.type);
    state_[r].synced = false;
    state_[r].id = id;
  }

  Operand constant(const vm::Value& v) {
    switch (v.tag()) {
      case Tag::Int: return integer(v.as_int());
      case Tag::Float: return {kFloat, emit_ ? e_.constant(v.as_float()) : nullptr};
      case Tag::Bool: return boolean(emit_ ? e_.truth(v.as_bool()) : nullptr);
      case Tag::Null: return {kNull, emit_ ? e_.constant(int64_t{0}) : nullptr};
      default: {
        Operand o{kAny};
        if (emit_) {
          o.v = e_.constant(static_cast<int64_t>(reinterpret_cast<uintptr_t>(v.is_heap() ? v.as_object() : nullptr)));
          o.tag = e_.tag(v.tag());
        }
        return o;
      }
    }
  }
  Operand constant_number(uint32_t k) { return constant(v_.proto->constants[k]); }
  Operand integer(int64_t i) const { return {kInt, emit_ ? e_.constant(i) : nullptr}; }
  Operand boolean(LLVMValueRef bit) const { return {kBool, emit_ ? LLVMBuildZExt(e_.b, bit, e_.i64, "") : nullptr}; }

  Operand to_any(const Operand& o) const {
    if (o.type.kind == Kind::Any) return o;
    Operand any{kAny};
    if (!emit_) return any;
    any.v = payload(o);
    any.tag = e_.tag(tag_of(o.type.kind));
    return any;
  }

  // As 64 bits.
  LLVMValueRef payload(const Operand& o) const {
    if (o.type.kind == Kind::Float) return LLVMBuildBitCast(e_.b, o.v, e_.i64, "");
    if (o.type.kind == Kind::Array) return LLVMBuildPtrToInt(e_.b, o.v, e_.i64, "");
    return o.v;
  }
  LLVMValueRef tag_word(const Operand& o) const { return o.type.kind == Kind::Any ? o.tag : e_.tag(tag_of(o.type.kind)); }

  // Bits of a known kind as an operand.
  Operand from_payload(LLVMValueRef bits, Type type) const {
    Operand o{type};
    if (!emit_) return o;
    o.v = type.kind == Kind::Float ? LLVMBuildBitCast(e_.b, bits, e_.f64, "")
          : type.is_array()        ? LLVMBuildIntToPtr(e_.b, bits, e_.ptr, "")
                                   : bits;
    return o;
  }

  // --- the frame ---

  LLVMValueRef frame_slot(size_t r) const { return e_.offset(base_, static_cast<int64_t>(r) * kValueBytes); }

  void store_value(const Operand& o, LLVMValueRef to, Memory memory) const {
    e_.store(payload(o), to, memory);
    e_.store(tag_word(o), e_.offset(to, kTagOffset), memory);
  }

  // The frame's register becomes current.
  void sync(size_t r) {
    if (state_[r].synced || state_[r].type.kind == Kind::None) return;
    if (emit_) store_value(get(r), frame_slot(r), Memory::Register);
    state_[r].synced = true;
    v_.announces_registers = true;
  }

  // Where the collector may run: what is needed behind this instruction must be in the frame.
  void sync_references() {
    for (size_t r = 0; r < registers_; ++r)
      if (facts_.live[pc_ + 1][r] && state_[r].type.holds_reference()) sync(r);
  }

  LLVMValueRef load_tag(LLVMValueRef value, Memory memory) const {
    return LLVMBuildZExt(e_.b, e_.load(e_.i8, e_.offset(value, kTagOffset), memory), e_.i64, "");
  }

  // The frame's register as the interpreter left it.
  Operand load_register(size_t r) const {
    Operand o{kAny};
    if (!emit_) return o;
    o.v = e_.load(e_.i64, frame_slot(r), Memory::Register);
    o.tag = load_tag(frame_slot(r), Memory::Register);
    return o;
  }

  // --- global variables ---

  LLVMValueRef cell_variable(size_t g) const {
    return e_.address(reinterpret_cast<const char*>(v_.globals[g]) + kCellVariable);
  }

  void store_cell(size_t slot) {
    if (emit_) store_value(get(slot), cell_variable(slot - registers_), Memory::Cell);
  }

  // Global variables that this code has changed go to their cells.
  void flush_globals(const State& state) {
    if (!emit_) return;
    const State saved = state_;
    state_ = state;
    for (size_t g = 0; g < v_.globals.size(); ++g)
      if (v_.written[g] && state_[registers_ + g].type.kind != Kind::Cell) store_cell(registers_ + g);
    state_ = saved;
  }

  // Whoever runs now may write them.
  void forget_globals() {
    for (size_t g = 0; g < v_.globals.size(); ++g) state_[registers_ + g] = {kCell, false, 0};
  }

  template <class Failed>
  Operand load_cell(size_t g, Type want, Failed&& failed) {
    Operand o{want};
    if (!emit_) return o;
    LLVMValueRef bits = e_.load(e_.i64, cell_variable(g), Memory::Cell);
    LLVMValueRef t = load_tag(cell_variable(g), Memory::Cell);
    if (want.kind == Kind::Any) return {kAny, bits, t};
    LLVMBasicBlockRef on = fresh();
    expect(LLVMBuildICmp(e_.b, LLVMIntEQ, t, e_.tag(tag_of(want.kind)), ""), on, failed());
    position(on);
    return from_payload(bits, want);
  }

  // --- leaving ---

  // Stores what `pc` needs and goes on there in the interpreter.
  void leave(size_t pc, const State& state, bool early) {
    const State saved = state_;
    state_ = state;
    store_live(pc);
    flush_globals(state);
    if (v_.loop) {
      LLVMBuildRet(e_.b, e_.constant(static_cast<int64_t>(pc | (early ? kLeftEarly : 0))));
    } else {
      LLVMValueRef result = e_.call(reinterpret_cast<const void*>(m_.host().leave), e_.pair,
                                    {e_.address(m_.host().host), e_.address(m_.site(v_, static_cast<uint32_t>(pc))), base_, room_});
      LLVMBuildRet(e_.b, result);
    }
    state_ = saved;
  }

  void store_live(size_t pc) {
    for (size_t r = 0; r < registers_; ++r)
      if (facts_.live[pc][r] && !state_[r].synced && state_[r].type.kind != Kind::None)
        store_value(get(r), frame_slot(r), Memory::Register);
  }

  // The block that leaves at this instruction, before it has done anything.
  LLVMBasicBlockRef exit() {
    if (!exit_) {
      LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
      exit_ = cold();
      position(exit_);
      leave(pc_, start_, true);
      position(here);
    }
    return exit_;
  }

  void guard(LLVMValueRef condition) {
    if (!emit_) return;
    LLVMBasicBlockRef on = fresh();
    expect(condition, on, exit());
    position(on);
  }

  // This instruction is always left to the interpreter.
  void give_up() {
    ended_ = true;
    if (emit_) LLVMBuildBr(e_.b, exit());
  }

  // An error is pending and this frame is gone (of a loop: stands behind the instruction).
  void fail() {
    if (v_.loop) {
      const State saved = state_;
      state_ = start_;
      if (!v_.proto->handlers.empty()) store_live(pc_);
      flush_globals(start_);
      state_ = saved;
      LLVMBuildRet(e_.b, e_.constant(static_cast<int64_t>(kLoopFailed)));
    } else {
      flush_globals(start_);
      LLVMBuildRet(e_.b, e_.make_pair(e_.constant(int64_t{0}), e_.constant(static_cast<int64_t>(kErrorTag))));
    }
  }

  // --- kinds ---

  bool never(const Operand& o) const {  // an operand that arithmetic refuses
    return o.type.kind == Kind::Null || o.type.kind == Kind::Unassigned || o.type.is_array() || o.type.kind == Kind::None;
  }

  LLVMValueRef has_tag(const Operand& any, Tag t) const { return LLVMBuildICmp(e_.b, LLVMIntEQ, any.tag, e_.tag(t), ""); }

  // An operand of `type` or of unknown kind as one of `type`; leaves when it is of another.
  Operand expect_kind(const Operand& o, Type type) {
    if (o.type.kind == type.kind) return o;
    if (!emit_) return {type, nullptr, nullptr, o.id};
    guard(has_tag(o, tag_of(type.kind)));
    Operand r = from_payload(o.v, type);
    r.id = o.id;
    return r;
  }

  LLVMValueRef as_float(const Operand& o) const {
    return o.type.kind == Kind::Float ? o.v : LLVMBuildSIToFP(e_.b, o.v, e_.f64, "");
  }
  LLVMValueRef as_int(const Operand& o) const {
    return o.type.kind == Kind::Float ? e_.intrinsic("llvm.fptosi.sat", {e_.i64, e_.f64}, {o.v}) : o.v;
  }

  // Runs `f` for each kind of number that a value of unknown kind may have, and leaves for the others. All end in the same block.
  void split(const Operand& o, const std::function<void(const Operand&)>& f) {
    if (o.type.kind != Kind::Any) return f(o);
    LLVMBasicBlockRef whole = fresh(), other = fresh(), real = fresh(), done = fresh();
    LLVMBuildCondBr(e_.b, has_tag(o, Tag::Int), whole, other);
    position(other);
    expect(has_tag(o, Tag::Float), real, exit());
    position(whole);
    f(from_payload(o.v, kInt));
    LLVMBuildBr(e_.b, done);
    position(real);
    f(from_payload(o.v, kFloat));
    LLVMBuildBr(e_.b, done);
    position(done);
  }

  // Truth as a bit.
  LLVMValueRef truth(const Operand& o) {
    if (!emit_) return nullptr;
    switch (o.type.kind) {
      case Kind::Bool:
      case Kind::Int: return LLVMBuildICmp(e_.b, LLVMIntNE, o.v, e_.constant(int64_t{0}), "");
      case Kind::Float: return LLVMBuildFCmp(e_.b, LLVMRealUNE, o.v, e_.constant(0.0), "");
      case Kind::Array:
        return LLVMBuildICmp(e_.b, LLVMIntNE, array_size(o.v), e_.constant(int64_t{0}), "");
      case Kind::Any: {
        // Null, Bool and Int are the first tags and agree that zero is false.
        static_assert(Tag::Null < Tag::Bool && Tag::Bool < Tag::Int && Tag::Int < Tag::Float);
        LLVMValueRef result = new_variable(e_.i1);
        LLVMBasicBlockRef whole = fresh(), other = fresh(), real = fresh(), done = fresh();
        LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntULE, o.tag, e_.tag(Tag::Int), ""), whole, other);
        position(other);
        expect(has_tag(o, Tag::Float), real, exit());
        position(whole);
        LLVMBuildStore(e_.b, truth({kInt, o.v}), result);
        LLVMBuildBr(e_.b, done);
        position(real);
        LLVMBuildStore(e_.b, truth(from_payload(o.v, kFloat)), result);
        LLVMBuildBr(e_.b, done);
        position(done);
        return LLVMBuildLoad2(e_.b, e_.i1, result, "");
      }
      default: return e_.truth(false);
    }
  }

  // --- arithmetic ---

  LLVMValueRef int_operation(Op op, LLVMValueRef x, LLVMValueRef y) {
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

  // The divisor -1 has its own way: the least int divided by it traps. Division by zero leaves; the remainder is 0.
  LLVMValueRef int_division(bool quotient, LLVMValueRef x, LLVMValueRef y) {
    const LLVMValueRef none = e_.constant(int64_t{0}), minus = e_.constant(int64_t{-1});
    if (quotient) guard(LLVMBuildICmp(e_.b, LLVMIntNE, y, none, ""));
    LLVMValueRef trivial = LLVMBuildICmp(e_.b, LLVMIntEQ, y, minus, "");
    if (!quotient) trivial = LLVMBuildOr(e_.b, trivial, LLVMBuildICmp(e_.b, LLVMIntEQ, y, none, ""), "");
    LLVMValueRef divisor = LLVMBuildSelect(e_.b, trivial, e_.constant(int64_t{1}), y, "");
    if (quotient)
      return LLVMBuildSelect(e_.b, trivial, LLVMBuildSub(e_.b, none, x, ""), LLVMBuildSDiv(e_.b, x, divisor, ""), "");
    return LLVMBuildSelect(e_.b, trivial, none, LLVMBuildSRem(e_.b, x, divisor, ""), "");
  }

  LLVMValueRef float_operation(Op op, LLVMValueRef x, LLVMValueRef y) {
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

  static bool only_ints(Op op) {
    return op == Op::BitAnd || op == Op::BitOr || op == Op::BitXor || op == Op::ShiftLeft || op == Op::ShiftRight;
  }

  void arithmetic(Op op, uint32_t to, const Operand& x, const Operand& y) {
    if (never(x) || never(y)) return give_up();
    const bool any = x.type.kind == Kind::Any || y.type.kind == Kind::Any;
    if (any && op != Op::Add && op != Op::Sub && op != Op::Mul) return step(kAny);
    if (!any) return write(to, known_arithmetic(op, x, y));
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

  Operand known_arithmetic(Op op, const Operand& x, const Operand& y) {
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

  LLVMValueRef known_compare(Compare c, const Operand& x, const Operand& y) const {
    static constexpr LLVMIntPredicate kInts[] = {LLVMIntSLT, LLVMIntSLE, LLVMIntSGT, LLVMIntSGE, LLVMIntEQ};
    static constexpr LLVMRealPredicate kFloats[] = {LLVMRealOLT, LLVMRealOLE, LLVMRealOGT, LLVMRealOGE, LLVMRealOEQ};
    if (x.type.kind == Kind::Float || y.type.kind == Kind::Float)
      return LLVMBuildFCmp(e_.b, kFloats[static_cast<int>(c)], as_float(x), as_float(y), "");
    return LLVMBuildICmp(e_.b, kInts[static_cast<int>(c)], x.v, y.v, "");
  }

  // The comparison as a bit; nothing when it must be left to the interpreter.
  std::optional<LLVMValueRef> compare(Compare c, const Operand& x, const Operand& y) {
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
    if (never(x) || never(y)) return std::nullopt;
    if (!emit_) return nullptr;
    if (x.type.kind != Kind::Any && y.type.kind != Kind::Any) return known_compare(c, x, y);
    LLVMValueRef result = new_variable(e_.i1);
    split(x, [&](const Operand& a) {
      split(y, [&](const Operand& b) { LLVMBuildStore(e_.b, known_compare(c, a, b), result); });
    });
    return LLVMBuildLoad2(e_.b, e_.i1, result, "");
  }

  void compare_jump(Instruction in, Compare c, const Operand& y) {
    const auto holds = compare(c, read(in.a), y);
    if (!holds) return give_up();
    const size_t next = pc_ + 1u, to = static_cast<size_t>(static_cast<int64_t>(next) + in.jump());
    branch(*holds, in.n ? to : next, in.n ? next : to);
  }

  void compare_value(Instruction in, Compare c, bool wanted) {
    const Operand x = read(in.b), y = read(in.c);
    const auto holds = compare(c, x, y);
    if (!holds) return step(kBool);
    LLVMValueRef bit = *holds;
    if (emit_ && !wanted) bit = LLVMBuildNot(e_.b, bit, "");
    write(in.a, boolean(bit));
  }

  // --- arrays ---

  LLVMValueRef array_size(LLVMValueRef a) const { return e_.load(e_.i64, e_.offset(a, kArraySize), Memory::Header); }
  LLVMValueRef array_kind(LLVMValueRef a) const { return e_.load(e_.i8, e_.offset(a, kArrayKind), Memory::Header); }
  LLVMValueRef is_kind(LLVMValueRef a, ElementKind k) const {
    return LLVMBuildICmp(e_.b, LLVMIntEQ, array_kind(a), LLVMConstInt(e_.i8, static_cast<uint64_t>(k), false), "");
  }
  LLVMValueRef element_place(LLVMValueRef a, LLVMValueRef i, int64_t bytes) const {
    LLVMValueRef data = e_.load(e_.ptr, e_.offset(a, kArrayData), Memory::Header);
    LLVMValueRef index[] = {i};
    return LLVMBuildInBoundsGEP2(e_.b, bytes == 8 ? e_.i64 : e_.pair, data, index, 1, "");
  }

  // The place of an index; outside it leaves.
  LLVMValueRef place(LLVMValueRef a, const Operand& index) {
    LLVMValueRef size = array_size(a);
    LLVMValueRef i = as_int(index);
    LLVMValueRef negative = LLVMBuildICmp(e_.b, LLVMIntSLT, i, e_.constant(int64_t{0}), "");
    i = LLVMBuildSelect(e_.b, negative, LLVMBuildAdd(e_.b, i, size, ""), i, "");
    guard(LLVMBuildICmp(e_.b, LLVMIntULT, i, size, ""));
    return i;
  }

  static ElementKind kind_of(Type element_type) {
    return element_type.kind == Kind::Int ? ElementKind::Ints : element_type.kind == Kind::Float ? ElementKind::Floats : ElementKind::Values;
  }

  // Element `i` of `a`, which has it. The kind of the elements is what the array's type says, or looked at.
  Operand load_element(const Operand& a, LLVMValueRef i) {
    const Type type = element(a.type);
    Operand o{type};
    if (a.type.depth == 1 && a.type.leaf == Leaf::Unknown) return load_any_element(a, i);
    if (!emit_) return o;
    guard(is_kind(a.v, kind_of(type)));
    if (type.kind == Kind::Int) o.v = e_.load(e_.i64, element_place(a.v, i, 8), Memory::Ints);
    else if (type.kind == Kind::Float) o.v = e_.load(e_.f64, element_place(a.v, i, 8), Memory::Floats);
    else {
      LLVMValueRef at = element_place(a.v, i, kValueBytes);
      const Operand any{kAny, e_.load(e_.i64, at, Memory::Values), load_tag(at, Memory::Values)};
      if (type.kind == Kind::Any) return any;
      guard(has_tag(any, tag_of(type.kind)));
      o = from_payload(any.v, type);
    }
    return o;
  }

  Operand load_any_element(const Operand& a, LLVMValueRef i) {
    Operand o{kAny};
    if (!emit_) return o;
    LLVMValueRef bits = new_variable(e_.i64), t = new_variable(e_.i64);
    LLVMBasicBlockRef ints = fresh(), other = fresh(), floats = fresh(), values = fresh(), done = fresh();
    const auto finish = [&](LLVMValueRef v, LLVMValueRef tag) {
      LLVMBuildStore(e_.b, v, bits);
      LLVMBuildStore(e_.b, tag, t);
      LLVMBuildBr(e_.b, done);
    };
    LLVMBuildCondBr(e_.b, is_kind(a.v, ElementKind::Ints), ints, other);
    position(ints);
    finish(e_.load(e_.i64, element_place(a.v, i, 8), Memory::Ints), e_.tag(Tag::Int));
    position(other);
    LLVMBuildCondBr(e_.b, is_kind(a.v, ElementKind::Floats), floats, values);
    position(floats);
    finish(LLVMBuildBitCast(e_.b, e_.load(e_.f64, element_place(a.v, i, 8), Memory::Floats), e_.i64, ""), e_.tag(Tag::Float));
    position(values);
    LLVMValueRef at = element_place(a.v, i, kValueBytes);
    finish(e_.load(e_.i64, at, Memory::Values), load_tag(at, Memory::Values));
    position(done);
    return {kAny, LLVMBuildLoad2(e_.b, e_.i64, bits, ""), LLVMBuildLoad2(e_.b, e_.i64, t, "")};
  }

  bool index_fits(const Operand& i) const { return i.type.numeric() || i.type.kind == Kind::Any; }
  Operand as_index(const Operand& i) { return i.type.kind == Kind::Any ? expect_kind(i, kInt) : i; }

  // An object that an index goes into, as an array; nothing when it cannot be one.
  std::optional<Operand> as_array(const Operand& o) {
    if (o.type.is_array()) return o;
    if (o.type.kind != Kind::Any) return std::nullopt;
    return expect_kind(o, array_of(Leaf::Unknown));
  }

  void get_index(uint32_t to, const Operand& object, const Operand& index) {
    if (!index_fits(index)) return step(kAny);
    if (!object.type.is_array() && object.type.kind != Kind::Any) return give_up();
    if (object.type.kind == Kind::Any || index.type.kind == Kind::Any) return get_any_index(to, object, index);
    const auto a = as_array(object);
    if (!a) return give_up();
    const Operand i = as_index(index);
    write(to, load_element(*a, emit_ ? place(a->v, i) : nullptr));
  }

  // Of an array in place, of a dict or a text by the interpreter.
  void get_any_index(uint32_t to, const Operand& object, const Operand& index) {
    Operand result{kAny};
    if (emit_) {
      LLVMValueRef bits = new_variable(e_.i64), t = new_variable(e_.i64);
      LLVMBasicBlockRef array = fresh(), inside = fresh(), slow = fresh(), done = fresh();
      LLVMValueRef fits = LLVMBuildICmp(e_.b, LLVMIntEQ, tag_word(object), e_.tag(Tag::Array), "");
      LLVMValueRef whole = LLVMBuildICmp(e_.b, LLVMIntEQ, tag_word(index), e_.tag(Tag::Int), "");
      LLVMBuildCondBr(e_.b, LLVMBuildAnd(e_.b, fits, whole, ""), array, slow);
      position(array);
      const Operand a = object.type.is_array() ? object : from_payload(object.v, array_of(Leaf::Unknown));
      LLVMValueRef i = payload(index);
      LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntULT, i, array_size(a.v), ""), inside, slow);
      position(inside);
      const Operand element = load_any_element(a, i);
      LLVMBuildStore(e_.b, element.v, bits);
      LLVMBuildStore(e_.b, element.tag, t);
      LLVMBuildBr(e_.b, done);
      position(slow);
      const State saved = state_;
      run_step(/*collects=*/false);
      state_ = saved;
      const Operand other = load_register(to);
      LLVMBuildStore(e_.b, other.v, bits);
      LLVMBuildStore(e_.b, other.tag, t);
      LLVMBuildBr(e_.b, done);
      position(done);
      result.v = LLVMBuildLoad2(e_.b, e_.i64, bits, "");
      result.tag = LLVMBuildLoad2(e_.b, e_.i64, t, "");
    }
    write(to, result);
  }

  // Only arrays whose elements are of the kind of `v`; others are left to the interpreter, which may widen them.
  void store_element(const Operand& a, LLVMValueRef i, const Operand& v) {
    if (!emit_) return;
    const ElementKind kind = kind_of(v.type);
    const bool mixed = a.type.depth > 1 || a.type.leaf == Leaf::Mixed;
    if (kind == ElementKind::Values || mixed) {
      guard(is_kind(a.v, ElementKind::Values));
      store_value(v, element_place(a.v, i, kValueBytes), Memory::Values);
      return;
    }
    guard(is_kind(a.v, kind));
    e_.store(v.v, element_place(a.v, i, 8), kind == ElementKind::Ints ? Memory::Ints : Memory::Floats);
  }

  void set_index(const Operand& object, const Operand& index, Operand v) {
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

  // Every register that holds the array of `o` is now expected to hold one of this type.
  void refine(const Operand& o, Type type) {
    if (!o.id) return;
    for (Slot& s : state_)
      if (s.id == o.id && s.type.is_array()) s.type = type;
  }

  void push(Instruction in) {
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
      if (kind == ElementKind::Values) store_value(v, element_place(object.v, size, kValueBytes), Memory::Values);
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

  // --- single instructions of the interpreter ---

  // Calls back into the interpreter for this instruction; its result is in the frame.
  void run_step(bool collects) {
    if (!emit_) v_.steps[pc_] = true;
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
    LLVMValueRef ok = e_.call(function, e_.i64, arguments);
    LLVMBasicBlockRef on = fresh(), failed = cold();
    expect(LLVMBuildICmp(e_.b, LLVMIntNE, ok, e_.constant(int64_t{0}), ""), on, failed);
    position(failed);
    fail();
    position(on);
  }

  // ... and R[A], if it is written, is a value of `type`: None when there is none, Any when that is not known.
  void step(Type type, bool calls = false) {
    run_step(calls);
    if (calls) forget_globals();
    take_result(type);
  }
  void step_call(Type type) { step(type, /*calls=*/true); }

  void take_result(Type type) {
    const Instruction in = code_[pc_];
    for (const uint32_t r : effects(in).writes) {
      if (type.kind == Kind::None) continue;
      Operand v = load_register(r);
      write(r, v);
      state_[r].synced = true;
      if (r == in.a && type.kind != Kind::Any) narrow(r, type);
    }
  }

  // What this instruction left in register `r` is expected to be of `type`; otherwise the interpreter goes on behind it.
  void narrow(uint32_t r, Type type) {
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

  // --- calls ---

  LLVMValueRef cell_target(const vm::GlobalCell* cell) const {
    return e_.load(e_.ptr, e_.address(reinterpret_cast<const char*>(cell) + kCellTarget), Memory::Cell);
  }

  void call_global(Instruction in) {
    const vm::GlobalCell* cell = v_.proto->cells[in.c];
    if (cell->target && cell->target->kind == vm::FunctionKind::Closure) {
      auto* closure = static_cast<vm::Closure*>(cell->target);
      std::vector<Type> arguments;
      for (uint32_t i = 0; i < in.n; ++i) arguments.push_back(state_[in.b + i].type);
      if (closure->proto->parameter_count == in.n)
        if (Version* callee = m_.callee(closure, arguments, v_)) return call_native(in, cell, *callee);
      return step_call(kAny);
    }
    if (cell->target || !cell->builtin || in.n < cell->required) return step_call(kAny);
    if (intrinsic(in, cell)) return;
    step_call(result_of(*cell->builtin));
  }

  // What the signature promises, as a guess.
  static Type result_of(const vm::Builtin& row) {
    const size_t arrow = row.signature.rfind("-> ");
    if (arrow == std::string_view::npos) return kAny;
    const std::string_view result = row.signature.substr(arrow + 3);
    if (result == "int") return kInt;
    if (result == "float") return kFloat;
    if (result == "array") return array_of(Leaf::Unknown);
    return kAny;
  }

  void call_native(Instruction in, const vm::GlobalCell* cell, Version& callee) {
    std::vector<Operand> arguments;
    for (uint32_t i = 0; i < in.n; ++i) arguments.push_back(read(in.b + i));
    if (emit_) {
      guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), e_.address(static_cast<const vm::Function*>(callee.closure)), ""));
      guard(LLVMBuildICmp(e_.b, LLVMIntNE, room_, e_.constant(int64_t{0}), ""));
    }
    sync_references();
    flush_globals(state_);
    LLVMValueRef bits = nullptr, t = nullptr;
    if (emit_) {
      std::vector<LLVMValueRef> values = {frame_slot(in.b), LLVMBuildSub(e_.b, room_, e_.constant(int64_t{1}), "")};
      for (size_t i = 0; i < arguments.size(); ++i) {
        const Operand o = callee.parameters[i].kind == Kind::Any ? to_any(arguments[i]) : arguments[i];
        values.push_back(o.v);
        if (o.type.kind == Kind::Any) values.push_back(o.tag);
      }
      LLVMValueRef result = LLVMBuildCall2(e_.b, callee.function_type, callee.function, values.data(),
                                           static_cast<unsigned>(values.size()), "");
      bits = LLVMBuildExtractValue(e_.b, result, 0, "");
      t = LLVMBuildExtractValue(e_.b, result, 1, "");
    }
    const State before = state_;
    forget_globals();
    if (callee.result.kind == Kind::None) {
      // Not known to return: an error, or not analysed yet. When it does, the interpreter goes on.
      if (emit_) returned(in, callee, bits, t, kAny, /*stop=*/true);
      ended_ = true;
      return;
    }
    const Type type = callee.result;
    if (!emit_) {
      write(in.a, {type});
      return;
    }
    returned(in, callee, bits, t, type, /*stop=*/false);
  }

  void returned(Instruction in, Version& callee, LLVMValueRef bits, LLVMValueRef t, Type type, bool stop) {
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
    write(in.a, type.kind == Kind::Any ? Operand{kAny, bits, t} : from_payload(bits, type));
  }

  // As fail(), but the globals are in their cells already, and newer there.
  void failed_call() {
    if (v_.loop) {
      const State saved = state_;
      state_ = start_;
      if (!v_.proto->handlers.empty()) store_live(pc_);
      state_ = saved;
      LLVMBuildRet(e_.b, e_.constant(static_cast<int64_t>(kLoopFailed)));
    } else {
      LLVMBuildRet(e_.b, e_.make_pair(e_.constant(int64_t{0}), e_.constant(static_cast<int64_t>(kErrorTag))));
    }
  }

  // The raw entry of a builtin, the interpreter's own function.
  void short_form(Instruction in) {
    const vm::GlobalCell* cell = v_.proto->cells[in.c];
    const Operand x = read(in.b);
    const bool floats = in.op == Op::TryFloatToInt || in.op == Op::TryFloatToFloat;
    if (x.type.kind != Kind::Int && !(floats && x.type.kind == Kind::Float)) return;
    if (in.op == Op::TryIntsToInt && state_[in.b + 1u].type.kind != Kind::Int) return;
    // What has an instruction of its own behind it is better off there.
    if (find_intrinsic(cell->builtin->name)) return;
    const bool real = in.op == Op::TryIntToFloat || in.op == Op::TryFloatToFloat;
    Operand result{real ? kFloat : kInt};
    if (emit_) {
      guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), LLVMConstNull(e_.ptr), ""));
      if (in.op == Op::TryFloatToInt && x.type.kind == Kind::Int) {
        result.v = x.v;
      } else {
        std::vector<LLVMValueRef> arguments = {in.op == Op::TryFloatToFloat ? as_float(x) : x.v};
        if (in.op == Op::TryIntsToInt) arguments.push_back(get(in.b + 1u).v);
        const vm::ShortForm& raw = cell->builtin->short_form;
        result.v = e_.call(raw.none, real ? e_.f64 : e_.i64, arguments, /*pure=*/true);
      }
    }
    write(in.a, result);
    jump_to(pc_ + 1u + in.n);
  }

  // A builtin that is lowered in place.
  bool intrinsic(Instruction in, const vm::GlobalCell* cell) {
    const auto kind = find_intrinsic(cell->builtin->name);
    if (!kind) return false;
    const Operand x = read(in.b);
    const Operand y = in.n > 1 ? read(in.b + 1u) : Operand{};
    const auto check = [&] {  // the name still means the builtin
      if (emit_) guard(LLVMBuildICmp(e_.b, LLVMIntEQ, cell_target(cell), LLVMConstNull(e_.ptr), ""));
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
      case Intrinsic::Length:
        if (!x.type.is_array()) return false;
        return result(kInt, [&] { return array_size(x.v); });
      case Intrinsic::Push: check(); push(in); return true;
      case Intrinsic::Get:
        if (!x.type.is_array() || !index_fits(y)) return false;
        check();
        get_index(in.a, x, y);
        return true;
      case Intrinsic::Set: {
        const Operand v = read(in.b + 2u);
        if (!x.type.is_array() || !index_fits(y) || x.type.depth != 1 || v.type.kind != element(x.type).kind) return false;
        check();
        set_index(x, y, v);
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

  // --- entry ---

  void load_entry() {
    if (v_.loop) {
      // Kinds that have changed since: back to the interpreter, where nothing has happened.
      LLVMBasicBlockRef off = cold();
      LLVMBasicBlockRef here = LLVMGetInsertBlock(e_.b);
      position(off);
      LLVMBuildRet(e_.b, e_.constant(static_cast<int64_t>(v_.entry_pc | kLeftEarly)));
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
        put(r, type.kind == Kind::Any ? any : from_payload(any.v, type), type);
      }
      return;
    }
    unsigned parameter = 2;
    for (size_t i = 0; i < v_.parameters.size(); ++i) {
      Operand o{v_.parameters[i], LLVMGetParam(v_.function, parameter++)};
      if (o.type.kind == Kind::Any) o.tag = LLVMGetParam(v_.function, parameter++);
      if (state_[i].type.kind != Kind::None) put(i, o, o.type);
    }
    // A collection, a limit or an interrupt waits: this call is interpreted.
    LLVMValueRef due = LLVMBuildLoad2(e_.b, e_.i8, e_.address(m_.host().due), "");
    LLVMSetVolatile(due, true);
    LLVMBasicBlockRef on = fresh(), off = cold();
    expect(LLVMBuildICmp(e_.b, LLVMIntEQ, due, LLVMConstInt(e_.i8, 0, false), ""), on, off);
    position(off);
    leave(0, state_, false);
    position(on);
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

  // --- the instructions ---

  size_t target(Instruction in, bool wide) const {
    return static_cast<size_t>(static_cast<int64_t>(pc_) + 1 + (wide ? in.bx() : in.jump()));
  }

  // The step of the range that R[a] .. R[a + 2] hold, when the program says it: LoadInt stands before RangePrepare.
  std::optional<int32_t> range_step(uint32_t a) const {
    std::optional<int32_t> step;
    for (size_t pc = 1; pc < code_.size(); ++pc) {
      if (code_[pc].op != Op::RangePrepare || code_[pc].a != a) continue;
      const Instruction before = code_[pc - 1];
      if (before.op != Op::LoadInt || before.a != a + 2 || (step && *step != before.bx())) return std::nullopt;
      step = before.bx();
    }
    return step;
  }

  size_t global_slot(const Instruction in) const {
    const vm::GlobalCell* cell = v_.proto->cells[static_cast<uint32_t>(in.bx())];
    for (size_t g = 0; g < v_.globals.size(); ++g)
      if (v_.globals[g] == cell) return registers_ + g;
    return registers_;  // not reached: every cell of the code has its slot
  }

  void lower(Instruction in);

  Module& m_;
  Version& v_;
  Emitter& e_;
  const bool emit_;
  const CodeFacts& facts_;
  const std::vector<Instruction>& code_;
  const size_t registers_;

  State state_, start_;
  uint32_t pc_ = 0;
  bool ended_ = false, changed_ = false;
  std::vector<bool> pending_;

  struct Variables {
    LLVMValueRef whole = nullptr, number = nullptr, pointer = nullptr, tag = nullptr;
  };
  std::vector<Variables> payloads_;
  std::vector<LLVMBasicBlockRef> blocks_;
  LLVMBasicBlockRef entry_block_ = nullptr, exit_ = nullptr;
  LLVMValueRef base_ = nullptr, room_ = nullptr;
};

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
        const Type now = type_of(v_.globals[slot - registers_]->variable);
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
      if (emit_ && state_[slot].type.kind == Kind::Cell)
        guard(LLVMBuildICmp(e_.b, LLVMIntNE, load_tag(cell_variable(slot - registers_), Memory::Cell), e_.tag(Tag::Function), ""));
      if (emit_ && state_[slot].type.kind == Kind::Any) guard(LLVMBuildNot(e_.b, has_tag(get(slot), Tag::Function), ""));
      if (emit_ && v.type.kind == Kind::Any) guard(LLVMBuildNot(e_.b, has_tag(v, Tag::Function), ""));
      put(slot, v, v.type);
      state_[slot].id = v.id;
      return;
    }

    // --- arithmetic ---
#define ARITHMETIC(Name)                                                                    \
    case Op::Name: case Op::Name##Int: case Op::Name##Float: case Op::Name##Any:            \
      return arithmetic(Op::Name, in.a, read(in.b), read(in.c));                            \
    case Op::Name##K: case Op::Name##IntK: case Op::Name##FloatK: case Op::Name##AnyK:      \
      return arithmetic(Op::Name, in.a, read(in.b), constant_number(in.c));
    ARITHMETIC(Add)
    ARITHMETIC(Sub)
    ARITHMETIC(Mul)
#undef ARITHMETIC
    case Op::Div:
    case Op::Mod:
    case Op::Pow:
    case Op::BitAnd:
    case Op::BitOr:
    case Op::BitXor:
    case Op::ShiftLeft:
    case Op::ShiftRight: return arithmetic(in.op, in.a, read(in.b), read(in.c));
    case Op::DivK: return arithmetic(Op::Div, in.a, read(in.b), constant_number(in.c));
    case Op::ModK: return arithmetic(Op::Mod, in.a, read(in.b), constant_number(in.c));
    case Op::Negate: {
      const Operand x = read(in.b);
      if (never(x)) return give_up();
      if (x.type.kind == Kind::Any) return step(kAny);
      // 0 - x, so that -(0.0) is 0.0.
      if (x.type.kind == Kind::Float)
        return write(in.a, {kFloat, emit_ ? LLVMBuildFSub(e_.b, e_.constant(0.0), x.v, "") : nullptr});
      return write(in.a, {kInt, emit_ ? LLVMBuildSub(e_.b, e_.constant(int64_t{0}), x.v, "") : nullptr});
    }
    case Op::BitNot: {
      const Operand x = read(in.b);
      if (never(x)) return give_up();
      if (x.type.kind == Kind::Any) return step(kAny);
      return write(in.a, {kInt, emit_ ? LLVMBuildNot(e_.b, as_int(x), "") : nullptr});
    }
    case Op::Not:
    case Op::ToBool: {
      LLVMValueRef bit = truth(read(in.b));
      if (emit_ && in.op == Op::Not) bit = LLVMBuildNot(e_.b, bit, "");
      return write(in.a, boolean(bit));
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
      if (range_step(in.a) == 1) {
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
      if (x.type.kind == Kind::Any || x.type.kind == Kind::Unassigned) return give_up();
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
        case PatternKind::String:
        case PatternKind::StringRange: break;
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
    case Op::GetIndex: return get_index(in.a, read(in.b), read(in.c));
    case Op::GetIndexK: return get_index(in.a, read(in.b), constant_number(in.c));
    case Op::SetIndex: return set_index(read(in.a), read(in.b), read(in.c));
    case Op::SetIndexK: return set_index(read(in.a), constant_number(in.b), read(in.c));
    case Op::Concat:
    case Op::NewDict: return step(kAny);
    case Op::Append:
    case Op::DictPut:
    case Op::Print: return step(kNone);

    // --- short forms: those whose kinds are known here; the others do nothing, and the call behind them everything ---
    case Op::TryIntToInt:
    case Op::TryIntToFloat:
    case Op::TryFloatToInt:
    case Op::TryFloatToFloat:
    case Op::TryIntsToInt: return short_form(in);
    case Op::TryArrayLength:
    case Op::TryDictGet:
    case Op::TryDictGetK:
    case Op::TryDictSet:
    case Op::TryDictSetK:
    case Op::TryDictHas:
    case Op::TryArrayPush:
    case Op::TryIntArrayToInt: return;

    // --- calls ---
    case Op::CallGlobal: return call_global(in);
    case Op::CallNamed:
      // A variable that cannot hold a function does not hide the function of its name.
      if (state_[in.b + in.n].type.kind != Kind::Any) return call_global(in);
      return step_call(kAny);
    case Op::CallTaking:
    case Op::CallLending:
    case Op::CallValue:
    case Op::CallMethod:
    case Op::CallDotted: return step_call(kAny);
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
      LLVMBuildRet(e_.b, e_.make_pair(payload(v), tag_word(v)));
      return;
    }
    default: return give_up();
  }
}

// ------------------------------------------------------------------------------------------------------------------------

Module::Module(const HostTable& host, Unit& unit, std::string entry_name, bool selective)
    : host_(host), unit_(unit), entry_name_(std::move(entry_name)), selective_(selective), e_(entry_name_.c_str()) {}
Module::~Module() = default;

const CodeFacts& Module::facts(const vm::Proto* proto) {
  for (const auto& [p, f] : facts_)
    if (p == proto) return *f;
  facts_.emplace_back(proto, std::make_unique<CodeFacts>(*proto));
  return *facts_.back().second;
}

Version* Module::add_version(vm::Closure* closure) {
  versions_.push_back(std::make_unique<Version>());
  Version& v = *versions_.back();
  v.closure = closure;
  v.proto = closure->proto;
  v.facts = &facts(v.proto);
  instructions_ += v.proto->code.size();
  for (const Instruction in : v.facts->code) {
    if (in.op != Op::GetGlobal && in.op != Op::GetVariable && in.op != Op::SetGlobal) continue;
    vm::GlobalCell* cell = v.proto->cells[static_cast<uint32_t>(in.bx())];
    auto at = static_cast<size_t>(std::find(v.globals.begin(), v.globals.end(), cell) - v.globals.begin());
    if (at == v.globals.size()) {
      v.globals.push_back(cell);
      v.written.push_back(false);
    }
    if (in.op == Op::SetGlobal) v.written[at] = true;
  }
  return &v;
}

Version* Module::callee(vm::Closure* closure, const std::vector<Type>& arguments, Version& caller) {
  std::vector<Type> parameters;
  for (Type t : arguments) parameters.push_back(t.kind == Kind::Null || t.kind == Kind::Unassigned || t.kind == Kind::None ? kAny : t);
  for (const auto& v : versions_) {
    if (v->loop || v->closure != closure) continue;
    bool same = v->parameters.size() == parameters.size();
    for (size_t i = 0; same && i < parameters.size(); ++i) {
      const bool fresh = parameters[i] == array_of(Leaf::Unknown);
      same = fresh ? v->parameters[i].is_array() : v->parameters[i] == parameters[i];
    }
    if (same) {
      add_call(caller, *v);
      return v.get();
    }
  }
  if (versions_.size() >= kMostVersions) return nullptr;
  if (!fits_function(*closure->proto) || instructions_ + closure->proto->code.size() > kMostInstructions) return nullptr;
  Version* v = add_version(closure);
  v->parameters = std::move(parameters);
  add_call(caller, *v);
  return v;
}

void Module::add_call(Version& caller, Version& callee) {
  if (std::find(caller.calls.begin(), caller.calls.end(), &callee) == caller.calls.end()) caller.calls.push_back(&callee);
}

// Whether `from` calls `to`, at whatever distance.
bool Module::reaches(const Version& from, const Version& to) const {
  std::vector<const Version*> seen = {&from};
  for (size_t i = 0; i < seen.size(); ++i)
    for (const Version* next : seen[i]->calls) {
      if (next == &to) return true;
      if (std::find(seen.begin(), seen.end(), next) == seen.end()) seen.push_back(next);
    }
  return false;
}

const Site* Module::site(const Version& v, uint32_t pc) {
  sites_.push_back(std::make_unique<Site>(Site{v.closure, pc, &unit_}));
  return sites_.back().get();
}

bool Module::build(const vm::Value* registers, std::string& reason) {
  const vm::Proto& proto = *unit_.closure->proto;
  if (proto.register_count > kMostRegisters || proto.code.size() > kMostInstructions) {
    reason = "too-large";
    return false;
  }
  if (!unit_.loop && !fits_function(proto)) {
    reason = proto.parameter_count > kMostParameters ? "too-many-params"
             : !proto.handlers.empty()               ? "try"
             : proto.is_generator                    ? "yield"
                                                     : "lambda";
    return false;
  }
  Version& root = *add_version(unit_.closure);
  root.entry_pc = unit_.entry_pc;
  root.loop = unit_.loop;
  if (root.loop) {
    root.inside = root.facts->loop(root.entry_pc);
    root.entry.resize(proto.register_count + root.globals.size() + 1);
    for (size_t r = 0; r < root.entry.size(); ++r) {
      Slot& s = root.entry[r];
      if (r >= proto.register_count) s.type = kCell;
      else if (root.facts->live[root.entry_pc][r]) s = {type_of(registers[r]), true, static_cast<uint32_t>(r + 1)};
    }
  } else {
    for (size_t i = 0; i < proto.parameter_count; ++i) {
      const Type t = type_of(registers[i]);
      root.parameters.push_back(t.kind == Kind::Null || t.kind == Kind::Unassigned ? kAny : t);
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < versions_.size(); ++i) changed |= Lowering(*this, *versions_[i], false).analyse();
  }
  if (root.loop ? !root.repeats : root.result.kind == Kind::None) {
    reason = "too-many-exits";
    return false;
  }
  if (selective_ && !worthwhile()) {
    reason = "calls";
    return false;
  }
  // Types are final; a function that is never returned from stays so.
  for (const auto& v : versions_) declare(*v);
  for (size_t i = 0; i < versions_.size(); ++i) Lowering(*this, *versions_[i], true).emit();
  if (!root.loop) emit_entry(root);
  return true;
}

// A step costs more than the interpreter's own dispatch, which the other instructions must make good.
// Entering native code costs what a few dozen instructions do: a small function without loops and calls is left to the
// interpreter, and to its native callers, which inline it.
bool Module::worthwhile() const {
  const Version& root = *versions_.front();
  if (!root.loop && versions_.size() == 1 && root.calls.empty() && root.proto->code.size() <= kInlineInstructions) {
    bool loops = false;
    for (size_t pc = 0; pc < root.facts->code.size(); ++pc) {
      const Successors s = successors(root.facts->code, pc);
      loops = loops || (s.jump >= 0 && s.jump <= static_cast<int64_t>(pc));
    }
    if (!loops) return false;
  }
  size_t seen = 0, steps = 0;
  for (const auto& v : versions_) {
    seen += static_cast<size_t>(std::count(v->seen.begin(), v->seen.end(), true));
    steps += static_cast<size_t>(std::count(v->steps.begin(), v->steps.end(), true));
  }
  return steps * kWorthwhile <= seen;
}

void Module::declare(Version& v) {
  std::vector<LLVMTypeRef> types = {e_.ptr, e_.i64};
  for (const Type t : v.parameters) {
    if (t.kind == Kind::Any) {
      types.push_back(e_.i64);
      types.push_back(e_.i64);
    } else {
      types.push_back(t.kind == Kind::Float ? e_.f64 : t.is_array() ? e_.ptr : e_.i64);
    }
  }
  v.function_type = LLVMFunctionType(v.loop ? e_.i64 : e_.pair, types.data(), static_cast<unsigned>(types.size()), false);
  const bool root = &v == versions_.front().get();
  const std::string name = root && v.loop ? entry_name_ : std::string(v.proto->name->view());
  v.function = LLVMAddFunction(e_.module, name.c_str(), v.function_type);
  if (!(root && v.loop)) LLVMSetLinkage(v.function, LLVMInternalLinkage);
  const auto at = static_cast<unsigned>(LLVMAttributeFunctionIndex);
  e_.add_attribute(v.function, at, "nounwind");
  if (!root && !reaches(v, v) && v.proto->code.size() <= kInlineInstructions) e_.add_attribute(v.function, at, "alwaysinline");
}

// The function as C++ calls it: arguments in registers of the VM, their kinds checked.
void Module::emit_entry(Version& v) {
  LLVMTypeRef types[] = {e_.ptr, e_.i64, e_.ptr};
  LLVMTypeRef type = LLVMFunctionType(e_.i64, types, 3, false);
  LLVMValueRef f = LLVMAddFunction(e_.module, entry_name_.c_str(), type);
  e_.add_attribute(f, static_cast<unsigned>(LLVMAttributeFunctionIndex), "nounwind");
  const auto block = [&] { return LLVMAppendBasicBlockInContext(e_.context, f, ""); };
  LLVMBasicBlockRef first = block(), miss = block();
  LLVMPositionBuilderAtEnd(e_.b, miss);
  LLVMBuildRet(e_.b, e_.constant(int64_t{0}));
  LLVMPositionBuilderAtEnd(e_.b, first);
  LLVMValueRef base = LLVMGetParam(f, 0);
  std::vector<LLVMValueRef> arguments = {base, LLVMGetParam(f, 1)};
  for (size_t i = 0; i < v.parameters.size(); ++i) {
    const Type t = v.parameters[i];
    LLVMValueRef at = e_.offset(base, static_cast<int64_t>(i) * kValueBytes);
    LLVMValueRef tag = LLVMBuildZExt(e_.b, e_.load(e_.i8, e_.offset(at, kTagOffset), Memory::Register), e_.i64, "");
    if (t.kind == Kind::Any) {
      arguments.push_back(e_.load(e_.i64, at, Memory::Register));
      arguments.push_back(tag);
      continue;
    }
    LLVMBasicBlockRef on = block();
    LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, tag, e_.tag(tag_of(t.kind)), ""), on, miss);
    LLVMPositionBuilderAtEnd(e_.b, on);
    arguments.push_back(e_.load(t.kind == Kind::Float ? e_.f64 : t.is_array() ? e_.ptr : e_.i64, at, Memory::Register));
    // Arrays with elements of another kind are better off with code of their own.
    if (t == array_of(Leaf::Int) || t == array_of(Leaf::Float)) {
      LLVMValueRef kind = e_.load(e_.i8, e_.offset(arguments.back(), kArrayKind), Memory::Header);
      LLVMBasicBlockRef same = block();
      const auto wanted = static_cast<uint64_t>(t.leaf == Leaf::Int ? ElementKind::Ints : ElementKind::Floats);
      LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, kind, LLVMConstInt(e_.i8, wanted, false), ""), same, miss);
      LLVMPositionBuilderAtEnd(e_.b, same);
    }
  }
  LLVMValueRef result =
      LLVMBuildCall2(e_.b, v.function_type, v.function, arguments.data(), static_cast<unsigned>(arguments.size()), "");
  LLVMValueRef tag = LLVMBuildExtractValue(e_.b, result, 1, "");
  LLVMBasicBlockRef good = block(), failed = block();
  LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, tag, e_.constant(static_cast<int64_t>(kErrorTag)), ""), failed, good);
  LLVMPositionBuilderAtEnd(e_.b, failed);
  LLVMBuildRet(e_.b, e_.constant(int64_t{2}));
  LLVMPositionBuilderAtEnd(e_.b, good);
  LLVMValueRef to = LLVMGetParam(f, 2);
  e_.store(LLVMBuildExtractValue(e_.b, result, 0, ""), to, Memory::Register);
  e_.store(tag, e_.offset(to, kTagOffset), Memory::Register);
  LLVMBuildRet(e_.b, e_.constant(int64_t{1}));
}

std::string Module::signature() const {
  static constexpr const char* kLeaves[] = {"any", "int", "float", "any"};
  const auto name = [](Type t) -> std::string {
    switch (t.kind) {
      case Kind::Bool: return "bool";
      case Kind::Int: return "int";
      case Kind::Float: return "float";
      case Kind::Null: return "null";
      case Kind::Array: {
        std::string s = kLeaves[static_cast<int>(t.leaf)];
        for (int i = 0; i < t.depth; ++i) s += "[]";
        return s;
      }
      default: return "any";
    }
  };
  const Version& root = *versions_.front();
  if (root.loop) return "";
  std::string s = "(";
  for (size_t i = 0; i < root.parameters.size(); ++i) s += (i ? "," : "") + name(root.parameters[i]);
  return s + ")->" + name(root.result);
}

}  // namespace omc::jit
