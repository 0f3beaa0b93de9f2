#pragma once
// The slow paths of the interpreter, out of line so that its loop stays small. Private to vm/.
//
// Functions that return bool give false when an error is pending in the Vm. None lets a C++ exception through.

#include "lang/ast.hpp"
#include "vm/frame.hpp"
#include "vm/native_code.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

struct InterpreterSupport {
  // variables
  static Box* new_box(Vm& vm);  // nullptr: an error is pending
  static bool new_late_scope(Vm& vm, LateScope* parent, Value& result);
  static bool get_global(Vm& vm, const Frame* frame, GlobalCell* cell, bool variable_only, Value& result);
  static bool get_late(Vm& vm, const Frame* frame, GlobalCell* cell, LateScope* scope, uint8_t mode, Value& result);
  static bool set_late(Vm& vm, String* name, LateScope* scope, Value v);
  static void undefined_variable(Vm& vm, const String* name, const Frame* frame);

  // operators
  static bool arithmetic(Vm& vm, lang::BinaryOp op, Value a, Value b, Value& result);
  static bool unary(Vm& vm, lang::UnaryOp op, Value a, Value& result);
  static bool compare(Vm& vm, lang::BinaryOp op, Value a, Value b, bool& holds);
  static bool equal(Vm& vm, Value a, Value b, bool& holds);
  static bool matches(const PatternSite& pattern, Value v);

  // loops
  static bool prepare_range(Vm& vm, Value* registers, bool& empty);  // start, end, step
  static bool prepare_iteration(Vm& vm, Value iterable, Value* registers);
  static bool next_character(Vm& vm, Value* registers, Value& result, bool& more);

  // containers and text
  static bool new_array(Vm& vm, const Value* first, size_t count, Value& result);
  static bool append(Vm& vm, Array* array, const Value* first, size_t count);
  static bool sized_array(Vm& vm, Value size, Value& result);
  static bool new_dict(Vm& vm, Value& result);
  static bool put(Vm& vm, Dict* dict, Value key, Value v);
  static bool get_index(Vm& vm, const Frame* frame, Value object, Value index, Value& result);
  static bool set_index(Vm& vm, const Frame* frame, Value object, Value index, Value v);
  static bool concat(Vm& vm, const Value* first, size_t count, Value& result);

  // Calls. When `callee` is set the interpreter enters it with the same arguments; else the result is there.
  static bool call_builtin(Vm& vm, const Builtin& builtin, Value* arguments, size_t count, Value& result);
  // Arguments may be lent values, and the result too where the builtin lends.
  static bool call_taking(Vm& vm, GlobalCell* cell, Value* arguments, size_t count, bool lends, Value& result,
                          Closure*& callee);
  static bool call_cell(Vm& vm, GlobalCell* cell, Value* arguments, size_t count, Value& result, Closure*& callee);
  static bool call_value(Vm& vm, Value target, Value* arguments, size_t count, Value& result, Closure*& callee);
  // arguments[0] is the object.
  static bool call_method(Vm& vm, MethodSite& site, Value* arguments, size_t count, Value& result, Closure*& callee);
  // arguments[0] is the variable before the dot, `count` arguments stand behind it.
  static bool call_dotted(Vm& vm, DottedSite& site, Value* arguments, size_t count, Value& result, Closure*& callee,
                          bool& with_receiver);
  static bool call_spread(Vm& vm, Value target, const Array* arguments, Value& result);
  static bool call_eval(Vm& vm, Frame* frame, const EvalSite& site, Value* arguments, size_t count, Value& result);
  static bool call_spread_of(Vm& vm, GlobalCell* cell, Value* arguments, size_t count, Value& result);
  static void arity_error(Vm& vm, const Function* callee, size_t got);
  static void recursion_error(Vm& vm);
  static bool yield(Vm& vm, const Frame& frame, Value v, Array* collector);

  // definitions
  static bool new_closure(Vm& vm, const Frame& frame, Proto* proto, Value& result);
  static Value make_closure(Vm& vm, Closure* maker, const Value* base, Proto* proto);  // throws
  static bool define_class(Vm& vm, const ClassSite& site, const Value* methods);
  static bool import(Vm& vm, const Frame& frame, const ImportSite& site, LateScope* scope);

  // native code; see NativeCode
  static NativeCode::Outcome call_native(Vm& vm, Closure* callee, Value* arguments, Value& result);
  static NativeCode::Outcome loop_native(Vm& vm, Frame& frame);

  // For the observed loop. A sample of the lowest `depth` frames: `ran` is the instruction that the topmost carried out last,
  // nullptr when its ip tells. It takes the ticks, if there are any.
  static void sample(Vm& vm, size_t depth, const Instruction* ran);
  static void sample_native(Vm& vm, const Proto* called);  // native code ran: of this function, or (nullptr) a loop of the frame on top
  static void sample_collector(Vm& vm);
  static void count_method(Vm& vm, const MethodSite& site, Value object);

  // errors and output
  static void raise_value(Vm& vm, Value v);
  static void raise_saved(Vm& vm, Value saved, Value thrown);
  static bool print(Vm& vm, Value v);
  // To the innermost handler of the frames above the last one that C++ called: true, with the top frame's ip there.
  // False: that frame is gone, the error still pending.
  static bool unwind(Vm& vm);
};

}  // namespace omc::vm
