#pragma once
// A Vm set up as the command line asks: builtins, library path, limits, and how its errors are shown.

#include <atomic>
#include <memory>
#include <string>

#include "lang/source.hpp"
#include "omc/console.hpp"
#include "omc/options.hpp"
#include "vm/limited_output.hpp"

namespace omc::tools {

// The text a reason of the operating system has in messages: "No such file or directory (os error 2)".
std::string reason_text(const std::error_code& why);

// nullptr, with the reason, when the file cannot be read or is not UTF-8.
std::shared_ptr<const lang::Source> read(const std::string& path, std::string& reason);

class Session {
 public:
  Session(const Options& options, Console& console);
  ~Session();
  vm::Vm& machine() { return *vm_; }
  // Starts the time limit of --timeout anew, for what runs next.
  void restart_timer();
  // Shows how a run ended: "Error: ..." with its trace, on a terminal with the excerpt. The exit status.
  int report(const vm::RunResult& result);

  // The program is over, but code that nobody will run is still being compiled: the process ends without running destructors.
  static inline std::atomic<bool> still_compiling{false};

 private:
  const Options& options_;
  Console& console_;
  std::unique_ptr<jit::Host> jit_;
  std::atomic<size_t> lost_bytes_{0};  // --leak-check
  std::unique_ptr<vm::LimitedOutput> limited_;  // --max-output
  std::unique_ptr<vm::Vm> vm_;
};

// While it lives Ctrl-C stops the running program and not omc.
class InterruptStops {
 public:
  InterruptStops();
  ~InterruptStops();
};

// Calls f on a stack large enough for deeply nested programs; the status it gives.
int on_large_stack(int (*f)(void*), void* argument);

}  // namespace omc::tools
