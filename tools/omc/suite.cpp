#include "omc/suite.hpp"

#include <chrono>

#include "lang/parser.hpp"
#include "lang/unified_diff.hpp"
#include "omc/coverage.hpp"
#include "omc/heal.hpp"
#include "omc/session.hpp"
#include "stdlib/test_channel.hpp"

namespace omc::tools {

namespace {

const Option kFilter("--filter", "TEXT", "--test --test-all --bench", "only those whose names contain TEXT");

// Keeps what a function prints, for reports that carry it as data.
class Captured : public vm::Output {
 public:
  void write(std::string_view text) override { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string error_text(const vm::Error& e, const Options& options) {
  std::string text = e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message;
  if (e.exit_status == 124) text += " (" + options.timeout_text + " s)";
  return text;
}

void set_error(Outcome& outcome, const std::string& text) {
  outcome.error = first_line(text);
  if (outcome.error.empty()) outcome.error = "(no message)";
  if (text.size() > outcome.error.size()) outcome.details = text + "\n";
}

// Both sides, and as soon as one has several lines what differs.
std::string compared(const stdlib::Comparison& c) {
  if (c.expected.find('\n') == std::string::npos && c.got.find('\n') == std::string::npos)
    return fmt::format("expected: {}\ngot:      {}\n", c.expected, c.got);
  return lang::unified_diff(c.expected + "\n", c.got + "\n", "expected", "got");
}

}  // namespace

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Suite load_suite(const std::string& path, std::string_view prefix, const Options& options) {
  Suite suite;
  suite.path = path;
  suite.source = read(path, suite.unreadable);
  if (!suite.source) return suite;
  const lang::ParseResult parsed = lang::parse(*suite.source);
  if (!parsed.ok()) {
    suite.unparsable = parsed.first_message();
    return suite;
  }
  const std::string* filter = options.value("--filter");
  for (const lang::Stmt* s : parsed.module->top_level->body.statements) {
    if (s->kind != lang::StmtKind::Function) continue;
    const lang::Name name = static_cast<const lang::FunctionStmt*>(s)->function->name.name;
    if (name.starts_with(prefix) && (!filter || name.find(*filter) != std::string_view::npos)) suite.names.emplace_back(name);
  }
  return suite;
}

Outcome run_one(const Suite& suite, const std::string& name, const Options& options, Console& console, bool capture,
                Coverage* coverage) {
  const auto start = std::chrono::steady_clock::now();
  Options counted = options;
  if (coverage) counted.vm.rewrite_modules = [coverage](lang::Module& module) { coverage->instrument(module); };
  Session session(counted, console);
  vm::Vm& machine = session.machine();
  if (coverage) coverage->attach(machine);
  Captured captured;
  if (capture) machine.set_output(captured);
  Outcome outcome;
  const auto heal = healing(HealSettings::from_environment().for_test(*suite.source), machine, console);
  const vm::RunResult setup = machine.run(suite.source, [&](lang::Module& module) {
    if (heal) heal(module);
    if (coverage) coverage->instrument(module);
  });
  if (setup.status != 0) {
    set_error(outcome, setup.status == 124 ? setup.message + " (" + options.timeout_text + " s)" : setup.message);
  } else {
    try {
      machine.call(machine.function_named(name), {});
    } catch (const vm::Error& e) {
      set_error(outcome, error_text(e, options));
    }
  }
  outcome.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const auto& failures = machine.state<stdlib::TestChannel>().failures;
  if (!failures.empty()) {
    if (options.lenient)
      outcome.warning = fmt::format("warning: {}: {} recorded failure(s): {}", name, failures.size(), first_line(failures[0]));
    else if (outcome.passed())
      set_error(outcome, failures[0]);
  }
  for (const stdlib::Comparison& c : machine.state<stdlib::TestChannel>().comparisons) outcome.details += compared(c);
  outcome.output = captured.text();
  return outcome;
}

}  // namespace omc::tools
