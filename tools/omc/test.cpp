// --test and --test-all: run the functions test_* of files (command-line reference, sections 7.1 and 7.2).

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "omc/command.hpp"
#include "omc/find_files.hpp"
#include "omc/json_line.hpp"
#include "omc/session.hpp"
#include "omc/suite.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

size_t milliseconds_since(Clock::time_point start) {
  return static_cast<size_t>(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

struct Failure {
  std::string name, error;
};

// Runs the tests of a file in order; `report` sees each outcome as it comes.
template <class Report>
std::vector<Failure> run_all(const Suite& suite, const Options& options, Console& console, Report&& report) {
  std::vector<Failure> failures;
  for (const std::string& name : suite.names) {
    const Outcome outcome = run_one(suite, name, options, console, options.json);
    if (!outcome.passed()) failures.push_back({name, outcome.error});
    if (!outcome.warning.empty()) console.error(outcome.warning);
    report(name, outcome);
  }
  return failures;
}

std::string json_report(const std::string& path, const std::string& name, const Outcome& outcome) {
  JsonLine line;
  line.text("file", path).text("test", name).text("status", outcome.passed() ? "pass" : "fail");
  if (!outcome.passed()) line.text("error", outcome.error);
  if (!outcome.output.empty()) line.text("output", outcome.output);
  return line.str();
}

// --- one file after the other ---

int test_file(const std::string& path, const Options& options, Console& console) {
  const Suite suite = load_suite(path, "test_", options);
  if (!suite.unreadable.empty()) return console.fail(2, "test: read {}: {}", path, suite.unreadable);
  if (!suite.unparsable.empty()) return console.fail(2, "test: parse {}: {}", path, suite.unparsable);
  const size_t count = suite.names.size();
  if (count == 0) {
    if (!options.json) console.write(fmt::format("test: no `fn test_*()` functions in {}\n", path));
    return 0;
  }
  if (!options.json) console.write(fmt::format("running {} test(s) from {}\n", count, path));
  const auto failures = run_all(suite, options, console, [&](const std::string& name, const Outcome& outcome) {
    if (options.json) console.write(json_report(path, name, outcome));
    else console.write(fmt::format("  {}{}\n", outcome.passed() ? "ok    " : "FAIL  ", name));
  });
  const size_t passed = count - failures.size();
  if (options.json) {
    console.write(JsonLine().truth("summary", true).text("file", path).number("tests", count).number("passed", passed)
                      .number("failed", failures.size()).str());
  } else {
    console.write(fmt::format("\nresult: {} passed, {} failed\n", passed, failures.size()));
    for (const Failure& f : failures) console.write(fmt::format("  {}: {}\n", f.name, f.error));
  }
  return failures.empty() ? 0 : 1;
}

int test(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& path : options.positionals) status = std::max(status, test_file(path, options, console));
  return status;
}

// --- a folder with all below it ---

// At most 58 bytes, cut at the start of a character.
std::string shortened(const std::string& path) {
  if (path.size() <= 58) return path;
  size_t begin = path.size() - 55;
  while (begin < path.size() && (static_cast<unsigned char>(path[begin]) & 0xC0) == 0x80) ++begin;
  return "..." + path.substr(begin);
}

// As printf pads: by bytes.
std::string padded(const std::string& text, size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

struct Totals {
  size_t tests = 0, passed = 0, failed = 0;
};

// True when nothing in the file failed.
bool test_one_of_many(const std::string& path, const Options& options, Console& console, Totals& totals) {
  const auto start = Clock::now();
  const Suite suite = load_suite(path, "test_", options);
  const std::string& broken = suite.unreadable.empty() ? suite.unparsable : suite.unreadable;
  if (suite.ready() && suite.names.empty()) return true;
  std::vector<Failure> failures = run_all(suite, options, console, [&](const std::string& name, const Outcome& outcome) {
    if (options.json) console.write(json_report(path, name, outcome));
  });
  const size_t passed = suite.names.size() - failures.size();
  if (!broken.empty()) failures.push_back({suite.unreadable.empty() ? "(parse)" : "(read)", broken});
  totals.tests += suite.names.size();
  totals.passed += passed;
  totals.failed += failures.size();
  const size_t ms = milliseconds_since(start);
  if (options.json) {
    JsonLine line;
    line.text("file", path).truth("summary", true).number("tests", suite.names.size()).number("passed", passed)
        .number("failed", failures.size());
    if (!broken.empty()) line.text("error", broken);
    console.write(line.number("ms", ms).str());
  } else {
    console.write(fmt::format("{} {:>6} {:>6} {:>8}\n", padded(shortened(path), 60), passed, failures.size(), ms));
    for (const Failure& f : failures) console.write(fmt::format("    FAIL {}: {}\n", f.name, f.error));
  }
  return failures.empty();
}

int test_all(const Options& options, Console& console) {
  const std::string folder = options.positionals.empty() ? "tests" : options.positionals.back();
  std::error_code why;
  if (!fs::is_directory(folder, why)) return console.fail(2, "test-all: not a directory: {}", folder);
  const auto paths = find_files(folder, {"target", "node_modules", ".git", "omc_modules"},
                                [](std::string_view name) { return name.starts_with("test_") && name.ends_with(".omc"); });
  if (paths.empty()) {
    if (options.json)
      console.write(JsonLine().truth("summary", true).text("dir", folder).number("files", 0).number("tests", 0)
                        .number("passed", 0).number("failed", 0).str());
    else
      console.write(fmt::format("test-all: no test_*.omc files found in {}\n", folder));
    return 0;
  }
  const auto start = Clock::now();
  if (!options.json)
    console.write(fmt::format("test-all: {} file(s) under {}\n{} {:>6} {:>6} {:>8}\n", paths.size(), folder,
                              padded("file", 60), "pass", "fail", "ms"));
  Totals totals;
  std::vector<std::string> failed;
  for (const std::string& path : paths)
    if (!test_one_of_many(path, options, console, totals)) failed.push_back(path);
  const size_t ms = milliseconds_since(start);
  if (options.json) {
    console.write(JsonLine().truth("summary", true).text("dir", folder).number("files", paths.size())
                      .number("tests", totals.tests).number("passed", totals.passed).number("failed", totals.failed)
                      .number("ms", ms).str());
  } else {
    console.write(fmt::format("\nOVERALL: {} file(s), {} test(s)  →  {} passed, {} failed  ({} ms)\n", paths.size(),
                              totals.tests, totals.passed, totals.failed, ms));
    if (!failed.empty()) console.write("\nFailed files:\n");
    for (const std::string& path : failed) console.write("  " + path + "\n");
  }
  return failed.empty() ? 0 : 1;
}

const Command kTest("--test", "-t", "FILE...", "runs the functions test_* of files", test);
const Command kTestAll("--test-all", "", "[DIR]", "--test over all test_*.omc files of a tree (default tests)", test_all);

}  // namespace
}  // namespace omc::tools
