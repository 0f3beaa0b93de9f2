// Name resolution: a top-down walk, since what a function's assignments mean depends on the functions around it.

#include "lang/resolve.hpp"

#include "lang/walk.hpp"

#include <unordered_map>

namespace omc::lang {

bool is_eval_name(std::string_view name) {
  return name == "eval_omc" || name == "omc_eval_file" || name == "eval_omc_ctx";
}

namespace {

// `eval_omc_ctx` copies what it sees; the other two may add names.
bool adds_late_names(std::string_view name) { return name == "eval_omc" || name == "omc_eval_file"; }

// What a function's own body binds and assigns, in order, and whether it has late names.
struct Collector {
  std::vector<std::pair<Name, Span>> bound;
  std::vector<std::pair<Name, Span>> assigned;
  bool has_late_names = false;
  bool has_eval = false;

  void binds(Name name, Binding&, Span span) { bound.emplace_back(name, span); }
  void assigns(Name name, Binding&, Span span) { assigned.emplace_back(name, span); }
  void defines(FunctionStmt& s) { bound.emplace_back(s.function->name.name, s.function->name.span); }
  void defines_class(const ClassStmt&) {}
  void nested(Function&) {}
  void reads(NameExpr&) {}
  void calls(NamedCallExpr& call) {
    has_eval |= is_eval_name(call.callee->name);
    has_late_names |= adds_late_names(call.callee->name);
  }
  void imports(ImportStmt&) { has_late_names = true; }
  void imports_from(FromImportStmt&) { has_late_names = true; }
};

// The same for the top level, where `fn` binds no variable and a selective import binds its names.
struct TopLevelCollector : Collector {
  void defines(FunctionStmt&) {}
  void imports_from(FromImportStmt& s) {
    for (const ImportedName& n : s.names) bound.emplace_back(n.name.name, n.name.span);
  }
};

template <class C>
void collect(C& collector, const Function& f) {
  OwnBodyWalk<C> walk(collector);
  walk.block(f.body);
  if (f.expression) walk.expression(f.expression);
}

constexpr Name kLateName = "";

struct Scope {
  Function* function;
  Scope* parent;  // the function around it; nullptr below the top level
  std::vector<Variable> variables;
  std::unordered_map<Name, uint32_t> variable_index;
  std::vector<Capture> captures;
  std::unordered_map<Name, uint32_t> capture_index;
  bool is_snippet = false;  // its captures are given, and its bindings are late names
  const std::vector<VisibleVariable>* visible = nullptr;

  uint32_t declare(Name name, Span span, bool parameter = false) {
    const auto [at, is_new] = variable_index.try_emplace(name, static_cast<uint32_t>(variables.size()));
    if (is_new || parameter) {
      if (!is_new) at->second = static_cast<uint32_t>(variables.size());  // duplicate parameter names: the last one wins
      variables.push_back({name, parameter, false, span});
    }
    return at->second;
  }

  // The capture through which this function reaches a variable of a function around it, or -1.
  int64_t capture(Name name) {
    if (const auto found = capture_index.find(name); found != capture_index.end()) return found->second;
    if (!parent) return -1;
    Capture c{name, false, 0};
    if (const auto found = parent->variable_index.find(name); found != parent->variable_index.end()) {
      parent->variables[found->second].captured = true;
      c.from_parent_variable = true;
      c.index = found->second;
    } else {
      const int64_t outer = parent->capture(name);
      if (outer < 0) return -1;
      c.index = static_cast<uint32_t>(outer);
    }
    const uint32_t index = static_cast<uint32_t>(captures.size());
    captures.push_back(c);
    capture_index.emplace(name, index);
    return index;
  }

  bool visible_outside(Name name) const {
    for (const Scope* s = parent; s; s = s->parent)
      if (s->variable_index.contains(name) || (s->is_snippet && s->capture_index.contains(name))) return true;
    return false;
  }
};

class Resolver {
 public:
  Resolver(Module& module, const ResolveOptions& options) : module_(module), options_(options) {
    top_level_ = top_level_names(module);
    if (options.existing_variables)
      for (const std::string_view name : *options.existing_variables) top_level_.insert(name);
  }

  void run() {
    Function& top = *module_.top_level;
    if (!options_.visible) {
      scope_ = nullptr;
      body(top);
      return;
    }
    Scope scope{&top, nullptr, {}, {}, {}, {}, true, options_.visible};
    for (const VisibleVariable& v : *options_.visible) {
      const Name name = module_.intern(v.name);
      scope.capture_index.emplace(name, static_cast<uint32_t>(scope.captures.size()));
      scope.captures.push_back({name, false, 0});
    }
    top.late_capture = static_cast<int32_t>(scope.captures.size());
    scope.capture_index.emplace(kLateName, static_cast<uint32_t>(scope.captures.size()));
    scope.captures.push_back({kLateName, false, 0});
    scope_ = &scope;
    body(top);
    finish(scope);
  }

  // --- visitor ---
  void binds(Name name, Binding& binding, Span) {
    if (scope_ && scope_->is_snippet) {
      binding = snippet_binding(name, /*only_own=*/true);
      return;
    }
    binding = find(name);
  }
  void assigns(Name name, Binding& binding, Span) {
    if (scope_ && scope_->is_snippet) {
      binding = snippet_binding(name, /*only_own=*/false);
      return;
    }
    binding = find(name);
  }
  void defines(FunctionStmt& s) {
    // At top level, and in a snippet, `fn` only enters the table of functions.
    s.binding = scope_ && !scope_->is_snippet ? find(s.function->name.name) : Binding{};
    nested(*s.function);
  }
  void defines_class(const ClassStmt&) {}
  void nested(Function& f) {
    Scope scope{&f, scope_, {}, {}, {}, {}, false, nullptr};
    f.parent = scope_ ? scope_->function : module_.top_level;
    for (const Parameter& p : f.parameters) scope.declare(p.name.name, p.name.span, true);
    Collector own;
    collect(own, f);
    for (const auto& [name, span] : own.bound) scope.declare(name, span);
    for (const auto& [name, span] : own.assigned)
      if (!scope.variable_index.contains(name) && !scope.visible_outside(name) && !top_level_.contains(name))
        scope.declare(name, span);
    f.has_eval = own.has_eval;
    if (scope_) f.late_capture = static_cast<int32_t>(scope.capture(kLateName));
    if (own.has_late_names) {
      f.late_variable = static_cast<int32_t>(scope.variables.size());
      scope.declare(kLateName, f.span);
    }
    if (own.has_eval) see_everything(scope);
    Scope* outer = scope_;
    scope_ = &scope;
    body(f);
    scope_ = outer;
    finish(scope);
  }
  void reads(NameExpr& e) { e.binding = find(e.head); }
  void calls(NamedCallExpr& e) { e.callee->binding = find(e.callee->head); }
  void imports(ImportStmt&) {}
  void imports_from(FromImportStmt&) {}

 private:
  void body(Function& f) {
    OwnBodyWalk<Resolver> walk(*this);
    walk.block(f.body);
    if (f.expression) walk.expression(f.expression);
  }

  Binding find(Name name) {
    if (!scope_) return {};
    if (const auto found = scope_->variable_index.find(name); found != scope_->variable_index.end())
      return {Binding::Kind::Local, found->second};
    const int64_t capture = scope_->capture(name);
    if (capture >= 0) return {Binding::Kind::Captured, static_cast<uint32_t>(capture)};
    return {};
  }

  // Where a snippet's own level stores: a visible variable, else a top-level one, else a late name.
  Binding snippet_binding(Name name, bool only_own) {
    const auto found = scope_->capture_index.find(name);
    if (found != scope_->capture_index.end() && !name.empty() && (!only_own || (*scope_->visible)[found->second].own))
      return {Binding::Kind::Captured, found->second};
    if (!only_own && options_.existing_variables && options_.existing_variables->contains(name)) return {};
    return {Binding::Kind::Late, 0};
  }

  // A snippet evaluated here may mention any variable: all are captured, those of the functions around as well.
  static void see_everything(Scope& scope) {
    for (Variable& v : scope.variables)
      if (!v.name.empty()) v.captured = true;
    for (Scope* outer = scope.parent; outer; outer = outer->parent) {
      for (size_t i = 0; i < outer->variables.size(); ++i) {
        const Name name = outer->variables[i].name;
        if (!name.empty() && !scope.variable_index.contains(name)) scope.capture(name);
      }
      if (outer->is_snippet)
        for (const VisibleVariable& v : *outer->visible)
          if (!scope.variable_index.contains(v.name)) scope.capture(outer->captures[outer->capture_index.at(v.name)].name);
    }
  }

  void finish(Scope& scope) {
    scope.function->variables = module_.copy(scope.variables);
    scope.function->captures = module_.copy(scope.captures);
  }

  Module& module_;
  const ResolveOptions& options_;
  std::unordered_set<std::string_view> top_level_;
  Scope* scope_ = nullptr;  // nullptr: top level
};

}  // namespace

std::unordered_set<std::string_view> top_level_names(const Module& module) {
  TopLevelCollector own;
  collect(own, *module.top_level);
  std::unordered_set<std::string_view> names;
  for (const auto& [name, span] : own.bound) names.insert(name);
  for (const auto& [name, span] : own.assigned) names.insert(name);
  return names;
}

namespace {

struct DefinitionCollector {
  std::vector<FunctionDefinition> definitions;

  void binds(Name, Binding&, Span) {}
  void assigns(Name, Binding&, Span) {}
  void defines(FunctionStmt& s) {
    definitions.push_back({std::string(s.function->name.name), s.function->parameters.size(), s.function});
    nested(*s.function);
  }
  void defines_class(const ClassStmt& s) {
    const std::string name(s.name.name);
    definitions.push_back({name, s.fields.size(), nullptr});
    for (const Function* m : s.methods)
      definitions.push_back({name + "__" + std::string(m->name.name), m->parameters.size(), m});
  }
  void nested(Function& f) {
    OwnBodyWalk<DefinitionCollector> walk(*this);
    walk.block(f.body);
    if (f.expression) walk.expression(f.expression);
  }
  void reads(NameExpr&) {}
  void calls(NamedCallExpr&) {}
  void imports(ImportStmt&) {}
  void imports_from(FromImportStmt&) {}
};

}  // namespace

std::vector<FunctionDefinition> function_definitions(const Module& module) {
  DefinitionCollector collector;
  collector.nested(*module.top_level);
  return std::move(collector.definitions);
}

std::vector<std::string> defined_functions(const Module& module) {
  std::vector<std::string> names;
  for (FunctionDefinition& definition : function_definitions(module)) names.push_back(std::move(definition.name));
  return names;
}

void resolve(Module& module, const ResolveOptions& options) { Resolver(module, options).run(); }

VariableOwner owner_of(const Function& f, const Binding& binding) {
  if (binding.kind == Binding::Kind::Local) return {&f, binding.index};
  if (binding.kind != Binding::Kind::Captured) return {nullptr, 0};
  const Function* at = &f;
  uint32_t index = binding.index;
  while (at && at->parent && index < at->captures.size()) {
    const Capture& c = at->captures[index];
    at = at->parent;
    index = c.index;
    if (c.from_parent_variable) return {at, index};
  }
  return {nullptr, 0};
}

}  // namespace omc::lang
