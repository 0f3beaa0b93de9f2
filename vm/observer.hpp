#pragma once
// Who watches a program run: the counts of `omc --stats`, the samples of `omc --profile`.
//
//   Watcher watcher;             // an Observer
//   options.observer = &watcher;
//   Vm vm(options);
//
// A Vm that has one runs the second copy of the interpreter's loop, which counts every instruction and looks at `ticks`
// before it; one that has none pays nothing. Somebody else, a thread as a rule, adds to `ticks` as time goes by. So a sample
// is taken within an instruction of its tick, whatever the program is doing, and a long builtin gets all the ticks it took.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "vm/bytecode.hpp"  // kOpCount
#include "vm/fwd.hpp"

namespace omc::vm {

struct RunCounts {
  std::array<uint64_t, kOpCount> instructions{};  // by opcode; one that rewrites itself counts as what it was before
  uint64_t calls = 0;          // of OMC functions
  uint64_t specialised = 0;    // instructions that became those for one kind,
  uint64_t generalised = 0;    // ... and those that became the general ones for good
  uint64_t key_hits = 0, key_misses = 0;        // constant keys: found at the place remembered, or looked up
  uint64_t method_hits = 0, method_misses = 0;  // methods likewise
  uint64_t short_forms = 0;    // calls of builtins made without a call
};

// What a place of a sampled stack is doing. Code and NativeCode name a proto; Builtin and Import stand above the Code
// that called them; the others stand alone.
enum class Activity : uint8_t { Code, NativeCode, Builtin, Import, Collector, Startup, Omitted };

struct SampledPlace {
  Activity activity;
  const Proto* proto = nullptr;
  uint32_t pc = 0;
  const Builtin* builtin = nullptr;
};

class Observer {
 public:
  virtual ~Observer() = default;
  // A Vm is going to run with this observer.
  virtual void attached(Vm&) {}
  // Where it was when `ticks` of them passed; outermost place first. The protos live only as long as the Vm keeps them.
  virtual void sampled(std::span<const SampledPlace>, uint32_t /*ticks*/) {}
  // The Vm, as it was at the end, goes away.
  virtual void detached(Vm&) {}

  RunCounts counts;
  std::atomic<uint32_t> ticks{0};
};

}  // namespace omc::vm
