#pragma once
// The heal walk (command-line reference, section 4): slips that have one likely cure, found in the tree and cured there.
//
// `omc --check` shows what it finds; a run with OMC_HEAL=1 runs what it leaves behind. It wants a tree without syntax
// errors that resolve() has not seen yet: names change.

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"
#include "lang/known_names.hpp"

namespace omc::lang {

inline constexpr unsigned kHealPasses = 5;

struct HealReport {
  Diagnostics found;        // in order of discovery; codes are the names of the classes in lint/rules.def
  unsigned iterations = 0;  // passes that found something
  bool exhausted = false;   // the last pass still did
};

// A missing return is a Hint, anything else a Warning.
HealReport heal(Module& module, const KnownNames& known);

}  // namespace omc::lang
