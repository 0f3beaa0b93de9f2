// The interpreter for native code: finishing a call that left it, single instructions, the trace.

#include "vm/native_code.hpp"

#include "lang/ast.hpp"
#include "substrate/fold.hpp"
#include "vm/bands.hpp"
#include "vm/interpreter.hpp"
#include "vm/interpreter_support.hpp"
#include "vm/module_loader.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

using Support = InterpreterSupport;
using lang::BinaryOp;

NativeCode::Outcome NativeSupport::call(Vm& vm, Closure* callee, Value* arguments, Value& result) {
  if (vm.native_code_) return vm.native_code_->call(callee, arguments, result);
  callee->proto->call_heat = INT32_MAX;
  return NativeCode::Outcome::Interpret;
}

NativeCode::Outcome NativeSupport::callback(Vm& vm, Closure* callee, Value* arguments, Value& result) {
  if (vm.native_code_) return vm.native_code_->callback(callee, arguments, result);
  callee->proto->call_heat = INT32_MAX;
  return NativeCode::Outcome::Interpret;
}

NativeCode::Outcome NativeSupport::loop(Vm& vm, Frame& frame) {
  if (vm.native_code_) return vm.native_code_->loop(frame);
  frame.proto->loop_heat = INT32_MAX;
  return NativeCode::Outcome::Interpret;
}

size_t NativeSupport::depth_left(const Vm& vm) {
  return vm.stack_.depth > vm.stack_.depth_limit ? 0 : vm.stack_.depth_limit - vm.stack_.depth + 1;
}

size_t NativeSupport::registers_left(const Vm& vm, const Value* base) {
  return base < vm.stack_.end ? static_cast<size_t>(vm.stack_.end - base) : 0;
}

const char* NativeSupport::native_stack_end(const Vm& vm) { return vm.native_stack_end_; }
const void* NativeSupport::due_flag(const Vm& vm) { return &vm.due_; }
const Value* const* NativeSupport::soft_limit(const Vm& vm) { return &vm.stack_.soft_limit; }

String* const* NativeSupport::characters(const Vm& vm) { return vm.ascii_; }
int64_t NativeSupport::only_character(const String* s) {
  return s->count_characters() == 1 ? ModuleLoader::first_scalar(s->view()) : -1;
}

bool NativeSupport::raise_limit(Vm& vm, Value* top) {
  return top <= vm.stack_.soft_limit || vm.stack_.raise_limit(top);
}

namespace {

// `result` stays as it is when memory is refused.
template <class F>
bool granted(F&& f) {
  try {
    f();
    return true;
  } catch (const Error&) {
  } catch (const std::bad_alloc&) {
  }
  return false;
}

// Native calls below have no frame, but count.
class LimitDepth {
 public:
  LimitDepth(Stack& stack, size_t depth_left) : stack_(stack), saved_(stack.depth_limit) {
    stack.depth_limit = stack.depth + depth_left;
  }
  ~LimitDepth() { stack_.depth_limit = saved_; }
  LimitDepth(const LimitDepth&) = delete;
  LimitDepth& operator=(const LimitDepth&) = delete;

 private:
  Stack& stack_;
  size_t saved_;
};

}  // namespace

const uint64_t* NativeSupport::epoch(const Vm& vm) { return &vm.globals_.epoch(); }
const String* NativeSupport::class_key(const Vm& vm) { return vm.class_key_; }

Closure* NativeSupport::method(const Vm& vm, const Proto& proto, uint32_t pc, const String* class_name) {
  const Instruction in = proto.code[pc];
  const String* name = nullptr;
  if (general_form(in.op) == Op::CallDotted) {
    const DottedSite& site = proto.dotted_sites[in.c];
    for (const GlobalCell* c = site.whole; c; c = c->fallback)
      if (c->function) return nullptr;
    name = site.member;
  } else {
    name = proto.method_sites[in.c].name;
  }
  if (vm.options_.isolated) return nullptr;
  Function* f = vm.find_method(class_name, name);
  return f && f->kind == FunctionKind::Closure ? static_cast<Closure*>(f) : nullptr;
}

bool NativeSupport::add_key(Vm& vm, Dict* d, String* key, Value v) {
  return granted([&] { d->set(vm.heap_, key, v); });
}

Dict* NativeSupport::new_dict(Vm& vm) {
  Dict* d = nullptr;
  return granted([&] { d = vm.heap_.dict(); }) ? d : nullptr;
}

Dict* NativeSupport::construct(Vm& vm, Constructor* constructor, const Value* fields) {
  Dict* d = nullptr;
  return granted([&] { d = vm.construct(constructor, {fields, constructor->field_count}).as_dict(); }) ? d : nullptr;
}

Box* NativeSupport::new_box(Vm& vm) {
  Box* box = nullptr;
  return granted([&] { box = vm.heap_.allocate<Box>(Tag::Box); }) ? box : nullptr;
}

Closure* NativeSupport::new_closure(Vm& vm, Closure* maker, Value* base, Proto* proto) {
  Value result;
  const bool made = granted([&] {
    result = Support::make_closure(vm, maker, base, proto);
  });
  return made ? static_cast<Closure*>(result.as_function()) : nullptr;
}

bool NativeSupport::leave(Vm& vm, Closure* closure, uint32_t pc, Value* base, size_t depth_left, Value& result,
                          std::span<Lane> lanes) {
  Stack& stack = vm.stack_;
  Proto* const proto = closure->proto;
  const LimitDepth limit(stack, depth_left);
  const bool room = raise_limit(vm, base + proto->register_count);
  Frame& frame = stack.frames[stack.depth++];
  frame = {closure, proto, proto->code.data() + pc, base, true, false, true};
  if (!room) {
    ++frame.ip;
    Support::recursion_error(vm);
    Support::unwind(vm);
    return false;
  }
  if (!lanes.empty()) return Bands::finish(vm, lanes, result);
  if (!Interpreter::run(vm)) return false;
  result = vm.result_;
  return true;
}

void NativeSupport::add_to_trace(Vm& vm, const Proto* callee, const Proto* caller, uint32_t pc) {
  if (callee->is_top_level) return;
  if (vm.left_.size() < Error::kMaxTrace) vm.left_.push_back({callee, caller, pc});
  else ++vm.left_dropped_;
}

bool NativeSupport::push(Vm& vm, Closure* closure, Value* base) {
  Stack& stack = vm.stack_;
  if (stack.depth > stack.depth_limit || !raise_limit(vm, base + closure->proto->register_count)) return false;
  stack.frames[stack.depth++] = {closure, closure->proto, closure->proto->code.data(), base, true, false, true};
  return true;
}

Frame& NativeSupport::top(Vm& vm) { return vm.stack_.frames[vm.stack_.depth - 1]; }
std::span<const Frame> NativeSupport::frames(const Vm& vm) { return {vm.stack_.frames, vm.stack_.depth}; }
void NativeSupport::pop(Vm& vm) { --vm.stack_.depth; }
bool NativeSupport::safepoint(Vm& vm) { return !vm.due_.load(std::memory_order_relaxed) || vm.safepoint(); }

void NativeSupport::place(Vm& vm, uint32_t pc) {
  Frame& frame = vm.stack_.frames[vm.stack_.depth - 1];
  frame.ip = frame.proto->code.data() + pc + 1;
}

namespace {

bool enter(Vm& vm, Stack& stack, Closure* callee, Value* arguments, size_t count, Value& result, Value& returned) {
  const Frame& caller = stack.frames[stack.depth - 1];
  const Proto* const from = caller.proto;
  const auto pc = static_cast<uint32_t>(caller.ip - from->code.data() - 1);
  if (callee->proto->parameter_count != count) {
    Support::arity_error(vm, callee, count);
    return false;
  }
  if (--callee->proto->call_heat < 0) {
    const NativeCode::Outcome outcome = NativeSupport::call(vm, callee, arguments, result);
    if (outcome == NativeCode::Outcome::Failed) NativeSupport::add_to_trace(vm, callee->proto, from, pc);
    if (outcome != NativeCode::Outcome::Interpret) return outcome == NativeCode::Outcome::Done;
  }
  if (stack.depth > stack.depth_limit || !NativeSupport::raise_limit(vm, arguments + callee->proto->register_count)) {
    Support::recursion_error(vm);
    return false;
  }
  stack.frames[stack.depth++] = {callee, callee->proto, callee->proto->code.data(), arguments, true, false, true};
  if (Interpreter::run(vm)) {
    result = returned;
    return true;
  }
  NativeSupport::add_to_trace(vm, callee->proto, from, pc);
  return false;
}

}  // namespace

bool NativeSupport::step_in_frame(Vm& vm, uint32_t pc) {
  Stack& stack = vm.stack_;
  Frame* const frame = &stack.frames[stack.depth - 1];
  Proto& proto = *frame->proto;
  frame->ip = proto.code.data() + pc + 1;
  const Instruction in = proto.code[pc];
  Value* const r = frame->base;
  const Value* const k = proto.constants.data();
  Closure* callee = nullptr;
  Value* arguments = r + in.b;
  size_t count = in.n;
  bool holds = false;
  const auto compared = [&](bool ok, bool wanted) {
    if (ok) r[in.a] = Value::boolean(holds == wanted);
    return ok;
  };
  switch (general_form(in.op)) {
    case Op::Move: r[in.a] = r[in.b]; return true;
    case Op::LoadConstant: r[in.a] = k[in.bx()]; return true;
    case Op::LoadInt: r[in.a] = Value::integer(in.bx()); return true;
    case Op::LoadNull: r[in.a] = Value::null(); return true;
    case Op::LoadBool: r[in.a] = Value::boolean(in.n); return true;
    case Op::ClearLocals:
      for (int32_t i = 0; i < in.bx(); ++i) r[in.a + i] = Value::unassigned();
      return true;
    case Op::CheckAssigned:
      if (!r[in.a].is_unassigned()) return true;
      Support::undefined_variable(vm, k[in.bx()].as_string(), frame);
      return false;
    case Op::NewBox: {
      Box* box = Support::new_box(vm);
      if (!box) return false;
      if (in.n) box->value = r[in.a];
      r[in.a] = Value(box);
      return true;
    }
    case Op::GetBox:
    case Op::GetCapture: {
      const bool box = in.op == Op::GetBox;
      const Value v = (box ? r[in.b] : frame->closure->captures()[in.b]).as_box()->value;
      if (v.is_unassigned() && !in.n) {
        Support::undefined_variable(vm, box ? k[in.c].as_string() : proto.capture_names[in.b], frame);
        return false;
      }
      r[in.a] = v;
      return true;
    }
    case Op::SetBox:
      r[in.a].as_box()->value = r[in.b];
      vm.heap_.write_barrier(r[in.b]);
      return true;
    case Op::SetCapture:
      frame->closure->captures()[in.a].as_box()->value = r[in.b];
      vm.heap_.write_barrier(r[in.b]);
      return true;
    case Op::LoadCapture: r[in.a] = frame->closure->captures()[in.b]; return true;
    case Op::GetVariable: r[in.a] = proto.cells[static_cast<uint32_t>(in.bx())]->variable; return true;
    case Op::SetGlobal: proto.cells[static_cast<uint32_t>(in.bx())]->set_variable(r[in.a]); return true;
    case Op::NewLateScope: return Support::new_late_scope(vm, in.n ? r[in.b].as_late_scope() : nullptr, r[in.a]);
    case Op::GetLate: return Support::get_late(vm, frame, proto.cells[in.b], r[in.c].as_late_scope(), in.n, r[in.a]);
    case Op::SetLate: return Support::set_late(vm, proto.cells[in.b]->name, r[in.c].as_late_scope(), r[in.a]);
    case Op::Not: r[in.a] = Value::boolean(!to_bool(r[in.b])); return true;
    case Op::ToBool: r[in.a] = Value::boolean(to_bool(r[in.b])); return true;
    case Op::Fold: r[in.a] = Value::integer(r[in.b].is_int() ? substrate::fold(r[in.b].as_int()) : 0); return true;
    case Op::CallSpread: return Support::call_spread(vm, r[in.c], r[in.b].as_array(), r[in.a]);
    case Op::SpreadGlobal: {
      GlobalCell* const cell = proto.cells[in.c];
      const Value target = in.n && r[in.b + 1].is_function() ? r[in.b + 1]
                           : cell->target                    ? Value(cell->target)
                                                             : Value(static_cast<Function*>(vm.reference(cell)));
      return Support::call_spread(vm, target, r[in.b].as_array(), r[in.a]);
    }
    case Op::CallEval: return Support::call_eval(vm, frame, proto.eval_sites[in.c], arguments, count, r[in.a]);
    case Op::NewClosure: return Support::new_closure(vm, *frame, proto.protos[static_cast<uint32_t>(in.bx())], r[in.a]);
    case Op::DefineFunction:
      vm.globals_.set_function(*proto.cells[static_cast<uint32_t>(in.bx())], r[in.a].as_function());
      return true;
    case Op::DefineClass: return Support::define_class(vm, proto.class_sites[static_cast<uint32_t>(in.bx())], r + in.a);
    case Op::Import:
      return Support::import(vm, *frame, proto.import_sites[static_cast<uint32_t>(in.bx())],
                             in.n ? r[in.a].as_late_scope() : nullptr);
    case Op::Throw: Support::raise_value(vm, r[in.a]); return false;
    case Op::Rethrow: Support::raise_saved(vm, r[in.a], r[in.a + 1]); return false;
    case Op::TryArrayLength:
    case Op::TryDictGet:
    case Op::TryDictGetK:
    case Op::TryDictSet:
    case Op::TryDictSetK:
    case Op::TryDictHas:
    case Op::TryArrayPush:
    case Op::TryIntToInt:
    case Op::TryIntToFloat:
    case Op::TryFloatToInt:
    case Op::TryFloatToFloat:
    case Op::TryIntsToInt:
    case Op::TryIntArrayToInt: return true;
    case Op::GetGlobal:
      return Support::get_global(vm, frame, proto.cells[static_cast<uint32_t>(in.bx())], in.n == 1, r[in.a]);
    case Op::Add: return Support::arithmetic(vm, BinaryOp::Add, r[in.b], r[in.c], r[in.a]);
    case Op::AddK: return Support::arithmetic(vm, BinaryOp::Add, r[in.b], k[in.c], r[in.a]);
    case Op::Sub: return Support::arithmetic(vm, BinaryOp::Sub, r[in.b], r[in.c], r[in.a]);
    case Op::SubK: return Support::arithmetic(vm, BinaryOp::Sub, r[in.b], k[in.c], r[in.a]);
    case Op::Mul: return Support::arithmetic(vm, BinaryOp::Mul, r[in.b], r[in.c], r[in.a]);
    case Op::MulK: return Support::arithmetic(vm, BinaryOp::Mul, r[in.b], k[in.c], r[in.a]);
    case Op::Div: return Support::arithmetic(vm, BinaryOp::Div, r[in.b], r[in.c], r[in.a]);
    case Op::DivK: return Support::arithmetic(vm, BinaryOp::Div, r[in.b], k[in.c], r[in.a]);
    case Op::Mod: return Support::arithmetic(vm, BinaryOp::Mod, r[in.b], r[in.c], r[in.a]);
    case Op::ModK: return Support::arithmetic(vm, BinaryOp::Mod, r[in.b], k[in.c], r[in.a]);
    case Op::Pow: return Support::arithmetic(vm, BinaryOp::Pow, r[in.b], r[in.c], r[in.a]);
    case Op::BitAnd: return Support::arithmetic(vm, BinaryOp::BitAnd, r[in.b], r[in.c], r[in.a]);
    case Op::BitOr: return Support::arithmetic(vm, BinaryOp::BitOr, r[in.b], r[in.c], r[in.a]);
    case Op::BitXor: return Support::arithmetic(vm, BinaryOp::BitXor, r[in.b], r[in.c], r[in.a]);
    case Op::ShiftLeft: return Support::arithmetic(vm, BinaryOp::ShiftLeft, r[in.b], r[in.c], r[in.a]);
    case Op::ShiftRight: return Support::arithmetic(vm, BinaryOp::ShiftRight, r[in.b], r[in.c], r[in.a]);
    case Op::Negate: return Support::unary(vm, lang::UnaryOp::Negate, r[in.b], r[in.a]);
    case Op::BitNot: return Support::unary(vm, lang::UnaryOp::BitNot, r[in.b], r[in.a]);
    case Op::Less: return compared(Support::compare(vm, BinaryOp::Less, r[in.b], r[in.c], holds), true);
    case Op::LessEqual: return compared(Support::compare(vm, BinaryOp::LessEqual, r[in.b], r[in.c], holds), true);
    case Op::Greater: return compared(Support::compare(vm, BinaryOp::Greater, r[in.b], r[in.c], holds), true);
    case Op::GreaterEqual: return compared(Support::compare(vm, BinaryOp::GreaterEqual, r[in.b], r[in.c], holds), true);
    case Op::Equal: return compared(Support::equal(vm, r[in.b], r[in.c], holds), true);
    case Op::NotEqual: return compared(Support::equal(vm, r[in.b], r[in.c], holds), false);
    case Op::IteratePrepare: return Support::prepare_iteration(vm, r[in.b], r + in.a);
    case Op::NewArray: return Support::new_array(vm, r + in.b, in.c, r[in.a]);
    case Op::Append: return Support::append(vm, r[in.a].as_array(), r + in.b, in.c);
    case Op::SizedArray: return Support::sized_array(vm, r[in.b], r[in.a]);
    case Op::NewDict: return Support::new_dict(vm, r[in.a]);
    case Op::DictPut: return Support::put(vm, r[in.a].as_dict(), r[in.b], r[in.c]);
    case Op::GetIndex: return Support::get_index(vm, frame, r[in.b], r[in.c], r[in.a]);
    case Op::GetIndexK: return Support::get_index(vm, frame, r[in.b], k[in.c], r[in.a]);
    case Op::SetIndex: return Support::set_index(vm, frame, r[in.a], r[in.b], r[in.c]);
    case Op::SetIndexK: return Support::set_index(vm, frame, r[in.a], k[in.b], r[in.c]);
    case Op::Concat: return Support::concat(vm, r + in.b, in.c, r[in.a]);
    case Op::Print: return Support::print(vm, r[in.a]);
    case Op::CallGlobal:
      if (!Support::call_cell(vm, proto.cells[in.c], arguments, count, r[in.a], callee)) return false;
      break;
    case Op::CallTaking:
    case Op::CallLending:
      if (!Support::call_taking(vm, proto.cells[in.c], arguments, count, in.op == Op::CallLending, r[in.a], callee))
        return false;
      break;
    case Op::CallNamed: {
      const Value candidate = r[in.b + in.n];
      if (!(candidate.is_function() ? Support::call_value(vm, candidate, arguments, count, r[in.a], callee)
                                    : Support::call_cell(vm, proto.cells[in.c], arguments, count, r[in.a], callee)))
        return false;
      break;
    }
    case Op::CallValue:
      if (!Support::call_value(vm, r[in.c], arguments, count, r[in.a], callee)) return false;
      break;
    case Op::CallMethod:
      ++count;
      if (!Support::call_method(vm, proto.method_sites[in.c], arguments, count, r[in.a], callee)) return false;
      break;
    case Op::CallDotted: {
      bool with_receiver = false;
      if (!Support::call_dotted(vm, proto.dotted_sites[in.c], arguments, count, r[in.a], callee, with_receiver))
        return false;
      if (with_receiver) ++count;
      else ++arguments;
      break;
    }
    default: OMC_ASSERT(false); return false;
  }
  return !callee || enter(vm, stack, callee, arguments, count, r[in.a], vm.result_);
}

bool NativeSupport::step(Vm& vm, Closure* closure, uint32_t pc, Value* base, size_t depth_left) {
  Stack& stack = vm.stack_;
  const LimitDepth limit(stack, depth_left);
  const bool room = raise_limit(vm, base + closure->proto->register_count);
  stack.frames[stack.depth++] = {closure, closure->proto, closure->proto->code.data() + pc + 1, base, true, false, true};
  if (!room) Support::recursion_error(vm);
  if (room && step_in_frame(vm, pc)) {
    --stack.depth;
    return true;
  }
  Support::unwind(vm);
  return false;
}

bool NativeSupport::call_builtin(Vm& vm, const Builtin& builtin, Value* arguments, size_t count, Value& result) {
  return Support::call_builtin(vm, builtin, arguments, count, result);
}

String* NativeSupport::concatenate(Vm& vm, String* a, String* b) {
  Value result;
  return Support::arithmetic(vm, BinaryOp::Add, Value(a), Value(b), result) ? result.as_string() : nullptr;
}

void NativeSupport::failed(Vm& vm, Closure* closure, uint32_t pc, Value* base, size_t depth_left) {
  Stack& stack = vm.stack_;
  const LimitDepth limit(stack, depth_left);
  stack.frames[stack.depth++] = {closure, closure->proto, closure->proto->code.data() + pc + 1, base, true, false, true};
  Support::unwind(vm);
}

}  // namespace omc::vm
