// Functions that run away from home: what they may do, and how they get there.

#include "vm/isolation.hpp"

#include <algorithm>

#include "vm/bytecode.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

namespace {

// What an instruction means for a function that runs in isolation. Whatever is not named here only computes, reads what
// Isolation reaches anyway, or builds new containers.
enum class Reach : uint8_t { Nothing, Changes, Beyond };

Reach reach_of(Op op) {
  switch (op) {
    case Op::SetIndex:
    case Op::SetIndexK: return Reach::Changes;
    case Op::SetGlobal:
    case Op::SetCapture:
    case Op::LoadCapture:
    case Op::NewLateScope:
    case Op::GetLate:
    case Op::SetLate:
    case Op::CallMethod:
    case Op::CallEval:
    case Op::NewCollector:  // a stream may be running
    case Op::Yield:
    case Op::NewClosure:  // lambdas are numbered, and the number shows
    case Op::DefineFunction:
    case Op::DefineClass:
    case Op::Import:
    case Op::Print: return Reach::Beyond;
    default: return Reach::Nothing;
  }
}

}  // namespace

// --- what a function reaches -------------------------------------------------------------------------------------------

std::optional<Isolation> Isolation::plan(Vm& home, Value function, const Array* arguments) {
  if (home.options_.isolated || home.stream_ || home.stack_.depth >= home.options_.max_depth) return std::nullopt;
  Isolation plan(home);
  plan.function_ = function;
  if (function.is_string()) {
    GlobalCell* cell = home.globals_.find(function.as_string()->view());
    if (!cell || !plan.reach(cell)) return std::nullopt;
  } else if (!function.is_function()) {
    return std::nullopt;
  }
  plan.pending_.push_back(function);
  if (arguments->kind == ElementKind::Values)
    for (size_t i = 0; i < arguments->size; ++i)
      if (arguments->values[i].is_heap()) plan.pending_.push_back(arguments->values[i]);
  while (!plan.pending_.empty()) {
    const Value next = plan.pending_.back();
    plan.pending_.pop_back();
    if (!plan.reach(next)) return std::nullopt;
  }
  if (plan.changes_ && plan.shares_) return std::nullopt;
  return plan;
}

bool Isolation::reach(Value v) {
  if (!v.is_heap() || v.is_string() || v.is_singularity()) return true;
  if (!seen_.insert(v.as_object()).second) return true;
  switch (v.tag()) {
    case Tag::Array: {
      shares_ = true;
      const Array* a = v.as_array();
      if (a->kind == ElementKind::Values)
        for (size_t i = 0; i < a->size; ++i)
          if (a->values[i].is_heap()) pending_.push_back(a->values[i]);
      return true;
    }
    case Tag::Dict: {
      shares_ = true;
      const Dict* d = v.as_dict();
      for (uint32_t i = 0; i < d->used; ++i)
        if (d->entries[i].key && d->entries[i].value.is_heap()) pending_.push_back(d->entries[i].value);
      return true;
    }
    case Tag::Function: {
      Function* f = v.as_function();
      if (f->kind == FunctionKind::Closure) return reach(static_cast<Closure*>(f));
      return f->kind == FunctionKind::Reference && reach(static_cast<FunctionReference*>(f)->cell);
    }
    default: return false;
  }
}

bool Isolation::reach(const Closure* closure) {
  for (uint32_t i = 0; i < closure->capture_count; ++i) {
    const Value capture = const_cast<Closure*>(closure)->captures()[i];
    if (capture.tag() != Tag::Box) return false;
    if (capture.as_box()->value.is_heap()) pending_.push_back(capture.as_box()->value);
  }
  return !seen_.insert(closure->proto).second || reach(*closure->proto);
}

bool Isolation::reach(const Proto& proto) {
  for (const Instruction in : proto.code) {
    const Reach r = reach_of(in.op);
    if (r == Reach::Beyond) return false;
    if (r == Reach::Changes) changes_ = true;
  }
  for (const Value constant : proto.constants)
    if (constant.is_heap() && !constant.is_string()) return false;
  for (GlobalCell* cell : proto.cells)
    if (!reach(cell)) return false;
  for (const DottedSite& site : proto.dotted_sites) {
    if (site.member->view().find('.') != std::string_view::npos) return false;  // names found at run time
    if (!reach(site.whole) || !reach(site.member_cell)) return false;
  }
  return true;
}

bool Isolation::reach(GlobalCell* cell) {
  if (!seen_.insert(cell).second) return true;
  cells_.push_back(cell);
  if (!cell->variable.is_unassigned() && cell->variable.is_heap()) pending_.push_back(cell->variable);
  if (cell->function) pending_.push_back(Value(cell->function));
  if (cell->builtin && !cell->function && cell->variable.is_unassigned()) {
    if (cell->effect == Effect::Changes) changes_ = true;
    else if (cell->effect != Effect::Pure) return false;
  }
  return !cell->fallback || reach(cell->fallback);
}

// --- the copies --------------------------------------------------------------------------------------------------------

namespace {

VmOptions options_of_copy(const Vm& home, size_t depth, size_t memory_share) {
  VmOptions options = home.options();
  options.isolated = true;
  options.observer = nullptr;
  options.threads = 1;
  options.max_depth -= depth;
  options.heap.hard = memory_share;
  return options;
}

}  // namespace

IsolatedVm::IsolatedVm(const Isolation& plan, size_t memory_share)
    : home_(*plan.home_), vm_(options_of_copy(home_, home_.stack_.depth, memory_share)) {
  vm_.add_root_marker([this](Marker& marker) {
    marker.mark(function_);
    for (const Value v : results_) marker.mark(v);
    for (const auto& [original, copy] : copies_) marker.mark(copy);
  });
  // Names may be computed, so every builtin is there that cannot be noticed; but none that the program has replaced.
  for (const Builtin* builtin : home_.builtins_) {
    const GlobalCell* at_home = home_.globals_.find(builtin->name);
    const bool reached = plan.seen_.contains(at_home);
    if (at_home->effect != Effect::Pure && !(at_home->effect == Effect::Changes && plan.changes_)) continue;
    if (at_home->function && !reached) continue;
    GlobalCell* here = vm_.globals_.cell(vm_.heap_.intern(builtin->name));
    here->builtin = builtin;
    here->required = at_home->required;
    here->effect = at_home->effect;
    vm_.builtins_.push_back(builtin);
  }
  for (GlobalCell* c : plan.cells_) {
    GlobalCell* here = cell(c);
    here->bodiless = c->bodiless;
    if (c->fallback) here->fallback = cell(c->fallback);
    if (c->function) vm_.globals_.set_function(*here, copy(Value(c->function), false).as_function());
    if (!c->variable.is_unassigned()) here->set_variable(copy(c->variable, false));
  }
  function_ = copy(plan.function_, false);
}

GlobalCell* IsolatedVm::cell(GlobalCell* of_home) {
  GlobalCell*& here = cells_[of_home];
  if (!here) here = vm_.globals_.cell(vm_.heap_.intern(of_home->name->view()));
  return here;
}

void IsolatedVm::call(Value argument) {
  const Value copied = copy(argument, false);
  results_.push_back(vm_.call(function_, {copied}));
}

Value IsolatedVm::bring_home(size_t i) { return copy(results_[i], true); }

// Iterative: containers may be nested deeper than the C++ stack. `home` says where the copy goes; copies of objects from
// there become the originals again.
Value IsolatedVm::copy(Value root, bool home) {
  Vm& to = home ? home_ : vm_;
  Heap& heap = to.heap_;
  auto& known = home ? originals_ : copies_;
  std::vector<std::pair<Object*, Object*>> unfilled;
  const auto shell = [&](Value v) -> Value {
    switch (v.tag()) {
      case Tag::String: {
        const String* s = v.as_string();
        return Value(s->interned() ? heap.intern(s->view()) : heap.string(s->view()));
      }
      case Tag::Singularity: {
        const Singularity* s = v.as_singularity();
        return Value(heap.singularity(s->numerator, s->denominator, s->context ? s->context->view() : ""));
      }
      default:
        if (!v.is_heap()) return v;
    }
    Object* const from = v.as_object();
    if (const auto found = known.find(from); found != known.end()) return Value::object(v.tag(), found->second);
    Object* made = nullptr;
    if (v.is_array()) {
      made = heap.array(v.as_array()->kind, v.as_array()->size);
    } else if (v.is_dict()) {
      made = heap.dict();
    } else if (v.tag() == Tag::Box) {
      made = heap.allocate<Box>(Tag::Box);
    } else if (v.is_function() && v.as_function()->kind == FunctionKind::Reference) {
      GlobalCell* of = static_cast<FunctionReference*>(v.as_function())->cell;
      made = to.reference(home ? home_.globals_.find(of->name->view()) : cell(of));
    } else if (v.is_function() && v.as_function()->kind == FunctionKind::Closure && !home) {
      const auto* closure = static_cast<Closure*>(v.as_function());
      auto* c = heap.allocate<Closure>(Tag::Function, closure->capture_count * sizeof(Value));
      c->kind = FunctionKind::Closure;
      c->lambda_number = closure->lambda_number;
      c->capture_count = closure->capture_count;
      std::fill_n(c->captures(), c->capture_count, Value());
      made = c;
    } else {
      throw Error("a value that cannot leave its machine");
    }
    known.emplace(from, made);
    if (!home) originals_.emplace(made, from);
    unfilled.emplace_back(from, made);
    return Value::object(v.tag(), made);
  };

  const Value result = shell(root);
  while (!unfilled.empty()) {
    const auto [from, made] = unfilled.back();
    unfilled.pop_back();
    switch (from->tag) {
      case Tag::Array: {
        const auto* a = static_cast<Array*>(from);
        auto* b = static_cast<Array*>(made);
        if (a->kind == ElementKind::Values)
          for (size_t i = 0; i < a->size; ++i) b->values[i] = shell(a->values[i]);
        else
          std::copy_n(a->ints, a->size, b->ints);  // ints or floats: 8 bytes each
        break;
      }
      case Tag::Dict: {
        const auto* d = static_cast<Dict*>(from);
        for (uint32_t i = 0; i < d->used; ++i)
          if (d->entries[i].key)
            static_cast<Dict*>(made)->set(heap, shell(Value(d->entries[i].key)).as_string(), shell(d->entries[i].value));
        break;
      }
      case Tag::Box: static_cast<Box*>(made)->value = shell(static_cast<Box*>(from)->value); break;
      case Tag::Function: {
        if (static_cast<Function*>(from)->kind != FunctionKind::Closure) break;
        auto *closure = static_cast<Closure*>(from), *c = static_cast<Closure*>(made);
        c->proto = copy(closure->proto);
        for (uint32_t i = 0; i < c->capture_count; ++i) c->captures()[i] = shell(closure->captures()[i]);
        break;
      }
      default: break;
    }
  }
  return result;
}

Proto* IsolatedVm::copy(const Proto* proto) {
  if (const auto found = copies_.find(proto); found != copies_.end()) return static_cast<Proto*>(found->second);
  Heap& heap = vm_.heap_;
  const auto text = [&heap](const String* s) { return s ? heap.intern(s->view()) : nullptr; };
  Proto* p = heap.allocate<Proto>(Tag::Proto);
  copies_.emplace(proto, p);
  p->name = text(proto->name);
  p->parameter_count = proto->parameter_count;
  p->register_count = proto->register_count;
  p->is_generator = proto->is_generator;
  p->is_lambda = proto->is_lambda;
  p->never_native = proto->never_native;
  p->native_at_once = proto->native_at_once;
  p->is_top_level = proto->is_top_level;
  p->code = proto->code;
  for (const Value constant : proto->constants)
    p->constants.push_back(constant.is_string() ? Value(text(constant.as_string())) : constant);
  for (GlobalCell* c : proto->cells) p->cells.push_back(cell(c));
  p->captures = proto->captures;
  const auto names = [&](const std::vector<String*>& from, std::vector<String*>& to) {
    for (const String* s : from) to.push_back(text(s));
    p->kept.insert(p->kept.end(), to.begin(), to.end());
  };
  names(proto->capture_names, p->capture_names);
  names(proto->variable_names, p->variable_names);
  p->handlers = proto->handlers;
  p->patterns = proto->patterns;
  for (PatternSite& pattern : p->patterns)
    if (pattern.text) p->kept.push_back(pattern.text = text(pattern.text));
  for (const DottedSite& site : proto->dotted_sites) {
    p->dotted_sites.push_back({cell(site.whole), text(site.variable), text(site.member), cell(site.member_cell)});
    p->kept.insert(p->kept.end(), {p->dotted_sites.back().variable, p->dotted_sites.back().member});
  }
  p->positions = proto->positions;
  for (const auto& [pc, name] : proto->index_names) {
    p->index_names.emplace_back(pc, text(name));
    p->kept.push_back(p->index_names.back().second);
  }
  std::erase(p->kept, nullptr);
  p->source = proto->source;
  p->span = proto->span;
  return p;
}

}  // namespace omc::vm
