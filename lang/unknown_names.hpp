#pragma once
// Reads and calls of names that nothing introduces (command-line reference, section 4, "Known names").

#include <functional>
#include <string_view>
#include <unordered_set>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"

namespace omc::lang {

// What a module may use beside its own names.
struct KnownNames {
  std::unordered_set<std::string_view> builtins;
  std::unordered_set<std::string_view> imported;  // top-level variables, functions and classes of imported modules
  bool complete = true;                           // false: an import could not be followed, so any name may exist
};

// One diagnostic a place, "unknown-name", in the order of the text; with the closest known name as a fix.
void report_unknown_names(const Module& module, const KnownNames& known, Diagnostics& diagnostics);

}  // namespace omc::lang
