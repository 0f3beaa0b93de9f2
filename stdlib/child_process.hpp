#pragma once
// Runs programs of the system, one or several joined by pipes, and collects what they write.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace omc::stdlib {

struct Pipeline {
  using Command = std::vector<std::string>;  // the program, looked for in PATH, and its arguments
  std::vector<Command> stages;               // at least one; no text may hold a zero byte
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
  int64_t timeout_ms = 0;                                             // 0: none
};

struct PipelineResult {
  std::string output;               // of the last stage
  std::vector<std::string> errors;  // of each stage
  int exit_code = 0;                // of the last stage; -1 when a signal ended it or the time was up
  bool timed_out = false;
};

struct StartFailure {
  size_t stage;
  int error;  // errno; no child is left
};

// Waits until every stage has ended and nobody can write any more. All of standard output and errors is read as it
// comes, so no stage ever waits for us. When the time is up, or `watch` throws, the children and theirs are killed.
// `watch` gets the number of bytes collected so far, every 50 ms at least.
std::variant<PipelineResult, StartFailure> run_pipeline(const Pipeline& pipeline,
                                                        const std::function<void(size_t)>& watch);

}  // namespace omc::stdlib
