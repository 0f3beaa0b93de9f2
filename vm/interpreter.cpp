// The bytecode machine: one loop, dispatched by computed goto, over 64-bit instructions.
//
// Fast paths stand in the cases, everything else in functions that are not inlined. For every case: (1) SAVE_IP() before
// whatever can fail or call, for positions and the call trace; (2) registers never move, but `frame` changes with calls;
// (3) collect nowhere but in a safepoint: a backward jump or the call of an OMC function.
//
// Instructions specialise down a ladder with no way back up (general, for one kind, any), so rewriting ends: S. Brunthaler,
// Inline Caching Meets Quickening, ECOOP 2010.

#include "vm/interpreter.hpp"

#include <cmath>

#include "substrate/fold.hpp"
#include "vm/error_texts.hpp"
#include "vm/interpreter_support.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

using lang::BinaryOp;

namespace {

inline int64_t wrapping_add(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
inline int64_t wrapping_sub(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
inline int64_t wrapping_mul(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }

}  // namespace

bool Interpreter::run(Vm& vm) {
  static const void* const kLabels[] = {
#define OMC_OP(name, ...) &&op_##name,
#include "vm/opcodes.def"
  };

  using Support = InterpreterSupport;
  Stack& stack = vm.stack_;
  Heap& heap = vm.heap_;
  const bool specialise = vm.options_.specialise;
  Frame* frame = &stack.frames[stack.depth - 1];
  Value* r = frame->base;
  const Value* k = frame->proto->constants.data();
  const Instruction* ip = frame->ip;
  Instruction in{};
  Closure* callee = nullptr;
  Value* arguments = nullptr;

#define CASE(name) op_##name:
#define DISPATCH() goto* kLabels[static_cast<uint8_t>((in = *ip++).op)]
#define NEXT() DISPATCH()
#define AGAIN() goto* kLabels[static_cast<uint8_t>(in.op)]
#define SAVE_IP() (frame->ip = ip)
#define REWRITE(to) (const_cast<Instruction*>(ip)[-1].op = in.op = (to))
#define LOAD_FRAME()                       \
  (frame = &stack.frames[stack.depth - 1], \
   r = frame->base, k = frame->proto->constants.data(), ip = frame->ip)
#define CHECK(call)          \
  do {                       \
    SAVE_IP();               \
    if (!(call)) goto raise; \
  } while (0)
#define SAFEPOINT()                                         \
  do {                                                      \
    if (vm.due_.load(std::memory_order_relaxed)) [[unlikely]] { \
      SAVE_IP();                                            \
      if (!vm.safepoint()) goto raise;                      \
    }                                                       \
  } while (0)
#define JUMP(offset)            \
  do {                          \
    const auto o = (offset);    \
    ip += o;                    \
    if (o < 0) SAFEPOINT();     \
  } while (0)

  DISPATCH();

  // --- loads ---
  CASE(Move) {
    r[in.a] = r[in.b];
    NEXT();
  }
  CASE(LoadConstant) {
    r[in.a] = k[in.bx()];
    NEXT();
  }
  CASE(LoadInt) {
    r[in.a] = Value::integer(in.bx());
    NEXT();
  }
  CASE(LoadNull) {
    r[in.a] = Value::null();
    NEXT();
  }
  CASE(LoadBool) {
    r[in.a] = Value::boolean(in.n);
    NEXT();
  }
  CASE(ClearLocals) {
    for (int32_t i = 0; i < in.bx(); ++i) r[in.a + i] = Value::unassigned();
    NEXT();
  }
  CASE(CheckAssigned) {
    if (r[in.a].is_unassigned()) [[unlikely]] {
      SAVE_IP();
      Support::undefined_variable(vm, k[in.bx()].as_string(), frame);
      goto raise;
    }
    NEXT();
  }
  CASE(NewBox) {
    SAVE_IP();
    Box* box = Support::new_box(vm);
    if (!box) goto raise;
    if (in.n) box->value = r[in.a];
    r[in.a] = Value(box);
    NEXT();
  }
  CASE(GetBox) {
    const Value v = r[in.b].as_box()->value;
    if (v.is_unassigned() && !in.n) [[unlikely]] {
      SAVE_IP();
      Support::undefined_variable(vm, k[in.c].as_string(), frame);
      goto raise;
    }
    r[in.a] = v;
    NEXT();
  }
  CASE(SetBox) {
    r[in.a].as_box()->value = r[in.b];
    NEXT();
  }
  CASE(GetCapture) {
    const Value v = frame->closure->captures()[in.b].as_box()->value;
    if (v.is_unassigned() && !in.n) [[unlikely]] {
      SAVE_IP();
      Support::undefined_variable(vm, frame->proto->capture_names[in.b], frame);
      goto raise;
    }
    r[in.a] = v;
    NEXT();
  }
  CASE(SetCapture) {
    frame->closure->captures()[in.a].as_box()->value = r[in.b];
    NEXT();
  }
  CASE(LoadCapture) {
    r[in.a] = frame->closure->captures()[in.b];
    NEXT();
  }
  CASE(GetGlobal) {
    const GlobalCell* cell = frame->proto->cells[static_cast<uint32_t>(in.bx())];
    if (!cell->variable.is_unassigned()) [[likely]] {
      r[in.a] = cell->variable;
      NEXT();
    }
    CHECK(Support::get_global(vm, frame, frame->proto->cells[static_cast<uint32_t>(in.bx())], in.n == 1, r[in.a]));
    NEXT();
  }
  CASE(GetVariable) {
    r[in.a] = frame->proto->cells[static_cast<uint32_t>(in.bx())]->variable;
    NEXT();
  }
  CASE(SetGlobal) {
    frame->proto->cells[static_cast<uint32_t>(in.bx())]->set_variable(r[in.a]);
    NEXT();
  }
  CASE(NewLateScope) {
    CHECK(Support::new_late_scope(vm, in.n ? r[in.b].as_late_scope() : nullptr, r[in.a]));
    NEXT();
  }
  CASE(GetLate) {
    CHECK(Support::get_late(vm, frame, frame->proto->cells[in.b], r[in.c].as_late_scope(), in.n, r[in.a]));
    NEXT();
  }
  CASE(SetLate) {
    CHECK(Support::set_late(vm, frame->proto->cells[in.b]->name, r[in.c].as_late_scope(), r[in.a]));
    NEXT();
  }

  // --- arithmetic ---
#define ARITHMETIC(Name, op, right, suffix)                                                        \
  CASE(Name##suffix) {                                                                             \
    const Value x = r[in.b], y = right;                                                            \
    if (specialise) {                                                                              \
      if (x.is_int() && y.is_int()) REWRITE(Op::Name##Int##suffix);                                \
      else if (x.is_float() && y.is_float()) REWRITE(Op::Name##Float##suffix);                     \
      else REWRITE(Op::Name##Any##suffix);                                                         \
      AGAIN();                                                                                     \
    }                                                                                              \
    goto op_##Name##Any##suffix;                                                                   \
  }                                                                                                \
  CASE(Name##Int##suffix) {                                                                        \
    const Value x = r[in.b], y = right;                                                            \
    if (x.is_int() && y.is_int()) [[likely]] {                                                     \
      r[in.a] = Value::integer(wrapping_##op(x.as_int(), y.as_int()));                             \
      NEXT();                                                                                      \
    }                                                                                              \
    REWRITE(Op::Name##Any##suffix);                                                                \
    AGAIN();                                                                                       \
  }                                                                                                \
  CASE(Name##Float##suffix) {                                                                      \
    const Value x = r[in.b], y = right;                                                            \
    if (x.is_float() && y.is_float()) [[likely]] {                                                 \
      r[in.a] = Value::real(float_##op(x.as_float(), y.as_float()));                               \
      NEXT();                                                                                      \
    }                                                                                              \
    REWRITE(Op::Name##Any##suffix);                                                                \
    AGAIN();                                                                                       \
  }                                                                                                \
  CASE(Name##Any##suffix) {                                                                        \
    const Value x = r[in.b], y = right;                                                            \
    if (x.is_int() && y.is_int()) {                                                                \
      r[in.a] = Value::integer(wrapping_##op(x.as_int(), y.as_int()));                             \
      NEXT();                                                                                      \
    }                                                                                              \
    if (x.is_float() && y.is_float()) {                                                            \
      r[in.a] = Value::real(float_##op(x.as_float(), y.as_float()));                               \
      NEXT();                                                                                      \
    }                                                                                              \
    CHECK(Support::arithmetic(vm, BinaryOp::Name, x, y, r[in.a]));                                 \
    NEXT();                                                                                        \
  }
#define float_add(x, y) ((x) + (y))
#define float_sub(x, y) ((x) - (y))
#define float_mul(x, y) ((x) * (y))
  ARITHMETIC(Add, add, r[in.c], )
  ARITHMETIC(Add, add, k[in.c], K)
  ARITHMETIC(Sub, sub, r[in.c], )
  ARITHMETIC(Sub, sub, k[in.c], K)
  ARITHMETIC(Mul, mul, r[in.c], )
  ARITHMETIC(Mul, mul, k[in.c], K)

#define DIVISION(suffix, right)                                                                    \
  CASE(Div##suffix) {                                                                              \
    const Value x = r[in.b], y = right;                                                            \
    if (x.is_float() && y.is_float() && y.as_float() != 0.0) [[likely]] {                          \
      r[in.a] = Value::real(x.as_float() / y.as_float());                                          \
      NEXT();                                                                                      \
    }                                                                                              \
    if (x.is_int() && y.is_int() && static_cast<uint64_t>(y.as_int()) + 1 > 1) [[likely]] {        \
      r[in.a] = Value::integer(x.as_int() / y.as_int());                                           \
      NEXT();                                                                                      \
    }                                                                                              \
    CHECK(Support::arithmetic(vm, BinaryOp::Div, x, y, r[in.a]));                                  \
    NEXT();                                                                                        \
  }                                                                                                \
  CASE(Mod##suffix) {                                                                              \
    const Value x = r[in.b], y = right;                                                            \
    if (x.is_int() && y.is_int() && static_cast<uint64_t>(y.as_int()) + 1 > 1) [[likely]] {        \
      r[in.a] = Value::integer(x.as_int() % y.as_int());                                           \
      NEXT();                                                                                      \
    }                                                                                              \
    CHECK(Support::arithmetic(vm, BinaryOp::Mod, x, y, r[in.a]));                                  \
    NEXT();                                                                                        \
  }
  DIVISION(, r[in.c])
  DIVISION(K, k[in.c])

#define INT_OPERATION(Name, expression)                                  \
  CASE(Name) {                                                           \
    const Value x = r[in.b], y = r[in.c];                                \
    if (x.is_int() && y.is_int()) [[likely]] {                           \
      const int64_t i = x.as_int(), j = y.as_int();                      \
      r[in.a] = Value::integer(expression);                              \
      NEXT();                                                            \
    }                                                                    \
    CHECK(Support::arithmetic(vm, BinaryOp::Name, x, y, r[in.a]));       \
    NEXT();                                                              \
  }
  INT_OPERATION(BitAnd, i & j)
  INT_OPERATION(BitOr, i | j)
  INT_OPERATION(BitXor, i ^ j)
  INT_OPERATION(ShiftLeft, static_cast<int64_t>(static_cast<uint64_t>(i) << (j & 63)))
  INT_OPERATION(ShiftRight, i >> (j & 63))
  CASE(Pow) {
    CHECK(Support::arithmetic(vm, BinaryOp::Pow, r[in.b], r[in.c], r[in.a]));
    NEXT();
  }
  CASE(Negate) {
    const Value x = r[in.b];
    if (x.is_int()) r[in.a] = Value::integer(wrapping_sub(0, x.as_int()));
    else if (x.is_float()) r[in.a] = Value::real(0.0 - x.as_float());
    else CHECK(Support::unary(vm, lang::UnaryOp::Negate, x, r[in.a]));
    NEXT();
  }
  CASE(BitNot) {
    CHECK(Support::unary(vm, lang::UnaryOp::BitNot, r[in.b], r[in.a]));
    NEXT();
  }
  CASE(Not) {
    r[in.a] = Value::boolean(!to_bool(r[in.b]));
    NEXT();
  }
  CASE(ToBool) {
    r[in.a] = Value::boolean(to_bool(r[in.b]));
    NEXT();
  }

  CASE(Fold) {
    r[in.a] = Value::integer(r[in.b].is_int() ? substrate::fold(r[in.b].as_int()) : 0);
    NEXT();
  }

  // --- comparisons ---
#define COMPARE(Name, op)                                                    \
  CASE(Name) {                                                               \
    const Value x = r[in.b], y = r[in.c];                                    \
    bool holds;                                                              \
    if (x.is_int() && y.is_int()) holds = x.as_int() op y.as_int();          \
    else if (x.is_float() && y.is_float()) holds = x.as_float() op y.as_float(); \
    else CHECK(Support::compare(vm, BinaryOp::Name, x, y, holds));           \
    r[in.a] = Value::boolean(holds);                                         \
    NEXT();                                                                  \
  }
  COMPARE(Less, <)
  COMPARE(LessEqual, <=)
  COMPARE(Greater, >)
  COMPARE(GreaterEqual, >=)
  CASE(Equal) {
    bool holds;
    CHECK(Support::equal(vm, r[in.b], r[in.c], holds));
    r[in.a] = Value::boolean(holds);
    NEXT();
  }
  CASE(NotEqual) {
    bool holds;
    CHECK(Support::equal(vm, r[in.b], r[in.c], holds));
    r[in.a] = Value::boolean(!holds);
    NEXT();
  }

  // --- jumps ---
  CASE(Jump) {
    JUMP(in.bx());
    NEXT();
  }
  CASE(JumpIf) {
    const Value x = r[in.a];
    if (x.is_bool() ? x.as_bool() : to_bool(x)) JUMP(in.bx());
    NEXT();
  }
  CASE(JumpIfNot) {
    const Value x = r[in.a];
    if (!(x.is_bool() ? x.as_bool() : to_bool(x))) JUMP(in.bx());
    NEXT();
  }
#define COMPARE_JUMP(Name, operation, op, right)                                   \
  CASE(Name) {                                                                     \
    const Value x = r[in.a], y = right;                                            \
    bool holds;                                                                    \
    if (x.is_int() && y.is_int()) [[likely]] holds = x.as_int() op y.as_int();     \
    else if (x.is_float() && y.is_float()) holds = x.as_float() op y.as_float();   \
    else CHECK(Support::compare(vm, BinaryOp::operation, x, y, holds));            \
    if (holds == static_cast<bool>(in.n)) JUMP(in.jump());                         \
    NEXT();                                                                        \
  }
  COMPARE_JUMP(JumpLess, Less, <, r[in.b])
  COMPARE_JUMP(JumpLessEqual, LessEqual, <=, r[in.b])
  COMPARE_JUMP(JumpGreater, Greater, >, r[in.b])
  COMPARE_JUMP(JumpGreaterEqual, GreaterEqual, >=, r[in.b])
  COMPARE_JUMP(JumpLessK, Less, <, k[in.b])
  COMPARE_JUMP(JumpLessEqualK, LessEqual, <=, k[in.b])
  COMPARE_JUMP(JumpGreaterK, Greater, >, k[in.b])
  COMPARE_JUMP(JumpGreaterEqualK, GreaterEqual, >=, k[in.b])
#define EQUAL_JUMP(Name, right)                                              \
  CASE(Name) {                                                               \
    const Value x = r[in.a], y = right;                                      \
    bool holds;                                                              \
    if (x.is_int() && y.is_int()) [[likely]] holds = x.as_int() == y.as_int(); \
    else CHECK(Support::equal(vm, x, y, holds));                             \
    if (holds == static_cast<bool>(in.n)) JUMP(in.jump());                   \
    NEXT();                                                                  \
  }
  EQUAL_JUMP(JumpEqual, r[in.b])
  EQUAL_JUMP(JumpEqualK, k[in.b])
  CASE(RangePrepare) {
    bool empty;
    CHECK(Support::prepare_range(vm, r + in.a, empty));
    if (empty) JUMP(in.jump());
    NEXT();
  }
  CASE(RangeNext) {
    const int64_t step = r[in.a + 2].as_int(), end = r[in.a + 1].as_int();
    int64_t now = r[in.a].as_int();
    // A step over the edge of the ints ends the range.
    const bool more = !__builtin_add_overflow(now, step, &now) && (step > 0 ? now < end : now > end);
    if (more) {
      r[in.a] = r[in.b] = Value::integer(now);
      JUMP(in.jump());
    }
    NEXT();
  }
  CASE(IteratePrepare) {
    CHECK(Support::prepare_iteration(vm, r[in.b], r + in.a));
    NEXT();
  }
  CASE(IterateNext) {
    const Value source = r[in.a];
    if (source.is_array()) [[likely]] {
      const Array* a = source.as_array();
      const auto at = static_cast<size_t>(r[in.a + 1].as_int());
      if (at >= a->size) NEXT();
      r[in.b] = a->at(at);
      r[in.a + 1] = Value::integer(static_cast<int64_t>(at + 1));
      JUMP(in.jump());
      NEXT();
    }
    SAVE_IP();
    bool more;
    if (!Support::next_character(vm, r + in.a, r[in.b], more)) goto raise;
    if (more) JUMP(in.jump());
    NEXT();
  }
  CASE(JumpNoMatch) {
    if (!Support::matches(frame->proto->patterns[in.b], r[in.a])) JUMP(in.jump());
    NEXT();
  }

  // --- containers and text ---
  CASE(NewArray) {
    CHECK(Support::new_array(vm, r + in.b, in.c, r[in.a]));
    NEXT();
  }
  CASE(Append) {
    CHECK(Support::append(vm, r[in.a].as_array(), r + in.b, in.c));
    NEXT();
  }
  CASE(SizedArray) {
    CHECK(Support::sized_array(vm, r[in.b], r[in.a]));
    NEXT();
  }
  CASE(NewDict) {
    CHECK(Support::new_dict(vm, r[in.a]));
    NEXT();
  }
  CASE(DictPut) {
    CHECK(Support::put(vm, r[in.a].as_dict(), r[in.b], r[in.c]));
    NEXT();
  }
  CASE(GetIndex) {
    const Value object = r[in.b], index = r[in.c];
    if (object.is_array() && index.is_int()) [[likely]] {
      const Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(index.as_int());
      if (i < a->size) [[likely]] {
        r[in.a] = a->at(i);
        NEXT();
      }
    }
    CHECK(Support::get_index(vm, frame, object, index, r[in.a]));
    NEXT();
  }
  CASE(GetIndexK) {
    const Value object = r[in.b];
    if (object.is_dict()) [[likely]] {
      const Dict* d = object.as_dict();
      const Value key = k[in.c];
      if (key.is_string()) [[likely]] {
        if (in.n < d->used && d->entries[in.n].key == key.as_string()) [[likely]] {
          r[in.a] = d->entries[in.n].value;
          NEXT();
        }
        const uint32_t found = d->find(key.as_string());
        if (found != Dict::kMissing) {
          if (specialise && found < 256) const_cast<Instruction*>(ip)[-1].n = static_cast<uint8_t>(found);
          r[in.a] = d->entries[found].value;
        } else {
          r[in.a] = Value::null();
        }
        NEXT();
      }
    } else if (object.is_array() && k[in.c].is_int()) [[likely]] {
      const Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(k[in.c].as_int());
      if (i < a->size) [[likely]] {
        r[in.a] = a->at(i);
        NEXT();
      }
    }
    CHECK(Support::get_index(vm, frame, object, k[in.c], r[in.a]));
    NEXT();
  }
#define STORE_ELEMENT(a, i, v)                                              \
  if (i < a->size) [[likely]] {                                             \
    if (a->kind == ElementKind::Values) {                                   \
      a->values[i] = v;                                                     \
      NEXT();                                                               \
    }                                                                       \
    if (a->kind == ElementKind::Ints ? v.is_int() : v.is_float()) [[likely]] { \
      if (v.is_int()) a->ints[i] = v.as_int();                              \
      else a->floats[i] = v.as_float();                                     \
      NEXT();                                                               \
    }                                                                       \
  }
  CASE(SetIndex) {
    const Value object = r[in.a], index = r[in.b], v = r[in.c];
    if (object.is_array() && index.is_int()) [[likely]] {
      Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(index.as_int());
      STORE_ELEMENT(a, i, v)
    }
    CHECK(Support::set_index(vm, frame, object, index, v));
    NEXT();
  }
  CASE(SetIndexK) {
    const Value object = r[in.a], v = r[in.c];
    if (object.is_dict() && k[in.b].is_string()) [[likely]] {
      Dict* d = object.as_dict();
      String* key = k[in.b].as_string();
      if (in.n < d->used && d->entries[in.n].key == key) [[likely]] {
        d->entries[in.n].value = v;
        NEXT();
      }
      const uint32_t found = d->find(key);
      if (found != Dict::kMissing) {
        if (specialise && found < 256) const_cast<Instruction*>(ip)[-1].n = static_cast<uint8_t>(found);
        d->entries[found].value = v;
        NEXT();
      }
    } else if (object.is_array() && k[in.b].is_int()) {
      Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(k[in.b].as_int());
      STORE_ELEMENT(a, i, v)
    }
    CHECK(Support::set_index(vm, frame, object, k[in.b], v));
    NEXT();
  }
  CASE(Concat) {
    CHECK(Support::concat(vm, r + in.b, in.c, r[in.a]));
    NEXT();
  }

  // --- calls ---
  CASE(CallGlobal) {
    GlobalCell* cell = frame->proto->cells[in.c];
    Function* target = cell->target;
    arguments = r + in.b;
    if (target && target->kind == FunctionKind::Closure) [[likely]] {
      callee = static_cast<Closure*>(target);
      goto enter;
    }
    SAVE_IP();
    if (!target && cell->builtin && in.n >= cell->required) [[likely]] {
      if (!Support::call_builtin(vm, *cell->builtin, arguments, in.n, r[in.a])) goto raise;
      NEXT();
    }
    callee = nullptr;
    if (!Support::call_cell(vm, cell, arguments, in.n, r[in.a], callee)) goto raise;
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallNamed) {
    arguments = r + in.b;
    const Value candidate = r[in.b + in.n];
    SAVE_IP();
    callee = nullptr;
    if (candidate.is_function()) {
      if (!Support::call_value(vm, candidate, arguments, in.n, r[in.a], callee)) goto raise;
    } else if (!Support::call_cell(vm, frame->proto->cells[in.c], arguments, in.n, r[in.a], callee)) {
      goto raise;
    }
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallValue) {
    arguments = r + in.b;
    const Value target = r[in.c];
    if (target.is_function() && target.as_function()->kind == FunctionKind::Closure) [[likely]] {
      callee = static_cast<Closure*>(target.as_function());
      goto enter;
    }
    SAVE_IP();
    callee = nullptr;
    if (!Support::call_value(vm, target, arguments, in.n, r[in.a], callee)) goto raise;
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallMethod) {
    arguments = r + in.b;
    SAVE_IP();
    callee = nullptr;
    if (!Support::call_method(vm, frame->proto->method_sites[in.c], arguments, in.n + 1u, r[in.a], callee)) goto raise;
    ++in.n;
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallDotted) {
    DottedSite& site = frame->proto->dotted_sites[in.c];
    arguments = r + in.b;
    // The method that the last call here found, while it cannot have changed.
    const Value receiver = arguments[0];
    if (receiver.is_dict()) {
      const Dict* d = receiver.as_dict();
      if (d->used && d->entries[0].key == vm.class_key_ && d->entries[0].value.is_string() &&
          d->entries[0].value.as_string() == site.cache.class_name && site.cache.epoch == vm.globals_.epoch()) [[likely]] {
        callee = static_cast<Closure*>(site.cache.method);
        ++in.n;
        goto enter;
      }
    }
    SAVE_IP();
    callee = nullptr;
    bool with_receiver = false;
    if (!Support::call_dotted(vm, site, arguments, in.n, r[in.a], callee, with_receiver)) goto raise;
    if (!callee) NEXT();
    if (with_receiver) ++in.n;
    else ++arguments;
    goto enter;
  }
  CASE(CallSpread) {
    CHECK(Support::call_spread(vm, r[in.c], r[in.b].as_array(), r[in.a]));
    NEXT();
  }
  CASE(SpreadGlobal) {
    GlobalCell* const cell = frame->proto->cells[in.c];
    const Value target = in.n && r[in.b + 1].is_function() ? r[in.b + 1]
                         : cell->target                   ? Value(cell->target)
                                                          : Value(static_cast<Function*>(vm.reference(cell)));
    CHECK(Support::call_spread(vm, target, r[in.b].as_array(), r[in.a]));
    NEXT();
  }
  CASE(CallEval) {
    CHECK(Support::call_eval(vm, frame, frame->proto->eval_sites[in.c], r + in.b, in.n, r[in.a]));
    NEXT();
  }

  // A call of an OMC function: `callee` with in.n `arguments`, which become its first registers where they are.
enter: {
  SAVE_IP();
  const Proto* proto = callee->proto;
  if (proto->parameter_count != in.n) [[unlikely]] {
    Support::arity_error(vm, callee, in.n);
    goto raise;
  }
  Value* const top = arguments + proto->register_count;
  if (top > stack.soft_limit || stack.depth > vm.options_.max_depth) [[unlikely]] {
    if (stack.depth > vm.options_.max_depth || !stack.raise_limit(top)) {
      Support::recursion_error(vm);
      goto raise;
    }
  }
  Frame* const entered = &stack.frames[stack.depth++];
  entered->closure = callee;
  entered->proto = callee->proto;
  entered->base = arguments;
  entered->result = in.a;
  entered->from_native = false;
  entered->streaming = false;
  frame = entered;
  r = arguments;
  k = proto->constants.data();
  ip = proto->code.data();
  SAFEPOINT();
  NEXT();
}
  CASE(Return) {
    const Value v = r[in.a];
    if (frame->from_native) [[unlikely]] {
      vm.result_ = v;
      --stack.depth;
      return true;
    }
    const uint16_t result = frame->result;
    --stack.depth;
    LOAD_FRAME();
    r[result] = v;
    NEXT();
  }
  CASE(ReturnNull) {
    if (frame->from_native) [[unlikely]] {
      vm.result_ = Value::null();
      --stack.depth;
      return true;
    }
    const uint16_t result = frame->result;
    --stack.depth;
    LOAD_FRAME();
    r[result] = Value::null();
    NEXT();
  }
  CASE(NewCollector) {
    frame->streaming = vm.stream_ != nullptr;
    CHECK(Support::new_array(vm, nullptr, 0, r[in.a]));
    NEXT();
  }
  CASE(Yield) {
    CHECK(Support::yield(vm, *frame, r[in.a], r[in.b].as_array()));
    NEXT();
  }

  // --- definitions ---
  CASE(NewClosure) {
    CHECK(Support::new_closure(vm, *frame, frame->proto->protos[static_cast<uint32_t>(in.bx())], r[in.a]));
    NEXT();
  }
  CASE(DefineFunction) {
    vm.globals_.set_function(*frame->proto->cells[static_cast<uint32_t>(in.bx())], r[in.a].as_function());
    NEXT();
  }
  CASE(DefineClass) {
    CHECK(Support::define_class(vm, frame->proto->class_sites[static_cast<uint32_t>(in.bx())], r + in.a));
    NEXT();
  }
  CASE(Import) {
    CHECK(Support::import(vm, *frame, frame->proto->import_sites[static_cast<uint32_t>(in.bx())],
                          in.n ? r[in.a].as_late_scope() : nullptr));
    NEXT();
  }

  // --- errors and output ---
  CASE(Throw) {
    SAVE_IP();
    Support::raise_value(vm, r[in.a]);
    goto raise;
  }
  CASE(Rethrow) {
    SAVE_IP();
    Support::raise_saved(vm, r[in.a], r[in.a + 1]);
    goto raise;
  }
  CASE(Print) {
    CHECK(Support::print(vm, r[in.a]));
    NEXT();
  }

  // An error is pending: leave frames until one has a handler, or C++ called it.
raise:
  if (!Support::unwind(vm)) return false;
  LOAD_FRAME();
  (void)heap;
  NEXT();
}

}  // namespace omc::vm
