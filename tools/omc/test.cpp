// --test and --test-all: run the functions test_* of files (command-line reference, sections 7.1 and 7.2).

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "analysis/find_files.hpp"
#include "omc/command.hpp"
#include "omc/json_line.hpp"
#include "omc/session.hpp"
#include "omc/suite.hpp"
#include "omc/test_run.hpp"

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

std::string json_report(const std::string& path, const std::string& name, const Outcome& outcome) {
  JsonLine line;
  line.text("file", path).text("test", name).text("status", outcome.passed() ? "pass" : "fail");
  if (!outcome.passed()) line.text("error", outcome.error);
  if (!outcome.output.empty()) line.text("output", outcome.output);
  return line.str();
}

void show_details(const std::string& name, const Outcome& outcome, Console& console) {
  if (outcome.passed() || outcome.details.empty()) return;
  std::string text = outcome.details;
  text.pop_back();
  console.error("--- " + name + "\n" + text);
}

std::vector<TestTask> tasks_of(const Suite& suite) {
  std::vector<TestTask> tasks;
  for (const std::string& name : suite.names) tasks.push_back({&suite, name});
  return tasks;
}

// --- one file after the other ---

class FileReport : public TestListener {
 public:
  FileReport(const Options& options, Console& console) : options_(options), console_(console) {}

  void ended(const TestTask& task, const Outcome& outcome) override {
    ++run;
    if (!outcome.passed()) failures.push_back({task.name, outcome.error});
    if (options_.json) return console_.write(json_report(task.suite->path, task.name, outcome));
    console_.write(fmt::format("  {}{}\n", outcome.passed() ? "ok    " : "FAIL  ", task.name));
    show_details(task.name, outcome, console_);
  }

  size_t run = 0;
  std::vector<Failure> failures;

 private:
  const Options& options_;
  Console& console_;
};

int test_file(const std::string& path, const Options& options, Console& console, TestRun& all) {
  const Suite suite = load_suite(path, "test_", options);
  if (!suite.unreadable.empty()) {
    all.broken(path, suite.unreadable);
    return console.fail(2, "test: read {}: {}", path, suite.unreadable);
  }
  if (!suite.unparsable.empty()) {
    all.broken(path, suite.unparsable);
    return console.fail(2, "test: parse {}: {}", path, suite.unparsable);
  }
  const size_t count = suite.names.size();
  if (count == 0) {
    if (!options.json) console.write(fmt::format("test: no `fn test_*()` functions in {}\n", path));
    return 0;
  }
  if (!options.json) console.write(fmt::format("running {} test(s) from {}\n", count, path));
  FileReport report(options, console);
  all.run(tasks_of(suite), report);
  const size_t failed = report.failures.size(), passed = report.run - failed;
  if (options.json) {
    console.write(JsonLine().truth("summary", true).text("file", path).number("tests", count).number("passed", passed)
                      .number("failed", failed).str());
  } else {
    console.write(fmt::format("\nresult: {} passed, {} failed{}\n", passed, failed,
                              report.run < count ? fmt::format(", {} not run", count - report.run) : ""));
    for (const Failure& f : report.failures) console.write(fmt::format("  {}: {}\n", f.name, f.error));
  }
  return failed == 0 ? 0 : 1;
}

int test_once(const Options& options, Console& console) {
  TestRun all(options, console);
  int status = 0;
  for (const std::string& path : options.positionals)
    if (!all.stopped()) status = std::max(status, test_file(path, options, console, all));
  return std::max(status, all.finish());
}

int test(const Options& options, Console& console) {
  const auto run = [&] { return test_once(options, console); };
  return options.given("--watch") ? watch(options.positionals, console, run) : run();
}

// --- a folder with all below it ---

// At most 58 bytes, cut at the start of a character.
std::string shortened(const std::string& path) {
  if (path.size() <= 58) return path;
  size_t begin = path.size() - 55;
  while (begin < path.size() && (static_cast<unsigned char>(path[begin]) & 0xC0) == 0x80) ++begin;
  return "..." + path.substr(begin);
}

struct Totals {
  size_t tests = 0, passed = 0, failed = 0;
};

// Collects the outcomes of one file after the other, and shows a file when its last test has ended.
class TreeReport : public TestListener {
 public:
  TreeReport(const std::vector<Suite>& suites, const Options& options, Console& console)
      : suites_(suites), options_(options), console_(console) {}

  void starts(const TestTask& task) override {
    while (task.suite != &suites_[current_]) close();
  }
  void ended(const TestTask& task, const Outcome& outcome) override {
    ++run_;
    milliseconds_ += outcome.milliseconds;
    if (!outcome.passed()) failures_.push_back({task.name, outcome.error});
    if (options_.json) console_.write(json_report(task.suite->path, task.name, outcome));
    else show_details(task.name, outcome, console_);
  }
  void finish() {
    while (current_ < suites_.size()) close();
  }

  Totals totals;
  std::vector<std::string> failed;

 private:
  void close() {
    const Suite& suite = suites_[current_++];
    const size_t ran = std::exchange(run_, 0), ms = static_cast<size_t>(std::exchange(milliseconds_, 0));
    std::vector<Failure> failures = std::exchange(failures_, {});
    if (suite.ready() && ran == 0) return;
    const std::string& broken = suite.unreadable.empty() ? suite.unparsable : suite.unreadable;
    const size_t passed = ran - failures.size();
    if (!broken.empty()) failures.push_back({suite.unreadable.empty() ? "(parse)" : "(read)", broken});
    totals.tests += ran;
    totals.passed += passed;
    totals.failed += failures.size();
    if (!failures.empty()) failed.push_back(suite.path);
    if (options_.json) {
      JsonLine line;
      line.text("file", suite.path).truth("summary", true).number("tests", ran).number("passed", passed)
          .number("failed", failures.size());
      if (!broken.empty()) line.text("error", broken);
      return console_.write(line.number("ms", ms).str());
    }
    console_.write(fmt::format("{:<60} {:>6} {:>6} {:>8}\n", shortened(suite.path), passed, failures.size(), ms));
    for (const Failure& f : failures) console_.write(fmt::format("    FAIL {}: {}\n", f.name, f.error));
  }

  const std::vector<Suite>& suites_;
  const Options& options_;
  Console& console_;
  size_t current_ = 0, run_ = 0;
  double milliseconds_ = 0;
  std::vector<Failure> failures_;
};

int test_all_once(const Options& options, Console& console) {
  const std::string folder = options.positionals.empty() ? "tests" : options.positionals.back();
  std::error_code why;
  if (!fs::is_directory(folder, why)) return console.fail(2, "test-all: not a directory: {}", folder);
  const auto paths = analysis::find_files(folder, {"target", "node_modules", ".git", "omc_modules"},
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
    console.write(fmt::format("test-all: {} file(s) under {}\n{:<60} {:>6} {:>6} {:>8}\n", paths.size(), folder,
                              "file", "pass", "fail", "ms"));
  TestRun all(options, console);
  std::vector<Suite> suites;
  for (const std::string& path : paths) suites.push_back(load_suite(path, "test_", options));
  std::vector<TestTask> tasks;
  for (const Suite& suite : suites) {
    if (!suite.ready()) all.broken(suite.path, suite.unreadable.empty() ? suite.unparsable : suite.unreadable);
    for (TestTask& task : tasks_of(suite)) tasks.push_back(std::move(task));
  }
  TreeReport report(suites, options, console);
  all.run(tasks, report);
  report.finish();
  const Totals& totals = report.totals;
  const std::vector<std::string>& failed = report.failed;
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
  return std::max(failed.empty() ? 0 : 1, all.finish());
}

int test_all(const Options& options, Console& console) {
  const auto run = [&] { return test_all_once(options, console); };
  const std::string folder = options.positionals.empty() ? "tests" : options.positionals.back();
  return options.given("--watch") ? watch({folder}, console, run) : run();
}

const Command kTest("--test", "-t", "FILE...", "runs the functions test_* of files", test);
const Command kTestAll("--test-all", "", "[DIR]", "--test over all test_*.omc files of a tree (default tests)", test_all);

}  // namespace
}  // namespace omc::tools
