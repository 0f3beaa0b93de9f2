// --bench: times the functions bench_* of files (command-line reference, section 7.3).

#include <algorithm>

#include "omc/command.hpp"
#include "omc/suite.hpp"

namespace omc::tools {

namespace {

int bench_file(const std::string& path, const Options& options, Console& console) {
  const Suite suite = load_suite(path, "bench_", options);
  if (!suite.unreadable.empty()) return console.fail(2, "bench: read {}: {}", path, suite.unreadable);
  if (!suite.unparsable.empty()) return console.fail(2, "bench: parse {}: {}", path, suite.unparsable);
  if (suite.names.empty()) {
    console.write(fmt::format("bench: no `fn bench_*()` functions in {}\n", path));
    return 0;
  }
  console.write(fmt::format("running {} bench(es) from {}\n", suite.names.size(), path));
  int status = 0;
  for (const std::string& name : suite.names) {
    const Outcome outcome = run_one(suite, name, options, console, false);
    if (outcome.passed()) {
      console.write(fmt::format("  {:<30}  {:>8.2f} ms\n", name, outcome.milliseconds));
    } else {
      console.write(fmt::format("  {:<30}  ERROR: {}\n", name, outcome.error));
      status = 1;
    }
  }
  return status;
}

int bench(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& path : options.positionals) status = std::max(status, bench_file(path, options, console));
  return status;
}

const Command kRow("--bench", "-b", "FILE...", "times the functions bench_* of files", bench);

}  // namespace
}  // namespace omc::tools
