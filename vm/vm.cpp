// The interpreter's surroundings: builtins, calls from C++, classes, garbage collection, the end of a run.

#include "vm/vm.hpp"

#include <pthread.h>

#include <algorithm>

#include "lang/source.hpp"
#include "substrate/interrupt.hpp"
#include "vm/error_texts.hpp"
#include "vm/interpreter.hpp"
#include "vm/interpreter_support.hpp"
#include "vm/module_loader.hpp"
#include "vm/observer.hpp"

namespace omc::vm {

namespace {

// Space on the C++ stack that natives and the interpreter may still need when a further call is refused.
constexpr size_t kNativeStackReserve = 128 << 10;

char* native_stack_end() {
  pthread_attr_t attributes;
  void* lowest = nullptr;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
#if OMC_ADDRESS_SANITIZER
  // An exception thrown from deeper than 64 MB is more than it can follow: it then sees errors where there are none.
  constexpr size_t kFollowed = 60 << 20;
  if (size > kFollowed) return static_cast<char*>(lowest) + (size - kFollowed);
#endif
  return static_cast<char*>(lowest) + std::min(kNativeStackReserve, size / 4);
}

class NoOutput : public Output {
 public:
  void write(std::string_view) override {}
};
NoOutput no_output;

}  // namespace

Vm::Vm(VmOptions options)
    : options_(std::move(options)), heap_(options_.heap), stack_(options_.max_depth), output_(&no_output) {
  heap_.set_due_flag(&due_);
  heap_.set_leak_account(options_.lost_bytes);
  modules_ = std::make_unique<ModuleLoader>(*this);
  class_key_ = heap_.intern("__class__");
  empty_string_ = heap_.intern("");
  for (char c = 0;; ++c) {
    ascii_[static_cast<unsigned char>(c)] = heap_.intern(std::string_view(&c, 1));
    if (c == 127) break;
  }
  for (const std::string_view name : {"boundary", "invert"}) globals_.cell(heap_.intern(name))->bodiless = true;
  native_stack_end_ = native_stack_end();
  if (options_.gc_stress != GcStress::None) due_ = true;
  if (options_.observer) options_.observer->attached(*this);
}

Vm::~Vm() {
  if (options_.observer) options_.observer->detached(*this);
}

// --- builtins ----------------------------------------------------------------------------------------------------------

void Vm::add_builtins(std::span<const Builtin> rows, std::string_view category, Effect effect) {
  categories_.push_back({category, builtins_.size()});
  for (const Builtin& row : rows) {
    GlobalCell* cell = globals_.cell(heap_.intern(row.name));
    cell->builtin = &row;
    cell->required = static_cast<uint32_t>(required_arguments(row.signature));
    cell->effect = row.effect == Effect::OfFamily ? effect : row.effect;
    builtins_.push_back(&row);
  }
}

const Builtin* Vm::find_builtin(std::string_view name) const {
  const GlobalCell* cell = globals_.find(name);
  return cell ? cell->builtin : nullptr;
}

Effect Vm::effect_of(const Builtin& builtin) const {
  return globals_.find(builtin.name)->effect;
}

Function* Vm::user_function(std::string_view name) const {
  const GlobalCell* cell = globals_.find(name);
  return cell ? cell->function : nullptr;
}

class Vm::Watch {
 public:
  explicit Watch(Vm& vm) : nested_(substrate::watcher.context == &vm) {
    if (nested_) return;
    outer_ = substrate::watcher;
    substrate::watcher = {[](void* context, size_t held) {
                            Vm& watched = *static_cast<Vm*>(context);
                            watched.poll();
                            if (held) {
                              watched.heap_.charge(held);
                              watched.heap_.discharge(held);
                            }
                          },
                          &vm};
  }
  ~Watch() {
    if (!nested_) substrate::watcher = outer_;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  const bool nested_;  // in one of the same machine, as callbacks are
  substrate::Watcher outer_;
};

// --- calls from C++ ----------------------------------------------------------------------------------------------------

Value* Vm::native_top() const {
  Value* top = stack_.native_top;
  if (stack_.depth) {
    const Frame& frame = stack_.frames[stack_.depth - 1];
    top = std::max(top, frame.base + frame.proto->register_count);
  }
  return top;
}

void Vm::check_native_stack() const {
  const char here = 0;
  if (&here < native_stack_end_) throw error_texts::recursion_limit(*this);
}

FunctionReference* Vm::reference(GlobalCell* cell) {
  if (!cell->reference) {
    cell->reference = heap_.allocate<FunctionReference>(Tag::Function);
    cell->reference->kind = FunctionKind::Reference;
    cell->reference->cell = cell;
  }
  return cell->reference;
}

Value Vm::function_named(std::string_view name) {
  GlobalCell* cell = globals_.find(name);
  if (!cell || (!cell->function && !cell->builtin)) return Value::null();
  return Value(static_cast<Function*>(reference(cell)));
}

// What calling a value runs: a Closure or Constructor, or `builtin`. Throws when it cannot be called.
Function* Vm::resolve_callable(Value callee, const Builtin*& builtin) {
  builtin = nullptr;
  GlobalCell* cell = nullptr;
  if (callee.is_function()) {
    Function* f = callee.as_function();
    if (f->kind != FunctionKind::Reference) return f;
    cell = static_cast<FunctionReference*>(f)->cell;
  } else if (callee.is_string()) {
    cell = globals_.find(callee.as_string()->view());
    if (!cell) throw error_texts::undefined_function(*this, callee.as_string()->view());
  } else {
    throw error_texts::not_callable(callee);
  }
  for (GlobalCell* c = cell; c; c = c->fallback) {
    if (c->function) return c->function;
    if (c->builtin) {
      builtin = c->builtin;
      return nullptr;
    }
  }
  throw error_texts::undefined_function(*this, cell->name->view());
}

bool Vm::callable(Value v) const {
  if (v.is_function()) return true;
  if (!v.is_string()) return false;
  const GlobalCell* cell = globals_.find(v.as_string()->view());
  return cell && (cell->function || cell->builtin);
}

Value Vm::call(Value callee, std::span<const Value> arguments) {
  check_native_stack();
  if (callee.is_function() && callee.as_function()->kind == FunctionKind::Closure)
    return run_closure(static_cast<Closure*>(callee.as_function()), native_top(), arguments);
  const Builtin* builtin = nullptr;
  Function* function = resolve_callable(callee, builtin);
  if (function && function->kind == FunctionKind::Closure) return run_closure(static_cast<Closure*>(function), native_top(), arguments);
  if (function) return construct(static_cast<Constructor*>(function), arguments);

  if (arguments.size() < required_arguments(builtin->signature)) throw Error(arity_message(*builtin));
  Value* base = native_top();
  Value* const saved = stack_.native_top;
  if (base + arguments.size() > stack_.soft_limit && !stack_.raise_limit(base + arguments.size()))
    throw error_texts::recursion_limit(*this);
  std::copy(arguments.begin(), arguments.end(), base);
  stack_.native_top = base + arguments.size();
  struct Restore {
    Stack& stack;
    Value* top;
    ~Restore() { stack.native_top = top; }
  } restore{stack_, saved};
  const Watch watch(*this);
  return builtin->function(*this, Args(*builtin, *this, base, arguments.size()));
}

Callback::Callback(Vm& vm, Value function) : vm_(vm), function_(function) {
  if (!function.is_function() || function.as_function()->kind != FunctionKind::Closure) return;
  closure_ = static_cast<Closure*>(function.as_function());
  base_ = vm.native_top();
  vm.check_native_stack();
}

Value Callback::call(std::span<const Value> arguments) {
  return closure_ ? vm_.run_closure(closure_, base_, arguments) : vm_.call(function_, arguments);
}

Value Vm::run_closure(Closure* closure, Value* base, std::span<const Value> arguments) {
  if (arguments.size() != closure->proto->parameter_count) throw error_texts::arity(*closure, arguments.size());
  Value* const top = base + std::max<size_t>(closure->proto->register_count, arguments.size());
  if (stack_.depth > stack_.depth_limit || (top > stack_.soft_limit && !stack_.raise_limit(top)))
    throw error_texts::recursion_limit(*this);
  for (size_t i = 0; i < arguments.size(); ++i) base[i] = arguments[i].read();
  if (--closure->proto->call_heat < 0) {
    Value result;
    const NativeCode::Outcome outcome = NativeSupport::callback(*this, closure, base, result);
    if (outcome == NativeCode::Outcome::Done) return result;
    if (outcome == NativeCode::Outcome::Failed) {
      NativeSupport::add_to_trace(*this, closure->proto, nullptr, 0);
      write_trace();
      throw std::move(pending_);
    }
  }
  Frame& frame = stack_.frames[stack_.depth++];
  frame = {closure, closure->proto, closure->proto->code.data(), base, true, false, false};
  // A safepoint like that of any call: a callback without loops and calls must not let garbage pile up.
  if (due_.load(std::memory_order_relaxed) && !safepoint()) [[unlikely]] {
    --stack_.depth;
    throw std::move(pending_);
  }
  const Watch watch(*this);
  if (!Interpreter::run(*this)) {
    write_trace();
    throw std::move(pending_);
  }
  return result_.read();
}

Value Vm::construct(Constructor* constructor, std::span<const Value> arguments) {
  if (arguments.size() != constructor->field_count) throw error_texts::arity(*constructor, arguments.size());
  Dict* instance = heap_.dict();
  instance->set(heap_, class_key_, Value(constructor->class_name));
  for (size_t i = 0; i < arguments.size(); ++i) instance->set(heap_, constructor->fields()[i], arguments[i]);
  return Value(instance);
}

bool Vm::stream(Value thunk, const YieldConsumer& consume) {
  Stream stream{consume, stream_};
  struct Restore {
    Vm& vm;
    Stream* outer;
    ~Restore() { vm.stream_ = outer; }
  } restore{*this, stream_};
  stream_ = &stream;
  try {
    call(thunk, std::span<const Value>());
  } catch (const Error& e) {
    if (e.kind != ErrorKind::StreamEnd || e.stream != &stream) throw;
  }
  return !stream.stopped;
}

// --- classes -----------------------------------------------------------------------------------------------------------

const String* Vm::class_of(Value v) const {
  if (!v.is_dict()) return nullptr;
  const Dict* d = v.as_dict();
  const Value* name = d->used && d->entries[0].key == class_key_ ? &d->entries[0].value : d->get(class_key_);
  return name && name->is_string() ? name->as_string() : nullptr;
}

String* Vm::parent_class(const String* name) const {
  const auto found = classes_.find(name);
  return found == classes_.end() ? nullptr : found->second.parent;
}

namespace {
constexpr int kMaxClassLinks = 64;
}

bool Vm::is_instance(Value v, std::string_view class_name) {
  const String* own = class_of(v);
  if (!own) return false;
  const String* name = heap_.intern(own->view());
  for (int links = 0; name && links <= kMaxClassLinks; ++links) {
    if (name->view() == class_name) return true;
    name = parent_class(name);
  }
  return false;
}

Function* Vm::find_method(const String* class_name, const String* method) const {
  std::string full;
  for (int links = 0; class_name && links <= kMaxClassLinks; ++links) {
    full.assign(class_name->view()).append("__").append(method->view());
    if (const GlobalCell* cell = globals_.find(full); cell && cell->function) return cell->function;
    const auto found = classes_.find(class_name);
    if (found == classes_.end()) return nullptr;
    if (const auto m = found->second.methods.find(method); m != found->second.methods.end() && m->second->function)
      return m->second->function;
    class_name = found->second.parent;
  }
  return nullptr;
}

void Vm::define_class(const ClassSite& site, const Value* methods) {
  auto* constructor = heap_.allocate<Constructor>(Tag::Function, site.fields.size() * sizeof(String*));
  constructor->kind = FunctionKind::Constructor;
  constructor->class_name = site.name;
  constructor->field_count = static_cast<uint32_t>(site.fields.size());
  std::copy(site.fields.begin(), site.fields.end(), constructor->fields());
  ClassInfo& info = classes_[site.name];
  info.parent = site.parent;
  for (size_t i = 0; i < site.method_cells.size(); ++i) {
    globals_.set_function(*site.method_cells[i], methods[i].as_function());
    info.methods[site.method_names[i]] = site.method_cells[i];
  }
  globals_.set_function(*site.constructor, constructor);
}

// --- garbage collection ------------------------------------------------------------------------------------------------

RootBase::RootBase(Vm& vm, Value v) : value_(v), vm_(vm), below_(vm.roots_) { vm.roots_ = this; }
RootBase::~RootBase() { vm_.roots_ = below_; }

void Vm::mark_roots(Marker& marker) {
  Value* const top = native_top();
  for (Value* v = stack_.values; v < top; ++v) marker.mark(*v);
  for (size_t i = 0; i < stack_.depth; ++i) marker.mark(static_cast<Object*>(stack_.frames[i].closure));
  globals_.each([&](GlobalCell& cell) {
    marker.mark(cell.name);
    marker.mark(cell.variable);
    marker.mark(cell.function);
    marker.mark(cell.reference);
  });
  for (const RootBase* root = roots_; root; root = root->below_) marker.mark(root->value_);
  for (const auto& [name, info] : classes_) {
    marker.mark(const_cast<String*>(name));
    marker.mark(info.parent);
    for (const auto& [method, cell] : info.methods) marker.mark(const_cast<String*>(method));
  }
  for (const TableCopy* copy : table_copies_) {
    for (const TableCopy::Row& row : copy->rows) {
      marker.mark(row.variable);
      marker.mark(row.function);
    }
    for (const auto& [name, info] : copy->classes) {
      marker.mark(const_cast<String*>(name));
      marker.mark(info.parent);
      for (const auto& [method, cell] : info.methods) marker.mark(const_cast<String*>(method));
    }
  }
  marker.mark(class_key_);
  marker.mark(empty_string_);
  for (String* s : ascii_) marker.mark(s);
  marker.mark(pending_.thrown);
  marker.mark(result_);
  modules_->mark_roots(marker);
  if (native_code_) native_code_->mark(marker);
  for (const auto& mark : root_markers_) mark(marker);
}

// A step of a collection, or all of it.
void Vm::collect_garbage() {
  const auto roots = [this](Marker& marker) { mark_roots(marker); };
  constexpr size_t kTinyStep = 64;
  bool marked = true;
  if (options_.gc_stress == GcStress::Collections) heap_.collect(roots);
  else marked = heap_.step(roots, options_.gc_stress == GcStress::Steps ? kTinyStep : 0);
  if (marked) stack_.clear_above(native_top());
  if (options_.observer) InterpreterSupport::sample_collector(*this);
}

void Vm::make_room(Value* left) {
  if (heap_.limits().hard == SIZE_MAX || !pending_.message.starts_with("Memory limit exceeded")) return;
  if (left) std::fill(left, std::max(left, native_top()), Value::null());
  write_trace();  // functions in it may go, too
  heap_.collect([this](Marker& marker) { mark_roots(marker); });
  stack_.clear_above(native_top());
}

bool Vm::safepoint() {
  const bool stress = options_.gc_stress != GcStress::None;
  due_.store(stress, std::memory_order_relaxed);
  if (stress || heap_.collection_due()) collect_garbage();
  try {
    check_stop();
  } catch (Error& e) {
    pending_ = std::move(e);
    return false;
  }
  return true;
}

void Vm::check_stop() {
  const Stop why = stop_.load(std::memory_order_relaxed);
  if (why == Stop::None) return;
  Error e(why == Stop::Timeout ? "Time limit exceeded" : why == Stop::Terminate ? "Terminated" : "Interrupted");
  e.kind = ErrorKind::Fatal;
  e.exit_status = why == Stop::Timeout ? 124 : why == Stop::Terminate ? 143 : 130;
  throw e;
}

void Vm::poll_slow() { check_stop(); }

// --- the end of a run --------------------------------------------------------------------------------------------------

void Vm::write_trace() {
  error_texts::append_trace(pending_, left_dropped_, left_.size(), [this](size_t i) {
    return error_texts::trace_line(left_[i].callee, left_[i].caller, left_[i].pc);
  });
  left_.clear();
  left_dropped_ = 0;
}

RunResult Vm::uncaught(Error& e) {
  RunResult result;
  result.status = e.exit_status;
  result.message = e.kind == ErrorKind::Thrown ? display(e.thrown) : e.message;
  result.trace = e.trace_text();
  result.source = e.source;
  result.span = e.span;
  return result;
}

RunResult Vm::run(std::shared_ptr<const lang::Source> source, const Rewrite& rewrite) {
  const Watch watch(*this);
  program_ = source;
  try {
    modules_->run_program(std::move(source), rewrite);
  } catch (Error& e) {
    return uncaught(e);
  }
  return {};
}

Value Vm::evaluate(std::string_view text, std::string_view what) {
  const Watch watch(*this);
  return modules_->evaluate(text, what, modules_->take_eval_scope());
}

std::string Vm::find_module(const std::string& name, const lang::Source& importer) const {
  return modules_->find_module(name, importer);
}

// --- snippets with a table of their own --------------------------------------------------------------------------------

Vm::TableCopy Vm::copy_table() {
  TableCopy copy;
  globals_.each([&](GlobalCell& cell) {
    if (!cell.variable.is_unassigned() || cell.function || cell.fallback)
      copy.rows.push_back({&cell, cell.variable, cell.function, cell.fallback});
  });
  copy.classes = classes_;
  return copy;
}

void Vm::restore_table(TableCopy&& copy) {
  globals_.each([&](GlobalCell& cell) {
    cell.variable = Value::unassigned();
    cell.fallback = nullptr;
    globals_.set_function(cell, nullptr);
  });
  for (const TableCopy::Row& row : copy.rows) {
    row.cell->variable = row.variable;
    row.cell->fallback = row.fallback;
    globals_.set_function(*row.cell, row.function);
  }
  classes_ = std::move(copy.classes);
}

Value Vm::evaluate_isolated(std::string_view text, std::string_view what, bool with_program) {
  const EvalScope* const scope = modules_->take_eval_scope();
  struct Aside {
    Vm& vm;
    TableCopy copy;
    ModuleLoader modules;  // the snippet loads modules anew
    explicit Aside(Vm& v) : vm(v), copy(v.copy_table()), modules(v) {
      vm.table_copies_.push_back(&copy);
      std::swap(modules, *vm.modules_);
    }
    ~Aside() {
      std::swap(modules, *vm.modules_);
      vm.table_copies_.pop_back();
      vm.restore_table(std::move(copy));
    }
  } aside(*this);
  if (!with_program) {
    restore_table({});
  } else if (scope) {
    const auto show = [&](String* name, const Box* box) {
      if (!box->value.is_unassigned()) globals_.cell(name)->set_variable(box->value);
    };
    std::vector<const LateScope*> late;
    for (const LateScope* s = scope->late; s; s = s->parent) late.push_back(s);
    for (; !late.empty(); late.pop_back())  // inner ones hide outer ones
      for (const LateScope::Entry& e : late.back()->entries) show(e.name, e.box);
    for (size_t i = scope->variables.size(); i-- > 0;) show(scope->variables[i].name, scope->variables[i].box);
  }
  return modules_->evaluate(text, what, nullptr);
}

}  // namespace omc::vm
