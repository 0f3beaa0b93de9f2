// --audit: the same program under two engine settings must do the same (command-line reference, section 7.4).

#include <algorithm>
#include <cstdlib>

#include "lang/parser.hpp"
#include "lang/unified_diff.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "stdlib/child_process.hpp"
#include "stdlib/os_text.hpp"

namespace omc::tools {

namespace {

const Option kEnginesFlag("--engines", "", "--audit", "also without native code, with nothing but it, and under stress of the collector");

constexpr size_t kShownLines = 10;

struct Run {
  std::string output;
  int status = 0;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// The program in a process of its own, with the options of this one.
Run run_child(const std::string& path, const Options& options, std::vector<std::pair<std::string, std::string>> environment) {
  stdlib::Pipeline pipeline;
  pipeline.stages.push_back({"/proc/self/exe"});
  std::vector<std::string>& words = pipeline.stages[0];
  words.insert(words.end(), options.run_words.begin(), options.run_words.end());
  words.push_back(path.starts_with('-') ? "./" + path : path);
  words.push_back("--");
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  pipeline.environment = std::move(environment);
  auto result = stdlib::run_pipeline(pipeline, [](size_t) {});
  if (const auto* failure = std::get_if<stdlib::StartFailure>(&result)) return {stdlib::os_reason(failure->error), 127};
  auto& done = std::get<stdlib::PipelineResult>(result);
  return {std::move(done.output), done.exit_code};
}

void show_divergence(const Run& first, const Run& second, const std::string& path, Console& console) {
  console.error("audit: ENGINE DIVERGENCE on " + path);
  const auto a = lines_of(first.output), b = lines_of(second.output);
  size_t shown = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size() && i < b.size() && a[i] == b[i]) continue;
    if (shown++ == kShownLines) return console.error("  (truncated)");
    console.error(fmt::format("  line {}:\n    tree-walk: {}\n    VM:        {}", i + 1, i < a.size() ? a[i] : "<eof>",
                              i < b.size() ? b[i] : "<eof>"));
  }
  // Equal lines: the outputs differ in the newline at their end, or not at all.
  if (shown == 0 && first.output != second.output)
    console.error(fmt::format("  line {}:\n    tree-walk: {}\n    VM:        {}", a.size() + 1,
                              first.output.ends_with('\n') ? "" : "<eof>", second.output.ends_with('\n') ? "" : "<eof>"));
  if (first.output == second.output) console.error(fmt::format("  exit status: {} and {}", first.status, second.status));
}

// The settings of --engines, beyond the two that are always compared.
struct Engine {
  std::string_view name;
  std::vector<std::string> words;
};
const Engine kEngines[] = {
    {"jit-off", {"--jit=off"}},
    {"jit-force", {"--jit=force"}},
    {"general", {"--no-specialise"}},
    {"gc-stress", {"--gc-stress"}},
};

// True when every engine does what the first run did; else what differs is shown as a diff.
bool compare_engines(const Run& first, const std::string& path, const Options& options, Console& console) {
  bool same = true;
  for (const Engine& engine : kEngines) {
    Options changed = options;
    changed.run_words.insert(changed.run_words.end(), engine.words.begin(), engine.words.end());
    const Run other = run_child(path, changed, {});
    if (other.output == first.output && other.status == first.status) continue;
    same = false;
    console.error(fmt::format("audit: ENGINE DIVERGENCE on {} ({})", path, engine.name));
    std::string diff = lang::unified_diff(first.output, other.output, "default", engine.name);
    if (!diff.empty()) {
      diff.pop_back();
      console.error(diff);
    }
    if (other.status != first.status) console.error(fmt::format("  exit status: {} and {}", first.status, other.status));
  }
  return same;
}

int audit_file(const std::string& path, const Options& options, Console& console) {
  std::string reason;
  const auto source = read(path, reason);
  if (!source) return console.fail(2, "audit: read {}: {}", path, reason);
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) return console.fail(2, "audit: parse {}: {}", path, parsed.first_message());
  ::unsetenv("OMC_VM");  // the first run must not inherit it
  const Run first = run_child(path, options, {});
  const Run second = run_child(path, options, {{"OMC_VM", "1"}});
  if (first.output == second.output && first.status == second.status) {
    if (options.given("--engines") && !compare_engines(first, path, options, console)) return 1;
    console.write(fmt::format("audit: tree-walk and VM produce identical output ({} bytes)\n", first.output.size()));
    return 0;
  }
  if (options.given("--diff")) {
    console.error("audit: ENGINE DIVERGENCE on " + path);
    std::string diff = lang::unified_diff(first.output, second.output, "tree-walk", "VM");
    if (!diff.empty()) diff.pop_back();
    if (!diff.empty()) console.error(diff);
    if (first.status != second.status) console.error(fmt::format("  exit status: {} and {}", first.status, second.status));
    return 1;
  }
  show_divergence(first, second, path, console);
  return 1;
}

int audit(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& path : options.positionals) status = std::max(status, audit_file(path, options, console));
  return status;
}

const Command kRow("--audit", "-a", "FILE...", "compares the two engine settings on a program", audit);

}  // namespace
}  // namespace omc::tools
