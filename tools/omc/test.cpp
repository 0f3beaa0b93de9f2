// --test: runs the functions test_* of files (command-line reference, section 7.1).

#include <nlohmann/json.hpp>

#include "lang/parser.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "stdlib/test_channel.hpp"

namespace omc::tools {

namespace {

// Keeps what a test prints, for reports that carry it as data.
class Captured : public vm::Output {
 public:
  void write(std::string_view text) override { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Outcome {
  std::string error;  // first line; empty: passed
  std::string warning;
  std::string output;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string error_text(const vm::Error& e) {
  return first_line(e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message);
}

// The whole file runs from the top in a fresh state, then the test.
Outcome run_test(const std::shared_ptr<const lang::Source>& source, const std::string& name, const Options& options,
                 Console& console) {
  Session session(options, console);
  vm::Vm& machine = session.machine();
  Captured captured;
  if (options.json) machine.set_output(captured);
  Outcome outcome;
  const vm::RunResult setup = machine.run(source);
  if (setup.status != 0) {
    outcome.error = first_line(setup.message);
    if (setup.status == 124) outcome.error += " (" + options.timeout_text + " s)";
  } else {
    try {
      machine.call(machine.function_named(name), {});
    } catch (const vm::Error& e) {
      outcome.error = error_text(e);
      if (e.exit_status == 124) outcome.error += " (" + options.timeout_text + " s)";
    }
  }
  const auto& failures = machine.state<stdlib::TestChannel>().failures;
  if (!failures.empty()) {
    if (options.lenient)
      outcome.warning = fmt::format("warning: {}: {} recorded failure(s): {}", name, failures.size(), first_line(failures[0]));
    else if (outcome.error.empty())
      outcome.error = first_line(failures[0]);
  }
  outcome.output = captured.text();
  return outcome;
}

std::vector<std::string> test_names(const lang::Module& module) {
  std::vector<std::string> names;
  for (const lang::Stmt* s : module.top_level->body.statements) {
    if (s->kind != lang::StmtKind::Function) continue;
    const lang::Name name = static_cast<const lang::FunctionStmt*>(s)->function->name.name;
    if (name.starts_with("test_")) names.emplace_back(name);
  }
  return names;
}

int test_file(const std::string& path, const Options& options, Console& console) {
  std::string reason;
  const auto source = read(path, reason);
  if (!source) return console.fail(2, "test: read {}: {}", path, reason);
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) return console.fail(2, "test: parse {}: {}", path, parsed.first_message());
  const std::vector<std::string> names = test_names(*parsed.module);
  if (names.empty()) {
    if (!options.json) console.write(fmt::format("test: no `fn test_*()` functions in {}\n", path));
    return 0;
  }
  if (!options.json) console.write(fmt::format("running {} test(s) from {}\n", names.size(), path));
  std::vector<std::pair<std::string, std::string>> failed;
  for (const std::string& name : names) {
    const Outcome outcome = run_test(source, name, options, console);
    const bool passed = outcome.error.empty();
    if (!passed) failed.emplace_back(name, outcome.error);
    if (!outcome.warning.empty()) console.error(outcome.warning);
    if (options.json) {
      nlohmann::ordered_json line = {{"file", path}, {"test", name}, {"status", passed ? "pass" : "fail"}};
      if (!passed) line["error"] = outcome.error;
      if (!outcome.output.empty()) line["output"] = outcome.output;
      console.write(line.dump() + "\n");
    } else {
      console.write(fmt::format("  {}{}\n", passed ? "ok    " : "FAIL  ", name));
    }
  }
  const size_t passed = names.size() - failed.size();
  if (options.json) {
    const nlohmann::ordered_json line = {
        {"summary", true}, {"file", path}, {"tests", names.size()}, {"passed", passed}, {"failed", failed.size()}};
    console.write(line.dump() + "\n");
  } else {
    console.write(fmt::format("\nresult: {} passed, {} failed\n", passed, failed.size()));
    for (const auto& [name, error] : failed) console.write(fmt::format("  {}: {}\n", name, error));
  }
  return failed.empty() ? 0 : 1;
}

int test(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& path : options.positionals) status = std::max(status, test_file(path, options, console));
  return status;
}

const Command kRow("--test", "-t", "FILE...", "runs the functions test_* of files", test);

}  // namespace
}  // namespace omc::tools
