// --stats: what the machine did while a program ran.

#include <algorithm>
#include <chrono>

#include "omc/command.hpp"
#include "omc/json_line.hpp"
#include "omc/observed_run.hpp"
#include "vm/bytecode.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

namespace {

constexpr size_t kTopInstructions = 15;

const char* kind_name(vm::Tag tag) {
  switch (tag) {
    case vm::Tag::String: return "string";
    case vm::Tag::Array: return "array";
    case vm::Tag::Dict: return "dict";
    case vm::Tag::Function: return "function";
    case vm::Tag::Singularity: return "singularity";
    case vm::Tag::Other: return "other";
    case vm::Tag::Box: return "captured variable";
    case vm::Tag::LateScope: return "late scope";
    case vm::Tag::Proto: return "compiled function";
    case vm::Tag::StringBuffer: return "string buffer";
    case vm::Tag::Null:
    case vm::Tag::Bool:
    case vm::Tag::Int:
    case vm::Tag::Float:
    case vm::Tag::Unassigned:
    case vm::Tag::Free: break;
  }
  return "no object";
}

class Statistics : public vm::Observer {
 public:
  void detached(vm::Vm& machine) override {
    const vm::Heap& heap = machine.heap();
    for (int i = 0; i < vm::kTagCount; ++i) made[static_cast<size_t>(i)] += heap.statistics().made[static_cast<size_t>(i)];
    collections = heap.statistics().collections;
    freed = heap.statistics().bytes_freed;
    pauses = heap.pauses();
    at_end = heap.used();
    peak = std::max(heap.statistics().peak_bytes, at_end);
  }

  vm::Pauses pauses;
  uint64_t collections = 0;
  uint64_t freed = 0;           // bytes, by the collector
  size_t peak = 0, at_end = 0;  // bytes; the peak is that seen at collections and at the end
  std::array<uint64_t, vm::kTagCount> made{};
};

// By the end of an instruction's name: AddInt and AddIntK are AddInt's family.
enum class Form { Other, OneKind, General };
Form form_of(vm::Op op) {
  std::string_view name = vm::op_info(op).name;
  if (!name.starts_with("Add") && !name.starts_with("Sub") && !name.starts_with("Mul")) return Form::Other;
  name.remove_prefix(3);
  if (name.ends_with('K')) name.remove_suffix(1);
  return name == "Int" || name == "Float" ? Form::OneKind : Form::General;
}

// What the report says, so that text and JSON say the same.
struct Figures {
  uint64_t instructions = 0;
  std::vector<std::pair<std::string, uint64_t>> by_opcode;  // most first
  uint64_t one_kind = 0, general = 0;                       // arithmetic that met the kind it was specialised for, and the rest
  uint64_t short_forms_tried = 0;
  uint64_t objects = 0;
  std::vector<std::pair<std::string, uint64_t>> by_kind;
  uint64_t pauses = 0, pause_total = 0, pause_median = 0, pause_99 = 0, pause_longest = 0;  // nanoseconds

  static uint64_t nanoseconds(std::chrono::nanoseconds t) { return static_cast<uint64_t>(t.count()); }

  explicit Figures(const Statistics& s) {
    for (int i = 0; i < vm::kOpCount; ++i) {
      const auto op = static_cast<vm::Op>(i);
      const uint64_t n = s.counts.instructions[static_cast<size_t>(i)];
      instructions += n;
      if (n) by_opcode.emplace_back(vm::op_info(op).name, n);
      if (form_of(op) == Form::OneKind) one_kind += n;
      if (form_of(op) == Form::General) general += n;
      if (std::string_view(vm::op_info(op).name).starts_with("Try")) short_forms_tried += n;
    }
    // The one that met another kind, and became general, was counted as what it had been.
    const uint64_t missed = std::min(one_kind, s.counts.generalised);
    one_kind -= missed;
    general += missed;
    for (size_t i = 0; i < s.made.size(); ++i) {
      objects += s.made[i];
      if (s.made[i]) by_kind.emplace_back(kind_name(static_cast<vm::Tag>(i)), s.made[i]);
    }
    const auto most_first = [](const auto& a, const auto& b) { return a.second > b.second; };
    std::stable_sort(by_opcode.begin(), by_opcode.end(), most_first);
    std::stable_sort(by_kind.begin(), by_kind.end(), most_first);
    pauses = s.pauses.count();
    pause_total = nanoseconds(s.pauses.total());
    pause_median = nanoseconds(s.pauses.percentile(0.5));
    pause_99 = nanoseconds(s.pauses.percentile(0.99));
    pause_longest = nanoseconds(s.pauses.longest());
  }
};

std::string grouped(uint64_t n) {
  std::string digits = std::to_string(n);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string percent(uint64_t part, uint64_t whole) {
  return whole ? fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole)) : "";
}

std::string row(std::string_view name, uint64_t n, std::string_view note = "") {
  std::string line = fmt::format("  {:<28}{:>18}{:>10}", name, grouped(n), note);
  line.resize(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

double milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

std::string report(const Options& options, const Statistics& s) {
  const Figures f(s);
  const vm::RunCounts& c = s.counts;
  std::string text = fmt::format("statistics of {}{}\n\n", options.positionals[0],
                                 with_native_code(options) ? "; what native code does is not counted" : "");
  text += row("instructions", f.instructions);
  uint64_t rest = f.instructions;
  for (size_t i = 0; i < std::min(kTopInstructions, f.by_opcode.size()); ++i) {
    const auto& [name, n] = f.by_opcode[i];
    text += row("  " + name, n, percent(n, f.instructions));
    rest -= n;
  }
  if (rest) text += row("  others", rest, percent(rest, f.instructions));
  text += row("calls of functions", c.calls);
  text += "\n" + row("+ - * for one kind", f.one_kind, percent(f.one_kind, f.one_kind + f.general)) +
          row("  in general", f.general, percent(f.general, f.one_kind + f.general)) + row("  places specialised", c.specialised) +
          row("  places made general", c.generalised);
  text += row("builtins in short form", c.short_forms, percent(c.short_forms, f.short_forms_tried)) +
          row("  called after all", f.short_forms_tried - c.short_forms);
  text += row("constant keys remembered", c.key_hits, percent(c.key_hits, c.key_hits + c.key_misses)) +
          row("  looked up", c.key_misses);
  text += row("methods remembered", c.method_hits, percent(c.method_hits, c.method_hits + c.method_misses)) +
          row("  looked up", c.method_misses);
  text += "\n" + row("objects made", f.objects);
  for (const auto& [name, n] : f.by_kind) text += row("  " + name, n, percent(n, f.objects));
  text += row("bytes at the end", s.at_end) + row("  at most, as far as seen", s.peak);
  text += "\n" + row("collections", s.collections);
  if (f.pauses)
    text += row("  bytes freed", s.freed) + row("  pauses", f.pauses) +
            fmt::format("  {:<28}{:>14.3f} ms\n  {:<28}{:>14.3f} ms\n  {:<28}{:>14.3f} ms\n  {:<28}{:>14.3f} ms\n", "  pauses together",
                        milliseconds(f.pause_total), "  median", milliseconds(f.pause_median), "  99 of 100 below",
                        milliseconds(f.pause_99), "  longest", milliseconds(f.pause_longest));
  return text;
}

std::string json(const Options& options, const Statistics& s) {
  const Figures f(s);
  const vm::RunCounts& c = s.counts;
  JsonLine line;
  line.text("file", options.positionals[0]).number("instructions", f.instructions).number("calls", c.calls);
  line.number("one_kind", f.one_kind).number("general", f.general).number("specialised", c.specialised).number("generalised", c.generalised);
  line.number("short_forms", c.short_forms).number("short_forms_called", f.short_forms_tried - c.short_forms);
  line.number("key_hits", c.key_hits).number("key_misses", c.key_misses);
  line.number("method_hits", c.method_hits).number("method_misses", c.method_misses);
  line.number("objects", f.objects).number("bytes_at_end", s.at_end).number("bytes_at_most", s.peak);
  line.number("collections", s.collections).number("pauses", f.pauses).number("bytes_freed", s.freed).number("pause_total_ns", f.pause_total);
  line.number("pause_median_ns", f.pause_median).number("pause_99_ns", f.pause_99).number("pause_longest_ns", f.pause_longest);
  for (const auto& [name, n] : f.by_opcode) line.number("op." + name, n);
  for (const auto& [name, n] : f.by_kind) line.number("made." + name, n);
  return line.str();
}

int run(const Options& options, Console& console) {
  Statistics statistics;
  int status = 0;
  if (!run_observed(options, console, statistics, status)) return status;
  return write_report(options.json ? json(options, statistics) : report(options, statistics), options.value("--stats-output"), status,
                      "stats", console);
}

const Command kRow("--stats", "", "FILE [ARG...]", "runs FILE and counts what the machine does", run);
const Option kOutput("--stats-output", "FILE", "--stats", "where to write it instead of standard error");

}  // namespace
}  // namespace omc::tools
