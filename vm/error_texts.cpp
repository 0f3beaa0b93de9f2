// Texts of run-time errors, with suggestions for names that do not exist.

#include "vm/error_texts.hpp"

#include <algorithm>
#include <vector>

#include "lang/edit_distance.hpp"
#include "lang/source.hpp"
#include "vm/compiler.hpp"  // kHiddenPrefix
#include "vm/vm.hpp"

namespace omc::vm {

std::string Error::trace_text() const {
  std::string text;
  for (const std::string& line : trace) text += "\n  at " + line;
  if (dropped) text += "\n  ... " + std::to_string(dropped) + " more frames";
  return text;
}

namespace error_texts {

namespace {

using lang::edit_distance;

struct Candidate {
  size_t distance;
  std::string_view name;
  friend auto operator<=>(const Candidate&, const Candidate&) = default;
};

std::string quoted(const String* name, bool& computed) {
  computed = name == nullptr;
  return name ? std::string(name->view()) : std::string();
}

}  // namespace

std::string_view shown(std::string_view name) {
  if (name.empty() || name[0] != kHiddenPrefix) return name;
  return name.substr(name.find('.') + 1);
}

Error recursion_limit(const Vm& vm) {
  return Error("Recursion limit exceeded (" + std::to_string(vm.options().max_depth) + " nested calls)");
}

Error arity(const Function& function, size_t got) {
  std::string name;
  size_t expected = 0;
  if (function.kind == FunctionKind::Constructor) {
    const auto& c = static_cast<const Constructor&>(function);
    name = c.class_name->view();
    expected = c.field_count;
  } else {
    const auto& c = static_cast<const Closure&>(function);
    name = c.lambda_number ? "__rt_lambda_" + std::to_string(c.lambda_number) : std::string(c.proto->name->view());
    expected = c.proto->parameter_count;
  }
  return Error("Function " + name + " expects " + std::to_string(expected) + " arguments, got " + std::to_string(got));
}

Error not_callable(Value v) {
  std::string text = "Cannot call this value as a function — it's a ";
  text += type_name(v);
  text += ". Only fn references and string-named callables are callable; check that the variable holds a function (use "
          "`type_of(x)` to inspect).";
  return Error(std::move(text));
}

Error undefined_function(const Vm& vm, std::string_view name) {
  constexpr size_t kLimit = 3, kShown = 3;
  name = shown(name);
  std::vector<Candidate> near;
  const_cast<Vm&>(vm).globals().each([&](const GlobalCell& cell) {
    if (!cell.function && !cell.builtin) return;
    const std::string_view known = cell.name->view();
    if (known.empty() || known[0] == kHiddenPrefix) return;
    if (const size_t d = edit_distance(name, known, kLimit); d <= kLimit && d > 0) near.push_back({d, known});
  });
  std::sort(near.begin(), near.end());
  std::string text = "Undefined function: " + std::string(name);
  if (near.empty()) return Error(std::move(text));
  text += " (did you mean: ";
  for (size_t i = 0; i < std::min(kShown, near.size()); ++i) {
    if (i) text += ", ";
    text += near[i].name;
  }
  text += '?';
  if (const Builtin* b = vm.find_builtin(near[0].name); b && !vm.user_function(near[0].name)) {
    text += " — signature: `";
    text += b->name;
    text += b->signature;
    text += '`';
  }
  text += ')';
  return Error(std::move(text));
}

Error undefined_variable(const Vm& vm, std::string_view name, const Frame* frame) {
  constexpr size_t kLimit = 2;
  name = shown(name);
  std::vector<Candidate> near;
  const auto consider = [&](std::string_view known, Value v) {
    if (v.tag() == Tag::Box) v = v.as_box()->value;
    if (v.is_unassigned() || known.empty() || v.tag() == Tag::LateScope) return;
    if (const size_t d = edit_distance(name, known, kLimit); d <= kLimit && d > 0) near.push_back({d, known});
  };
  if (frame) {
    for (size_t i = 0; i < frame->proto->variable_names.size(); ++i)
      consider(frame->proto->variable_names[i]->view(), frame->base[i]);
    for (size_t i = 0; i < frame->proto->capture_names.size(); ++i)
      consider(frame->proto->capture_names[i]->view(), frame->closure->captures()[i]);
  }
  const_cast<Vm&>(vm).globals().each([&](const GlobalCell& cell) { consider(cell.name->view(), cell.variable); });
  std::string text = "Undefined variable: " + std::string(name);
  if (!near.empty()) text += " (did you mean: " + std::string(std::min_element(near.begin(), near.end())->name) + "?)";
  return Error(std::move(text));
}

Error no_method(std::string_view method, Value v) {
  return Error("No method `" + std::string(method) + "` on " + std::string(type_name(v)));
}

Error index_out_of_bounds(const String* name, int64_t index, size_t length, bool store) {
  const std::string i = std::to_string(index);
  const std::string bounds = " (length " + std::to_string(length) + ")";
  if (!name) return Error("Index out of bounds: [" + i + "]" + bounds);
  const std::string n(name->view());
  return Error("Index out of bounds: " + n + "[" + i + "]" + bounds + ". Use " +
               (store ? "safe_arr_set(" + n + ", " + i + ", value)" : "safe_arr_get(" + n + ", " + i + ")") +
               " for wrap-around access.");
}

Error index_not_a_number(Value index) { return Error("Cannot index array with " + std::string(type_name(index))); }

Error not_indexable(const String* name) {
  bool computed;
  const std::string n = quoted(name, computed);
  return Error((computed ? "Cannot index value" : "Cannot index '" + n + "'") + ": not an array or dict");
}

Error not_storable(const String* name, Value v) {
  bool computed;
  const std::string n = quoted(name, computed);
  return Error("Cannot assign an index of " + (computed ? "a value" : "'" + n + "'") + ": not an array or dict (got " +
               std::string(type_name(v)) + ")");
}

Error cannot_iterate(Value v) {
  return Error("for-loop: cannot iterate over " + std::string(type_name(v)) + " (expected array, dict, or string)");
}

// --- traces ------------------------------------------------------------------------------------------------------------

namespace {

// Whether the call at `pc` names the function itself: only then does the trace show a position.
bool called_by_own_name(const Proto& caller, uint32_t pc, std::string_view callee) {
  const Instruction& call = caller.code[pc];
  switch (call.op) {
    case Op::CallGlobal:
    case Op::CallTaking:
    case Op::CallLending:
    case Op::CallNamed:
    case Op::SpreadGlobal: return shown(caller.cells[call.c]->name->view()) == callee;
    case Op::CallDotted: return caller.dotted_sites[call.c].whole->name->view() == callee;
    default: return false;
  }
}

}  // namespace

std::string trace_line(const Proto* callee, const Proto* caller, uint32_t pc) {
  const std::string_view name = callee->name->view();
  if (callee->is_lambda || name.empty()) return "<lambda>";
  std::string line(name);
  if (caller && called_by_own_name(*caller, pc, name)) {
    const lang::Position at = caller->source->position(caller->position(pc).begin);
    line += " (" + std::to_string(at.line) + ":" + std::to_string(at.column) + ")";
  }
  return line;
}

void append_trace(Error& e, size_t dropped, size_t count, const std::function<std::string(size_t)>& line) {
  for (size_t i = 0; i < count; ++i) {
    if (e.trace.size() < Error::kMaxTrace) e.trace.push_back(line(i));
    else ++e.dropped;
  }
  e.dropped += dropped;
}

}  // namespace error_texts
}  // namespace omc::vm
