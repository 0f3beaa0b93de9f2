#pragma once
// The compiler, and the thread that works with it. Nobody can interrupt LLVM, so where a program ends meanwhile the thread may be
// left behind: it then keeps what it needs, until the process ends.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "jit/abi.hpp"

namespace omc::jit {

class Workshop {
 public:
  enum class Load : uint8_t { Ready, Later, Never };

  Workshop(std::vector<std::string> libraries, const HostTable& table, const CompilerOptions& options)
      : libraries_(std::move(libraries)), table_(table), options_(options) {}
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  // Opens the first of the libraries that can be opened, on this thread.
  void open();
  // Starts the thread: it opens the compiler, then finishes one job after the other.
  static void start(const std::shared_ptr<Workshop>& workshop);
  bool started() const { return thread_.joinable(); }
  Load loaded() const { return loaded_.load(std::memory_order_acquire); }
  // Once loaded() is Ready.
  Compiler& compiler() { return *compiler_; }
  void queue(std::unique_ptr<Job> job);
  // Waits until the thread has nothing left to do, or for so long.
  void wait(std::chrono::milliseconds patience);
  // Processor time of the thread, opening the compiler included.
  double milliseconds() const { return spent_.load(std::memory_order_relaxed); }

  // Drops what is queued and waits for the rest. With `may_leave` it does not wait: false when the thread is still at work, with
  // the units, on which it works.
  bool stop(bool may_leave, std::vector<std::unique_ptr<Unit>>& units);

 private:
  void work();

  const std::vector<std::string> libraries_;
  const HostTable table_;
  const CompilerOptions options_;
  void* library_ = nullptr;
  std::unique_ptr<Compiler> compiler_;
  std::atomic<Load> loaded_{Load::Later};
  std::atomic<double> spent_{0};

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Job>> jobs_;
  bool busy_ = true, stop_ = false, ended_ = false;
  std::vector<std::unique_ptr<Unit>> kept_;
};

// Processor time of this thread, in milliseconds.
double thread_milliseconds();

}  // namespace omc::jit
