#pragma once
// The functions of a file that a mode runs by their names: tests (`fn test_*`) and benches (`fn bench_*`).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/source.hpp"
#include "omc/console.hpp"
#include "omc/options.hpp"

namespace omc::tools {

struct Suite {
  std::string path;
  std::shared_ptr<const lang::Source> source;
  std::vector<std::string> names;  // of the top level, in source order
  std::string unreadable;          // why there is no source
  std::string unparsable;          // message of its first syntax error

  bool ready() const { return unreadable.empty() && unparsable.empty(); }
};

// --filter narrows the names.
Suite load_suite(const std::string& path, std::string_view prefix, const Options& options);

struct Outcome {
  std::string error;    // first line; empty: passed
  std::string details;  // both sides of failed assertions, and what else there is to say
  std::string warning;
  std::string output;   // only when captured
  double milliseconds = 0;

  bool passed() const { return error.empty(); }
};

class Coverage;

// Runs the whole file from the top in a fresh machine, then the function (command-line reference, section 7.1).
Outcome run_one(const Suite& suite, const std::string& name, const Options& options, Console& console, bool capture,
                Coverage* coverage = nullptr);

std::string first_line(const std::string& text);

}  // namespace omc::tools
