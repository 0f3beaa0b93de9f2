// What is foretold of loops that count, evenly or not: every jump back takes a millisecond here.

#include "jit/forecast.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>

#include "stdlib/stdlib.hpp"
#include "vm/heap.hpp"
#include "vm/native_code.hpp"
#include "vm/proto.hpp"
#include "vm/vm.hpp"

namespace {

// Asks at each jump back, and keeps what was foretold at one of them.
class Watcher : public omc::vm::NativeCode, private omc::jit::States {
 public:
  Watcher(omc::vm::Vm& vm, int when) : vm_(vm), when_(when) { loop_heat = 0; }

  Outcome call(omc::vm::Closure*, omc::vm::Value*, omc::vm::Value&) noexcept override { return Outcome::Interpret; }
  Outcome loop(omc::vm::Frame& frame) noexcept override {
    frame.proto->loop_heat = 0;
    const auto remaining = forecast_.remaining(vm_, *this, ++jumps_);
    if (jumps_ == when_) answer = remaining;
    return Outcome::Interpret;
  }
  void mark(omc::vm::Marker&) override {}

  std::optional<double> answer;

 private:
  omc::jit::FunctionState& state(omc::vm::Proto* proto) override {
    auto& state = states_[proto];
    if (!state) state = std::make_unique<omc::jit::FunctionState>(proto);
    return *state;
  }
  omc::vm::Vm& vm_;
  const int when_;
  int jumps_ = 0;
  omc::jit::Forecast forecast_;
  std::map<omc::vm::Proto*, std::unique_ptr<omc::jit::FunctionState>> states_;
};

struct Row {
  const char* program;
  double milliseconds;  // foretold at the tenth jump; below 0: nothing
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.program; }

const Row kRows[] = {
    {"fn f(n) { h i = 0; while i < n { i += 1; } } f(100);", 90},
    {"fn f(n) { h i = 0; while i <= n { i += 1; } } f(100);", 90},
    {"fn f() { h i = 0; while i < 100 { i = i + 1; } } f();", 90},
    {"fn f(n) { h i = 0; while n > i { i = i + 1; } } f(100);", 90},
    {"fn f(i) { while i > 0 { i -= 1; } } f(100);", 90},
    {"fn f(i) { while i >= 0 { i = i - 2; } } f(200);", 90},
    {"fn f(n) { for i in range(0, n) { n = n; } } f(100);", 90},
    {"fn f(n) { for i in range(1000000, 1000000 + n) { n = n; } } f(100);", 90},
    {"fn f(n) { h i = 1000000.0; while i < 1000000.0 + n { i += 1.0; } } f(100);", -1},  // the limit is computed in each round
    {"fn f(n) { h i = 1000000.0; h m = i + n; while i < m { i += 1.0; } } f(100);", 90},
    {"h n = 100; h i = 0; while i < n { i += 1; }", 90},
    // The outermost loop tells, whichever jumps; it has not come round yet, which counts as half a round.
    {"fn g() { h i = 0; while i < 50 { i += 1; } } h r = 0; while r < 4 { g(); r += 1; }", 9 * 4 / 0.5},
    {"fn f(n) { h i = 0; while i < n { h j = 0; while j < 2 { j += 1; } i += 1; } } f(100);", 190},
    // Nothing is known of these.
    {"fn f(n) { h i = 0; while true { i += 1; if i > n { break; } } } f(100);", -1},
    {"fn f(n) { h i = 0; while i < n { i += 1; n = n - 1; } } f(100);", -1},
    {"fn f(n) { h i = 1; while i < n { i = i * 2; } } f(1000000);", -1},
    {"fn f(n) { while n != 0 { n -= 1; } } f(100);", -1},
    {"fn f(a) { for v in a { a = a; } } f(range(0, 100));", -1},
    {"h m = 100; h i = 0; while i < m { i += 1; m = m - 1; }", -1},
};

}  // namespace

BOOST_DATA_TEST_CASE(forecast_rows, boost::unit_test::data::make(kRows), row) {
  omc::vm::Vm vm;
  omc::stdlib::install(vm);
  Watcher watcher(vm, 10);
  vm.set_native_code(&watcher);
  vm.call(vm.function_named("eval_omc"), {{omc::vm::Value(vm.heap().string(row.program))}});
  BOOST_TEST(watcher.answer.has_value() == (row.milliseconds >= 0));
  if (watcher.answer) BOOST_TEST(*watcher.answer == row.milliseconds, boost::test_tools::tolerance(0.15));
  vm.set_native_code(nullptr);
}
