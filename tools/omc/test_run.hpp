#pragma once
// One run of many tests: in this process one after the other, or spread over processes, each test in its own; and the
// reports that cover all of them.

#include <memory>
#include <string>
#include <vector>

#include "omc/coverage.hpp"
#include "omc/suite.hpp"

namespace omc::tools {

struct TestTask {
  const Suite* suite;
  std::string name;
};

// Hears of the tests in the order of the tasks.
class TestListener {
 public:
  virtual ~TestListener() = default;
  virtual void starts(const TestTask&) {}
  virtual void ended(const TestTask& task, const Outcome& outcome) = 0;
};

class TestRun {
 public:
  TestRun(const Options& options, Console& console);

  void run(const std::vector<TestTask>& tasks, TestListener& listener);
  // Whether --fail-fast has seen a failure; the rest is not to be run.
  bool stopped() const { return stopped_; }
  // A file that could not be read or parsed, for the report of --junit.
  void broken(const std::string& path, const std::string& why);
  // Writes what --slowest, --coverage and --junit ask for. The exit status: 1 when a file could not be written.
  int finish();

 private:
  struct Record {
    std::string path, name;
    Outcome outcome;
  };
  void end(const TestTask& task, Outcome outcome, TestListener& listener);
  void run_in_processes(const std::vector<TestTask>& tasks, TestListener& listener);
  std::string junit() const;

  const Options& options_;
  Console& console_;
  std::unique_ptr<Coverage> coverage_;
  std::vector<Record> records_;
  size_t jobs_ = 1;
  bool stopped_ = false;
};

// Calls `run` again each time a .omc file beside or below the paths changes, until it is interrupted.
int watch(const std::vector<std::string>& paths, Console& console, const std::function<int()>& run);

}  // namespace omc::tools
