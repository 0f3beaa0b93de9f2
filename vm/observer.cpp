// Where an observed program is: from the frames of its stack to the places of a sample.

#include "vm/observer.hpp"

#include <vector>

#include "vm/interpreter_support.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

namespace {

using Support = InterpreterSupport;

// Of a deep recursion the ends tell enough; a sample must not cost more than the time between two.
constexpr size_t kOuterFrames = 160;
constexpr size_t kInnerFrames = 64;

const Builtin* builtin_of(const GlobalCell* cell) { return cell && !cell->target ? cell->builtin : nullptr; }

// The builtin that the instruction calls, as far as the instruction tells.
const Builtin* called_builtin(const Frame& frame, uint32_t pc) {
  const Proto& proto = *frame.proto;
  const Instruction in = proto.code[pc];
  switch (in.op) {
    case Op::CallNamed:
      if (frame.base[in.b + in.n].is_function()) return nullptr;
      return builtin_of(proto.cells[in.c]);
    case Op::CallGlobal:
    case Op::SpreadGlobal:
    case Op::TryIntToInt:
    case Op::TryIntToFloat:
    case Op::TryFloatToInt:
    case Op::TryFloatToFloat:
    case Op::TryIntsToInt:
    case Op::TryIntArrayToInt: return builtin_of(proto.cells[in.c]);
    case Op::CallValue: {
      const Value target = frame.base[in.c];
      if (!target.is_function() || target.as_function()->kind != FunctionKind::Reference) return nullptr;
      return builtin_of(static_cast<FunctionReference*>(target.as_function())->cell);
    }
    case Op::CallDotted: {
      const DottedSite& site = proto.dotted_sites[in.c];
      if (site.whole->function) return nullptr;
      if (site.whole->builtin) return site.whole->builtin;
      // A dict before the dot is taken for an object; `m` of a module is the plain name.
      return frame.base[in.b].is_dict() ? nullptr : builtin_of(site.member_cell);
    }
    case Op::CallEval: return proto.eval_sites[in.c].builtin;
    default: return nullptr;
  }
}

void add_call(std::vector<SampledPlace>& places, const Frame& frame, uint32_t pc) {
  if (const Builtin* builtin = called_builtin(frame, pc)) places.push_back({Activity::Builtin, nullptr, 0, builtin});
  else if (frame.proto->code[pc].op == Op::Import) places.push_back({Activity::Import, frame.proto, pc});
}

uint32_t pc_of(const Frame& frame, const Instruction* ran) {
  const Instruction* const code = frame.proto->code.data();
  if (ran) return static_cast<uint32_t>(ran - code);
  return frame.ip > code ? static_cast<uint32_t>(frame.ip - code - 1) : 0;
}

// The places of the lowest `depth` frames; whether the topmost is in a call of a builtin, `inside` tells.
std::vector<SampledPlace> places_of(const Stack& stack, size_t depth, const Instruction* ran, bool inside) {
  std::vector<SampledPlace> places;
  if (depth == 0) places.push_back({Activity::Startup});
  for (size_t i = 0; i < depth; ++i) {
    if (i == kOuterFrames && depth > kOuterFrames + kInnerFrames) {
      places.push_back({Activity::Omitted});
      i = depth - kInnerFrames;
    }
    const Frame& frame = stack.frames[i];
    const bool top = i + 1 == depth;
    const uint32_t pc = pc_of(frame, top ? ran : nullptr);
    places.push_back({Activity::Code, frame.proto, pc});
    if (top ? inside : stack.frames[i + 1].from_native) add_call(places, frame, pc);
  }
  return places;
}

void report(Observer& observer, const std::vector<SampledPlace>& places) {
  if (const uint32_t ticks = observer.ticks.exchange(0, std::memory_order_relaxed)) observer.sampled(places, ticks);
}

}  // namespace

void Support::sample(Vm& vm, size_t depth, const Instruction* ran) {
  report(*vm.options_.observer, places_of(vm.stack_, depth, ran, true));
}

void Support::sample_native(Vm& vm, const Proto* called) {
  if (!vm.options_.observer->ticks.load(std::memory_order_relaxed)) return;
  std::vector<SampledPlace> places = places_of(vm.stack_, vm.stack_.depth, nullptr, false);
  if (called) places.push_back({Activity::NativeCode, called});
  else places.back().activity = Activity::NativeCode;
  report(*vm.options_.observer, places);
}

void Support::sample_collector(Vm& vm) {
  if (!vm.options_.observer->ticks.load(std::memory_order_relaxed)) return;
  std::vector<SampledPlace> places = places_of(vm.stack_, vm.stack_.depth, nullptr, false);
  places.push_back({Activity::Collector});
  report(*vm.options_.observer, places);
}

void Support::count_method(Vm& vm, const MethodSite& site, Value object) {
  const String* const class_name = vm.class_of(object);
  if (!class_name) return;
  const bool known = site.cache.epoch == vm.globals_.epoch() && site.cache.find(class_name);
  ++(known ? vm.options_.observer->counts.method_hits : vm.options_.observer->counts.method_misses);
}

}  // namespace omc::vm
