#pragma once
// Runs of healed programs: OMC_HEAL, OMC_HEAL_RETRY, OMC_HEAL_QUIET (command-line reference, section 4).

#include <memory>

#include "lang/source.hpp"
#include "omc/console.hpp"
#include "omc/options.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

struct HealSettings {
  bool heal = false;
  bool retry = false;
  bool quiet = false;

  static HealSettings from_environment();
  // Of a file that is tested: a comment `@needs_heal` in its first 40 lines asks for healing.
  HealSettings for_test(const lang::Source& source) const;
};

// A rewrite for Vm::run that heals the program and says on standard error what it did; none when healing is off.
vm::Vm::Rewrite healing(const HealSettings& settings, vm::Vm& machine, Console& console);

// Runs the program as the settings say; the exit status.
int run_program(const std::shared_ptr<const lang::Source>& source, const Options& options, Console& console);

}  // namespace omc::tools
