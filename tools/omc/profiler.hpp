#pragma once
// Samples of a running program, added up as they come: by function, by line, and as a tree of calls.
//
// A thread of its own is the clock, so no system call of the program is interrupted; it counts wall time, and a builtin that
// waits is seen waiting.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "vm/observer.hpp"

namespace omc::tools {

class Profiler : public vm::Observer {
 public:
  struct Weight {
    uint64_t self = 0;   // samples in it
    uint64_t total = 0;  // ... and in what it called; a recursion counts once
  };
  struct Function {
    std::string name;
    std::string path;   // empty: not of a program
    uint32_t line = 0;  // where it begins
    Weight weight;
    uint64_t last = 0;  // the last sample it was in
    std::string label() const;
  };
  struct Line {
    std::string path;
    uint32_t line = 0;
    std::string text;
    Weight weight;  // self: with the builtins called there
    uint64_t last = 0;
  };
  // A function as called by the one above it. Children follow by function.
  struct Call {
    const Function* function;  // nullptr: the root
    Weight weight;
    std::map<const Function*, size_t> callees;
  };

  explicit Profiler(std::chrono::nanoseconds period) : period_(period) {}
  ~Profiler() override { stop(); }

  void attached(vm::Vm& machine) override;
  void sampled(std::span<const vm::SampledPlace> stack, uint32_t ticks) override;
  void detached(vm::Vm&) override { stop(); }

  std::vector<const Function*> functions() const;  // most self time first
  std::vector<const Line*> lines() const;
  const std::vector<Call>& calls() const { return calls_; }  // the first is the root
  uint64_t samples() const { return calls_[0].weight.total; }
  double seconds(uint64_t part) const { return static_cast<double>(part) * std::chrono::duration<double>(period_).count(); }
  double share(uint64_t part) const {  // in percent
    return 100.0 * static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(1, samples()));
  }

 private:
  void stop();
  Function& function_at(const vm::SampledPlace& place);
  Function& function_named(const std::string& name, const std::string& path, uint32_t line);
  Line* line_at(const vm::SampledPlace& place);

  const std::chrono::nanoseconds period_;
  std::map<std::tuple<std::string, std::string, uint32_t>, Function> functions_;  // by path, name, line
  std::map<std::tuple<std::string, uint32_t>, Line> lines_;
  std::vector<Call> calls_{1};
  uint64_t sample_ = 0;
  // What was found out about protos, which are kept alive while their Vm lives.
  std::unordered_map<const vm::Proto*, Function*> of_proto_;

  std::thread clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
};

}  // namespace omc::tools
