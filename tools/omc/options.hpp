#pragma once
// The command line, read once (command-line reference, section 1).

#include <optional>
#include <string>
#include <vector>

#include "vm/vm.hpp"

namespace omc::tools {

struct Command;

struct Options {
  const Command* command = nullptr;    // by its mode flag, or nullptr: run FILE, or the REPL
  std::string flag;                    // as given, long form
  std::vector<std::string> positionals;
  std::vector<std::string> arguments;  // behind the first `--`
  bool json = false;
  bool lenient = false;
  double timeout_seconds = 0;          // 0: none
  std::string timeout_text;
  vm::VmOptions vm;
};

// The usage text of --help, made from the rows of modes and options.
std::string usage();

struct UsageError {
  std::string message;
  int status = 2;
};

// Throws UsageError.
Options parse_options(const std::vector<std::string>& words);

}  // namespace omc::tools
