#pragma once
// The dual-band mode: ints carry a second lane, which only `harmony` can see (language reference, chapter 08, section 6).
//
// Only a function that mentions both phi_shadow and harmony can tell the mode: lanes end at every call, element, global and
// captured variable. So those functions alone run here, one instruction after the other, with the second lanes beside their
// registers; all others run as ever. Native code of such functions (jit/native/bands.cpp) comes back to finish() when it
// leaves.

#include <cstdint>

#include <span>
#include <string_view>

#include "vm/globals.hpp"
#include "vm/native_code.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

// The lane of a register that differs from the value; none: they are equal.
struct Lane {
  bool own = false;
  int64_t beta = 0;
  Lane() = default;
  Lane(int64_t b) : own(true), beta(b) {}
  explicit operator bool() const { return own; }
  int64_t value_or(int64_t alpha) const { return own ? beta : alpha; }
};

// Whether a function can tell the mode.
inline bool has_second_lanes(const Proto& proto) {
  const auto mentions = [&](std::string_view builtin) {
    for (const GlobalCell* cell : proto.cells)
      if (cell->name->view() == builtin) return true;
    return false;
  };
  return !proto.is_generator && mentions("phi_shadow") && mentions("harmony");
}

class Bands : public NativeCode {
 public:
  explicit Bands(Vm& vm) : vm_(vm) { call_heat = 0; }
  Outcome call(Closure* callee, Value* arguments, Value& result) noexcept override;
  Outcome loop(Frame& frame) noexcept override;
  void mark(Marker&) override {}
  // Runs the frame on top to its end; false: an error is pending.
  static bool finish(Vm& vm, std::span<Lane> lanes, Value& result);

 private:
  Vm& vm_;
};

// What harmony(x) is for an int whose lanes are these: 1000 when they agree, less the further they are apart.
int64_t harmony_of_lanes(int64_t alpha, int64_t beta);
// The same by the distance of the lanes, below kNear: for code that cannot wait for the search.
inline constexpr int64_t kNear = 1 << 16;
const int16_t* near_harmonies();
// The second lane of phi_shadow(x).
int64_t shadow_of(int64_t x);

}  // namespace omc::vm
