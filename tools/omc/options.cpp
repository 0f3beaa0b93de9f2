// Reads the command line from left to right, by the tables of modes (command.hpp) and options (below).

#include "omc/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "omc/command.hpp"
#include "omc/environment.hpp"

namespace omc::tools {

namespace {

std::optional<size_t> parse_size(std::string_view text) {
  size_t scale = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'K': scale = size_t{1} << 10; break;
      case 'M': scale = size_t{1} << 20; break;
      case 'G': scale = size_t{1} << 30; break;
    }
    if (scale > 1) text.remove_suffix(1);
  }
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || n == 0 || n > SIZE_MAX / scale)
    return std::nullopt;
  return n * scale;
}

std::vector<const Option*>& rows() {
  static std::vector<const Option*> all;
  return all;
}

bool parse_seconds(std::string_view text, double& seconds) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() && seconds > 0 && std::isfinite(seconds);
}

bool set_jit_mode(Options& o, std::string_view v) {
  o.jit.mode = v == "off" ? jit::Mode::Off : v == "force" ? jit::Mode::Force : jit::Mode::Auto;
  return v == "auto" || v == "off" || v == "force";
}

const Variable kJitMode("OMC_JIT", "as --jit=MODE");
const Variable kDualBand("OMC_DUAL_BAND", "1: as --dual-band");
const Variable kJitReport("OMC_JIT_REPORT", "1: as --jit-report");
const Variable kHarmonicJit("OMC_HBIT_JIT", "1: as --jit=force");
const Variable kJitVerify("OMC_HBIT_JIT_VERIFY", "1: checks native code before it is generated, and says so");
const Variable kJitDump("OMC_HBIT_JIT_DUMP_IR", "1: prints what native code is generated from");
const Variable kJitVerbose("OMC_HBIT_JIT_VERBOSE", "1, with OMC_HBIT_JIT=1: says first which functions can be native code");
const Variable kJitPerf("OMC_JIT_PERF", "1: names native code in /tmp/perf-PID.map, for perf");
const Variable kJitGdb("OMC_JIT_DEBUG", "1: registers native code with gdb");
const Variable kJitStress("OMC_JIT_STRESS", "exits or tiers: leaves native code, or makes it, at random; for tests");

// What the environment asks for; flags have the last word.
void read_environment(Options& o) {
  if (kHarmonicJit.is_on()) o.jit.mode = jit::Mode::Force;
  if (const std::string* mode = kJitMode.text(); mode && !set_jit_mode(o, *mode))
    throw UsageError{"OMC_JIT: bad value '" + *mode + "'"};
  o.jit_report = kJitReport.is_on();
  o.dual_band = kDualBand.is_on();
  o.jit.compiler.verify = kJitVerify.is_on();
  o.jit.compiler.dump_ir = kJitDump.is_on();
  o.jit.compiler.perf_map = kJitPerf.is_on();
  o.jit.compiler.gdb = kJitGdb.is_on();
  o.jit_announce = kHarmonicJit.is_on() && kJitVerbose.is_on();
  if (const std::string* stress = kJitStress.text()) {
    o.jit.compiler.random_exits = *stress == "exits";
    o.jit.random_tiers = *stress == "tiers";
    if (!o.jit.compiler.random_exits && !o.jit.random_tiers) throw UsageError{"OMC_JIT_STRESS: bad value '" + *stress + "'"};
  }
}

// Those of every mode.
const Option kJson("--json", "", "--test --test-all --check --stats", "machine-readable output",
                   [](Options& o, std::string_view) { return o.json = true; });
const Option kLenient("--lenient", "", "--test --test-all", "a test fails only by an error",
                      [](Options& o, std::string_view) { return o.lenient = true; });
const Option kTape("--tape", "exact|fast64|fast32", "", "numeric mode of the tape (default exact)",
                   [](Options& o, std::string_view v) {
                     o.vm.tape_mode = std::string(v);
                     return v == "exact" || v == "fast64" || v == "fast32";
                   });
const Option kJit("--jit", "auto|off|force", "", "native code (default auto)",
                  set_jit_mode);
const Option kJitTable("--jit-report", "", "", "says at the end what became of each function and loop, on standard error",
                       [](Options& o, std::string_view) { return o.jit_report = true; });
const Option kBands("--dual-band", "", "", "ints carry a second lane, which harmony reads",
                    [](Options& o, std::string_view) { return o.dual_band = true; });
const Option kDepth("--max-depth", "N", "", "nested calls (default 10000)", [](Options& o, std::string_view v) {
  const auto n = parse_count(v, 1);
  if (n) o.vm.max_depth = *n;
  return n && *n <= 100'000'000;
});
const Option kMemory("--max-memory", "SIZE", "", "of the program's values together: bytes, or with a suffix K, M, G",
                     [](Options& o, std::string_view v) {
                       const auto size = parse_size(v);
                       if (size) o.vm.heap.hard = *size;
                       return size.has_value();
                     });
const Option kOutput("--max-output", "SIZE", "", "of the program's output: bytes, or with a suffix K, M, G",
                     [](Options& o, std::string_view v) {
                       const auto size = parse_size(v);
                       if (size) o.max_output = *size;
                       return size.has_value();
                     });
const Option kTimeout("--timeout", "SECONDS", "", "wall time of the run, or of each test",
                      [](Options& o, std::string_view v) {
                        o.timeout_text = std::string(v);
                        return parse_seconds(v, o.timeout_seconds);
                      });
const Option kStress("--gc-stress", "", "", "collects garbage at every safepoint (for tests)", [](Options& o, std::string_view) {
  o.vm.gc_stress = vm::GcStress::Collections;
  return true;
});
const Option kStepStress("--gc-step-stress", "", "", "marks a little at every safepoint and verifies what was marked (for tests)",
                         [](Options& o, std::string_view) {
                           o.vm.gc_stress = vm::GcStress::Steps;
                           return true;
                         });
const Option kLeaks("--leak-check", "", "", "fails when memory of the machine is lost until its end (for tests)",
                    [](Options& o, std::string_view) { return o.leak_check = true; });
const Option kGeneral("--no-specialise", "", "", "instructions stay general (for tests)", [](Options& o, std::string_view) {
  o.vm.specialise = false;
  return true;
});

const Option* find_option(std::string_view flag) {
  for (const Option* row : rows())
    if (row->flag == flag) return row;
  return nullptr;
}

}  // namespace

Option::Option(std::string_view f, std::string_view v, std::string_view m, std::string_view text, Set how)
    : flag(f), value(v), modes(m), summary(text), set(how) {
  auto& all = rows();
  all.insert(std::upper_bound(all.begin(), all.end(), this, [](const Option* x, const Option* y) { return x->flag < y->flag; }),
             this);
}

const std::vector<const Option*>& all_options() { return rows(); }

const std::string* Options::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second.back();
}

std::vector<std::string> Options::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::optional<size_t> parse_count(std::string_view text, size_t least) {
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || n < least) return std::nullopt;
  return n;
}

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  read_environment(options);
  size_t i = 0;
  if (!words.empty()) {
    if (const Command* sub = find_command(words[0]); sub && !sub->is_mode()) {
      options.command = sub;
      options.flag = sub->flag;
      options.positionals.assign(words.begin() + 1, words.end());
      return options;
    }
  }
  for (; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (word.empty() || word[0] != '-') {
      options.positionals.push_back(word);
      continue;
    }
    if (const Command* mode = find_command(word)) {
      // The one pair where the last mode does not win: the examples of the documentation are tested.
      if (mode->flag == "--test" && options.command && options.command->flag == "--doc") {
        options.add("--test", "");
        continue;
      }
      options.command = mode;
      options.flag = mode->flag;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    const Option* row = find_option(flag);
    if (!row || (row->value.empty() && equals != std::string::npos))
      throw UsageError{"Unknown flag: " + word + "\nTry --help for usage."};
    std::string value;
    if (!row->value.empty()) {
      if (equals != std::string::npos) value = word.substr(equals + 1);
      else if (i + 1 < words.size()) value = words[++i];
    }
    if ((!row->value.empty() && value.empty()) || (row->set && !row->set(options, value)))
      throw UsageError{flag + ": bad value '" + value + "'"};
    if (row->modes.empty()) options.run_words.push_back(row->value.empty() ? flag : flag + "=" + value);
    options.add(flag, std::move(value));
  }
  if (i < words.size()) options.arguments.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
  if (options.command && options.command->needs_file() && options.positionals.empty())
    throw UsageError{std::string(options.command->flag) + " requires a file argument."};
  return options;
}

}  // namespace omc::tools
