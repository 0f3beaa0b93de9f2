#pragma once
// The command line, read once (command-line reference, section 1).
//
// What an option is: one row, registered by the file that holds the code it changes, as with modes (command.hpp):
//
//   static const Option kFilter("--filter", "TEXT", "--test --bench", "only those whose names contain TEXT");
//   ... if (const std::string* text = options.value("--filter")) ...

#include <cstdint>  // SIZE_MAX
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jit/host.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

struct Command;

struct Options {
  const Command* command = nullptr;    // by its mode flag, or nullptr: run FILE, or the REPL
  std::string flag;                    // as given, long form
  std::vector<std::string> positionals;
  std::vector<std::string> arguments;  // behind the first `--`
  std::vector<std::string> run_words;  // the options that change how a program runs, as words
  bool json = false;
  bool lenient = false;
  double timeout_seconds = 0;          // 0: none
  std::string timeout_text;
  size_t max_output = SIZE_MAX;        // bytes
  vm::VmOptions vm;
  jit::HostOptions jit;
  bool jit_report = false;
  bool jit_announce = false;
  bool dual_band = false;
  bool leak_check = false;

  bool given(std::string_view flag) const { return values_.contains(flag); }
  // Of an option given several times: the last value, or all of them. nullptr when it was not given.
  const std::string* value(std::string_view flag) const;
  std::vector<std::string> values(std::string_view flag) const;
  void add(std::string_view flag, std::string value) { values_[std::string(flag)].push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Option {
  // Puts the value where it belongs; false when it is bad. Every value is also kept as text.
  using Set = bool (*)(Options&, std::string_view);

  // value names what follows; empty: a switch. modes: the flags it changes, separated by blanks; empty: all. It is
  // accepted with every mode.
  Option(std::string_view flag, std::string_view value, std::string_view modes, std::string_view summary, Set set = nullptr);

  std::string_view flag, value, modes, summary;
  Set set;
};

// All rows, by flag.
const std::vector<const Option*>& all_options();

// The whole of a text as a decimal number from `least` on.
std::optional<size_t> parse_count(std::string_view text, size_t least);

struct UsageError {
  std::string message;
  int status = 2;
};

// Throws UsageError.
Options parse_options(const std::vector<std::string>& words);

}  // namespace omc::tools
