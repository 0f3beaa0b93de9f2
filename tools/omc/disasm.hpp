#pragma once
// What OMC_DISASM and OMC_OPT_STATS show before a program runs.

#include <memory>

#include "lang/source.hpp"
#include "omc/console.hpp"
#include "omc/options.hpp"

namespace omc::tools {

// Writes to standard error what the variables ask for; nothing about a program that does not compile.
void show_compilation(const std::shared_ptr<const lang::Source>& source, const Options& options, Console& console);

}  // namespace omc::tools
