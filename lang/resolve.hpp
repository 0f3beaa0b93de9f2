#pragma once
// Finds what every name of a module means, from the text alone (language reference, section 7).
//
// Scopes are functions and the top level, never blocks. resolve() fills Function::variables and captures, and the
// Binding of each name. A name that is neither a variable of the function around it nor of one further out is global; only
// the running program can tell what that means.

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lang/ast.hpp"

namespace omc::lang {

// A variable that an evaluated snippet finds around it; its index is the capture index of the snippet's own function.
struct VisibleVariable {
  std::string_view name;
  bool own;  // of the function that evaluates, not of one around it
};

struct ResolveOptions {
  // Top-level variables that exist already: REPL input and snippets may assign them inside functions.
  const std::unordered_set<std::string_view>* existing_variables = nullptr;
  // A snippet evaluated inside a function: what it sees there. Its top level then is a function with these captures, and
  // capture `visible->size()` is the scope of late names.
  const std::vector<VisibleVariable>* visible = nullptr;
};

void resolve(Module& module, const ResolveOptions& options = {});

// The function whose own variable a binding stands for, seen from f, and which one; no function for globals and late names.
struct VariableOwner {
  const Function* function = nullptr;
  uint32_t index = 0;
};
VariableOwner owner_of(const Function& f, const Binding& binding);

// The top-level names of a resolved or unresolved module: what its statements outside functions bind.
std::unordered_set<std::string_view> top_level_names(const Module& module);

// What the module's fn and class statements enter into the table of functions, wherever they stand; methods as
// CLASS__METHOD. In the order of the text.
struct FunctionDefinition {
  std::string name;
  size_t parameter_count;
  const Function* function;  // nullptr: the constructor of a class
};
std::vector<FunctionDefinition> function_definitions(const Module& module);
std::vector<std::string> defined_functions(const Module& module);  // only the names

// Calls written with these names evaluate text in the scope they stand in.
bool is_eval_name(std::string_view name);

}  // namespace omc::lang
