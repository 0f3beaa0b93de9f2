#pragma once
// The lowering of one version: a walk over its blocks that computes types and, with `emit` set, the code.
//
// Every member that makes code does nothing but type arithmetic while only types are computed, so that the two cannot disagree.
// An instruction may leave (guard) only before it has changed anything. One file a subject: see the headings.

#include <functional>
#include <optional>
#include <vector>

#include "jit/native/layout.hpp"
#include "jit/native/loops.hpp"
#include "jit/native/module.hpp"
#include "vm/native.hpp"  // Builtin

namespace omc::jit {

using vm::ElementKind;
using vm::Instruction;
using vm::Op;
using vm::Tag;

// A value while an instruction is lowered; `v` is null while only types are computed.
struct Operand {
  Type type;
  LLVMValueRef v = nullptr;    // i64, double or ptr by the kind; of Any the payload
  LLVMValueRef tag = nullptr;  // of Any
  uint32_t id = 0;
  const vm::String* text = nullptr;  // when it is a constant
  bool lane = false;                 // it has a second lane
  LLVMValueRef beta = nullptr;
};

enum class Compare : uint8_t { Less, LessEqual, Greater, GreaterEqual, Equal };

class Lowering {
 public:
  Lowering(Module& module, Version& version, bool emit)
      : m_(module), v_(version), e_(module.emitter()), emit_(emit), facts_(*version.facts), code_(facts_.code),
        registers_(version.proto->register_count) {}

  // True: something was learnt.
  bool analyse();
  void emit();

 private:
  // --- the walk: walk.cpp ---

  // One more, so that the state of a function without variables is not empty, which means: not reached.
  size_t slots() const { return registers_ + v_.globals.size() + 1; }
  State entry_state() const;
  void block(size_t pc);
  void begin_instruction();
  void forget_dead(State& s, size_t pc) const;
  bool left_loop(size_t pc) const { return v_.loop && !v_.inside[pc]; }

  // Control goes to `pc` with the present state. Ends the block.
  void jump_to(size_t pc);
  void merge(size_t pc);
  void branch(LLVMValueRef condition, size_t yes, size_t no);

  // A jump; a backward one looks whether something waits at a safepoint.
  void jump_back(size_t to);

  // --- places and kinds of values: values.cpp ---

  void position(LLVMBasicBlockRef at) const { LLVMPositionBuilderAtEnd(e_.b, at); }
  LLVMBasicBlockRef fresh() const { return LLVMAppendBasicBlockInContext(e_.context, v_.function, ""); }
  LLVMBasicBlockRef cold() const { return LLVMAppendBasicBlockInContext(e_.context, v_.function, "cold"); }

  // Branches with a weight: the first way is the likely one.
  void expect(LLVMValueRef condition, LLVMBasicBlockRef likely, LLVMBasicBlockRef unlikely) const;
  LLVMValueRef variable(size_t slot, LLVMTypeRef type);
  LLVMValueRef tag_variable(size_t slot);
  LLVMValueRef new_variable(LLVMTypeRef type) const;
  LLVMTypeRef machine_type(Type t) const;

  // The value of a register or global that is in a register.
  Operand get(size_t slot);
  void put(size_t slot, const Operand& o, Type type);
  uint32_t new_id(size_t slot) const { return static_cast<uint32_t>((pc_ + 1) * slots() * 2 + slot * 2); }
  Operand read(uint32_t r) { return get(r); }
  void write(uint32_t r, const Operand& o);
  Operand constant(const vm::Value& v);
  Operand constant_number(uint32_t k) { return constant(v_.proto->constants[k]); }
  Operand integer(int64_t i) const { return {kInt, emit_ ? e_.constant(i) : nullptr}; }
  Operand boolean(LLVMValueRef bit) const { return {kBool, emit_ ? LLVMBuildZExt(e_.b, bit, e_.i64, "") : nullptr}; }
  Operand to_any(const Operand& o) const;

  // As 64 bits.
  LLVMValueRef payload(const Operand& o) const;
  LLVMValueRef tag_word(const Operand& o) const { return o.type.kind == Kind::Any ? o.tag : e_.tag(tag_of(o.type.kind)); }

  // A variable for a value of any kind that several blocks set.
  struct AnyVariable {
    LLVMValueRef payload, tag;
  };
  AnyVariable new_any_variable() const { return {new_variable(e_.i64), new_variable(e_.i64)}; }
  void set(const AnyVariable& variable, const Operand& o) const {
    LLVMBuildStore(e_.b, payload(o), variable.payload);
    LLVMBuildStore(e_.b, tag_word(o), variable.tag);
  }
  Operand read(const AnyVariable& variable) const {
    return {kAny, LLVMBuildLoad2(e_.b, e_.i64, variable.payload, ""), LLVMBuildLoad2(e_.b, e_.i64, variable.tag, "")};
  }

  // Bits of a known kind as an operand.
  Operand from_payload(LLVMValueRef bits, Type type) const;
  // The same of what a register or variable holds: loops may look at the headers of such objects before they begin.
  Operand object_from_payload(LLVMValueRef bits, Type type) const;

  // --- the frame, global variables, leaving: exits.cpp ---

  LLVMValueRef frame_slot(size_t r) const { return e_.offset(base_, static_cast<int64_t>(r) * kValueBytes); }
  void store_value(const Operand& o, LLVMValueRef to, Memory memory) const;
  // Into an object that the collector may have looked at already (Heap::write_barrier).
  void store_reference(const Operand& o, LLVMValueRef to, Memory memory = Memory::Values) const;

  // The frame's register becomes current.
  void sync(size_t r);

  // Where the collector may run: what is needed behind this instruction must be in the frame.
  void sync_references();
  LLVMValueRef load_tag(LLVMValueRef value, Memory memory) const;

  // The frame's register as the interpreter left it.
  Operand load_register(size_t r) const;

  LLVMValueRef cell_variable(size_t g) const;
  void store_cell(size_t slot);

  // Global variables that this code has changed go to their cells.
  void flush_globals(const State& state);

  // Whoever runs now may write them.
  void forget_globals();
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
    return object_from_payload(bits, want);
  }

  // Stores what `pc` needs and goes on there in the interpreter.
  void leave(size_t pc, const State& state, bool early);
  void store_live(size_t pc);
  // The same but for what is known of the registers: that goes into the site.
  void store_unknown(size_t pc, Site& site);

  // The block that leaves at this instruction, before it has done anything.
  LLVMBasicBlockRef exit();
  void guard(LLVMValueRef condition);

  // Leaves the native function. All do so in one block: where LLVM inlines it the two halves of the result stay apart, and a
  // tag that is known on one way in need not be looked at there.
  void return_value(LLVMValueRef bits, LLVMValueRef tag);
  void return_error() { return_value(e_.constant(int64_t{0}), e_.constant(static_cast<int64_t>(kErrorTag))); }

  // This instruction is always left to the interpreter.
  void give_up();

  // An error is pending and this frame is gone (of a loop: stands behind the instruction).
  void fail();

  // --- kinds: values.cpp ---

  bool never(const Operand& o) const {  // an operand that arithmetic refuses
    return o.type.kind == Kind::Null || o.type.kind == Kind::Unassigned || o.type.is_pointer() || o.type.kind == Kind::None;
  }
  LLVMValueRef has_tag(const Operand& any, Tag t) const { return LLVMBuildICmp(e_.b, LLVMIntEQ, any.tag, e_.tag(t), ""); }

  // An operand of `type` or of unknown kind as one of `type`; leaves when it is of another.
  Operand expect_kind(const Operand& o, Type type);
  LLVMValueRef as_float(const Operand& o) const;
  LLVMValueRef as_int(const Operand& o) const;

  // Runs `f` for each kind of number that a value of unknown kind may have, and leaves for the others. All end in the same block.
  void split(const Operand& o, const std::function<void(const Operand&)>& f);

  // Register `r`, expected to be of the kind that the interpreter has specialised this instruction for. It goes back on that at the
  // first other kind, so this guess is not made twice in vain.
  Operand met(uint32_t r) {
    const Operand o = read(r);
    const Met kinds = facts_.met[pc_];
    return o.type.kind != Kind::Any || kinds == Met::Any ? o : expect_kind(o, kinds == Met::Ints ? kInt : kFloat);
  }

  // Truth as a bit.
  LLVMValueRef truth(const Operand& o);

  // --- arithmetic.cpp ---

  LLVMValueRef int_operation(Op op, LLVMValueRef x, LLVMValueRef y);

  // The divisor -1 has its own way: the least int divided by it traps. Division by zero leaves; the remainder is 0.
  LLVMValueRef int_division(bool quotient, LLVMValueRef x, LLVMValueRef y);
  LLVMValueRef float_operation(Op op, LLVMValueRef x, LLVMValueRef y);
  static bool only_ints(Op op);
  void arithmetic(Op op, uint32_t to, const Operand& x, const Operand& y);
  Operand known_arithmetic(Op op, const Operand& x, const Operand& y);
  LLVMValueRef known_compare(Compare c, const Operand& x, const Operand& y) const;

  // The comparison as a bit; nothing when it must be left to the interpreter.
  std::optional<LLVMValueRef> compare(Compare c, const Operand& x, const Operand& y);
  void compare_jump(Instruction in, Compare c, const Operand& y);
  void compare_value(Instruction in, Compare c, bool wanted);

  // --- arrays.cpp ---

  LLVMValueRef array_size(LLVMValueRef a) const { return e_.load(e_.i64, e_.offset(a, kArraySize), Memory::Header); }
  LLVMValueRef array_kind(LLVMValueRef a) const { return e_.load(e_.i8, e_.offset(a, kArrayKind), Memory::Header); }
  LLVMValueRef is_kind(LLVMValueRef a, ElementKind k) const;
  LLVMValueRef element_place(LLVMValueRef a, LLVMValueRef i, int64_t bytes) const;

  // The place of an index; outside it leaves.
  LLVMValueRef place(LLVMValueRef a, const Operand& index);
  // The elements are of this kind; else it leaves.
  void guard_elements(LLVMValueRef a, ElementKind kind);
  // What a loop makes redundant: looked at where the loop is entered.
  void enter_loop(const CheckedLoop& loop);
  LLVMValueRef fits(LLVMValueRef size, const IndexCheck& check);
  static ElementKind kind_of(Type element_type);

  // Element `i` of `a`, which has it. The kind of the elements is what the array's type says, or looked at.
  Operand load_element(const Operand& a, LLVMValueRef i);
  Operand load_any_element(const Operand& a, LLVMValueRef i);
  bool index_fits(const Operand& i) const { return i.type.numeric() || i.type.kind == Kind::Any; }
  Operand as_index(const Operand& i) { return i.type.kind == Kind::Any ? expect_kind(i, kInt) : i; }

  // An object that an index goes into, as an array; nothing when it cannot be one.
  std::optional<Operand> as_array(const Operand& o);
  // `constant`: the index, when it is one.
  void get_index(uint32_t to, const Operand& object, const Operand& index, const vm::Value* constant);

  // Of an array in place, of a dict or a text by the interpreter.
  void get_any_index(uint32_t to, const Operand& object, const Operand& index);

  // Only arrays whose elements are of the kind of `v`; others are left to the interpreter, which may widen them.
  void store_element(const Operand& a, LLVMValueRef i, const Operand& v);
  void set_index(const Operand& object, const Operand& index, Operand v, const vm::Value* constant);

  // Every register that holds the array of `o` is now expected to hold one of this type.
  void refine(const Operand& o, Type type);
  void push(Instruction in);

  // --- second lanes: bands.cpp ---

  LLVMValueRef lane_variable(size_t slot);
  LLVMValueRef beta(const Operand& o) const { return o.lane ? o.beta : o.v; }

  // The lane of what an operation gives.
  void add_lane(Op op, Operand& result, const Operand& x, const Operand& y);
  void add_lane(Op op, Operand& result, const Operand& x);
  void add_lane(Compare c, bool wanted, Operand& result, const Operand& x, const Operand& y);
  LLVMValueRef lane_operation(Op op, LLVMValueRef x, LLVMValueRef y);
  void forbid_lane(const Operand& o) {  // of a value whose kind is not known what becomes of it cannot be told
    if (o.lane) v_.refused = true;
  }
  void store_lanes(size_t pc);
  LLVMValueRef shadow_of(LLVMValueRef x) const;
  LLVMValueRef harmony_of_lanes(const Operand& x);

  // --- texts: strings.cpp ---

  LLVMValueRef text_bytes(LLVMValueRef s) const;
  LLVMValueRef text_data(LLVMValueRef s) const { return e_.load(e_.ptr, e_.offset(s, kStringData), Memory::Text); }
  LLVMValueRef byte_at(LLVMValueRef data, LLVMValueRef i) const;

  // There are as many bytes as in `known`, which is not empty.
  LLVMValueRef same_bytes(LLVMValueRef data, std::string_view known) const;
  LLVMValueRef same_text(const Operand& x, const Operand& y);
  LLVMValueRef same_as(const Operand& x, const vm::String* known);

  // At least one is a text.
  std::optional<LLVMValueRef> compare_text(Compare c, const Operand& x, const Operand& y);
  void text_arithmetic(Op op, uint32_t to, const Operand& x, const Operand& y);

  // Whether a pattern of text accepts the value. Of an unknown kind: false unless it is a text.
  LLVMValueRef matches_text(const vm::PatternSite& p, const Operand& x);
  LLVMValueRef matches_known_text(const vm::PatternSite& p, const Operand& text);

  // A bit that `f` computes when `condition` holds; otherwise `otherwise`.
  LLVMValueRef only_if(LLVMValueRef condition, bool otherwise, const std::function<LLVMValueRef()>& f) const;
  // What was called without a frame has failed unless `condition` holds.
  void failed_unless(LLVMValueRef condition);
  bool slice(Instruction in, const vm::GlobalCell* cell);

  // A builtin of calls_nobody(), without the interpreter.
  Operand direct(Instruction in, const vm::Builtin* builtin);
  void call_direct(Instruction in, const vm::GlobalCell* cell);

  // --- dicts: dicts.cpp ---

  // A key: of a text known now also where it is expected, and what is expected there.
  struct Key {
    const vm::String* text;
    LLVMValueRef v;
    Field field = {};
    uint32_t hint = 0;
  };
  struct Place {
    Operand dict;
    Key key;
  };

  // Entry numbers, Dict::kMissing when there is none.
  LLVMValueRef find_key(LLVMValueRef d, LLVMValueRef key);
  LLVMValueRef entry_of(const Operand& d, const Key& key);
  LLVMValueRef is_found(LLVMValueRef entry) const;
  LLVMValueRef has_key_at(LLVMValueRef d, const vm::String* key, uint32_t entry);
  void guard_key(LLVMValueRef d, const vm::String* key, uint32_t entry);
  LLVMValueRef entry_place(LLVMValueRef d, LLVMValueRef entry) const;
  Operand load_entry_value(LLVMValueRef d, LLVMValueRef entry, Type type);

  std::optional<Operand> as_dict(const Operand& o);
  std::optional<Operand> as_key(const Operand& o);
  Key known_key(const Operand& d, const vm::String* text, uint8_t hint);

  // The value of a key, or null; a new value for it, which may add the key.
  Operand get_entry(const Operand& d, const Key& key);
  void set_entry(const Operand& d, const Key& key, const Operand& v);

  // The name of the builtin that instruction `call` calls means it: nothing else at the moment, and looked at again when it runs.
  bool means_builtin(size_t call);
  void dict_short_form(Instruction in);

  // Where an index leads into a dict; nothing when the object is none, or the index no text.
  std::optional<Place> dict_place(const Operand& object, const Operand& index, const vm::Value* constant);
  void new_dict(uint32_t to);
  void construct(Instruction in, const vm::GlobalCell* cell);

  // --- functions as values: closures.cpp ---

  // The box of a captured variable, and what is in a box.
  LLVMValueRef capture(uint32_t i) const;
  LLVMValueRef box_in(uint32_t r);
  Type box_type(const vm::Object* like) const;
  Operand load_box(LLVMValueRef box, Type type, bool may_be_unassigned);
  void store_box(LLVMValueRef box, const Operand& v) const;
  void new_box(Instruction in);
  void new_closure(Instruction in);

  // Leaves unless memory was granted for the object.
  LLVMValueRef granted(LLVMValueRef object);
  // Leaves unless the function is a closure of this Proto.
  void guard_closure(LLVMValueRef f, const vm::Proto* proto);
  void call_function(Instruction in, const Operand& f);

  // --- methods: methods.cpp ---

  // The name of the class of an instance; leaves when it is none.
  LLVMValueRef class_of(const Operand& d);
  void call_method(Instruction in);

  // --- single instructions of the interpreter: calls.cpp ---

  // Calls back into the interpreter for this instruction; its result is in the frame.
  void run_step(bool collects);

  // ... and R[A], if it is written, is a value of `type`: None when there is none, Any when that is not known.
  void step(Type type, bool calls = false);
  void step_call(Type type) { step(type, /*calls=*/true); }
  void take_result(Type type);

  // What this instruction left in register `r` is expected to be of `type`; otherwise the interpreter goes on behind it.
  void narrow(uint32_t r, Type type);

  // --- calls.cpp ---

  LLVMValueRef cell_target(const vm::GlobalCell* cell) const;
  // The name still means the builtin; else it leaves.
  void guard_builtin(const vm::GlobalCell* cell);
  void call_global(Instruction in);

  // What the signature promises, as a guess.
  static Type result_of(const vm::Builtin& row);
  void call_without_version();
  void call_native(Instruction in, const vm::GlobalCell* cell, Version& callee);

  // What a direct call needs to have been done, and the call of R[B] .., whose result goes to R[A]. False: it is not known to
  // return, and control does not come here.
  void prepare_call();
  bool call_version(Instruction in, const std::vector<Operand>& arguments, Version& callee, LLVMValueRef closure);
  void returned(Instruction in, Version& callee, LLVMValueRef bits, LLVMValueRef t, Type type, bool stop);

  // As fail(), but the globals are in their cells already, and newer there.
  void failed_call();

  // The raw entry of a builtin, the interpreter's own function.
  void short_form(Instruction in);

  // A builtin that is lowered in place.
  bool intrinsic(Instruction in, const vm::GlobalCell* cell);

  // --- entry: walk.cpp ---

  void load_entry();
  void announce_registers();

  // --- instructions.cpp ---

  size_t target(Instruction in, bool wide) const;

  size_t global_slot(const Instruction in) const;
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
  bool entering_ = false;  // from outside of the unit
  LoopChecks checks_;
  std::vector<bool> pending_;

  struct Variables {
    LLVMValueRef whole = nullptr, number = nullptr, pointer = nullptr, tag = nullptr, lane = nullptr;
  };
  std::vector<Variables> payloads_;
  std::vector<LLVMBasicBlockRef> blocks_;
  LLVMBasicBlockRef entry_block_ = nullptr, exit_ = nullptr;
  LLVMValueRef base_ = nullptr, room_ = nullptr, closure_ = nullptr;
  LLVMBasicBlockRef return_ = nullptr, leave_ = nullptr;
  LLVMValueRef leaving_at_ = nullptr;  // the Site
  LLVMValueRef returned_bits_ = nullptr, returned_tag_ = nullptr;
};

}  // namespace omc::jit
