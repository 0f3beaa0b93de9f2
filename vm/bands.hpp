#pragma once
// The dual-band mode: ints carry a second lane, which only `harmony` can see (language reference, chapter 08, section 6).
//
// Only a function that mentions both phi_shadow and harmony can tell the mode: lanes end at every call, element, global and
// captured variable. So those functions alone run here, one instruction after the other, with the second lanes beside their
// registers; all others run as ever.

#include <cstdint>

#include "vm/native_code.hpp"

namespace omc::vm {

class Bands : public NativeCode {
 public:
  explicit Bands(Vm& vm) : vm_(vm) { call_heat = 0; }
  Outcome call(Closure* callee, Value* arguments, Value& result) noexcept override;
  Outcome loop(Frame& frame) noexcept override;
  void mark(Marker&) override {}

 private:
  Vm& vm_;
};

// What harmony(x) is for an int whose lanes are these: 1000 when they agree, less the further they are apart.
int64_t harmony_of_lanes(int64_t alpha, int64_t beta);
// The second lane of phi_shadow(x).
int64_t shadow_of(int64_t x);

}  // namespace omc::vm
