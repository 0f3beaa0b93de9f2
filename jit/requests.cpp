// What native code asks of the host: the table of functions that the two halves share, and those of them that are the host's.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "jit/host.hpp"
#include "substrate/fold.hpp"
#include "vm/operators.hpp"

namespace omc::jit {

using vm::NativeSupport;

namespace {

int64_t int_pow(int64_t x, int64_t n) { return vm::wrapping_pow(x, n); }
int64_t fold(int64_t x) { return substrate::fold(x); }
uint64_t find_key(const vm::Dict* d, const vm::String* key) { return d->find(key); }
uint64_t same_text(const vm::String* a, const vm::String* b) { return a->view() == b->view(); }
int64_t compare_text(const vm::String* a, const vm::String* b) { return a->view().compare(b->view()); }
int64_t only_character(const vm::String* s) { return NativeSupport::only_character(s); }
double float_pow(double x, double y) { return std::pow(x, y); }
double float_mod(double x, double y) { return std::fmod(x, y); }

}  // namespace

HostTable Host::table() {
  return {.host = this,
          .vm = &vm_,
          .due = NativeSupport::due_flag(vm_),
          .soft_limit = NativeSupport::soft_limit(vm_),
          .leave = leave,
          .step = step,
          .step_in_loop = step_in_loop,
          .failed_call = failed_call,
          .failed_call_in_loop = failed_call_in_loop,
          .grow = grow,
          .marking = vm_.heap().marking_flag(),
          .write_barrier = write_barrier,
          .fmod = float_mod,
          .pow = float_pow,
          .int_pow = int_pow,
          .fold = fold,
          .direct = direct,
          .concatenate = concatenate,
          .failed = failed,
          .failed_in_loop = failed_in_loop,
          .characters = NativeSupport::characters(vm_),
          .same_text = same_text,
          .compare_text = compare_text,
          .only_character = only_character,
          .harmony = vm::harmony_of_lanes,
          .near_harmonies = options_.compiler.dual_band ? vm::near_harmonies() : nullptr,
          .lanes = lanes_.data(),
          .epoch = NativeSupport::epoch(vm_),
          .class_key = NativeSupport::class_key(vm_),
          .method = method,
          .find_key = find_key,
          .add_key = add_key,
          .new_dict = new_dict,
          .construct = construct,
          .new_box = new_box,
          .new_closure = new_closure,
          .chance = chance};
}

namespace {
Pair pair_of(vm::Value v) {
  Pair pair{0, static_cast<uint64_t>(v.tag())};
  std::memcpy(&pair.payload, &v, sizeof(pair.payload));
  return pair;
}
}  // namespace

void Host::write_known(vm::Value* base, const Site& site) {
  for (const Known& known : site.known) {
    uint64_t words[2];  // payload, tag
    static_assert(sizeof(words) == sizeof(vm::Value));
    std::memcpy(words, base + known.r, sizeof(words));
    if (known.whole) words[0] = known.payload;
    words[1] = known.tag;
    std::memcpy(static_cast<void*>(base + known.r), words, sizeof(words));
  }
}

Pair Host::leave(void* host, const Site* site, vm::Value* base, uint64_t room, vm::Closure* closure) {
  Host& h = *static_cast<Host*>(host);
  const uint64_t hidden = h.hidden_room_;
  write_known(base, *site);
  h.left_early(*site->unit);
  vm::Value result;
  std::vector<vm::Lane> lanes;
  if (h.state(const_cast<vm::Proto*>(site->proto)).second_lanes) {
    const auto registers = static_cast<ptrdiff_t>(site->proto->register_count);
    lanes.assign(h.lanes_.begin(), h.lanes_.begin() + registers);
    std::fill_n(h.lanes_.begin(), registers, vm::Lane());
  }
  const bool ok = NativeSupport::leave(h.vm_, closure, site->pc, base, room + hidden, result, lanes);
  h.hidden_room_ = hidden;
  if (!ok) return {0, kErrorTag};
  return pair_of(result);
}

Pair Host::direct(void* host, const vm::Builtin* builtin, vm::Value* arguments, uint64_t count) {
  vm::Value result;
  if (!NativeSupport::call_builtin(static_cast<Host*>(host)->vm_, *builtin, arguments, count, result)) return {0, kErrorTag};
  return pair_of(result);
}

vm::String* Host::concatenate(void* host, vm::String* a, vm::String* b) {
  return NativeSupport::concatenate(static_cast<Host*>(host)->vm_, a, b);
}

void Host::failed(void* host, const Site* site, vm::Value* base, uint64_t room, vm::Closure* closure) {
  Host& h = *static_cast<Host*>(host);
  NativeSupport::failed(h.vm_, closure, site->pc, base, room + h.hidden_room_);
}

void Host::failed_in_loop(void* host, const Site* site) { NativeSupport::place(static_cast<Host*>(host)->vm_, site->pc); }

uint64_t Host::step(void* host, const Site* site, vm::Value* base, uint64_t room, vm::Closure* closure) {
  Host& h = *static_cast<Host*>(host);
  const uint64_t hidden = h.hidden_room_;
  const bool ok = NativeSupport::step(h.vm_, closure, site->pc, base, room + hidden);
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
  NativeSupport::add_to_trace(static_cast<Host*>(host)->vm_, callee, site->proto, site->pc);
}

void Host::failed_call_in_loop(void* host, const Site* site, const vm::Proto* callee) {
  failed_call(host, site, callee);
  NativeSupport::place(static_cast<Host*>(host)->vm_, site->pc);
}

namespace {
vm::Value value_of(uint64_t payload, uint64_t tag) { return std::bit_cast<vm::Value>(Pair{payload, tag}); }
}  // namespace

vm::Closure* Host::method(void* host, const vm::Proto* proto, uint32_t pc, const vm::String* class_name) {
  return NativeSupport::method(static_cast<Host*>(host)->vm_, *proto, pc, class_name);
}

uint64_t Host::add_key(void* host, vm::Dict* d, vm::String* key, uint64_t payload, uint64_t tag) {
  return NativeSupport::add_key(static_cast<Host*>(host)->vm_, d, key, value_of(payload, tag));
}

vm::Dict* Host::new_dict(void* host) { return NativeSupport::new_dict(static_cast<Host*>(host)->vm_); }

vm::Dict* Host::construct(void* host, vm::Function* constructor, const vm::Value* fields) {
  return NativeSupport::construct(static_cast<Host*>(host)->vm_, static_cast<vm::Constructor*>(constructor), fields);
}

vm::Box* Host::new_box(void* host) { return NativeSupport::new_box(static_cast<Host*>(host)->vm_); }

vm::Closure* Host::new_closure(void* host, vm::Closure* maker, vm::Value* base, vm::Proto* proto) {
  return NativeSupport::new_closure(static_cast<Host*>(host)->vm_, maker, base, proto);
}

uint64_t Host::grow(void* host, vm::Value* top) { return NativeSupport::raise_limit(static_cast<Host*>(host)->vm_, top); }

void Host::write_barrier(void* host, uint64_t payload, uint64_t tag) {
  if (static_cast<vm::Tag>(tag) >= vm::kFirstHeapTag)
    static_cast<Host*>(host)->vm_.heap().write_barrier(std::bit_cast<vm::Object*>(payload));
}

}  // namespace omc::jit
