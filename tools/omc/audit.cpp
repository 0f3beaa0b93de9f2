// --audit: the same program under two engine settings must do the same (command-line reference, section 7.4).

#include <algorithm>
#include <cstdlib>

#include "lang/parser.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "stdlib/child_process.hpp"
#include "stdlib/os_text.hpp"

namespace omc::tools {

namespace {

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
    console.write(fmt::format("audit: tree-walk and VM produce identical output ({} bytes)\n", first.output.size()));
    return 0;
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
