#pragma once
// The half of the JIT that is linked into omc: decides what is compiled, calls it, and brings back what leaves it.
//
//   jit::Host host(vm, options);
//   vm.set_native_code(&host);

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "jit/abi.hpp"
#include "jit/forecast.hpp"
#include "jit/hotness.hpp"
#include "jit/workshop.hpp"
#include "vm/bands.hpp"
#include "vm/native_code.hpp"
#include "vm/vm.hpp"

namespace omc::jit {

enum class Mode : uint8_t { Off, Auto, Force };

struct HostOptions {
  Mode mode = Mode::Auto;
  std::vector<std::string> libraries;  // where the compiler may be, the first that can be opened is taken
  CompilerOptions compiler;
  bool random_tiers = false;           // of tests: what is hot, and for how long, is left to chance
  uint32_t random_seed = 1;
  // Set at the end where the thread that compiles is still at work: the process must end without running destructors. nullptr: the
  // end waits for it.
  std::atomic<bool>* still_compiling = nullptr;
};

class Host : public vm::NativeCode, private States {
 public:
  Host(vm::Vm& vm, HostOptions options);
  ~Host() override;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Outcome call(vm::Closure* callee, vm::Value* arguments, vm::Value& result) noexcept override;
  Outcome callback(vm::Closure* callee, vm::Value* arguments, vm::Value& result) noexcept override;
  Outcome loop(vm::Frame& frame) noexcept override;
  void mark(vm::Marker& marker) override;
  // What became of each unit, one a line (language reference, chapter 08, section 2.3).
  std::string report() const;

 private:
  Outcome call_native(vm::Closure* callee, vm::Value* arguments, vm::Value& result);
  FunctionState& state(vm::Proto* proto) override;
  bool want(const Choice& choice);
  using Load = Workshop::Load;
  HostTable table();
  Load load();
  Load may_compile();
  bool affordable();
  void await();
  Unit* compile(vm::Closure* closure, uint32_t pc, bool loop, bool cautious, const vm::Value* registers);
  uint64_t enter(const Unit& unit, vm::Closure* callee, vm::Value* arguments, uint64_t room, vm::Value& result);
  uint64_t budget(const vm::Value* base);
  void left_early(Unit& unit);
  int32_t shuffled(int32_t count);
  uint64_t most_exits() const;

  static void write_known(vm::Value* base, const Site& site);
  static Pair leave(void* host, const Site* site, vm::Value* base, uint64_t room, vm::Closure* closure);
  static uint64_t step(void* host, const Site* site, vm::Value* base, uint64_t room, vm::Closure* closure);
  static uint64_t step_in_loop(void* host, const Site* site, uint64_t room);
  static void failed_call(void* host, const Site* site, const vm::Proto* callee);
  static void failed_call_in_loop(void* host, const Site* site, const vm::Proto* callee);
  static uint64_t grow(void* host, vm::Value* top);
  static Pair direct(void* host, const vm::Builtin* builtin, vm::Value* arguments, uint64_t count);
  static vm::String* concatenate(void* host, vm::String* a, vm::String* b);
  static void failed(void* host, const Site* site, vm::Value* base, uint64_t room, vm::Closure* closure);
  static void failed_in_loop(void* host, const Site* site);
  static vm::Closure* method(void* host, const vm::Proto* proto, uint32_t pc, const vm::String* class_name);
  static uint64_t add_key(void* host, vm::Dict* d, vm::String* key, uint64_t payload, uint64_t tag);
  static vm::Dict* new_dict(void* host);
  static vm::Dict* construct(void* host, vm::Function* constructor, const vm::Value* fields);
  static vm::Box* new_box(void* host);
  static vm::Closure* new_closure(void* host, vm::Closure* maker, vm::Value* base, vm::Proto* proto);
  static uint64_t chance(void* host);
  static void write_barrier(void* host, uint64_t payload, uint64_t tag);

  vm::Vm& vm_;
  HostOptions options_;
  HostTable table_;
  vm::Bands bands_;                        // of the dual-band mode: runs functions that have second lanes and are not native
  std::vector<vm::Lane> lanes_;            // of the registers of native code that leaves
  std::shared_ptr<Workshop> workshop_;
  Forecast forecast_;
  std::optional<double> remaining_;        // milliseconds of the program, as last foretold
  std::minstd_rand random_{1};  // of the tests that leave things to chance
  std::vector<vm::Closure*> running_;  // with captures, called by C++: native code has no frame to keep them alive
  uint64_t hidden_room_ = 0;  // calls that native code may not make itself, because its stack is smaller than the limit
  std::vector<std::unique_ptr<FunctionState>> states_;
  std::vector<std::unique_ptr<Unit>> units_;
};

}  // namespace omc::jit
