#pragma once
// From a resolved module to bytecode.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "lang/ast.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

struct CompileOptions {
  // Of a module whose functions have names of their own ("m." for `import M as m`; hidden ones begin with kHiddenPrefix):
  // its functions and methods live in the cells prefix + name.
  std::string prefix;
  const std::unordered_set<std::string_view>* own_functions = nullptr;  // their plain names; with a prefix
  bool is_module = false;       // `return` at its top level has no effect: loading goes on
  bool late_variables = false;  // a module first loaded inside a function: its variables are late names of that call
  bool keep_result = false;  // the function returns the value of the last expression statement of its own level
};

// Begins the prefix of a module that `from M import ...` loaded: its helpers have no name outside.
inline constexpr char kHiddenPrefix = '\x01';

// What cannot be compiled although it parses: a function beyond the limits of the format.
struct CompileError {
  std::string message;
  lang::Span span;
};

// The top level as a function without parameters. Throws CompileError.
Proto* compile(Vm& vm, const lang::Module& module, std::shared_ptr<const lang::Source> source,
               const CompileOptions& options = {});

}  // namespace omc::vm
