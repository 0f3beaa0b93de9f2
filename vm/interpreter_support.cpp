// Slow paths of the interpreter.

#include "vm/interpreter_support.hpp"

#include <cstring>
#include <new>

#include "lang/resolve.hpp"
#include "lang/source.hpp"
#include "vm/compiler.hpp"
#include "vm/error_texts.hpp"
#include "vm/interpreter.hpp"
#include "vm/module_loader.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

using Support = InterpreterSupport;
using lang::BinaryOp;

namespace {

// The only catch of the VM: from here a C++ exception is a pending error and unwinds by table, like the program's `throw`.
template <class F>
bool guarded(Error& pending, F&& body) {
  try {
    body();
    return true;
  } catch (Error& e) {
    pending = std::move(e);
  } catch (const std::bad_alloc&) {
    pending = Error("out of memory");
  } catch (const std::exception& e) {  // a library below the VM
    pending = Error(e.what());
  }
  return false;
}

// The error that a finalizer holds while it runs.
struct SavedError : Opaque {
  Error error;
  std::string display() const override { return "error"; }
};

}  // namespace

// --- variables ---------------------------------------------------------------------------------------------------------

Box* Support::new_box(Vm& vm) {
  Box* box = nullptr;
  guarded(vm.pending_, [&] { box = vm.heap_.allocate<Box>(Tag::Box); });
  return box;
}

bool Support::new_late_scope(Vm& vm, LateScope* parent, Value& result) {
  return guarded(vm.pending_, [&] {
    LateScope* scope = vm.heap_.allocate<LateScope>(Tag::LateScope);
    scope->parent = parent;
    result = Value(scope);
  });
}

void Support::undefined_variable(Vm& vm, const String* name, const Frame* frame) {
  vm.pending_ = error_texts::undefined_variable(vm, name->view(), frame);
}

bool Support::get_global(Vm& vm, const Frame* frame, GlobalCell* cell, bool variable_only, Value& result) {
  for (GlobalCell* c = cell; c; c = c->fallback) {
    if (!c->variable.is_unassigned()) {
      result = c->variable;
      return true;
    }
    if (!variable_only && (c->function || c->builtin || c->bodiless))
      return guarded(vm.pending_, [&] { result = Value(static_cast<Function*>(vm.reference(c))); });
  }
  vm.pending_ = error_texts::undefined_variable(vm, cell->name->view(), frame);
  return false;
}

bool Support::get_late(Vm& vm, const Frame* frame, GlobalCell* cell, LateScope* scope, uint8_t mode, Value& result) {
  if (const Box* box = scope->find(cell->name); box && !box->value.is_unassigned()) {
    result = box->value;
    return true;
  }
  if (mode == 2) {
    result = cell->variable;
    return true;
  }
  return get_global(vm, frame, cell, mode == 1, result);
}

bool Support::set_late(Vm& vm, String* name, LateScope* scope, Value v) {
  return guarded(vm.pending_, [&] {
    ModuleLoader::late_box(vm, *scope, name)->value = v;
    vm.heap_.write_barrier(v);
  });
}

// --- operators ---------------------------------------------------------------------------------------------------------

bool Support::arithmetic(Vm& vm, BinaryOp op, Value a, Value b, Value& result) {
  return guarded(vm.pending_, [&] { result = vm::arithmetic(vm.heap_, op, a, b); });
}

bool Support::unary(Vm& vm, lang::UnaryOp op, Value a, Value& result) {
  return guarded(vm.pending_, [&] { result = op == lang::UnaryOp::Negate ? negate(a) : bit_not(a); });
}

bool Support::compare(Vm& vm, BinaryOp op, Value a, Value b, bool& holds) {
  return guarded(vm.pending_, [&] { holds = vm::compare(op, a, b); });
}

bool Support::equal(Vm& vm, Value a, Value b, bool& holds) {
  return guarded(vm.pending_, [&] { holds = vm::equal(a, b); });
}

bool Support::matches(const PatternSite& p, Value v) {
  switch (p.kind) {
    case lang::PatternKind::Int:
      return v.is_int() ? v.as_int() == p.low : v.is_float() && v.as_float() == static_cast<double>(p.low);
    case lang::PatternKind::Float:
      return v.is_float() ? v.as_float() == p.number : v.is_int() && static_cast<double>(v.as_int()) == p.number;
    case lang::PatternKind::String: return v.is_string() && v.as_string()->view() == p.text->view();
    case lang::PatternKind::IntRange: {
      if (!v.is_int() && !v.is_float()) return false;
      const int64_t i = to_int(v);
      return p.low <= i && i <= p.high;
    }
    case lang::PatternKind::StringRange: {
      if (!v.is_string() || v.as_string()->count_characters() != 1) return false;
      const int64_t c = ModuleLoader::first_scalar(v.as_string()->view());
      return p.low <= c && c <= p.high;
    }
    case lang::PatternKind::True: return v.is_bool() ? v.as_bool() : v.is_int() && v.as_int() != 0;
    case lang::PatternKind::False: return v.is_bool() ? !v.as_bool() : v.is_int() && v.as_int() == 0;
    case lang::PatternKind::Null: return v.is_null();
    case lang::PatternKind::Type: return v.tag() == p.tag;
    default: return true;
  }
}

// --- loops -------------------------------------------------------------------------------------------------------------

bool Support::prepare_range(Vm& vm, Value* registers, bool& empty) {
  const int64_t start = to_int(registers[0]), end = to_int(registers[1]), step = to_int(registers[2]);
  if (step == 0) {
    vm.pending_ = Error("range: step must be non-zero");
    return false;
  }
  registers[0] = Value::integer(start);
  registers[1] = Value::integer(end);
  registers[2] = Value::integer(step);
  empty = step > 0 ? start >= end : start <= end;
  return true;
}

bool Support::prepare_iteration(Vm& vm, Value iterable, Value* registers) {
  return guarded(vm.pending_, [&] {
    Heap& heap = vm.heap_;
    Value snapshot;
    if (iterable.is_array()) {
      const Array* a = iterable.as_array();
      Array* copy = heap.array(a->kind, a->size);
      if (a->size) std::memcpy(copy->data, a->data, a->size * Array::element_bytes(a->kind));
      snapshot = Value(copy);
    } else if (iterable.is_dict()) {
      const Dict* d = iterable.as_dict();
      Array* keys = heap.array(ElementKind::Values, d->size);
      size_t i = 0;
      for (const uint32_t entry : d->sorted(heap)) keys->values[i++] = Value(d->entries[entry].key);
      snapshot = Value(keys);
    } else if (iterable.is_string()) {
      snapshot = iterable;
    } else {
      throw error_texts::cannot_iterate(iterable);
    }
    registers[0] = snapshot;
    registers[1] = Value::integer(0);
  });
}

bool Support::next_character(Vm& vm, Value* registers, Value& result, bool& more) {
  const std::string_view text = registers[0].as_string()->view();
  const auto at = static_cast<size_t>(registers[1].as_int());
  more = at < text.size();
  if (!more) return true;
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  registers[1] = Value::integer(static_cast<int64_t>(end));
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 128) {
    result = Value(vm.ascii_[first]);
    return true;
  }
  return guarded(vm.pending_, [&] { result = Value(vm.heap_.string(text.substr(at, end - at))); });
}

// --- containers and text -----------------------------------------------------------------------------------------------

bool Support::new_array(Vm& vm, const Value* first, size_t count, Value& result) {
  return guarded(vm.pending_, [&] { result = Value(vm.heap_.array_of({first, count})); });
}

bool Support::append(Vm& vm, Array* array, const Value* first, size_t count) {
  return guarded(vm.pending_, [&] {
    for (size_t i = 0; i < count; ++i) array->push(vm.heap_, first[i]);
  });
}

bool Support::sized_array(Vm& vm, Value size, Value& result) {
  return guarded(vm.pending_, [&] {
    const int64_t n = to_int(size);
    if (n < 0) throw Error("array size must be non-negative (got " + std::to_string(n) + ")");
    constexpr int64_t kLimit = 268435456;
    if (n > kLimit) throw Error(std::to_string(n) + " elements exceeds the array limit");
    result = Value(vm.heap_.array(ElementKind::Ints, static_cast<size_t>(n)));
  });
}

bool Support::new_dict(Vm& vm, Value& result) {
  return guarded(vm.pending_, [&] { result = Value(vm.heap_.dict()); });
}

bool Support::put(Vm& vm, Dict* dict, Value key, Value v) {
  return guarded(vm.pending_, [&] {
    dict->set(vm.heap_, key.is_string() ? key.as_string() : vm.heap_.string(display(key)), v);
  });
}

namespace {

// The element number that an index means, or the error.
size_t element_number(const Frame* frame, const Array* a, Value index, bool store) {
  Value number;
  if (!numeric_operand(index, number)) throw error_texts::index_not_a_number(index);
  const int64_t i = to_int(number);
  const auto size = static_cast<int64_t>(a->size);
  if (i < -size || i >= size) {
    const auto pc = static_cast<size_t>(frame->ip - frame->proto->code.data() - 1);
    throw error_texts::index_out_of_bounds(frame->proto->index_name(pc), i, a->size, store);
  }
  return static_cast<size_t>(i < 0 ? i + size : i);
}

const String* object_name(const Frame* frame) {
  return frame->proto->index_name(static_cast<size_t>(frame->ip - frame->proto->code.data() - 1));
}

}  // namespace

bool Support::get_index(Vm& vm, const Frame* frame, Value object, Value index, Value& result) {
  return guarded(vm.pending_, [&] {
    if (object.is_array()) {
      result = object.as_array()->at(element_number(frame, object.as_array(), index, false));
    } else if (object.is_dict()) {
      const Value* found = index.is_string() ? object.as_dict()->get(index.as_string()) : object.as_dict()->get(display(index));
      result = found ? *found : Value::null();
    } else {
      throw error_texts::not_indexable(object_name(frame));
    }
  });
}

bool Support::set_index(Vm& vm, const Frame* frame, Value object, Value index, Value v) {
  return guarded(vm.pending_, [&] {
    if (object.is_array()) {
      object.as_array()->set(vm.heap_, element_number(frame, object.as_array(), index, true), v);
    } else if (object.is_dict()) {
      object.as_dict()->set(vm.heap_, index.is_string() ? index.as_string() : vm.heap_.string(display(index)), v);
    } else {
      throw error_texts::not_storable(object_name(frame), object);
    }
  });
}

bool Support::concat(Vm& vm, const Value* first, size_t count, Value& result) {
  return guarded(vm.pending_, [&] {
    std::string text;
    for (size_t i = 0; i < count; ++i) append_display(text, first[i]);
    result = Value(vm.heap_.string(text));
  });
}

// --- calls -------------------------------------------------------------------------------------------------------------

bool Support::call_builtin(Vm& vm, const Builtin& builtin, Value* arguments, size_t count, Value& result) {
  return guarded(vm.pending_, [&] { result = builtin.function(vm, Args(builtin, vm, arguments, count)); });
}

bool Support::call_cell(Vm& vm, GlobalCell* cell, Value* arguments, size_t count, Value& result, Closure*& callee) {
  for (GlobalCell* c = cell; c; c = c->fallback) {
    if (c->target) return call_value(vm, Value(c->target), arguments, count, result, callee);
    if (!c->builtin) continue;
    if (count < c->required) {
      vm.pending_ = Error(arity_message(*c->builtin));
      return false;
    }
    return call_builtin(vm, *c->builtin, arguments, count, result);
  }
  vm.pending_ = error_texts::undefined_function(vm, cell->name->view());
  return false;
}

bool Support::call_taking(Vm& vm, GlobalCell* cell, Value* arguments, size_t count, bool lends, Value& result,
                          Closure*& callee) {
  const Builtin* builtin = cell->target ? nullptr : cell->builtin;
  for (size_t i = 0; i < count; ++i) {
    const auto* object = arguments[i].tag() == Tag::Other ? static_cast<OtherObject*>(arguments[i].as_object()) : nullptr;
    auto* lent = object ? dynamic_cast<Lent*>(object->content.get()) : nullptr;
    if (!lent || (builtin && count >= cell->required && builtin->lending.takes >> i & 1)) continue;
    if (!guarded(vm.pending_, [&] { arguments[i] = lent->settle(vm); })) return false;
  }
  if (!lends || !builtin || count < cell->required || !builtin->lending.lends)
    return call_cell(vm, cell, arguments, count, result, callee);
  return guarded(vm.pending_, [&] { result = builtin->lending.lends(vm, Args(*builtin, vm, arguments, count)); });
}

bool Support::call_value(Vm& vm, Value target, Value* arguments, size_t count, Value& result, Closure*& callee) {
  return guarded(vm.pending_, [&] {
    const Builtin* builtin = nullptr;
    Function* function = vm.resolve_callable(target, builtin);
    if (!function) {
      if (count < required_arguments(builtin->signature)) throw Error(arity_message(*builtin));
      result = builtin->function(vm, Args(*builtin, vm, arguments, count));
    } else if (function->kind == FunctionKind::Constructor) {
      result = vm.construct(static_cast<Constructor*>(function), {arguments, count});
    } else {
      callee = static_cast<Closure*>(function);
    }
  });
}

static void remember(Vm& vm, MethodCache& cache, const String* class_name, Function* method) {
  vm.heap().write_barrier(const_cast<String*>(class_name));
  cache.remember(vm.globals().epoch(), class_name, method);
}

bool Support::call_method(Vm& vm, MethodSite& site, Value* arguments, size_t count, Value& result, Closure*& callee) {
  const String* class_name = vm.class_of(arguments[0]);
  Function* method = nullptr;
  if (class_name) {
    if (site.cache.epoch == vm.globals_.epoch()) method = site.cache.find(class_name);
    if (!method) {
      const String* interned = vm.heap_.intern(class_name->view());
      method = vm.find_method(interned, site.name);
      if (method && class_name->interned()) remember(vm, site.cache, class_name, method);
    }
  }
  if (!method) {
    vm.pending_ = error_texts::no_method(site.name->view(), arguments[0]);
    return false;
  }
  return call_value(vm, Value(method), arguments, count, result, callee);
}

bool Support::call_dotted(Vm& vm, DottedSite& site, Value* arguments, size_t count, Value& result, Closure*& callee,
                          bool& with_receiver) {
  with_receiver = false;
  for (GlobalCell* c = site.whole; c; c = c->fallback)
    if (c->function) return call_value(vm, Value(c->function), arguments + 1, count, result, callee);
  if (const String* class_name = vm.class_of(arguments[0])) {
    if (vm.options_.isolated) {  // which methods there are only the program's own Vm knows
      vm.pending_ = Error("a method in isolation");
      return false;
    }
    const String* interned = vm.heap_.intern(class_name->view());
    if (Function* method = vm.find_method(interned, site.member)) {
      with_receiver = true;
      if (method->kind == FunctionKind::Closure && class_name->interned())
        remember(vm, site.cache, class_name, method);
      return call_value(vm, Value(method), arguments, count + 1, result, callee);
    }
  }
  // phi.fold, phi.res and phi.him are builtins of these whole names.
  if (site.whole->builtin) return call_cell(vm, site.whole, arguments + 1, count, result, callee);
  // The qualifier is dropped; what is left may have a dot of its own.
  const std::string_view member = site.member->view();
  const size_t dot = member.find('.');
  if (dot == std::string_view::npos) return call_cell(vm, site.member_cell, arguments + 1, count, result, callee);
  bool done = false;
  if (!guarded(vm.pending_, [&] {
        Heap& heap = vm.heap_;
        DottedSite inner{vm.globals_.cell(heap.intern(member)), heap.intern(member.substr(0, dot)),
                         heap.intern(member.substr(dot + 1)), vm.globals_.cell(heap.intern(member.substr(dot + 1)))};
        // The variable named by the next part, if it is a top-level one.
        const Value dropped = arguments[0];
        arguments[0] = vm.globals_.cell(inner.variable)->variable;
        done = call_dotted(vm, inner, arguments, count, result, callee, with_receiver);
        if (!with_receiver) arguments[0] = dropped;
      }))
    return false;
  return done;
}

bool Support::call_spread(Vm& vm, Value target, const Array* arguments, Value& result) {
  return guarded(vm.pending_, [&] {
    std::vector<Value> values;
    values.reserve(arguments->size);
    for (size_t i = 0; i < arguments->size; ++i) values.push_back(arguments->at(i));
    result = vm.call(target, values);
  });
}

bool Support::call_eval(Vm& vm, Frame* frame, const EvalSite& site, Value* arguments, size_t count, Value& result) {
  // A user function of the name, or a variable holding a function, comes first.
  const bool builtin = !site.cell->target && site.cell->builtin == site.builtin && site.builtin;
  if (!builtin) return call_spread_of(vm, site.cell, arguments, count, result);
  if (count < site.cell->required) {
    vm.pending_ = Error(arity_message(*site.builtin));
    return false;
  }
  return guarded(vm.pending_, [&] {
    EvalScope scope;
    for (const EvalSite::Visible& v : site.visible) {
      const Value box = v.from_register ? frame->base[v.index] : frame->closure->captures()[v.index];
      scope.variables.push_back({v.name, box.as_box(), v.own});
    }
    if (site.has_late)
      scope.late = (site.late_from_register ? frame->base[site.late_index] : frame->closure->captures()[site.late_index])
                       .as_late_scope();
    vm.modules_->set_eval_scope(&scope);
    struct Reset {
      ModuleLoader& modules;
      ~Reset() { modules.set_eval_scope(nullptr); }
    } reset{*vm.modules_};
    result = site.builtin->function(vm, Args(*site.builtin, vm, arguments, count));
  });
}

bool Support::call_spread_of(Vm& vm, GlobalCell* cell, Value* arguments, size_t count, Value& result) {
  return guarded(vm.pending_, [&] {
    const Value target = cell->target ? Value(cell->target) : Value(static_cast<Function*>(vm.reference(cell)));
    result = vm.call(target, {arguments, count});
  });
}

void Support::arity_error(Vm& vm, const Function* callee, size_t got) { vm.pending_ = error_texts::arity(*callee, got); }

void Support::recursion_error(Vm& vm) { vm.pending_ = error_texts::recursion_limit(vm); }

bool Support::yield(Vm& vm, const Frame& frame, Value v, Array* collector) {
  return guarded(vm.pending_, [&] {
    if (!frame.streaming) {
      collector->push(vm.heap_, v);
      return;
    }
    // To what the consumer calls, its stream does not exist: generators there feed the one around it, or collect.
    struct Suspend {
      Vm& vm;
      Vm::Stream* stream;
      explicit Suspend(Vm& v) : vm(v), stream(v.stream_) { vm.stream_ = stream->outer; }
      ~Suspend() { vm.stream_ = stream; }
    } suspend(vm);
    Vm::Stream& stream = *suspend.stream;
    // Stopped before: a finalizer yields on the way out.
    if (!stream.stopped && stream.consume(v)) return;
    stream.stopped = true;
    Error end;
    end.kind = ErrorKind::StreamEnd;
    end.stream = &stream;
    throw end;
  });
}

// --- definitions -------------------------------------------------------------------------------------------------------

Value Support::make_closure(Vm& vm, Closure* maker, const Value* base, Proto* proto) {
  const auto count = static_cast<uint32_t>(proto->captures.size());
  Closure* c = vm.heap_.allocate<Closure>(Tag::Function, count * sizeof(Value));
  c->kind = FunctionKind::Closure;
  c->proto = proto;
  c->capture_count = count;
  if (proto->is_lambda) c->lambda_number = ++vm.lambda_count_;
  for (uint32_t i = 0; i < count; ++i) {
    const CaptureSource source = proto->captures[i];
    c->captures()[i] = source.from_register ? base[source.index] : maker->captures()[source.index];
  }
  return Value(static_cast<Function*>(c));
}

bool Support::new_closure(Vm& vm, const Frame& frame, Proto* proto, Value& result) {
  return guarded(vm.pending_, [&] { result = make_closure(vm, frame.closure, frame.base, proto); });
}

bool Support::define_class(Vm& vm, const ClassSite& site, const Value* methods) {
  return guarded(vm.pending_, [&] { vm.define_class(site, methods); });
}

bool Support::import(Vm& vm, const Frame& frame, const ImportSite& site, LateScope* scope) {
  return guarded(vm.pending_, [&] { vm.modules_->import(site, *frame.proto->source, scope); });
}

// --- native code -------------------------------------------------------------------------------------------------------

NativeCode::Outcome Support::call_native(Vm& vm, Closure* callee, Value* arguments, Value& result) {
  const NativeCode::Outcome outcome = NativeSupport::call(vm, callee, arguments, result);
  if (outcome == NativeCode::Outcome::Failed) {
    const Frame& frame = vm.stack_.frames[vm.stack_.depth - 1];
    NativeSupport::add_to_trace(vm, callee->proto, frame.proto,
                                static_cast<uint32_t>(frame.ip - frame.proto->code.data() - 1));
  }
  return outcome;
}

NativeCode::Outcome Support::loop_native(Vm& vm, Frame& frame) { return NativeSupport::loop(vm, frame); }

// --- errors and output -------------------------------------------------------------------------------------------------

void Support::raise_value(Vm& vm, Value v) {
  vm.pending_ = Error();
  vm.pending_.kind = ErrorKind::Thrown;
  vm.pending_.thrown = v;
}

void Support::raise_saved(Vm& vm, Value saved, Value thrown) {
  auto& content = static_cast<SavedError&>(*static_cast<OtherObject*>(saved.as_object())->content);
  vm.pending_ = std::move(content.error);
  vm.pending_.thrown = thrown;
}

bool Support::print(Vm& vm, Value v) {
  return guarded(vm.pending_, [&] {
    if (v.is_string()) {
      vm.output_->write(v.as_string()->view());
      vm.output_->write("\n");
      return;
    }
    std::string text;
    append_display(text, v);
    text += '\n';
    vm.output_->write(text);
  });
}

bool Support::unwind(Vm& vm) {
  Error& e = vm.pending_;
  Stack& stack = vm.stack_;
  if (vm.options_.isolated) e.kind = ErrorKind::Fatal;
  Value* left = nullptr;  // the registers of the frame left last
  for (;;) {
    Frame& frame = stack.frames[stack.depth - 1];
    const Proto& proto = *frame.proto;
    const auto pc = static_cast<uint32_t>(frame.ip - proto.code.data() - 1);
    if (!e.source) {
      e.source = proto.source;
      e.span = proto.position(pc);
    }
    if (e.kind != ErrorKind::Fatal) {
      for (const Handler& h : proto.handlers) {
        if (pc < h.begin || pc >= h.end || (e.kind == ErrorKind::StreamEnd && !h.finalizer)) continue;
        vm.make_room(left);
        const Value thrown = e.thrown;
        const bool caught = guarded(e, [&] {
          if (h.finalizer) {
            vm.write_trace();
            OtherObject* saved = vm.heap_.allocate<OtherObject>(Tag::Other);
            auto content = std::make_unique<SavedError>();
            content->error = std::move(e);
            saved->content = std::move(content);
            frame.base[h.error] = Value::object(Tag::Other, saved);
            frame.base[h.error + 1] = thrown;
          } else if (e.kind == ErrorKind::Thrown) {
            frame.base[h.error] = thrown;
          } else {
            vm.write_trace();
            frame.base[h.error] = Value(vm.heap_.string(e.message + e.trace_text()));
          }
        });
        if (!caught) break;  // no memory even for the error: on to the next frame
        vm.left_.clear();
        vm.left_dropped_ = 0;
        e.thrown = Value();
        e.source = nullptr;
        frame.ip = proto.code.data() + h.target;
        return true;
      }
    }
    const bool from_native = frame.from_native;
    left = frame.base;
    --stack.depth;
    if (!proto.is_top_level && !frame.native_caller) {
      const Frame* caller = from_native ? nullptr : &stack.frames[stack.depth - 1];
      if (vm.left_.size() < Error::kMaxTrace)
        vm.left_.push_back({frame.proto, caller ? caller->proto : nullptr,
                            caller ? static_cast<uint32_t>(caller->ip - caller->proto->code.data() - 1) : 0});
      else
        ++vm.left_dropped_;
    }
    if (from_native) return false;
  }
}

}  // namespace omc::vm
