// Programs that look at their own functions and variables (language reference, chapter 02, section 17).

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "lang/format.hpp"
#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "stdlib/record.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/compiler.hpp"
#include "vm/proto.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Array;
using vm::Builtin;
using vm::Closure;
using vm::Constructor;
using vm::Dict;
using vm::Function;
using vm::FunctionKind;
using vm::GlobalCell;
using vm::Root;
using vm::Value;
using vm::Vm;

// --- the definitions in the program's file ---

namespace {

// What the file of the running program defines anywhere: a function is known before its definition is reached.
class ProgramFile {
 public:
  explicit ProgramFile(Vm& vm) {
    if (!vm.program_source()) return;
    parsed_.emplace(lang::parse(*vm.program_source()));
    definitions_ = lang::function_definitions(*parsed_->module);
  }
  const std::vector<lang::FunctionDefinition>& definitions() const { return definitions_; }
  const lang::FunctionDefinition* find(std::string_view name) const {
    const auto found =
        std::find_if(definitions_.begin(), definitions_.end(), [&](const auto& d) { return d.name == name; });
    return found == definitions_.end() ? nullptr : &*found;
  }

 private:
  std::optional<lang::ParseResult> parsed_;
  std::vector<lang::FunctionDefinition> definitions_;
};

// Canonical text of a function, ending in a newline.
std::string formatted(const lang::Source& source, lang::Span span) {
  const lang::Source text(source.path(), std::string(source.text(span)));
  const lang::ParseResult parsed = lang::parse(text);
  return parsed.ok() ? lang::format(*parsed.module) : std::string(text.text()) + "\n";
}

// A class constructor has no text of its own.
std::optional<std::string> text_of(const Function* f) {
  if (f->kind != FunctionKind::Closure) return std::nullopt;
  const vm::Proto& proto = *static_cast<const Closure*>(f)->proto;
  return formatted(*proto.source, proto.span);
}

std::string_view function_name(const Args& args) {
  if (!args[0].is_string()) throw args.error("argument must be a string, got " + std::string(vm::type_name(args[0])));
  return args[0].as_string()->view();
}

}  // namespace

static Value defined_functions(Vm& vm, Args) {
  std::set<std::string> names;
  const ProgramFile file(vm);
  for (const lang::FunctionDefinition& d : file.definitions()) names.insert(d.name);
  vm.globals().each([&](const GlobalCell& cell) {
    if (cell.function && !cell.name->view().starts_with(vm::kHiddenPrefix)) names.emplace(cell.name->view());
  });
  Array* out = vm.heap().array(vm::ElementKind::Values, 0);
  for (const std::string& name : names) out->push(vm.heap(), vm.text(name));
  return out;
}

static Value fn_arity(Vm& vm, Args args) {
  const std::string_view name = function_name(args);
  if (const Function* f = vm.user_function(name))
    return Value::integer(f->kind == FunctionKind::Constructor
                              ? static_cast<const Constructor*>(f)->field_count
                              : static_cast<const Closure*>(f)->proto->parameter_count);
  const ProgramFile file(vm);
  const lang::FunctionDefinition* d = file.find(name);
  return d ? Value::integer(static_cast<int64_t>(d->parameter_count)) : Value::null();
}

static Value fn_source(Vm& vm, Args args) {
  const std::string_view name = function_name(args);
  std::optional<std::string> text;
  if (const Function* f = vm.user_function(name)) {
    text = text_of(f);
  } else {
    const ProgramFile file(vm);
    const lang::FunctionDefinition* d = file.find(name);
    if (d && d->function) text = formatted(*vm.program_source(), d->function->span);
  }
  if (!text) return Value::null();
  text->pop_back();  // the final newline
  return vm.text(*text);
}

static Value get_scope_vars(Vm& vm, Args) {
  Dict* out = vm.heap().dict();
  vm.globals().each([&](const GlobalCell& cell) {
    const std::string_view name = cell.name->view();
    if (!cell.variable.is_unassigned() && !name.starts_with("__") && !name.starts_with(vm::kHiddenPrefix))
      out->set(vm.heap(), cell.name, cell.variable);
  });
  return out;
}

static Value fn_bench(Vm& vm, Args args) {
  require(vm, args, Permission::Clock, "");
  // A copy: the calls may change the array.
  const Value given = args[1];
  std::vector<Value> arguments = {given};
  if (given.is_array()) {
    arguments.clear();
    for (size_t i = 0; i < given.as_array()->size; ++i) arguments.push_back(given.as_array()->at(i));
  }
  const Root<Array> kept(vm, vm.heap().array_of(arguments));

  const int64_t repetitions = std::max<int64_t>(args.integer_or(2, 10), 1);
  using Clock = std::chrono::steady_clock;
  double total = 0, least = 0, most = 0;
  for (int64_t i = 0; i < repetitions; ++i) {
    const auto start = Clock::now();
    vm.call(args[0], arguments);
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    total += ms;
    least = i == 0 ? ms : std::min(least, ms);
    most = std::max(most, ms);
    vm.poll();
  }
  // Rounded up or down, the mean of equal times must not leave them.
  const double mean = std::clamp(total / static_cast<double>(repetitions), least, most);
  return record(vm, {{"max_ms", Value::real(most)},
                     {"mean_ms", Value::real(mean)},
                     {"min_ms", Value::real(least)},
                     {"n_reps", Value::integer(repetitions)},
                     {"total_ms", Value::real(total)}});
}

// --- snapshots ---

namespace {

// Definitions put aside; two stacks that know nothing of each other.
struct Snapshots {
  std::map<GlobalCell*, std::vector<Function*>> of_function;
  std::vector<std::map<GlobalCell*, Function*>> of_table;
  bool marked = false;  // the collector knows of them

  void mark(vm::Marker& marker) const {
    for (const auto& [cell, stack] : of_function)
      for (Function* f : stack) marker.mark(f);
    for (const auto& table : of_table)
      for (const auto& [cell, f] : table) marker.mark(f);
  }
};

Snapshots& snapshots(Vm& vm) {
  Snapshots& s = vm.state<Snapshots>();
  if (!s.marked) vm.add_root_marker([&s](vm::Marker& marker) { s.mark(marker); });
  s.marked = true;
  return s;
}

}  // namespace

static Value fn_snapshot(Vm& vm, Args args) {
  GlobalCell* cell = vm.globals().find(args.text(0));
  if (cell && cell->function) snapshots(vm).of_function[cell].push_back(cell->function);
  return Value::null();
}

static Value fn_rollback(Vm& vm, Args args) {
  GlobalCell* cell = vm.globals().find(args.text(0));
  if (!cell) return Value::null();
  std::vector<Function*>& stack = snapshots(vm).of_function[cell];
  if (stack.empty()) return Value::null();
  Function* restored = stack.back();
  stack.pop_back();
  vm.globals().set_function(*cell, restored);
  return vm.text(text_of(restored).value_or(""));
}

static Value fn_snapshot_all(Vm& vm, Args) {
  std::map<GlobalCell*, Function*> table;
  vm.globals().each([&](GlobalCell& cell) {
    if (cell.function) table[&cell] = cell.function;
  });
  snapshots(vm).of_table.push_back(std::move(table));
  return Value::null();
}

static Value fn_rollback_all(Vm& vm, Args) {
  Snapshots& s = snapshots(vm);
  if (s.of_table.empty()) return Value::boolean(false);
  const std::map<GlobalCell*, Function*> table = std::move(s.of_table.back());
  s.of_table.pop_back();
  vm.globals().each([&](GlobalCell& cell) {
    const auto saved = table.find(&cell);
    Function* f = saved == table.end() ? nullptr : saved->second;
    if (cell.function != f) vm.globals().set_function(cell, f);
  });
  return Value::boolean(true);
}

constexpr Builtin kBuiltins[] = {
    {"defined_functions", "() -> array", "Names of the program's functions, class constructors and methods.",
     "fn twice(x) { return 2 * x; } println(defined_functions());", defined_functions},
    {"list_fns", "() -> array", "The same as defined_functions.", "type_of(list_fns())  # array", defined_functions},
    {"list_defined_fns", "() -> array", "The same as defined_functions.", "type_of(list_defined_fns())  # array",
     defined_functions},
    {"fn_arity", "(name) -> any", "How many parameters a function of the program has; null when there is none.",
     "fn_arity(\"no_such_function\")  # null", fn_arity},
    {"fn_source", "(name) -> any", "The text of a function of the program in canonical layout.",
     "fn_source(\"no_such_function\")  # null", fn_source},
    {"get_scope_vars", "() -> dict", "The top-level variables and their values.", "type_of(get_scope_vars())  # dict",
     get_scope_vars},
    {"fn_bench", "(name, args, reps?) -> dict", "Calls a function several times and says how long it took.",
     "fn_bench(\"sqrt\", [2], 3)[\"n_reps\"]  # 3", fn_bench, {}, vm::Effect::Outside},
    {"fn_snapshot", "(name) -> null", "Puts the present definition of a function on its stack.",
     "fn_snapshot(\"no_such_function\")  # null", fn_snapshot},
    {"fn_rollback", "(name) -> any", "Takes back the definition last put on a function's stack, and returns its text.",
     "fn_rollback(\"no_such_function\")  # null", fn_rollback},
    {"fn_snapshot_all", "() -> null", "Remembers the definitions of all functions.", "fn_snapshot_all()  # null",
     fn_snapshot_all},
    {"fn_rollback_all", "() -> bool", "Makes the definitions last remembered the present ones.",
     "fn_snapshot_all(); println(fn_rollback_all());", fn_rollback_all},
};

constinit const std::span<const Builtin> introspection_builtins = kBuiltins;

}  // namespace omc::stdlib
