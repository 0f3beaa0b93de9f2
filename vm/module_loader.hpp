#pragma once
// Modules, programs and evaluated snippets: from text to a running top level (language reference, section 11; builtins
// reference, section 16).

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "vm/compiler.hpp"
#include "vm/object.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

class Marker;

// What a written eval_omc(...) inside a function sees: that call's variables, and where its late names go.
struct EvalScope {
  struct Variable {
    String* name;
    Box* box;
    bool own;  // of the function itself, not of one around it
  };
  std::vector<Variable> variables;
  LateScope* late = nullptr;
};

class ModuleLoader {
 public:
  explicit ModuleLoader(Vm& vm) : vm_(&vm) {}

  void run_program(std::shared_ptr<const lang::Source> source, const std::function<void(lang::Module&)>& rewrite);
  void import(const ImportSite& site, const lang::Source& importer, LateScope* scope);
  // The value of a snippet; `scope` nullptr: at top level.
  Value evaluate(std::string_view text, std::string_view what, const EvalScope* scope);

  // Set around the call of an eval builtin that is written inside a function; that builtin takes it.
  void set_eval_scope(const EvalScope* scope) { eval_scope_ = scope; }
  const EvalScope* take_eval_scope() { return std::exchange(eval_scope_, nullptr); }

  std::string find_module(const std::string& name, const lang::Source& importer) const;  // throws Error

  void mark_roots(Marker& marker);

  static Box* late_box(Vm& vm, LateScope& scope, String* name);  // made when missing
  static int64_t first_scalar(std::string_view text);

 private:
  // One text of an import statement that was loaded.
  struct Loaded {
    std::string prefix;  // of its functions: "" or "alias."
    std::unordered_set<std::string> functions;
  };
  struct Parsed;

  Parsed parse(std::shared_ptr<const lang::Source> source, const std::string& what);
  void run_top_level(Parsed& parsed, const CompileOptions& options, LateScope* scope);
  void import_whole(const ImportSite& site, const lang::Source& importer, LateScope* scope);
  void import_selected(const ImportSite& site, const lang::Source& importer, LateScope* scope);
  void add_names(const Loaded& loaded, const std::string& prefix);
  void take_names(const ImportSite& site, const std::string& prefix, const std::unordered_set<std::string>& functions,
                  LateScope* scope, bool in_progress);
  Value run_closure(Closure* closure);
  GlobalCell* cell(const std::string& name);

  Vm* vm_;
  std::unordered_map<std::string, Loaded> loaded_;  // by the text of the import
  std::unordered_map<std::string, std::string> loading_;  // path of a module that is running now: its prefix
  size_t hidden_count_ = 0;
  const EvalScope* eval_scope_ = nullptr;
};

}  // namespace omc::vm
