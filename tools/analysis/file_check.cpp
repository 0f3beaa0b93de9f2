#include "analysis/file_check.hpp"

#include <algorithm>

namespace omc::analysis {

namespace {

// `# omc:check=lint_only` at the beginning of one of the first lines: names come from elsewhere, so the heal walk only hints.
bool only_lint_counts(const lang::Source& source) {
  for (uint32_t line = 1; line <= std::min<uint32_t>(source.line_count(), 20); ++line) {
    std::string_view text = source.line_text(line);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.starts_with("# omc:check=lint_only")) return true;
  }
  return false;
}

lang::BuiltinFact fact(const vm::Builtin& b, vm::Effect effect) {
  lang::BuiltinFact fact = {b.signature, b.summary, vm::required_arguments(b.signature)};
  const std::string_view parameters = vm::parameter_list(b.signature);
  if (parameters.find("...") == std::string_view::npos && parameters.find("…") == std::string_view::npos)
    fact.most = parameters.empty() ? 0 : static_cast<size_t>(std::ranges::count(parameters, ',')) + 1;
  fact.pure = effect == vm::Effect::Pure;
  fact.changes = effect == vm::Effect::Changes;
  return fact;
}

}  // namespace

FileChecker::FileChecker(const vm::Vm& machine, ModuleAccess access) : names_(machine.builtins(), std::move(access)) {
  for (const vm::Builtin* b : machine.builtins()) builtins_[b->name] = fact(*b, machine.effect_of(*b));
}

Checked FileChecker::check(std::shared_ptr<const lang::Source> source, const lang::RuleSet& wanted) {
  Checked checked{{.source = source}, lang::parse(*source)};
  CheckedFile& file = checked.file;
  if (!checked.parsed.ok()) {
    file.syntax.assign(checked.parsed.diagnostics.begin(), checked.parsed.diagnostics.end());
    return checked;
  }
  lang::Module& module = *checked.parsed.module;
  lang::Findings found = lang::check(module, checked.parsed.tokens, names_.known(module), builtins_, wanted);
  file.iterations = found.heal.iterations;
  file.exhausted = found.heal.exhausted;
  const bool hints_only = only_lint_counts(*source);
  for (const lang::Diagnostic& d : found.heal.found)
    (hints_only || d.severity == lang::Severity::Hint ? file.hints : file.failing).push_back(d);
  file.lint.assign(found.lint.begin(), found.lint.end());
  return checked;
}

}  // namespace omc::analysis
