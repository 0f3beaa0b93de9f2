#pragma once
// Who mentions what in a file: counted once, for all rules about names. It wants a resolved tree.

#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/ast.hpp"
#include "lang/known_names.hpp"

namespace omc::lang {

struct VariableUse {
  uint32_t reads = 0;
  uint32_t writes = 0;       // h, assignments, loop, catch and match variables
  Span first_write;          // of `h` or an assignment
  const Expr* only_value = nullptr;  // what it is given, when that happens once
  bool counted = false;      // a loop, catch or match variable, or a named function: it may well stay unread
};

class Usage {
 public:
  explicit Usage(const Module& module);

  // Variables of a function, in the order of Function::variables.
  const std::vector<VariableUse>& variables(const Function& f) const { return variables_.at(&f); }
  // The variable a binding stands for, seen from f; nullptr for globals and late names.
  const VariableUse* variable(const Function& f, const Binding& binding) const;
  const VariableUse* top_level_variable(std::string_view name) const;

  // Whether the name is read, called or stands in a string, apart from the body of the function `but`.
  bool mentions(std::string_view name, const Function* but = nullptr) const;
  // The same, but only as a value or in a string: it may be called by whoever gets it.
  bool passes_on(std::string_view name) const { return values_.contains(name); }
  // Top-level variables that functions assign, and names that functions mention.
  bool writes_in_functions(std::string_view name) const { return written_in_functions_.contains(name); }
  bool mentions_in_functions(std::string_view name) const;
  // Text is evaluated somewhere: anything may be mentioned in it.
  bool evaluates() const { return evaluates_; }

 private:
  friend class UsageWalk;
  std::unordered_map<const Function*, std::vector<VariableUse>> variables_;
  std::unordered_map<std::string_view, VariableUse> top_level_;
  std::unordered_map<std::string_view, std::vector<const Function*>> mentions_;  // by the outermost function around
  NameSet values_, written_in_functions_;
  bool evaluates_ = false;
};

}  // namespace omc::lang
