#pragma once
// Runs a program as `omc FILE` does, with somebody watching.

#include "omc/console.hpp"
#include "omc/options.hpp"
#include "vm/observer.hpp"

namespace omc::tools {

// False: FILE cannot be read, which was said; `status` is that of omc in either case. Native code tells little of what it
// does, so there is none unless --jit asks for it.
bool run_observed(const Options& options, Console& console, vm::Observer& observer, int& status);

// Whether the observed run uses native code, for the report's head.
bool with_native_code(const Options& options);

// Into the file that the option names, or to standard error when it was not given. The status: that of the run, or 1 when
// the run was fine and the file cannot be written.
int write_report(const std::string& text, const std::string* path, int status, const char* mode, Console& console);

}  // namespace omc::tools
