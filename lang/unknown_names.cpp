// The check for unknown names. Scopes are functions; where in a scope a name is introduced does not matter.

#include "lang/unknown_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lang/edit_distance.hpp"
#include "lang/resolve.hpp"
#include "lang/walk.hpp"

namespace omc::lang {

namespace {

using Names = std::unordered_set<std::string_view>;

// What one function's own body introduces.
struct Introduced {
  Names variables, functions;

  void binds(Name name, Binding&, Span) { variables.insert(name); }
  void assigns(Name name, Binding&, Span) { variables.insert(name); }
  void defines(FunctionStmt& s) { functions.insert(s.function->name.name); }
  void defines_class(const ClassStmt& s) { functions.insert(s.name.name); }
  void nested(Function&) {}
  void reads(NameExpr&) {}
  void calls(NamedCallExpr&) {}
  void imports(ImportStmt&) {}
  void imports_from(FromImportStmt& s) {
    for (const ImportedName& n : s.names) functions.insert(n.name.name);
  }
};

Introduced introduced_by(Function& f) {
  Introduced own;
  for (const Parameter& p : f.parameters) own.variables.insert(p.name.name);
  OwnBodyWalk<Introduced> walk(own);
  walk.block(f.body);
  if (f.expression) walk.expression(f.expression);
  return own;
}

class Checker {
 public:
  Checker(const Module& module, const KnownNames& known, Diagnostics& diagnostics)
      : module_(module), known_(known), diagnostics_(diagnostics) {
    // Functions enter the program's table wherever they are defined.
    table_ = defined_functions(module);
    for (const std::string& name : table_) functions_.insert(name);
  }

  void run() { nested(*module_.top_level); }

  void binds(Name, Binding&, Span) {}
  void assigns(Name, Binding&, Span) {}
  void defines(FunctionStmt& s) { nested(*s.function); }
  void defines_class(const ClassStmt&) {}
  void imports(ImportStmt&) {}
  void imports_from(FromImportStmt&) {}
  void nested(Function& f) {
    scopes_.push_back(introduced_by(f));
    OwnBodyWalk<Checker> walk(*this);
    walk.block(f.body);
    if (f.expression) walk.expression(f.expression);
    scopes_.pop_back();
  }
  void reads(NameExpr& e) {
    if (e.name != e.head || is_variable(e.name) || is_function(e.name)) return;
    report(e, "variable");
  }
  void calls(NamedCallExpr& e) {
    const NameExpr& callee = *e.callee;
    if (callee.name != callee.head || is_function(callee.name) || is_variable(callee.name)) return;
    report(callee, "function");
  }

 private:
  bool is_variable(std::string_view name) const {
    if (name == "true" || name == "false" || name == "null") return true;
    return std::any_of(scopes_.begin(), scopes_.end(), [&](const Introduced& s) { return s.variables.contains(name); });
  }
  bool is_function(std::string_view name) const {
    return functions_.contains(name) || known_.builtins.contains(name) || known_.imported.contains(name) ||
           std::any_of(scopes_.begin(), scopes_.end(), [&](const Introduced& s) { return s.functions.contains(name); });
  }

  struct Candidate {
    size_t distance;
    bool builtin;
    std::string_view name;
    auto operator<=>(const Candidate&) const = default;
  };

  // At most 2 away, and no more than half the unknown name's length.
  std::string_view closest(std::string_view name) const {
    constexpr size_t kLimit = 2;
    Candidate best{kLimit + 1, true, ""};
    const auto consider = [&](const Names& names, bool builtin) {
      for (const std::string_view n : names) {
        const size_t d = edit_distance(name, n, kLimit);
        if (d <= kLimit && 2 * d <= name.size()) best = std::min(best, Candidate{d, builtin, n});
      }
    };
    for (const Introduced& s : scopes_) {
      consider(s.variables, false);
      consider(s.functions, false);
    }
    consider(functions_, false);
    consider(known_.imported, false);
    consider(known_.builtins, true);
    return best.name;
  }

  void report(const NameExpr& e, std::string_view what) {
    if (!known_.complete) return;
    Diagnostic& d =
        diagnostics_.add(Severity::Error, "unknown-name", e.span, fmt::format("unknown {} `{}`", what, e.name));
    if (const std::string_view near = closest(e.name); !near.empty())
      d.fixes.push_back({fmt::format("use `{}`", near), Safety::ChangesMeaning, {{e.span, std::string(near)}}});
  }

  const Module& module_;
  const KnownNames& known_;
  Diagnostics& diagnostics_;
  std::vector<std::string> table_;
  Names functions_;
  std::vector<Introduced> scopes_;
};

}  // namespace

void report_unknown_names(const Module& module, const KnownNames& known, Diagnostics& diagnostics) {
  Checker(module, known, diagnostics).run();
  diagnostics.sort();
}

}  // namespace omc::lang
