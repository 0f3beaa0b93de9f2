#include "lang/known_names.hpp"

#include <algorithm>
#include <vector>

#include "lang/edit_distance.hpp"
#include "lang/resolve.hpp"
#include "lang/walk.hpp"

namespace omc::lang {

namespace {

struct Introduced {
  NameScope& scope;
  std::vector<Function*> inner;

  void binds(Name name, Binding&, Span) { scope.variables.insert(name); }
  void assigns(Name name, Binding&, Span) { scope.variables.insert(name); }
  void defines(FunctionStmt& s) {
    scope.functions.insert(s.function->name.name);
    inner.push_back(s.function);
  }
  void defines_class(const ClassStmt& s) { scope.functions.insert(s.name.name); }
  void nested(Function& f) { inner.push_back(&f); }
  void reads(NameExpr&) {}
  void calls(NamedCallExpr&) {}
  void imports(ImportStmt& s) {
    if (!s.alias.name.empty()) scope.variables.insert(s.alias.name);
  }
  void imports_from(FromImportStmt& s) {
    for (const ImportedName& n : s.names) scope.functions.insert(n.name.name);
  }
};

bool is_constant_name(std::string_view name) { return name == "true" || name == "false" || name == "null"; }

struct Candidate {
  size_t distance;
  bool builtin;
  std::string_view name;
  auto operator<=>(const Candidate&) const = default;
};

}  // namespace

NameScopes::NameScopes(const Module& module, const KnownNames& known) : known_(known) {
  for (std::string& name : defined_functions(module)) table_.insert(std::move(name));
  collect(*module.top_level, nullptr);
}

void NameScopes::collect(Function& f, const NameScope* outer) {
  NameScope& scope = scopes_[&f];  // references into the map outlive growth
  scope.outer = outer;
  for (const Parameter& p : f.parameters) scope.variables.insert(p.name.name);
  Introduced own{scope, {}};
  OwnBodyWalk<Introduced> walk(own);
  walk.block(f.body);
  if (f.expression) walk.expression(f.expression);
  introduced_.insert(scope.variables.begin(), scope.variables.end());
  introduced_.insert(scope.functions.begin(), scope.functions.end());
  for (Function* inner : own.inner) collect(*inner, &scope);
}

bool NameScopes::is_variable(std::string_view name, const NameScope& scope) const {
  for (const NameScope* s = &scope; s; s = s->outer)
    if (s->variables.contains(name)) return true;
  return is_constant_name(name);
}

bool NameScopes::is_function(std::string_view name, const NameScope& scope) const {
  for (const NameScope* s = &scope; s; s = s->outer)
    if (s->functions.contains(name)) return true;
  return known_.builtins->contains(name) || known_.imported.contains(name) || table_.contains(std::string(name));
}

bool NameScopes::is_known(std::string_view name, const NameScope& scope) const {
  return name.find('.') != std::string_view::npos || is_variable(name, scope) || is_function(name, scope);
}

std::string_view NameScopes::closest(std::string_view name, Use use, const NameScope& scope) const {
  constexpr size_t kLimit = 2;
  const CharacterDistance distance(name);
  const size_t limit = std::min(kLimit, distance.length() / 2);
  if (limit == 0) return {};
  Candidate best{limit + 1, true, {}};
  const auto consider = [&](std::string_view n, bool builtin) {
    const size_t d = distance.to(n, limit);
    if (d <= limit) best = std::min(best, Candidate{d, builtin, n});
  };
  for (const NameScope* s = &scope; s; s = s->outer) {
    for (const std::string_view n : s->variables) consider(n, false);
    for (const std::string_view n : s->functions) consider(n, false);
  }
  for (const std::string_view n : known_.imported) consider(n, false);
  if (use == Use::Call) {
    for (const std::string_view n : *known_.builtins) consider(n, true);
  } else {
    for (const std::string_view n : {"null", "true", "false"}) consider(n, true);
  }
  return best.name;
}

}  // namespace omc::lang
