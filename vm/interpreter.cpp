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
#include "vm/observer.hpp"
#include "vm/reciprocal.hpp"
#include "vm/vm.hpp"

// A local variable in a machine register of its own. Left alone, GCC 12 keeps the constants on the stack and computes the
// address of the jump table anew for every instruction, though two registers stay free.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define OMC_PINNED(type, name, where) register type name asm(where)
#else
#define OMC_PINNED(type, name, where) type name
#endif

namespace omc::vm {

using lang::BinaryOp;

namespace {

inline int64_t wrapping_add(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
inline int64_t wrapping_sub(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
inline int64_t wrapping_mul(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }

inline int64_t sum_of(int64_t a, int64_t b) { return wrapping_add(a, b); }
inline double sum_of(double a, double b) { return a + b; }

inline bool is_number(const Value& v) { return v.is_int() || v.is_float(); }
inline double as_number(const Value& v) { return v.is_float() ? v.as_float() : static_cast<double>(v.as_int()); }

// Whether the two are equal, where that is seen at once; otherwise `sure` becomes false.
inline bool plainly_equal(const Value& x, const Value& y, bool& sure) {
  sure = true;
  if (x.is_int() && y.is_int()) return x.as_int() == y.as_int();
  if (x.is_string() && y.is_string()) {
    const String *a = x.as_string(), *b = y.as_string();
    if (a == b) return true;
    if (a->size_bytes != b->size_bytes || (a->interned() && b->interned())) return false;
    if (a->size_bytes == 1) return a->data[0] == b->data[0];
  }
  if (x.is_null() || y.is_null()) return x.tag() == y.tag();
  sure = false;
  return false;
}

}  // namespace

bool Interpreter::run(Vm& vm) { return vm.options_.observer ? loop<true>(vm) : loop<false>(vm); }

template <bool kObserved>
bool Interpreter::loop(Vm& vm) {
  static const void* const kLabels[] = {
#define OMC_OP(name, ...) &&op_##name,
#include "vm/opcodes.def"
  };

  using Support = InterpreterSupport;
  Stack& stack = vm.stack_;
  Heap& heap = vm.heap_;
  const bool specialise = vm.options_.specialise;
  Frame* const last_frame = stack.frames + stack.depth_limit;  // beyond it calls are refused
  Frame* frame = &stack.frames[stack.depth - 1];
  Value* r = frame->base;
  OMC_PINNED(const Value*, k, "r15") = frame->proto->constants.data();
  OMC_PINNED(const void* const*, labels, "r13") = kLabels;
  asm("" : "+r"(labels));  // else the compiler knows the address and forgets the register
  const Instruction* ip = frame->ip;
  size_t count = 0;  // of `arguments`
  Closure* callee = nullptr;
  Value* arguments = nullptr;
  [[maybe_unused]] Observer* const observer = vm.options_.observer;
  // The instruction that ran last, and its frame.
  [[maybe_unused]] const Instruction* ran = nullptr;
  [[maybe_unused]] const Frame* ran_in = nullptr;
  if constexpr (kObserved)  // whoever calls from C++ had the time up to here
    if (observer->ticks.load(std::memory_order_relaxed)) Support::sample(vm, stack.depth - 1, nullptr);

#define CASE(name) op_##name:
// The operands of the instruction that runs: read where they are used, so that none occupies a machine register.
#define A (ip[-1].a)
#define B (ip[-1].b)
#define C (ip[-1].c)
#define N (ip[-1].n)
#define BX (ip[-1].bx())
#define OFFSET (ip[-1].jump())
#define DISPATCH()                                              \
  do {                                                          \
    if constexpr (kObserved) {                                  \
      if (observer->ticks.load(std::memory_order_relaxed)) [[unlikely]] { \
        SAVE_IP();                                              \
        Support::sample(vm, stack.depth, ran_in == frame ? ran : nullptr); \
      }                                                         \
      ran = ip;                                                 \
      ran_in = frame;                                           \
      ++observer->counts.instructions[static_cast<uint8_t>(ip->op)]; \
    }                                                           \
    goto* labels[static_cast<uint8_t>((++ip)[-1].op)];         \
  } while (0)
#define COUNT(what)                                      \
  do {                                                   \
    if constexpr (kObserved) ++observer->counts.what;    \
  } while (0)
#define NEXT() DISPATCH()
#define AGAIN() goto* labels[static_cast<uint8_t>(ip[-1].op)]
#define SAVE_IP() (frame->ip = ip)
#define REWRITE(to, counter)                        \
  do {                                               \
    COUNT(counter);                                  \
    const_cast<Instruction*>(ip)[-1].op = (to);      \
  } while (0)
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
    if (o < 0) {                \
      if (--frame->proto->loop_heat < 0) [[unlikely]] goto hot_loop; \
      SAFEPOINT();              \
    }                           \
  } while (0)

  DISPATCH();

  // --- loads ---
  CASE(Move) {
    r[A] = r[B].read();
    NEXT();
  }
  CASE(LoadConstant) {
    r[A] = k[BX].read();
    NEXT();
  }
  CASE(LoadInt) {
    r[A] = Value::integer(BX);
    NEXT();
  }
  CASE(LoadNull) {
    r[A] = Value::null();
    NEXT();
  }
  CASE(LoadBool) {
    r[A] = Value::boolean(N);
    NEXT();
  }
  CASE(ClearLocals) {
    for (int32_t i = 0; i < BX; ++i) r[A + i] = Value::unassigned();
    NEXT();
  }
  CASE(CheckAssigned) {
    if (r[A].is_unassigned()) [[unlikely]] {
      SAVE_IP();
      Support::undefined_variable(vm, k[BX].as_string(), frame);
      goto raise;
    }
    NEXT();
  }
  CASE(NewBox) {
    SAVE_IP();
    Box* box = Support::new_box(vm);
    if (!box) goto raise;
    if (N) box->value = r[A].read();
    r[A] = Value(box);
    NEXT();
  }
  CASE(GetBox) {
    const Value v = r[B].as_box()->value;
    if (v.is_unassigned() && !N) [[unlikely]] {
      SAVE_IP();
      Support::undefined_variable(vm, k[C].as_string(), frame);
      goto raise;
    }
    r[A] = v;
    NEXT();
  }
  CASE(SetBox) {
    vm.heap_.write_barrier(r[B]);
    r[A].as_box()->value = r[B].read();
    NEXT();
  }
  CASE(GetCapture) {
    const Value v = frame->closure->captures()[B].as_box()->value.read();
    if (v.is_unassigned() && !N) [[unlikely]] {
      SAVE_IP();
      Support::undefined_variable(vm, frame->proto->capture_names[B], frame);
      goto raise;
    }
    r[A] = v;
    NEXT();
  }
  CASE(SetCapture) {
    vm.heap_.write_barrier(r[B]);
    frame->closure->captures()[A].as_box()->value = r[B].read();
    NEXT();
  }
  CASE(LoadCapture) {
    r[A] = frame->closure->captures()[B].read();
    NEXT();
  }
  CASE(GetGlobal) {
    const GlobalCell* cell = frame->proto->cells[static_cast<uint32_t>(BX)];
    if (!cell->variable.is_unassigned()) [[likely]] {
      r[A] = cell->variable.read();
      NEXT();
    }
    CHECK(Support::get_global(vm, frame, frame->proto->cells[static_cast<uint32_t>(BX)], N == 1, r[A]));
    NEXT();
  }
  CASE(GetVariable) {
    r[A] = frame->proto->cells[static_cast<uint32_t>(BX)]->variable.read();
    NEXT();
  }
  CASE(SetGlobal) {
    frame->proto->cells[static_cast<uint32_t>(BX)]->set_variable(r[A].read());
    NEXT();
  }
  CASE(NewLateScope) {
    CHECK(Support::new_late_scope(vm, N ? r[B].as_late_scope() : nullptr, r[A]));
    NEXT();
  }
  CASE(GetLate) {
    CHECK(Support::get_late(vm, frame, frame->proto->cells[B], r[C].as_late_scope(), N, r[A]));
    NEXT();
  }
  CASE(SetLate) {
    CHECK(Support::set_late(vm, frame->proto->cells[B]->name, r[C].as_late_scope(), r[A]));
    NEXT();
  }

  // --- arithmetic ---
  // Observed runs count each instruction by itself.
#define PAIR_OF(op) (kObserved ? (op) : pair_of((op), ip - 1))
#define ARITHMETIC(Name, op, right, suffix)                                                        \
  CASE(Name##suffix) {                                                                             \
    const Value &x = r[B], &y = right;                                                            \
    if (specialise) {                                                                              \
      if (x.is_int() && y.is_int()) REWRITE(PAIR_OF(Op::Name##Int##suffix), specialised);          \
      else if (x.is_float() && y.is_float()) REWRITE(PAIR_OF(Op::Name##Float##suffix), specialised); \
      else REWRITE(Op::Name##Any##suffix, generalised);                                            \
      AGAIN();                                                                                     \
    }                                                                                              \
    goto op_##Name##Any##suffix;                                                                   \
  }                                                                                                \
  CASE(Name##Int##suffix) {                                                                        \
    const Value &x = r[B], &y = right;                                                            \
    if (x.is_int() && y.is_int()) [[likely]] {                                                     \
      r[A] = Value::integer(wrapping_##op(x.as_int(), y.as_int()));                             \
      NEXT();                                                                                      \
    }                                                                                              \
    REWRITE(Op::Name##Any##suffix, generalised);                                                   \
    AGAIN();                                                                                       \
  }                                                                                                \
  CASE(Name##Float##suffix) {                                                                      \
    const Value &x = r[B], &y = right;                                                            \
    if (x.is_float() && y.is_float()) [[likely]] {                                                 \
      r[A] = Value::real(float_##op(x.as_float(), y.as_float()));                               \
      NEXT();                                                                                      \
    }                                                                                              \
    REWRITE(Op::Name##Any##suffix, generalised);                                                   \
    AGAIN();                                                                                       \
  }                                                                                                \
  CASE(Name##Any##suffix) {                                                                        \
    const Value &x = r[B], &y = right;                                                            \
    if (x.is_int() && y.is_int()) {                                                                \
      r[A] = Value::integer(wrapping_##op(x.as_int(), y.as_int()));                             \
      NEXT();                                                                                      \
    }                                                                                              \
    if (is_number(x) && is_number(y)) {                                                            \
      r[A] = Value::real(float_##op(as_number(x), as_number(y)));                                  \
      NEXT();                                                                                      \
    }                                                                                              \
    CHECK(Support::arithmetic(vm, BinaryOp::Name, x, y, r[A]));                                 \
    NEXT();                                                                                        \
  }
#define float_add(x, y) ((x) + (y))
#define float_sub(x, y) ((x) - (y))
#define float_mul(x, y) ((x) * (y))
  ARITHMETIC(Add, add, r[C], )
  ARITHMETIC(Add, add, k[C], K)
  ARITHMETIC(Sub, sub, r[C], )
  ARITHMETIC(Sub, sub, k[C], K)
  ARITHMETIC(Mul, mul, r[C], )
  ARITHMETIC(Mul, mul, k[C], K)
#define DIVISION(suffix, right)                                                                    \
  CASE(Div##suffix) {                                                                              \
    const Value &x = r[B], &y = right;                                                            \
    if (x.is_float() && y.is_float() && y.as_float() != 0.0) [[likely]] {                          \
      r[A] = Value::real(x.as_float() / y.as_float());                                          \
      NEXT();                                                                                      \
    }                                                                                              \
    if (x.is_int() && y.is_int() && static_cast<uint64_t>(y.as_int()) + 1 > 1) [[likely]] {        \
      r[A] = Value::integer(x.as_int() / y.as_int());                                           \
      NEXT();                                                                                      \
    }                                                                                              \
    if (is_number(x) && y.is_float() && y.as_float() != 0.0) {                                     \
      r[A] = Value::real(as_number(x) / y.as_float());                                             \
      NEXT();                                                                                      \
    }                                                                                              \
    if (x.is_float() && y.is_int() && y.as_int() != 0) {                                           \
      r[A] = Value::real(x.as_float() / static_cast<double>(y.as_int()));                          \
      NEXT();                                                                                      \
    }                                                                                              \
    CHECK(Support::arithmetic(vm, BinaryOp::Div, x, y, r[A]));                                  \
    NEXT();                                                                                        \
  }                                                                                                \
  CASE(Mod##suffix) {                                                                              \
    const Value &x = r[B], &y = right;                                                            \
    if (x.is_int() && y.is_int() && static_cast<uint64_t>(y.as_int()) + 1 > 1) [[likely]] {        \
      r[A] = Value::integer(x.as_int() % y.as_int());                                           \
      NEXT();                                                                                      \
    }                                                                                              \
    CHECK(Support::arithmetic(vm, BinaryOp::Mod, x, y, r[A]));                                  \
    NEXT();                                                                                        \
  }
  DIVISION(, r[C])
  DIVISION(K, k[C])
#define DIVISION_BY_INT(Name, General, ...)                                                        \
  CASE(Name) {                                                                                     \
    const Value& x = r[B];                                                                         \
    if (x.is_int() && fits_reciprocal(x.as_int())) [[likely]] {                                    \
      const Value* const divisor = &k[C];                                                          \
      const auto inverse = static_cast<uint64_t>(divisor[1].as_int());                             \
      r[A] = Value::integer(__VA_ARGS__);                                                          \
      NEXT();                                                                                      \
    }                                                                                              \
    goto op_##General;                                                                             \
  }
  DIVISION_BY_INT(DivIntK, DivK, quotient_by(x.as_int(), inverse))
  DIVISION_BY_INT(ModIntK, ModK, remainder_by(x.as_int(), divisor->as_int(), inverse))

#define INT_OPERATION(Name, expression)                                  \
  CASE(Name) {                                                           \
    const Value &x = r[B], &y = r[C];                                \
    if (x.is_int() && y.is_int()) [[likely]] {                           \
      const int64_t i = x.as_int(), j = y.as_int();                      \
      r[A] = Value::integer(expression);                              \
      NEXT();                                                            \
    }                                                                    \
    CHECK(Support::arithmetic(vm, BinaryOp::Name, x, y, r[A]));       \
    NEXT();                                                              \
  }
  INT_OPERATION(BitAnd, i & j)
  INT_OPERATION(BitOr, i | j)
  INT_OPERATION(BitXor, i ^ j)
  INT_OPERATION(ShiftLeft, static_cast<int64_t>(static_cast<uint64_t>(i) << (j & 63)))
  INT_OPERATION(ShiftRight, i >> (j & 63))
  CASE(Pow) {
    CHECK(Support::arithmetic(vm, BinaryOp::Pow, r[B], r[C], r[A]));
    NEXT();
  }
  CASE(Negate) {
    const Value& x = r[B];
    if (x.is_int()) r[A] = Value::integer(wrapping_sub(0, x.as_int()));
    else if (x.is_float()) r[A] = Value::real(0.0 - x.as_float());
    else CHECK(Support::unary(vm, lang::UnaryOp::Negate, x, r[A]));
    NEXT();
  }
  CASE(BitNot) {
    CHECK(Support::unary(vm, lang::UnaryOp::BitNot, r[B], r[A]));
    NEXT();
  }
  CASE(Not) {
    r[A] = Value::boolean(!to_bool(r[B]));
    NEXT();
  }
  CASE(ToBool) {
    r[A] = Value::boolean(to_bool(r[B]));
    NEXT();
  }

  CASE(Fold) {
    r[A] = Value::integer(r[B].is_int() ? substrate::fold(r[B].as_int()) : 0);
    NEXT();
  }

  // --- pairs ---
  // The result goes on in a machine register: what comes next need neither read it again nor look at its kind.
#define FIRST(Name, General, test, T, expression, make)                                            \
  CASE(Name) {                                                                                     \
    if (!(test)) [[unlikely]] goto op_##General;                                                   \
    const T v = expression;                                                                        \
    r[A] = Value::make(v);
#define SECOND(test, expression)                                                                   \
    if (test) [[likely]] {                                                                         \
      r[A] = expression;                                                                           \
      NEXT();                                                                                      \
    }                                                                                              \
    AGAIN();                                                                                       \
  }
#define BOTH(x, y, is) ((x).is() && (y).is())
#define SECOND_COMPARES(op, limit)                                                                 \
    ++ip;                                                                                          \
    const Value& end = limit;                                                                      \
    if (!end.is_int()) [[unlikely]] AGAIN();                                                       \
    if (v op end.as_int()) JUMP(OFFSET);                                                           \
    NEXT();                                                                                        \
  }
#define SECOND_ADDS(kind, make) ++ip; SECOND(r[B].is_##kind(), Value::make(sum_of(r[B].as_##kind(), v)))
#define SECOND_IS_REMAINDER()                                                                      \
    ++ip;                                                                                          \
    const Value* const divisor = &k[C];                                                            \
    SECOND(ip[-1].op == Op::ModIntK && fits_reciprocal(v),                                         \
           Value::integer(remainder_by(v, divisor->as_int(), static_cast<uint64_t>(divisor[1].as_int()))))
  FIRST(AddIntKLess, AddIntK, BOTH(r[B], k[C], is_int), int64_t, wrapping_add(r[B].as_int(), k[C].as_int()), integer)
  SECOND_COMPARES(<, r[B])
  FIRST(AddIntKLessK, AddIntK, BOTH(r[B], k[C], is_int), int64_t, wrapping_add(r[B].as_int(), k[C].as_int()), integer)
  SECOND_COMPARES(<, k[B])
  FIRST(AddIntKLessEqual, AddIntK, BOTH(r[B], k[C], is_int), int64_t, wrapping_add(r[B].as_int(), k[C].as_int()), integer)
  SECOND_COMPARES(<=, r[B])
  FIRST(AddIntMod, AddInt, BOTH(r[B], r[C], is_int), int64_t, wrapping_add(r[B].as_int(), r[C].as_int()), integer)
  SECOND_IS_REMAINDER()
  FIRST(AddIntKMod, AddIntK, BOTH(r[B], k[C], is_int), int64_t, wrapping_add(r[B].as_int(), k[C].as_int()), integer)
  SECOND_IS_REMAINDER()
  FIRST(MulIntKAdd, MulIntK, BOTH(r[B], k[C], is_int), int64_t, wrapping_mul(r[B].as_int(), k[C].as_int()), integer)
  ++ip;
  SECOND(k[C].is_int(), Value::integer(wrapping_add(v, k[C].as_int())))
  FIRST(MulFloatAdd, MulFloat, BOTH(r[B], r[C], is_float), double, r[B].as_float() * r[C].as_float(), real)
  SECOND_ADDS(float, real)
  FIRST(ModIntKIndex, ModIntK, r[B].is_int() && fits_reciprocal(r[B].as_int()), int64_t,
        remainder_by(r[B].as_int(), k[C].as_int(), static_cast<uint64_t>((&k[C])[1].as_int())), integer)
    ++ip;
    if (r[B].is_array()) [[likely]] {
      const Array* a = r[B].as_array();
      const auto i = static_cast<uint64_t>(v);
      if (i < a->size && a->is_ints()) [[likely]] {
        r[A] = Value::integer(a->ints[i]);
        NEXT();
      }
      SECOND(i < a->size && a->is_floats(), Value::real(a->floats[i]))
    AGAIN();
  }
  FIRST(FoldAdd, Fold, r[B].is_int(), int64_t, substrate::fold(r[B].as_int()), integer)
  SECOND_ADDS(int, integer)
#define STANDS_FOR(kinds) ((kinds) && !frame->proto->cells[C]->target)
#define RAW (frame->proto->cells[C]->builtin->short_form)
  FIRST(TryIntToIntAdd, TryIntToInt, STANDS_FOR(r[B].is_int()), int64_t, RAW.int_to_int(r[B].as_int()), integer)
  ip += N;
  SECOND_ADDS(int, integer)
  FIRST(TryIntToFloatAdd, TryIntToFloat, STANDS_FOR(r[B].is_int()), double, RAW.int_to_float(r[B].as_int()), real)
  ip += N;
  SECOND_ADDS(float, real)
  FIRST(TryFloatToFloatAdd, TryFloatToFloat, STANDS_FOR(is_number(r[B])), double, RAW.float_to_float(as_number(r[B])), real)
  ip += N;
  SECOND_ADDS(float, real)
  FIRST(TryIntsToIntAdd, TryIntsToInt, STANDS_FOR(r[B].is_int() && r[B + 1].is_int()), int64_t,
        RAW.ints_to_int(r[B].as_int(), r[B + 1].as_int()), integer)
  ip += N;
  SECOND_ADDS(int, integer)

  // --- comparisons ---
  // In a variable of its own: the one of the fast way must not need an address.
#define COMPARE_SLOWLY(function, ...)                            \
  do {                                                           \
    bool found;                                                  \
    CHECK(Support::function(vm, __VA_ARGS__, found));            \
    holds = found;                                               \
  } while (0)
#define COMPARE(Name, op)                                                    \
  CASE(Name) {                                                               \
    const Value &x = r[B], &y = r[C];                                    \
    bool holds;                                                              \
    if (x.is_int() && y.is_int()) holds = x.as_int() op y.as_int();          \
    else if (x.is_float() && y.is_float()) holds = x.as_float() op y.as_float(); \
    else COMPARE_SLOWLY(compare, BinaryOp::Name, x, y);                      \
    r[A] = Value::boolean(holds);                                            \
    NEXT();                                                                  \
  }
  COMPARE(Less, <)
  COMPARE(LessEqual, <=)
  COMPARE(Greater, >)
  COMPARE(GreaterEqual, >=)
  CASE(Equal) {
    bool sure, holds = plainly_equal(r[B], r[C], sure);
    if (!sure) COMPARE_SLOWLY(equal, r[B], r[C]);
    r[A] = Value::boolean(holds);
    NEXT();
  }
  CASE(NotEqual) {
    bool sure, holds = plainly_equal(r[B], r[C], sure);
    if (!sure) COMPARE_SLOWLY(equal, r[B], r[C]);
    r[A] = Value::boolean(!holds);
    NEXT();
  }

  // --- jumps ---
  CASE(Jump) {
    JUMP(BX);
    NEXT();
  }
  CASE(JumpIf) {
    const Value& x = r[A];
    if (x.is_bool() ? x.as_bool() : to_bool(x)) JUMP(BX);
    NEXT();
  }
  CASE(JumpIfNot) {
    const Value& x = r[A];
    if (!(x.is_bool() ? x.as_bool() : to_bool(x))) JUMP(BX);
    NEXT();
  }
#define COMPARE_JUMP(Name, operation, op, right)                                   \
  CASE(Name) {                                                                     \
    const Value &x = r[A], &y = right;                                            \
    bool holds;                                                                    \
    if (x.is_int() && y.is_int()) [[likely]] holds = x.as_int() op y.as_int();     \
    else if (x.is_float() && y.is_float()) holds = x.as_float() op y.as_float();   \
    else COMPARE_SLOWLY(compare, BinaryOp::operation, x, y);                       \
    if (holds == static_cast<bool>(N)) JUMP(OFFSET);                         \
    NEXT();                                                                        \
  }
  COMPARE_JUMP(JumpLess, Less, <, r[B])
  COMPARE_JUMP(JumpLessEqual, LessEqual, <=, r[B])
  COMPARE_JUMP(JumpGreater, Greater, >, r[B])
  COMPARE_JUMP(JumpGreaterEqual, GreaterEqual, >=, r[B])
  COMPARE_JUMP(JumpLessK, Less, <, k[B])
  COMPARE_JUMP(JumpLessEqualK, LessEqual, <=, k[B])
  COMPARE_JUMP(JumpGreaterK, Greater, >, k[B])
  COMPARE_JUMP(JumpGreaterEqualK, GreaterEqual, >=, k[B])
#define EQUAL_JUMP(Name, right)                                              \
  CASE(Name) {                                                               \
    const Value &x = r[A], &y = right;                                      \
    bool sure, holds = plainly_equal(x, y, sure);                            \
    if (!sure) [[unlikely]] COMPARE_SLOWLY(equal, x, y);                     \
    if (holds == static_cast<bool>(N)) JUMP(OFFSET);                   \
    NEXT();                                                                  \
  }
  EQUAL_JUMP(JumpEqual, r[B])
  EQUAL_JUMP(JumpEqualK, k[B])
  CASE(RangePrepare) {
    bool empty;
    CHECK(Support::prepare_range(vm, r + A, empty));
    if (empty) JUMP(OFFSET);
    NEXT();
  }
  CASE(RangeNext) {
    const int64_t step = r[A + 2].as_int(), end = r[A + 1].as_int();
    int64_t now = r[A].as_int();
    // A step over the edge of the ints ends the range.
    const bool more = !__builtin_add_overflow(now, step, &now) && (step > 0 ? now < end : now > end);
    if (more) {
      r[B] = Value::integer(now);
      r[A] = Value::integer(now);
      JUMP(OFFSET);
    }
    NEXT();
  }
  CASE(IteratePrepare) {
    CHECK(Support::prepare_iteration(vm, r[B], r + A));
    NEXT();
  }
  CASE(IterateNext) {
    const Value source = r[A].read();
    if (source.is_array()) [[likely]] {
      const Array* a = source.as_array();
      const auto at = static_cast<size_t>(r[A + 1].as_int());
      if (at >= a->size) NEXT();
      r[B] = a->at(at);
      r[A + 1] = Value::integer(static_cast<int64_t>(at + 1));
      JUMP(OFFSET);
      NEXT();
    }
    SAVE_IP();
    bool more;
    if (!Support::next_character(vm, r + A, r[B], more)) goto raise;
    if (more) JUMP(OFFSET);
    NEXT();
  }
  CASE(JumpNoMatch) {
    if (!Support::matches(frame->proto->patterns[B], r[A])) JUMP(OFFSET);
    NEXT();
  }

  // --- containers and text ---
  CASE(NewArray) {
    CHECK(Support::new_array(vm, r + B, C, r[A]));
    NEXT();
  }
  CASE(Append) {
    CHECK(Support::append(vm, r[A].as_array(), r + B, C));
    NEXT();
  }
  CASE(SizedArray) {
    CHECK(Support::sized_array(vm, r[B], r[A]));
    NEXT();
  }
  CASE(NewDict) {
    CHECK(Support::new_dict(vm, r[A]));
    NEXT();
  }
  CASE(DictPut) {
    CHECK(Support::put(vm, r[A].as_dict(), r[B], r[C]));
    NEXT();
  }
  CASE(GetIndex) {
    const Value &object = r[B], &index = r[C];
    if (specialise) {
      if (!object.is_array() || !index.is_int()) REWRITE(Op::GetIndexAny, generalised);
      else if (object.as_array()->is_ints()) REWRITE(Op::GetIndexInts, specialised);
      else if (object.as_array()->is_floats()) REWRITE(Op::GetIndexFloats, specialised);
      else REWRITE(Op::GetIndexAny, generalised);
      AGAIN();
    }
    goto op_GetIndexAny;
  }
#define GET_ELEMENT(Name, test, make, elements)                                                    \
  CASE(Name) {                                                                                     \
    const Value &object = r[B], &index = r[C];                                                     \
    if (object.is_array() && index.is_int()) [[likely]] {                                          \
      const Array* a = object.as_array();                                                          \
      const auto i = static_cast<uint64_t>(index.as_int());                                        \
      if (a->test() && i < a->size) [[likely]] {                                                   \
        r[A] = Value::make(a->elements[i]);                                                        \
        NEXT();                                                                                    \
      }                                                                                            \
    }                                                                                              \
    REWRITE(Op::GetIndexAny, generalised);                                                         \
    AGAIN();                                                                                       \
  }
  GET_ELEMENT(GetIndexInts, is_ints, integer, ints)
  GET_ELEMENT(GetIndexFloats, is_floats, real, floats)
  CASE(GetIndexAny) {
    const Value &object = r[B], &index = r[C];
    if (object.is_array() && index.is_int()) [[likely]] {
      const Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(index.as_int());
      if (i < a->size) [[likely]] {
        r[A] = a->at(i);
        NEXT();
      }
    } else if (object.is_dict() && index.is_string()) {
      const Value* found = object.as_dict()->get(index.as_string());
      r[A] = found ? found->read() : Value::null();
      NEXT();
    }
    CHECK(Support::get_index(vm, frame, object, index, r[A]));
    NEXT();
  }
  CASE(GetIndexK) {
    const Value& object = r[B];
    if (object.is_dict()) [[likely]] {
      const Dict* d = object.as_dict();
      const Value& key = k[C];
      if (key.is_string()) [[likely]] {
        if (N < d->used && d->entries[N].key == key.as_string()) [[likely]] {
          COUNT(key_hits);
          r[A] = d->entries[N].value.read();
          NEXT();
        }
        COUNT(key_misses);
        const uint32_t found = d->find(key.as_string());
        if (found != Dict::kMissing) {
          if (specialise && found < 256) const_cast<Instruction*>(ip)[-1].n = static_cast<uint8_t>(found);
          r[A] = d->entries[found].value.read();
        } else {
          r[A] = Value::null();
        }
        NEXT();
      }
    } else if (object.is_array() && k[C].is_int()) [[likely]] {
      const Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(k[C].as_int());
      if (i < a->size) [[likely]] {
        r[A] = a->at(i);
        NEXT();
      }
    }
    CHECK(Support::get_index(vm, frame, object, k[C], r[A]));
    NEXT();
  }
#define STORE_ELEMENT(a, i, v)                                              \
  if (i < a->size) [[likely]] {                                             \
    if (a->kind == ElementKind::Values) {                                   \
      vm.heap_.write_barrier(v);                                            \
      a->values[i] = v.read();                                              \
      NEXT();                                                               \
    }                                                                       \
    if (a->kind == ElementKind::Ints ? v.is_int() : v.is_float()) [[likely]] { \
      if (v.is_int()) a->ints[i] = v.as_int();                              \
      else a->floats[i] = v.as_float();                                     \
      NEXT();                                                               \
    }                                                                       \
  }
  CASE(SetIndex) {
    const Value &object = r[A], &index = r[B], &v = r[C];
    if (object.is_array() && index.is_int()) [[likely]] {
      Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(index.as_int());
      STORE_ELEMENT(a, i, v)
    } else if (object.is_dict() && index.is_string()) {
      const Dict* d = object.as_dict();
      const uint32_t found = d->find(index.as_string());
      if (found != Dict::kMissing) [[likely]] {
        vm.heap_.write_barrier(v);
        d->entries[found].value = v.read();
        NEXT();
      }
    }
    CHECK(Support::set_index(vm, frame, object, index, v));
    NEXT();
  }
  CASE(SetIndexK) {
    const Value &object = r[A], &v = r[C];
    if (object.is_dict() && k[B].is_string()) [[likely]] {
      Dict* d = object.as_dict();
      String* key = k[B].as_string();
      if (N < d->used && d->entries[N].key == key) [[likely]] {
        COUNT(key_hits);
        vm.heap_.write_barrier(v);
        d->entries[N].value = v.read();
        NEXT();
      }
      COUNT(key_misses);
      const uint32_t found = d->find(key);
      if (found != Dict::kMissing) {
        if (specialise && found < 256) const_cast<Instruction*>(ip)[-1].n = static_cast<uint8_t>(found);
        vm.heap_.write_barrier(v);
        d->entries[found].value = v.read();
        NEXT();
      }
    } else if (object.is_array() && k[B].is_int()) {
      Array* a = object.as_array();
      const auto i = static_cast<uint64_t>(k[B].as_int());
      STORE_ELEMENT(a, i, v)
    }
    CHECK(Support::set_index(vm, frame, object, k[B], v));
    NEXT();
  }
  CASE(Concat) {
    CHECK(Support::concat(vm, r + B, C, r[A]));
    NEXT();
  }

  // --- calls ---
  CASE(CallGlobal) {
    GlobalCell* cell = frame->proto->cells[C];
    Function* target = cell->target;
    arguments = r + B;
    if (target && target->kind == FunctionKind::Closure) [[likely]] {
      callee = static_cast<Closure*>(target);
      count = N;
      goto enter;
    }
    SAVE_IP();
    if (!target && cell->builtin && N >= cell->required) [[likely]] {
      if (!Support::call_builtin(vm, *cell->builtin, arguments, N, r[A])) goto raise;
      NEXT();
    }
    callee = nullptr;
    count = N;
    if (!Support::call_cell(vm, cell, arguments, count, r[A], callee)) goto raise;
    if (callee) goto enter;
    NEXT();
  }

  CASE(CallTaking)
  CASE(CallLending) {
    arguments = r + B;
    count = N;
    SAVE_IP();
    callee = nullptr;
    const bool lends = ip[-1].op == Op::CallLending;
    if (!Support::call_taking(vm, frame->proto->cells[C], arguments, count, lends, r[A], callee)) goto raise;
    if (callee) goto enter;
    NEXT();
  }

  // Whether the builtin that the call `skip` - 1 instructions ahead names is still what its name means.
#define STANDS(skip) (!frame->proto->cells[ip[(skip)-1].c]->target)
#define SKIP(skip)       \
  do {                   \
    COUNT(short_forms);  \
    ip += (skip);        \
    NEXT();              \
  } while (0)
  CASE(TryArrayLength) {
    const Value& x = r[B];
    if (x.is_array() && STANDS(N)) [[likely]] {
      r[A] = Value::integer(static_cast<int64_t>(x.as_array()->size));
      SKIP(N);
    }
    NEXT();
  }
  CASE(TryDictGet) {
    const Value &x = r[B], &key = r[C];
    if (x.is_dict() && key.is_string() && STANDS(N)) [[likely]] {
      const Value* found = x.as_dict()->get(key.as_string());
      r[A] = found ? found->read() : Value::null();
      SKIP(N);
    }
    NEXT();
  }
  CASE(TryDictGetK) {
    const Value& x = r[B];
    if (x.is_dict() && STANDS(3)) [[likely]] {
      const Dict* d = x.as_dict();
      const String* key = k[C].as_string();
      if (N < d->used && d->entries[N].key == key) [[likely]] {
        COUNT(key_hits);
        r[A] = d->entries[N].value.read();
        SKIP(3);
      }
      COUNT(key_misses);
      const uint32_t found = d->find(key);
      if (found == Dict::kMissing) {
        r[A] = Value::null();
      } else {
        if (specialise && found < 256) const_cast<Instruction*>(ip)[-1].n = static_cast<uint8_t>(found);
        r[A] = d->entries[found].value.read();
      }
      SKIP(3);
    }
    NEXT();
  }
  CASE(TryDictSet) {
    const Value &x = r[A], &key = r[B];
    if (x.is_dict() && key.is_string() && STANDS(N)) [[likely]] {
      const Dict* d = x.as_dict();
      const uint32_t found = d->find(key.as_string());
      if (found != Dict::kMissing) [[likely]] {
        vm.heap_.write_barrier(r[C]);
        d->entries[found].value = r[C].read();
        SKIP(N);
      }
    }
    NEXT();
  }
  CASE(TryDictSetK) {
    const Value& x = r[A];
    if (x.is_dict() && STANDS(4)) [[likely]] {
      const Dict* d = x.as_dict();
      const String* key = k[B].as_string();
      if (N < d->used && d->entries[N].key == key) [[likely]] {
        COUNT(key_hits);
        vm.heap_.write_barrier(r[C]);
        d->entries[N].value = r[C].read();
        SKIP(4);
      }
      COUNT(key_misses);
      const uint32_t found = d->find(key);
      if (found != Dict::kMissing) {
        if (specialise && found < 256) const_cast<Instruction*>(ip)[-1].n = static_cast<uint8_t>(found);
        vm.heap_.write_barrier(r[C]);
        d->entries[found].value = r[C].read();
        SKIP(4);
      }
    }
    NEXT();
  }
  CASE(TryDictHas) {
    const Value &x = r[B], &key = r[C];
    if (x.is_dict() && key.is_string() && STANDS(N)) [[likely]] {
      r[A] = Value::integer(x.as_dict()->find(key.as_string()) != Dict::kMissing);
      SKIP(N);
    }
    NEXT();
  }
  CASE(TryArrayPush) {
    const Value &x = r[A], &v = r[B];
    if (x.is_array() && STANDS(N)) [[likely]] {
      Array* a = x.as_array();
      const size_t i = a->size;
      if (i > 0 && i < a->capacity && i < Array::kMaxSize) [[likely]] {
        if (a->kind == ElementKind::Values) {
          vm.heap_.write_barrier(v);
          a->values[i] = v.read();
          a->size = i + 1;
          SKIP(N);
        }
        if (a->kind == ElementKind::Ints ? v.is_int() : v.is_float()) [[likely]] {
          if (v.is_int()) a->ints[i] = v.as_int();
          else a->floats[i] = v.as_float();
          a->size = i + 1;
          SKIP(N);
        }
      }
    }
    NEXT();
  }
#define RAW_ENTRY(Name, kinds, ...)                                    \
  CASE(Name) {                                                         \
    const Value& x = r[B];                                             \
    const GlobalCell* cell = frame->proto->cells[C];                   \
    if ((kinds) && !cell->target) [[likely]] {                         \
      const ShortForm& raw = cell->builtin->short_form;                \
      r[A] = __VA_ARGS__;                                              \
      SKIP(N);                                                         \
    }                                                                  \
    NEXT();                                                            \
  }
  RAW_ENTRY(TryIntToInt, x.is_int(), Value::integer(raw.int_to_int(x.as_int())))
  RAW_ENTRY(TryIntToFloat, x.is_int(), Value::real(raw.int_to_float(x.as_int())))
  RAW_ENTRY(TryFloatToInt, x.is_float() || x.is_int(),
            Value::integer(x.is_int() ? x.as_int() : raw.float_to_int(x.as_float())))
  RAW_ENTRY(TryFloatToFloat, x.is_float() || x.is_int(),
            Value::real(raw.float_to_float(x.is_float() ? x.as_float() : static_cast<double>(x.as_int()))))
  RAW_ENTRY(TryIntsToInt, x.is_int() && r[B + 1].is_int(), Value::integer(raw.ints_to_int(x.as_int(), r[B + 1].as_int())))
  RAW_ENTRY(TryIntArrayToInt, x.is_array() && x.as_array()->is_ints() && r[B + 1].is_int(),
            Value::integer(raw.int_array_to_int(vm, x.as_array()->int_span(), r[B + 1].as_int())))

  CASE(CallNamed) {
    arguments = r + B;
    count = N;
    const Value candidate = r[B + N].read();
    SAVE_IP();
    callee = nullptr;
    if (candidate.is_function()) {
      if (!Support::call_value(vm, candidate, arguments, count, r[A], callee)) goto raise;
    } else if (!Support::call_cell(vm, frame->proto->cells[C], arguments, count, r[A], callee)) {
      goto raise;
    }
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallValue) {
    arguments = r + B;
    count = N;
    const Value target = r[C].read();
    if (target.is_function() && target.as_function()->kind == FunctionKind::Closure) [[likely]] {
      callee = static_cast<Closure*>(target.as_function());
      goto enter;
    }
    SAVE_IP();
    callee = nullptr;
    if (!Support::call_value(vm, target, arguments, count, r[A], callee)) goto raise;
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallMethod) {
    arguments = r + B;
    count = N + size_t{1};
    SAVE_IP();
    callee = nullptr;
    if constexpr (kObserved) Support::count_method(vm, frame->proto->method_sites[C], arguments[0]);
    if (!Support::call_method(vm, frame->proto->method_sites[C], arguments, count, r[A], callee)) goto raise;
    if (callee) goto enter;
    NEXT();
  }
  CASE(CallDotted) {
    DottedSite& site = frame->proto->dotted_sites[C];
    arguments = r + B;
    count = N;
    // A method that a call here found before, while it cannot have changed.
    const Value& receiver = arguments[0];
    if (receiver.is_dict() && site.cache.epoch == vm.globals_.epoch()) [[likely]] {
      const Dict* d = receiver.as_dict();
      if (d->used && d->entries[0].key == vm.class_key_ && d->entries[0].value.is_string()) [[likely]] {
        if (Function* method = site.cache.find(d->entries[0].value.as_string())) [[likely]] {
          COUNT(method_hits);
          callee = static_cast<Closure*>(method);
          ++count;
          goto enter;
        }
      }
    }
    SAVE_IP();
    callee = nullptr;
    bool with_receiver = false;
    if (!Support::call_dotted(vm, site, arguments, count, r[A], callee, with_receiver)) goto raise;
    if (with_receiver) COUNT(method_misses);
    if (!callee) NEXT();
    if (with_receiver) ++count;
    else ++arguments;
    goto enter;
  }
  CASE(CallSpread) {
    CHECK(Support::call_spread(vm, r[C], r[B].as_array(), r[A]));
    NEXT();
  }
  CASE(SpreadGlobal) {
    GlobalCell* const cell = frame->proto->cells[C];
    const Value target = N && r[B + 1].is_function() ? r[B + 1]
                         : cell->target                   ? Value(cell->target)
                                                          : Value(static_cast<Function*>(vm.reference(cell)));
    CHECK(Support::call_spread(vm, target, r[B].as_array(), r[A]));
    NEXT();
  }
  CASE(CallEval) {
    CHECK(Support::call_eval(vm, frame, frame->proto->eval_sites[C], r + B, N, r[A]));
    NEXT();
  }

  // A call of an OMC function: `callee` with `count` `arguments`, which become its first registers where they are.
enter: {
  SAVE_IP();
  COUNT(calls);
  Proto* const proto = callee->proto;
  if (proto->parameter_count != count) [[unlikely]] {
    Support::arity_error(vm, callee, count);
    goto raise;
  }
  if (--proto->call_heat < 0) [[unlikely]] {
    const NativeCode::Outcome outcome = Support::call_native(vm, callee, arguments, r[A]);
    if constexpr (kObserved)
      if (outcome != NativeCode::Outcome::Interpret) Support::sample_native(vm, proto);
    if (outcome == NativeCode::Outcome::Done) NEXT();
    if (outcome == NativeCode::Outcome::Failed) goto raise;
  }
  Value* const top = arguments + proto->register_count;
  if (top > stack.soft_limit || frame >= last_frame) [[unlikely]] {
    if (frame >= last_frame || !stack.raise_limit(top)) {
      Support::recursion_error(vm);
      goto raise;
    }
  }
  ++stack.depth;
  ++frame;
  frame->closure = callee;
  frame->proto = proto;
  frame->base = arguments;
  frame->from_native = false;
  frame->streaming = false;
  frame->native_caller = false;
  r = arguments;
  k = proto->constants.data();
  ip = proto->code.data();
  SAFEPOINT();
  NEXT();
}
#define LEAVE(value)                     \
  do {                                   \
    const Value v = (value);             \
    --stack.depth;                       \
    if (frame->from_native) [[unlikely]] { \
      vm.result_ = v;                    \
      return true;                       \
    }                                    \
    --frame;                             \
    r = frame->base;                     \
    k = frame->proto->constants.data();  \
    ip = frame->ip;                      \
    r[A] = v; /* of the call */          \
    NEXT();                              \
  } while (0)
  CASE(Return) {
    LEAVE(r[A].read());
  }
  CASE(ReturnNull) {
    LEAVE(Value::null());
  }
  CASE(NewCollector) {
    frame->streaming = vm.stream_ != nullptr;
    CHECK(Support::new_array(vm, nullptr, 0, r[A]));
    NEXT();
  }
  CASE(Yield) {
    CHECK(Support::yield(vm, *frame, r[A], r[B].as_array()));
    NEXT();
  }

  // --- definitions ---
  CASE(NewClosure) {
    CHECK(Support::new_closure(vm, *frame, frame->proto->protos[static_cast<uint32_t>(BX)], r[A]));
    NEXT();
  }
  CASE(DefineFunction) {
    vm.globals_.set_function(*frame->proto->cells[static_cast<uint32_t>(BX)], r[A].as_function());
    NEXT();
  }
  CASE(DefineClass) {
    CHECK(Support::define_class(vm, frame->proto->class_sites[static_cast<uint32_t>(BX)], r + A));
    NEXT();
  }
  CASE(Import) {
    CHECK(Support::import(vm, *frame, frame->proto->import_sites[static_cast<uint32_t>(BX)],
                          N ? r[A].as_late_scope() : nullptr));
    NEXT();
  }

  // --- errors and output ---
  CASE(Throw) {
    SAVE_IP();
    Support::raise_value(vm, r[A]);
    goto raise;
  }
  CASE(Rethrow) {
    SAVE_IP();
    Support::raise_saved(vm, r[A], r[A + 1]);
    goto raise;
  }
  CASE(Print) {
    CHECK(Support::print(vm, r[A]));
    NEXT();
  }

  // A jump back to `ip` that has been taken often.
hot_loop:
  SAVE_IP();
  {
    const NativeCode::Outcome outcome = Support::loop_native(vm, *frame);
    if constexpr (kObserved)
      if (outcome != NativeCode::Outcome::Interpret) Support::sample_native(vm, nullptr);
    if (outcome == NativeCode::Outcome::Failed) goto raise;
  }
  ip = frame->ip;
  SAFEPOINT();
  NEXT();

  // An error is pending: leave frames until one has a handler, or C++ called it.
raise:
  if (!Support::unwind(vm)) return false;
  LOAD_FRAME();
  (void)heap;
  NEXT();
}

}  // namespace omc::vm
