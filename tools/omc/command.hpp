#pragma once
// What a mode of `omc` is: one row, registered by the file that holds its code.
//
//   static int run(const Options& options, Console& console) { ... }
//   static const Command kRow("--disasm", "", "FILE...", "lists the bytecode", run);

#include <string_view>
#include <vector>

#include "omc/console.hpp"
#include "omc/options.hpp"

namespace omc::tools {

struct Command {
  using Run = int (*)(const Options&, Console&);

  // flag begins with "--" (a mode) or is a plain word (a subcommand with arguments of its own, e.g. "pkg").
  // aliases: other spellings, separated by blanks. positionals: as usage shows them; in [] when optional.
  Command(std::string_view flag, std::string_view aliases, std::string_view positionals, std::string_view summary, Run run);

  std::string_view flag, aliases, positionals, summary;
  Run run;

  bool is_mode() const { return flag.starts_with("--"); }
  bool needs_file() const { return positionals.starts_with("FILE") || positionals.starts_with("PATH"); }
  bool named(std::string_view word) const;
};

// All rows, by flag.
const std::vector<const Command*>& commands();
const Command* find_command(std::string_view word);  // by flag or alias

}  // namespace omc::tools
