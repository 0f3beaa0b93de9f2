// --profile: where a program spends its time, as tables, as stacks for other tools, or as a flame graph.

#include <optional>

#include "omc/command.hpp"
#include "omc/flame_graph.hpp"
#include "omc/observed_run.hpp"
#include "omc/profiler.hpp"

namespace omc::tools {

namespace {

constexpr size_t kRows = 40;
constexpr size_t kLineText = 80;

std::string head(const Options& options, const Profiler& profile) {
  return fmt::format("{}: {} samples, {:.2f} s, {}", options.positionals[0], profile.samples(), profile.seconds(profile.samples()),
                     with_native_code(options) ? "native code counted to the function it was entered by" : "without native code");
}

std::string row(const Profiler& profile, const Profiler::Weight& w, std::string_view what) {
  return fmt::format("{:>9.3f} {:>5.1f}% {:>9.3f} {:>5.1f}%  {}\n", profile.seconds(w.self), profile.share(w.self),
                     profile.seconds(w.total), profile.share(w.total), what);
}

std::string tables(const Options& options, const Profiler& profile) {
  const auto heading = [](std::string_view of) { return fmt::format("\n{:>9} {:>6} {:>9} {:>6}  {}\n", "self s", "", "total s", "", of); };
  const auto rest = [](size_t count) { return count > kRows ? fmt::format("          ... {} more\n", count - kRows) : ""; };
  std::string text = "profile of " + head(options, profile) + "\n" + heading("function");
  const auto functions = profile.functions();
  for (size_t i = 0; i < std::min(kRows, functions.size()); ++i) text += row(profile, functions[i]->weight, functions[i]->label());
  text += rest(functions.size()) + heading("line");
  const auto lines = profile.lines();
  for (size_t i = 0; i < std::min(kRows, lines.size()); ++i) {
    const Profiler::Line& line = *lines[i];
    size_t cut = std::min(kLineText, line.text.size());
    while (cut > 0 && cut < line.text.size() && (static_cast<unsigned char>(line.text[cut]) & 0xC0) == 0x80) --cut;
    text += row(profile, line.weight,
                fmt::format("{}:{}: {}{}", line.path, line.line, line.text.substr(0, cut), cut < line.text.size() ? "…" : ""));
  }
  return text + rest(lines.size());
}

// One line a stack: its functions joined by `;`, a blank, its samples.
void fold(const Profiler& profile, size_t index, const std::string& above, std::string& out) {
  const Profiler::Call& call = profile.calls()[index];
  std::string stack = above;
  if (call.function) {
    std::string name = call.function->label();
    for (char& c : name)
      if (c == ';' || c == '\n') c = ',';
    stack += (above.empty() ? "" : ";") + name;
    if (call.weight.self) out += fmt::format("{} {}\n", stack, call.weight.self);
  }
  for (const auto& [function, callee] : call.callees) fold(profile, callee, stack, out);
}

enum class Format { Text, Folded, Svg };

std::optional<Format> parse_format(std::string_view word) {
  if (word == "text") return Format::Text;
  if (word == "folded") return Format::Folded;
  if (word == "svg") return Format::Svg;
  return std::nullopt;
}

Format format_of(const Options& options) {
  if (const std::string* word = options.value("--profile-format")) return *parse_format(*word);
  const std::string* path = options.value("--profile-output");
  const auto ends = [path](const char* suffix) { return path && path->ends_with(suffix); };
  return ends(".svg") ? Format::Svg : ends(".folded") ? Format::Folded : Format::Text;
}

int run(const Options& options, Console& console) {
  const std::string* rate = options.value("--profile-rate");
  Profiler profiler(std::chrono::nanoseconds(1'000'000'000 / (rate ? *parse_count(*rate, 1) : 1000)));
  int status = 0;
  if (!run_observed(options, console, profiler, status)) return status;
  std::string text;
  switch (format_of(options)) {
    case Format::Text: text = tables(options, profiler); break;
    case Format::Folded: fold(profiler, 0, "", text); break;
    case Format::Svg: text = flame_graph(profiler, head(options, profiler)); break;
  }
  return write_report(text, options.value("--profile-output"), status, "profile", console);
}

const Command kRow("--profile", "", "FILE [ARG...]", "runs FILE and shows where its time goes", run);
const Option kOutput("--profile-output", "FILE", "--profile", "where to write it instead of standard error");
const Option kFormat("--profile-format", "text|folded|svg", "--profile",
                     "tables, stacks for other tools, or a flame graph (default: by the end of the output's name, else text)",
                     [](Options&, std::string_view v) { return parse_format(v).has_value(); });
const Option kRate("--profile-rate", "N", "--profile", "samples a second (default 1000)", [](Options&, std::string_view v) {
  const auto n = parse_count(v, 1);
  return n && *n <= 10'000;
});

}  // namespace
}  // namespace omc::tools
