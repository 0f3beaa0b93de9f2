#include "omc/heal.hpp"

#include <chrono>

#include "analysis/module_names.hpp"
#include "lang/heal.hpp"
#include "lang/parser.hpp"
#include "omc/explain_jit.hpp"
#include "omc/environment.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace {

const Variable kHeal("OMC_HEAL", "1: the program is healed before it runs");
const Variable kRetry("OMC_HEAL_RETRY", "1: a program that ends in an error is healed and run once more");
const Variable kQuiet("OMC_HEAL_QUIET", "1: says nothing of what was healed");

void show(const lang::HealReport& report, Console& console) {
  if (report.found.empty()) return;
  console.error(fmt::format("--- OMC_HEAL: {} diagnostic(s) across {} iteration(s) ({}) ---", report.found.size(), report.iterations,
                            report.exhausted ? "exhausted" : "converged"));
  for (const lang::Diagnostic& d : report.found) console.error("  " + d.message);
  console.error("--- end OMC_HEAL ---");
}

void show_retry(const std::string& first_error, const lang::HealReport& report, Console& console) {
  console.error("--- OMC_HEAL_RETRY: caught error, attempting heal+retry ---\n  first error: " + first_error);
  if (!report.found.empty()) {
    console.error(fmt::format("  healing pass found {} diagnostic(s):", report.found.size()));
    for (const lang::Diagnostic& d : report.found) console.error("    " + d.message);
  }
  console.error("--- retrying with healed AST ---");
}

vm::Vm::Rewrite heal_then(vm::Vm& machine, std::function<void(const lang::HealReport&)> show) {
  return [&machine, show = std::move(show)](lang::Module& module) {
    analysis::ModuleNames names(machine.builtins(), analysis::modules_on_disk(machine));
    const lang::KnownNames known = names.known(module);
    show(lang::heal(module, known));
  };
}

}  // namespace

HealSettings HealSettings::from_environment() {
  return {kHeal.is_on(), kRetry.is_on(), kQuiet.is_on()};
}

HealSettings HealSettings::for_test(const lang::Source& source) const {
  HealSettings settings = *this;
  for (uint32_t line = 1; line <= std::min<uint32_t>(source.line_count(), 40); ++line) {
    std::string_view text = source.line_text(line);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (!text.starts_with('#') || text.find("@needs_heal") == std::string_view::npos) continue;
    settings.heal = true;
    if (!kQuiet.text()) settings.quiet = true;
    break;
  }
  return settings;
}

vm::Vm::Rewrite healing(const HealSettings& settings, vm::Vm& machine, Console& console) {
  if (!settings.heal) return {};
  return heal_then(machine, [&console, quiet = settings.quiet](const lang::HealReport& report) {
    if (!quiet) show(report, console);
  });
}

int run_program(const std::shared_ptr<const lang::Source>& source, const Options& options, Console& console) {
  const HealSettings settings = HealSettings::from_environment();
  if (options.jit_announce) announce_native_code(source, console);
  const auto start = std::chrono::steady_clock::now();
  vm::RunResult first;
  {
    Session session(options, console);
    if (!settings.retry) return session.report(session.machine().run(source, healing(settings, session.machine(), console)));
    first = session.machine().run(source);
    // The limit of time is for both attempts together, and a text that does not parse cannot be healed.
    if (first.status != 1 || !lang::parse(*source).ok()) return session.report(first);
  }
  console.flush();
  Options rest = options;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  if (rest.timeout_seconds > 0) rest.timeout_seconds = std::max(1e-6, rest.timeout_seconds - spent.count());
  Session session(rest, console);
  return session.report(session.machine().run(source, heal_then(session.machine(), [&](const lang::HealReport& report) {
    if (!settings.quiet) show_retry(first.message, report, console);
  })));
}

}  // namespace omc::tools
