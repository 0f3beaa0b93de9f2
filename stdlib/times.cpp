// The clock, and times as text (language reference, chapter 02, section 10).

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "stdlib/calendar.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/time_format.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

// Nanoseconds since 1970.
static int64_t now(Vm& vm, const Args& args) {
  require(vm, args, Permission::Clock, "");
  using std::chrono::system_clock;
  return std::chrono::nanoseconds(system_clock::now().time_since_epoch()).count();
}

static Value now_unix(Vm& vm, Args args) {
  return Value::integer(floor_div(now(vm, args), 1'000'000'000));
}

static Value now_ms(Vm& vm, Args args) {
  return Value::integer(floor_div(now(vm, args), 1'000'000));
}

static Value time_ms(Vm& vm, Args args) {
  return Value::real(static_cast<double>(now(vm, args)) / 1e6);
}

// As few groups of three digits as show the fraction.
static std::string fraction_text(int64_t nanoseconds) {
  if (nanoseconds == 0) return "";
  if (nanoseconds % 1'000'000 == 0) return fmt::format(".{:03}", nanoseconds / 1'000'000);
  if (nanoseconds % 1'000 == 0) return fmt::format(".{:06}", nanoseconds / 1'000);
  return fmt::format(".{:09}", nanoseconds);
}

static Value now_iso(Vm& vm, Args args) {
  const int64_t t = now(vm, args), seconds = floor_div(t, 1'000'000'000);
  return vm.text(*format_utc(seconds, "%FT%T") + fraction_text(t - seconds * 1'000'000'000) + "+00:00");
}

static Value sleep(Vm& vm, Args args) {
  require(vm, args, Permission::Clock, "");
  if (!args.has(0) || !(args[0].is_int() || args[0].is_float())) return Value::null();
  using namespace std::chrono;
  constexpr int64_t kCentury = 100ll * 366 * 86'400'000;  // what does not end may as well end then
  const auto end = steady_clock::now() + milliseconds(std::min(args.integer(0), kCentury));
  // In slices, so that a time limit or an interrupt ends it.
  for (auto left = end - steady_clock::now(); left > left.zero(); left = end - steady_clock::now()) {
    vm.poll();
    std::this_thread::sleep_for(std::min<steady_clock::duration>(left, milliseconds(20)));
  }
  vm.poll();
  return Value::null();
}

static Value format_time(Vm& vm, Args args) {
  const int64_t seconds = args.integer(0);
  const Args::Text format = args.text(1);
  if (!is_representable(seconds)) throw args.error(fmt::format("bad timestamp {}", seconds));
  const auto text = format_utc(seconds, format);
  if (!text) throw args.error(fmt::format("bad format \"{}\"", format.view()));
  return vm.text(*text);
}

static Value parse_time(Vm&, Args args) {
  const ParsedTime parsed = parse_utc(args.text(0), args.text(1));
  if (parsed.error != TimeParseError::None) throw args.error(describe(parsed.error));
  return Value::integer(parsed.seconds);
}

constexpr Builtin kBuiltins[] = {
    {"now_unix", "() -> int", "Seconds since 1970, UTC.", "now_unix() > 1700000000  # true", now_unix},
    {"unix_time", "() -> int", "The same as now_unix.", "unix_time() > 1700000000  # true", now_unix},
    {"now_ms", "() -> int", "Milliseconds since 1970.", "now_ms() > 1700000000000  # true", now_ms},
    {"unix_time_ms", "() -> int", "The same as now_ms.", "unix_time_ms() > 1700000000000  # true", now_ms},
    {"time_ms", "() -> float", "Milliseconds since 1970 with their fraction.", "type_of(time_ms())  # float", time_ms},
    {"now_iso", "() -> string", "The present time in ISO 8601, UTC.", "str_ends_with(now_iso(), \"+00:00\")  # 1",
     now_iso},
    {"sleep", "(ms?) -> null", "Waits so many milliseconds.", "sleep(1)  # null", sleep},
    {"format_time", "(secs, fmt) -> string", "A time as text, by strftime specifiers.",
     "format_time(1700000005, \"%F %T\")  # 2023-11-14 22:13:25", format_time, {}, vm::Effect::Pure},
    {"parse_time", "(text, fmt) -> int", "The time a text tells, by strftime specifiers.",
     "parse_time(\"2023-11-14 22:13:25\", \"%F %T\")  # 1700000005", parse_time, {}, vm::Effect::Pure},
};

constinit const std::span<const Builtin> times_builtins = kBuiltins;

}  // namespace omc::stdlib
