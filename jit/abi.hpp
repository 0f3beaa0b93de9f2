#pragma once
// What the two halves of the JIT share: the host, linked into omc, which counts, decides and calls; and the compiler, a shared
// module with LLVM in it, loaded when something is hot. The module sees layouts (vm/*.hpp) and this table, and calls nothing else.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vm/proto.hpp"
#include "vm/value.hpp"

namespace omc::vm {
struct Builtin;
struct GlobalCell;
struct Lane;
}

namespace omc::jit {

inline constexpr uint32_t kAbiVersion = 8;
inline constexpr size_t kWorthwhile = 8;  // instructions for each that calls the interpreter; fewer, and native code is slower

// A value in two registers; the tag is a vm::Tag, or kErrorTag: an error is pending.
struct Pair {
  uint64_t payload, tag;
};
inline constexpr uint64_t kErrorTag = 255;

struct Unit;

// A register whose kind is known where native code is left: nobody has written that into the frame, nor its payload where that is
// known too.
struct Known {
  uint32_t r;
  bool whole;
  uint64_t payload, tag;
};

// An instruction of a function, for calls out of native code.
struct Site {
  const vm::Proto* proto;
  uint32_t pc;
  Unit* unit;
  bool early = false;        // a guard failed
  std::vector<Known> known;  // of the frame, where the interpreter goes on here
};

// Calls out of native code. `room` is how many calls deeper it may go.
struct HostTable {
  void* host;
  const void* vm;
  const void* due;                  // bool: leave at the next jump back
  const void* soft_limit;           // Value*: registers beyond it must be announced with `grow`
  Pair (*leave)(void* host, const Site*, vm::Value* base, uint64_t room, vm::Closure*);
  uint64_t (*step)(void* host, const Site*, vm::Value* base, uint64_t room, vm::Closure*);  // 0: failed
  uint64_t (*step_in_loop)(void* host, const Site*, uint64_t room);
  void (*failed_call)(void* host, const Site*, const vm::Proto* callee);       // a trace line
  void (*failed_call_in_loop)(void* host, const Site*, const vm::Proto* callee);
  uint64_t (*grow)(void* host, vm::Value* top);
  const void* marking;              // bool: announce with `write_barrier` what is stored into an object
  void (*write_barrier)(void* host, uint64_t payload, uint64_t tag);
  double (*fmod)(double, double);
  double (*pow)(double, double);
  int64_t (*int_pow)(int64_t, int64_t);
  int64_t (*fold)(int64_t);
  // What is called without a frame. After a failure (the tag kErrorTag, nullptr) `failed` or `failed_in_loop` makes up for that.
  Pair (*direct)(void* host, const vm::Builtin* builtin, vm::Value* arguments, uint64_t count);  // one that calls nobody back
  vm::String* (*concatenate)(void* host, vm::String* a, vm::String* b);
  void (*failed)(void* host, const Site*, vm::Value* base, uint64_t room, vm::Closure*);
  void (*failed_in_loop)(void* host, const Site*);
  // Texts (native/strings.cpp).
  const void* characters;           // String*[128]: the strings of one ASCII character
  uint64_t (*same_text)(const vm::String* a, const vm::String* b);
  int64_t (*compare_text)(const vm::String* a, const vm::String* b);  // below 0, 0, above 0
  int64_t (*only_character)(const vm::String* s);                     // -1 unless it is one
  // The dual-band mode (native/bands.cpp).
  int64_t (*harmony)(int64_t, int64_t);
  const int16_t* near_harmonies;    // vm::near_harmonies(); nullptr in another mode
  vm::Lane* lanes;                  // of the registers, written before `leave`, which reads and clears them
  // Dicts and methods. Where memory is refused (nullptr, 0) nothing has happened.
  const uint64_t* epoch;            // changes with every definition of a function
  const vm::String* class_key;      // of an instance the key whose value names its class
  vm::Closure* (*method)(void* host, const vm::Proto*, uint32_t pc, const vm::String* class_name);  // that this call means
  uint64_t (*find_key)(const vm::Dict*, const vm::String* key);  // the number of its entry
  uint64_t (*add_key)(void* host, vm::Dict*, vm::String* key, uint64_t payload, uint64_t tag);
  vm::Dict* (*new_dict)(void* host);
  vm::Dict* (*construct)(void* host, vm::Function* constructor, const vm::Value* fields);
  vm::Box* (*new_box)(void* host);
  vm::Closure* (*new_closure)(void* host, vm::Closure* maker, vm::Value* base, vm::Proto*);
  uint64_t (*chance)(void* host);   // of tests: not 0 when a guard shall fail although its condition holds
};

// Native functions as C++ calls them. A call: 0 the arguments have other types, 1 the result is there, 2 failed.
using CallEntry = uint64_t (*)(vm::Value* base, uint64_t room, vm::Value* result, vm::Closure*);
// A loop: the place to go on at, nullptr: an error is pending.
using LoopEntry = const Site* (*)(vm::Value* base, uint64_t room, vm::Closure*);

struct Unit {
  vm::Closure* closure = nullptr;  // one of those it is for, while it is compiled
  const vm::Proto* proto = nullptr;
  uint32_t entry_pc = 0;
  bool loop = false;
  bool cautious = false;  // code for this place left too often: fewer guesses
  std::string name;       // as debuggers and profilers show it
  std::string signature;
  uint64_t exits = 0;  // left early
  uint64_t calls = 0;  // from C++

  // Objects whose addresses are in the code: they must live as long, or others would be taken for them.
  std::vector<vm::Object*> referred;

  // Published by the compiling thread: everything below, then `stage`.
  enum class Stage : uint8_t { Pending, Ready, Refused };
  std::atomic<Stage> stage{Stage::Pending};
  void* entry = nullptr;  // CallEntry or LoopEntry
  uint32_t code_bytes = 0;
  double compile_ms = 0;  // of both halves
  std::string reason;     // why it was refused
};

struct CompilerOptions {
  bool verify = false;
  bool dump_ir = false;
  bool selective = false;  // refuse what native code would hardly make faster
  bool dual_band = false;
  bool random_exits = false;  // guards ask HostTable::chance too
  bool perf_map = false;      // names in /tmp/perf-PID.map
  bool gdb = false;           // code is registered with gdb
};

// Code on its way from bytecode to the processor.
class Job {
 public:
  virtual ~Job() = default;
};

class Compiler {
 public:
  virtual ~Compiler() = default;
  // The first half, on the thread of the Vm: code for the kinds that the registers (of a loop: of the frame) hold now.
  // nullptr: refused, with the unit's reason and stage.
  virtual std::unique_ptr<Job> begin(Unit& unit, const vm::Value* registers) = 0;
  // The second and longer half, on any one thread; sets the unit's stage.
  virtual void finish(Job& job) = 0;
};

using MakeCompiler = Compiler* (*)(uint32_t version, const HostTable&, const CompilerOptions&);
inline constexpr const char* kMakeCompiler = "omc_jit_make_compiler";

}  // namespace omc::jit
