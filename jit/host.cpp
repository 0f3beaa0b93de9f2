// Counting, deciding, calling.

#include "jit/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "jit/eligibility.hpp"
#include "lang/source.hpp"
#include "vm/frame.hpp"
#include "vm/globals.hpp"
#include "vm/heap.hpp"

namespace omc::jit {

using vm::NativeSupport;
using Outcome = vm::NativeCode::Outcome;

namespace {

constexpr int32_t kFirstCalls = 50, kFirstJumps = 300;  // before anybody looks at a function
constexpr int32_t kRetry = 500;                         // calls until one looks again whether the code is there
constexpr uint64_t kMostExits = 200;                    // before a unit is thrown away
constexpr uint64_t kMostRandomExits = 3;                // the same when all is left to chance
constexpr size_t kMostThrown = 2;                       // before nothing is tried any more
constexpr size_t kFrameBytes = 16 * 1024;               // of a native call at most
constexpr size_t kRegisters = 256;                      // of a native call at most
constexpr uint64_t kLeastRoom = 16;
constexpr std::chrono::milliseconds kPatienceWithCompiler{40};
// In milliseconds.
constexpr double kBudget = 50;                          // of compiling, besides a quarter of all
constexpr double kWorthOpening = 12, kWorthCompiling = 8;  // what an interpreted program still has before it
constexpr double kLikelyToGoOn = 5;                     // of a program of which nobody knows
constexpr double kOpenAfter = 3;                        // of the program, which is what opening the compiler takes

// A function's name, or the line of a loop.
std::string name_of(const Unit& unit) {
  const vm::Proto& proto = *unit.proto;
  if (unit.loop && proto.source)
    return fmt::format(":{} loop", proto.source->position(proto.position(unit.entry_pc).begin).line);
  return proto.name->size_bytes ? std::string(proto.name->view()) : proto.is_top_level ? "<top level>" : "<lambda>";
}

}  // namespace

Host::Host(vm::Vm& vm, HostOptions options) : vm_(vm), options_(std::move(options)), bands_(vm) {
  if (options_.mode == Mode::Force) call_heat = loop_heat = 0;
  else if (options_.mode == Mode::Auto) call_heat = kFirstCalls, loop_heat = kFirstJumps;
  random_.seed(options_.random_seed);
  if (options_.compiler.dual_band) {
    call_heat = 0;
    lanes_.resize(kRegisters);
  }
  if (options_.random_tiers) call_heat = loop_heat = 0;
  options_.compiler.selective = options_.mode == Mode::Auto && !options_.random_tiers;
  table_ = table();
  workshop_ = std::make_shared<Workshop>(options_.libraries, table_, options_.compiler);
}

Host::~Host() {
  if (!workshop_->stop(options_.still_compiling != nullptr, units_)) options_.still_compiling->store(true);
}

// A count of jumps or calls; in tests of the tiers some other one.
int32_t Host::shuffled(int32_t count) { return options_.random_tiers ? static_cast<int32_t>(random_() % 20) : count; }

// Guards that fail by chance say nothing against a unit.
uint64_t Host::most_exits() const {
  return options_.compiler.random_exits ? UINT64_MAX : options_.random_tiers ? kMostRandomExits : kMostExits;
}

uint64_t Host::chance(void* host) { return static_cast<Host*>(host)->random_() % 40 == 0; }

// Whoever does not know how long a program will run does well to spend on compiling what the program itself has taken so far.
bool Host::affordable() {
  if (options_.random_tiers) return true;
  const double own = thread_milliseconds(), compiling = workshop_->milliseconds();
  remaining_ = forecast_.remaining(vm_, *this, own);
  if (own < kOpenAfter || compiling > kBudget + (own + compiling) / 4) return false;
  return !remaining_ || *remaining_ >= (workshop_->started() ? kWorthCompiling : kWorthOpening);
}

// While something is compiled the program could go on, interpreted: at a fifth of the speed that it will have, and where the
// two threads share a core, to the cost of both. So it rather waits, when it is known or likely that it will run longer than
// compiling takes; not for what takes unusually long.
void Host::await() {
  if (options_.random_tiers ? random_() % 2 == 0 : !remaining_ && thread_milliseconds() < kLikelyToGoOn) return;
  workshop_->wait(kPatienceWithCompiler);
}

Host::Load Host::load() {
  if (options_.mode == Mode::Force) {
    if (workshop_->loaded() == Load::Later) workshop_->open();
  } else if (!workshop_->started()) {
    if (!affordable()) return Load::Later;
    Workshop::start(workshop_);
    await();
  }
  return workshop_->loaded();
}

Host::Load Host::may_compile() {
  const Load load = this->load();
  return load == Load::Ready && options_.mode == Mode::Auto && !affordable() ? Load::Later : load;
}

FunctionState& Host::state(vm::Proto* proto) {
  if (!proto->native_state) {
    states_.push_back(std::make_unique<FunctionState>(proto));
    states_.back()->second_lanes = options_.compiler.dual_band && vm::has_second_lanes(*proto);
    proto->native_state = states_.back().get();
  }
  return *static_cast<FunctionState*>(proto->native_state);
}

Unit* Host::compile(vm::Closure* closure, uint32_t pc, bool loop, bool cautious, const vm::Value* registers) {
  units_.push_back(std::make_unique<Unit>());
  Unit& unit = *units_.back();
  unit.closure = closure;
  unit.proto = closure->proto;
  unit.referred.push_back(closure->proto);
  unit.entry_pc = pc;
  unit.loop = loop;
  unit.cautious = cautious;
  unit.name = fmt::format("omc::{}::{}", closure->proto->source ? closure->proto->source->path() : "", name_of(unit));
  std::unique_ptr<Job> job = workshop_->compiler().begin(unit, registers);
  if (!job) return &unit;
  if (options_.mode == Mode::Force) workshop_->compiler().finish(*job);
  else {
    workshop_->queue(std::move(job));
    await();
  }
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

uint64_t Host::enter(const Unit& unit, vm::Closure* callee, vm::Value* arguments, uint64_t room, vm::Value& result) {
  const auto entry = reinterpret_cast<CallEntry>(unit.entry);
  if (callee->capture_count == 0) return entry(arguments, room - 1, &result, callee);
  running_.push_back(callee);
  const uint64_t status = entry(arguments, room - 1, &result, callee);
  running_.pop_back();
  return status;
}

Outcome Host::callback(vm::Closure* callee, vm::Value* arguments, vm::Value& result) noexcept {
  const auto* f = static_cast<const FunctionState*>(callee->proto->native_state);
  if (f && !f->second_lanes && f->calls.size() == 1 && !f->refused && f->calls[0]->stage.load(std::memory_order_acquire) == Unit::Stage::Ready) {
    const uint64_t saved = hidden_room_, room = budget(arguments);
    callee->proto->call_heat = 0;
    uint64_t status = 0;
    if (room >= kLeastRoom) {
      ++f->calls[0]->calls;
      status = enter(*f->calls[0], callee, arguments, room, result);
    }
    hidden_room_ = saved;
    if (status != 0) return status == 1 ? Outcome::Done : Outcome::Failed;
  }
  return state(callee->proto).second_lanes ? call(callee, arguments, result) : call_native(callee, arguments, result);
}

Outcome Host::call(vm::Closure* callee, vm::Value* arguments, vm::Value& result) noexcept {
  FunctionState& f = state(callee->proto);
  if (!f.second_lanes) return call_native(callee, arguments, result);
  // The machine asks at each call; how long native code is not asked for is counted here.
  Outcome outcome = Outcome::Interpret;
  if (options_.mode != Mode::Off && f.patience_with_lanes-- <= 0) {
    outcome = call_native(callee, arguments, result);
    f.patience_with_lanes = callee->proto->call_heat;
  }
  callee->proto->call_heat = 0;
  return outcome == Outcome::Interpret ? bands_.call(callee, arguments, result) : outcome;
}

Outcome Host::call_native(vm::Closure* callee, vm::Value* arguments, vm::Value& result) {
  vm::Proto* const proto = callee->proto;
  FunctionState& f = state(proto);
  f.refused = f.refused || proto->never_native;
  if (f.refused) {
    proto->call_heat = INT32_MAX;
    return Outcome::Interpret;
  }
  if (options_.mode == Mode::Auto && f.calls.empty() && !f.wanted) {
    if (!f.counted && !proto->native_at_once) {
      f.counted = true;
      mark_callers(vm_, *this);
      proto->call_heat = f.call_mark = shuffled(f.calls_until_hot());
      return Outcome::Interpret;
    }
    if (!options_.random_tiers && !promising(*proto, 0, proto->code.size() - 1, arguments, proto->parameter_count)) {
      f.refused = true;
      proto->call_heat = INT32_MAX;
      return Outcome::Interpret;
    }
    if (const Load load = may_compile(); load != Load::Ready) {
      proto->call_heat = load == Load::Never ? INT32_MAX : shuffled(kRetry);
      return Outcome::Interpret;
    }
    if (!proto->native_at_once && want(caller_instead(vm_, callee, *this))) {
      proto->call_heat = f.calls_until_hot();
      return Outcome::Interpret;
    }
  } else if (const Load load = this->load(); load != Load::Ready) {
    proto->call_heat = load == Load::Never ? INT32_MAX : shuffled(kRetry);
    return Outcome::Interpret;
  }
  const uint64_t saved = hidden_room_;
  const uint64_t room = budget(arguments);
  if (room < kLeastRoom) {
    hidden_room_ = saved;
    proto->call_heat = 0;
    return Outcome::Interpret;
  }
  uint64_t status = 0;
  bool pending = false;
  const auto run = [&](Unit& unit) {
    const Unit::Stage stage = unit.stage.load(std::memory_order_acquire);
    if (stage == Unit::Stage::Ready) {
      ++unit.calls;
      status = enter(unit, callee, arguments, room, result);
    }
    pending = pending || stage == Unit::Stage::Pending;
  };
  proto->call_heat = 0;
  for (size_t i = 0; i < f.calls.size() && status == 0; ++i) run(*f.calls[i]);
  if (status == 0 && !pending && f.compiled < kMostUnits) {
    ++f.compiled;
    Unit& unit = *compile(callee, 0, false, f.thrown > 0, arguments);
    f.calls.push_back(&unit);
    run(unit);
  }
  hidden_room_ = saved;
  if (status == 1) return Outcome::Done;
  if (status == 2) return Outcome::Failed;
  std::erase_if(f.calls, [](const Unit* u) { return u->stage.load(std::memory_order_acquire) == Unit::Stage::Refused; });
  f.refused = f.calls.empty();
  if (pending) proto->call_heat = shuffled(kRetry);
  else if (f.compiled >= kMostUnits) proto->call_heat = kFirstCalls;  // other kinds of arguments than those compiled for
  return Outcome::Interpret;
}

// Makes the machine ask at the next chance for what is to be compiled instead; false when there is nothing, or it was wanted
// before and never came.
bool Host::want(const Choice& choice) {
  if (!choice.state) return false;
  FunctionState& f = *choice.state;
  if (choice.loop) {
    if (const Unit* unit = choice.loop->unit) {
      const Unit::Stage stage = unit->stage.load(std::memory_order_acquire);
      if (stage == Unit::Stage::Pending) return true;
      if (stage == Unit::Stage::Refused || unit->calls > 0) return false;
      f.proto->loop_heat = f.batch = 0;  // ready, and not met yet
      return --f.patience > 0;
    }
    if (choice.loop->wanted) return f.waiting > 0;
    choice.loop->wanted = true;
    f.waiting = kWaiting;
    f.proto->loop_heat = f.batch = 0;
    return true;
  }
  if (!f.calls.empty()) return f.calls.back()->stage.load(std::memory_order_acquire) == Unit::Stage::Pending;
  if (f.wanted) return --f.patience > 0;
  f.wanted = true;
  f.proto->call_heat = 0;
  return true;
}

Outcome Host::loop(vm::Frame& frame) noexcept {
  vm::Proto* const proto = frame.proto;
  FunctionState& f = state(proto);
  const auto header = static_cast<uint32_t>(frame.ip - proto->code.data());
  FunctionState::Loop& loop = f.loop_at(header);
  const int32_t jumps = f.batch + 1;
  const auto ask_again_after = [&](int32_t batch) {
    proto->loop_heat = f.batch = batch < kFirstJumps ? batch : shuffled(batch);
    return Outcome::Interpret;
  };
  const auto is_ready = [](const auto& l) { return l.unit && l.unit->stage.load(std::memory_order_acquire) == Unit::Stage::Ready; };
  const auto cold = [&] {
    if (options_.mode == Mode::Force || (f.waiting > 0 && --f.waiting > 0)) return ask_again_after(0);
    // One that is ready makes every jump of the function ask, unless others keep asking in vain; else they are counted in batches.
    if (std::any_of(f.loops.begin(), f.loops.end(), is_ready))
      return ask_again_after(loop.hopeless() ? std::min(kFirstJumps, f.batch * 2 + 1) : 0);
    const bool hopeless = std::all_of(f.loops.begin(), f.loops.end(), [](const auto& l) { return l.hopeless(); });
    if (hopeless) return ask_again_after(INT32_MAX / 2);
    return ask_again_after(kFirstJumps);
  };
  if (proto->never_native || f.second_lanes) return ask_again_after(INT32_MAX / 2);
  if (!loop.unit) {
    if (loop.hopeless()) return cold();
    if (options_.mode == Mode::Auto && !loop.wanted) {
      if (f.probing > 0) {
        ++loop.rounds;
        return --f.probing > 0 ? ask_again_after(0) : cold();
      }
      // Jumps are counted for the function as a whole: the loop that is met when a batch is over is charged with it.
      loop.work += jumps * f.interpreted_size(loop, is_ready);
      if (options_.random_tiers ? random_() % 8 != 0 : loop.work < f.work_until_hot(loop)) return cold();
      if (!options_.random_tiers && !loop.probed) {
        loop.probed = true;
        if (!promising(*proto, loop.header, loop.last, frame.base, proto->register_count)) {
          loop.compiled = kMostUnits;
          return cold();
        }
      }
      const Load load = may_compile();
      if (!f.probed && !options_.random_tiers) {
        f.probed = true;
        f.probing = kProbe;
        mark_callers(vm_, *this);
        return ask_again_after(0);
      }
      if (load != Load::Ready) return ask_again_after(load == Load::Never ? INT32_MAX : kFirstJumps);
      const Choice choice = unit_instead(vm_, frame, loop, *this);
      if (want(choice)) {
        loop.work = 0;
        if (choice.state == &f && choice.loop) return Outcome::Interpret;  // every jump asks now
        return cold();
      }
    } else if (const Load load = may_compile(); load != Load::Ready) {
      return ask_again_after(load == Load::Never ? INT32_MAX : kFirstJumps);
    }
    ++loop.compiled;
    f.waiting = 0;
    loop.unit = compile(frame.closure, header, true, loop.compiled > 1, frame.base);
  }
  Unit& unit = *loop.unit;
  const Unit::Stage stage = unit.stage.load(std::memory_order_acquire);
  if (stage == Unit::Stage::Refused) {
    loop.unit = nullptr;
    loop.compiled = kMostUnits;
  }
  if (stage != Unit::Stage::Ready) return cold();
  proto->loop_heat = f.batch = 0;
  const uint64_t saved = hidden_room_;
  const uint64_t room = budget(frame.base + proto->register_count);
  if (room >= kLeastRoom) {
    ++unit.calls;
    const Site* const at = reinterpret_cast<LoopEntry>(unit.entry)(frame.base, room, frame.closure);
    hidden_room_ = saved;
    if (!at) return Outcome::Failed;
    write_known(frame.base, *at);
    frame.ip = proto->code.data() + at->pc;
    if (at->early && ++unit.exits > most_exits()) {
      for (auto& l : f.loops) {
        if (l.unit != &unit) continue;
        l.unit = nullptr;
        if (l.compiled >= kMostThrown) l.compiled = kMostUnits;
      }
      cold();
    }
  }
  hidden_room_ = saved;
  return Outcome::Done;
}

void Host::left_early(Unit& unit) {
  if (*static_cast<const bool*>(table_.due)) return;
  if (++unit.exits <= most_exits() || unit.loop) return;
  // Its assumptions do not hold: the next call compiles for what it meets, a few times.
  FunctionState& f = state(const_cast<vm::Proto*>(unit.proto));
  std::erase(f.calls, &unit);
  if (++f.thrown >= kMostThrown) f.refused = f.calls.empty();
}

void Host::mark(vm::Marker& marker) {
  for (const auto& f : states_) {
    marker.mark(static_cast<vm::Object*>(f->proto));
  }
  for (const auto& unit : units_)
    for (vm::Object* o : unit->referred) marker.mark(o);
  for (vm::Closure* c : running_) marker.mark(static_cast<vm::Object*>(c));
}

std::string Host::report() const {
  std::vector<std::string> lines;
  for (const auto& u : units_) {
    const vm::Proto& proto = *u->proto;
    const std::string name = u->loop && proto.source ? proto.source->path() + name_of(*u) : name_of(*u);
    const Unit::Stage stage = u->stage.load(std::memory_order_acquire);
    if (stage == Unit::Stage::Pending) {
      lines.push_back(name + "\t\tinterp\t1\t0\t0\t0\t0.00\t0\t\n");
      continue;
    }
    std::string reason = u->reason;
    if (stage == Unit::Stage::Refused && !u->loop)  // the construct behind it, when there is one
      if (std::string obstacle = first_obstacle(proto).reason; !obstacle.empty()) reason = std::move(obstacle);
    lines.push_back(fmt::format("{}\t{}\t{}\t1\t{}\t{}\t{}\t{:.2f}\t{}\t{}\n", name, u->signature,
                                stage == Unit::Stage::Ready ? "opt" : "interp", u->exits, u->loop ? 0 : u->calls,
                                u->loop ? u->calls : 0, u->compile_ms, u->code_bytes, reason));
  }
  // Those that never got hot.
  vm_.globals().each([&](vm::GlobalCell& cell) {
    if (!cell.target || cell.target->kind != vm::FunctionKind::Closure) return;
    const auto* closure = static_cast<const vm::Closure*>(cell.target);
    const bool known = std::any_of(units_.begin(), units_.end(), [&](const auto& u) { return !u->loop && u->proto == closure->proto; });
    if (known) return;
    const std::string reason = closure->proto->never_native ? "pragma" : first_obstacle(*closure->proto).reason;
    lines.push_back(fmt::format("{}\t\tinterp\t0\t0\t0\t0\t0.00\t0\t{}\n", cell.name->view(), reason));
  });
  std::sort(lines.begin(), lines.end());
  std::string text = "unit\tsignature\ttier\tcompiles\texits\tcalls\tloops\tcompile_ms\tcode_bytes\treason\n";
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace omc::jit
