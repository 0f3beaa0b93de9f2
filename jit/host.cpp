// Counting, deciding, calling.

#include "jit/host.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "substrate/fold.hpp"
#include "vm/frame.hpp"
#include "vm/heap.hpp"
#include "vm/operators.hpp"

namespace omc::jit {

using vm::NativeSupport;
using Outcome = vm::NativeCode::Outcome;

namespace {

constexpr int32_t kFirstCalls = 50, kFirstJumps = 300;  // before anybody looks at a function
constexpr int64_t kHotWork = 100'000;                   // instructions executed, roughly, before it is compiled
constexpr size_t kMostUnits = 4;                        // of a function, and of a loop over time
constexpr uint64_t kMostExits = 200;                    // before a unit is thrown away
constexpr size_t kFrameBytes = 16 * 1024;               // of a native call at most
constexpr size_t kRegisters = 256;                      // of a native call at most
constexpr uint64_t kLeastRoom = 16;

int64_t int_pow(int64_t x, int64_t n) { return vm::wrapping_pow(x, n); }
int64_t fold(int64_t x) { return substrate::fold(x); }
double float_pow(double x, double y) { return std::pow(x, y); }
double float_mod(double x, double y) { return std::fmod(x, y); }

}  // namespace

// What is known about a function.
struct Host::FunctionState {
  vm::Proto* proto = nullptr;
  vm::Closure* closure = nullptr;  // kept alive for its units
  std::vector<Unit*> calls;        // one for each signature
  size_t compiled = 0;             // calls that were compiled, thrown away ones included
  bool waiting = true;             // for kHotWork
  bool refused = false;
  struct Loop {
    uint32_t header;
    Unit* unit;
    size_t compiled;
    int64_t jumps;
  };
  std::vector<Loop> loops;
};

Host::Host(vm::Vm& vm, HostOptions options) : vm_(vm), options_(std::move(options)) {
  if (options_.mode == Mode::Force) call_heat = loop_heat = 0;
  else if (options_.mode == Mode::Auto) call_heat = kFirstCalls, loop_heat = kFirstJumps;
  table_ = {.host = this,
            .due = NativeSupport::due_flag(vm),
            .soft_limit = NativeSupport::soft_limit(vm),
            .leave = leave,
            .step = step,
            .step_in_loop = step_in_loop,
            .failed_call = failed_call,
            .failed_call_in_loop = failed_call_in_loop,
            .grow = grow,
            .fmod = float_mod,
            .pow = float_pow,
            .int_pow = int_pow,
            .fold = fold};
}

Host::~Host() {
  compiler_.reset();
  if (library_) dlclose(library_);
}

bool Host::ready() {
  if (compiler_) return true;
  if (unavailable_) return false;
  for (const std::string& path : options_.libraries) {
    library_ = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (!library_) continue;
    const auto make = reinterpret_cast<MakeCompiler>(dlsym(library_, kMakeCompiler));
    if (make) compiler_.reset(make(kAbiVersion, table_, options_.compiler));
    if (compiler_) return true;
  }
  unavailable_ = true;
  return false;
}

Host::FunctionState& Host::state(vm::Proto* proto) {
  if (!proto->native_state) {
    states_.push_back(std::make_unique<FunctionState>());
    states_.back()->proto = proto;
    proto->native_state = states_.back().get();
  }
  return *static_cast<FunctionState*>(proto->native_state);
}

Unit* Host::compile(vm::Closure* closure, uint32_t pc, bool loop, const vm::Value* registers) {
  if (!ready()) return nullptr;
  units_.push_back(std::make_unique<Unit>());
  Unit& unit = *units_.back();
  unit.closure = closure;
  unit.entry_pc = pc;
  unit.loop = loop;
  if (!compiler_->compile(unit, registers)) return nullptr;
  return &unit;
}

// How many calls deep native code may go from here on: the language's limit, the C++ stack, the registers. What the latter two
// take away is kept in hidden_room_, so that the interpreter, to which native code leaves then, counts on from the right place.
uint64_t Host::budget(const vm::Value* base) {
  const uint64_t allowed = NativeSupport::depth_left(vm_);
  const char here = 0;
  const char* const end = NativeSupport::native_stack_end(vm_);
  const uint64_t stack = end && &here > end ? static_cast<uint64_t>(&here - end) / kFrameBytes : 0;
  const uint64_t room = std::min({allowed, stack, static_cast<uint64_t>(NativeSupport::registers_left(vm_, base) / kRegisters)});
  hidden_room_ = allowed - room;
  return room;
}

Outcome Host::call(vm::Closure* callee, vm::Value* arguments, vm::Value& result) noexcept {
  vm::Proto* const proto = callee->proto;
  FunctionState& f = state(proto);
  if (f.refused) {
    proto->call_heat = INT32_MAX;
    return Outcome::Interpret;
  }
  if (f.waiting && options_.mode == Mode::Auto) {
    f.waiting = false;
    const int64_t calls = kHotWork / static_cast<int64_t>(proto->code.size() + 1);
    proto->call_heat = static_cast<int32_t>(std::clamp<int64_t>(calls, 1, 10'000));
    return Outcome::Interpret;
  }
  proto->call_heat = 0;
  const uint64_t saved = hidden_room_;
  const uint64_t room = budget(arguments);
  if (room < kLeastRoom) {
    hidden_room_ = saved;
    return Outcome::Interpret;
  }
  const auto run = [&](Unit* unit) {
    return reinterpret_cast<CallEntry>(unit->entry)(arguments, room - 1, &result);
  };
  uint64_t status = 0;
  if (!f.closure || f.closure == callee) {
    for (size_t i = 0; i < f.calls.size() && status == 0; ++i) status = run(f.calls[i]);
    if (status == 0 && f.compiled < kMostUnits) {
      ++f.compiled;
      f.closure = callee;
      if (Unit* unit = compile(callee, 0, false, arguments)) {
        f.calls.push_back(unit);
        status = run(unit);
      } else {
        f.refused = f.calls.empty();
      }
    }
  }
  hidden_room_ = saved;
  if (f.calls.empty() && f.compiled >= kMostUnits) f.refused = true;
  return status == 0 ? Outcome::Interpret : status == 1 ? Outcome::Done : Outcome::Failed;
}

Outcome Host::loop(vm::Frame& frame) noexcept {
  vm::Proto* const proto = frame.proto;
  FunctionState& f = state(proto);
  const auto header = static_cast<uint32_t>(frame.ip - proto->code.data());
  auto at = std::find_if(f.loops.begin(), f.loops.end(), [&](const auto& l) { return l.header == header; });
  if (at == f.loops.end()) {
    f.loops.push_back({header, nullptr, 0, 0});
    at = f.loops.end() - 1;
  }
  const bool own = !f.closure || f.closure == frame.closure;
  if (!at->unit && at->compiled < kMostUnits && own) {
    // Jumps are counted for the function as a whole: the loop that is met when the count is over is hot.
    constexpr int64_t kBatch = kFirstJumps;
    const int64_t hot = std::clamp<int64_t>(kHotWork / 10, kBatch, 10'000);
    if (options_.mode == Mode::Auto && (at->jumps += kBatch) < hot) {
      proto->loop_heat = static_cast<int32_t>(kBatch);
      return Outcome::Interpret;
    }
    ++at->compiled;
    f.closure = frame.closure;
    at->unit = compile(frame.closure, header, true, frame.base);
    if (!at->unit) at->compiled = kMostUnits;
  }
  const bool alive = std::any_of(f.loops.begin(), f.loops.end(), [](const auto& l) { return l.unit || l.compiled < kMostUnits; });
  const bool native = std::any_of(f.loops.begin(), f.loops.end(), [](const auto& l) { return l.unit != nullptr; });
  proto->loop_heat = !alive ? INT32_MAX : native || options_.mode == Mode::Force ? 0 : kFirstJumps;
  if (!at->unit || !own) return Outcome::Interpret;
  const uint64_t saved = hidden_room_;
  const uint64_t room = budget(frame.base + proto->register_count);
  uint64_t status = header;
  if (room >= kLeastRoom) {
    ++at->unit->entries;
    Unit* const unit = at->unit;
    status = reinterpret_cast<LoopEntry>(unit->entry)(frame.base, room);
    if (status != kLoopFailed && (status & kLeftEarly) && ++unit->exits > kMostExits)
      for (auto& l : f.loops)
        if (l.unit == unit) l.unit = nullptr;
  }
  hidden_room_ = saved;
  if (status == kLoopFailed) return Outcome::Failed;
  frame.ip = proto->code.data() + static_cast<uint32_t>(status);
  return Outcome::Done;
}

void Host::left_early(Unit& unit) {
  if (*static_cast<const bool*>(table_.due)) return;
  if (++unit.exits <= kMostExits || unit.loop) return;
  // Its assumptions do not hold: the next call compiles for what it meets, a few times.
  FunctionState& f = state(unit.closure->proto);
  std::erase(f.calls, &unit);
}

void Host::mark(vm::Marker& marker) {
  for (const auto& f : states_) {
    marker.mark(static_cast<vm::Object*>(f->proto));
    marker.mark(static_cast<vm::Object*>(f->closure));
  }
}

// --- out of native code ------------------------------------------------------------------------------------------------

Pair Host::leave(void* host, const Site* site, vm::Value* base, uint64_t room) {
  Host& h = *static_cast<Host*>(host);
  const uint64_t hidden = h.hidden_room_;
  h.left_early(*site->unit);
  vm::Value result;
  const bool ok = NativeSupport::leave(h.vm_, site->closure, site->pc, base, room + hidden, result);
  h.hidden_room_ = hidden;
  if (!ok) return {0, kErrorTag};
  Pair pair{0, static_cast<uint64_t>(result.tag())};
  std::memcpy(&pair.payload, &result, sizeof(pair.payload));
  return pair;
}

uint64_t Host::step(void* host, const Site* site, vm::Value* base, uint64_t room) {
  Host& h = *static_cast<Host*>(host);
  const uint64_t hidden = h.hidden_room_;
  const bool ok = NativeSupport::step(h.vm_, site->closure, site->pc, base, room + hidden);
  h.hidden_room_ = hidden;
  return ok;
}

uint64_t Host::step_in_loop(void* host, const Site* site, uint64_t) {
  Host& h = *static_cast<Host*>(host);
  const uint64_t hidden = h.hidden_room_;
  const bool ok = NativeSupport::step_in_frame(h.vm_, site->pc);
  h.hidden_room_ = hidden;
  return ok;
}

void Host::failed_call(void* host, const Site* site, const vm::Proto* callee) {
  NativeSupport::add_to_trace(static_cast<Host*>(host)->vm_, callee, site->closure->proto, site->pc);
}

void Host::failed_call_in_loop(void* host, const Site* site, const vm::Proto* callee) {
  failed_call(host, site, callee);
  NativeSupport::place(static_cast<Host*>(host)->vm_, site->pc);
}

uint64_t Host::grow(void* host, vm::Value* top) { return NativeSupport::raise_limit(static_cast<Host*>(host)->vm_, top); }

}  // namespace omc::jit
