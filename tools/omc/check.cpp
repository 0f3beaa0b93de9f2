// --check: what is wrong with files and folders, without running anything (command-line reference, section 3).

#include <algorithm>
#include <filesystem>

#include "lang/lint/fix.hpp"
#include "lang/lint/linter.hpp"
#include "lang/parser.hpp"
#include "lang/unified_diff.hpp"
#include "omc/check_report.hpp"
#include "omc/check_settings.hpp"
#include "omc/command.hpp"
#include "omc/module_names.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSkipped[] = {"target", "node_modules", ".git", "omc_modules"};

void add_folder(const std::string& folder, std::vector<std::string>& files) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || std::ranges::find(kSkipped, name) != std::end(kSkipped)) continue;
    const std::string path = folder.ends_with('/') ? folder + name : folder + "/" + name;
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) add_folder(path, files);
    else if (name.ends_with(".omc") && !entry.is_directory(ignored)) files.push_back(path);
  }
}

// Folders become the files below them, sorted by their bytes.
std::vector<std::string> expand(const std::vector<std::string>& paths, CheckSettings& settings) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> below;
    add_folder(path, below);
    std::erase_if(below, [&](const std::string& file) { return settings.excludes(file); });
    std::ranges::sort(below);
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

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

class Check {
 public:
  Check(const Options& options, Console& console)
      : options_(options), console_(console), settings_(options), session_(options, console), names_(session_.machine()) {
    vm::Vm& machine = session_.machine();
    for (const vm::Builtin* b : machine.builtins())
      builtins_[b->name] = fact(*b, machine.effect_of(*b));
  }

  int run() {
    const std::vector<std::string> files = expand(options_.positionals, settings_);
    const std::string* format = options_.value("--output-format");
    const auto report = make_check_report(format ? *format : options_.json ? "json" : "text", console_, files.size() > 1);
    int status = 0;
    for (const std::string& path : files) status = std::max(status, file(path, *report));
    if (!options_.given("--diff")) report->finish();
    return status;
  }

 private:
  struct Checked {
    CheckedFile file;
    lang::ParseResult parsed;
  };

  Checked check(std::shared_ptr<const lang::Source> source, const std::string& path) {
    Checked checked{{.source = source}, lang::parse(*source)};
    CheckedFile& file = checked.file;
    if (!checked.parsed.ok()) {
      file.syntax.assign(checked.parsed.diagnostics.begin(), checked.parsed.diagnostics.end());
      return checked;
    }
    lang::Module& module = *checked.parsed.module;
    lang::Findings found = lang::check(module, checked.parsed.tokens, names_.known(module), builtins_, settings_.rules_for(path));
    file.iterations = found.heal.iterations;
    file.exhausted = found.heal.exhausted;
    const bool hints_only = only_lint_counts(*source);
    for (const lang::Diagnostic& d : found.heal.found)
      (hints_only || d.severity == lang::Severity::Hint ? file.hints : file.failing).push_back(d);
    file.lint.assign(found.lint.begin(), found.lint.end());
    return checked;
  }

  int file(const std::string& path, CheckReport& report) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) return console_.fail(1, "reading {}: {}", path, reason);
    Checked checked = check(source, path);
    if (options_.given("--fix") || options_.given("--diff")) {
      checked = fixed(std::move(checked), path);
      const std::string_view before = source->text(), after = checked.file.source->text();
      if (options_.given("--diff")) {
        if (checked.file.syntax.empty()) {
          console_.write(lang::unified_diff(before, after, path, path + " (fixed)"));
          return before == after ? 0 : 1;
        }
      } else if (before != after) {
        std::error_code why;
        if (!stdlib::replace_file(path, after, why)) return console_.fail(1, "writing {}: {}", path, reason_text(why));
      }
    }
    report.add(checked.file);
    return checked.file.issues() > 0 || !checked.file.syntax.empty() ? 1 : 0;
  }

  // Round after round, as one fix may make room for another.
  Checked fixed(Checked checked, const std::string& path) {
    constexpr int kRounds = 100;  // a nest of one finding in another takes one for each level
    const bool unsafe = options_.given("--unsafe-fixes");
    for (int round = 0; round < kRounds && checked.file.syntax.empty(); ++round) {
      std::vector<const lang::Diagnostic*> all;
      for (const auto* list : {&checked.file.failing, &checked.file.hints, &checked.file.lint})
        for (const lang::Diagnostic& d : *list) all.push_back(&d);
      lang::Fixed next = lang::apply_fixes(*checked.file.source, checked.parsed, all, unsafe);
      if (next.count == 0) break;
      checked = check(std::make_shared<const lang::Source>(path, std::move(next.text)), path);
    }
    return checked;
  }

  const Options& options_;
  Console& console_;
  CheckSettings settings_;
  Session session_;
  ModuleNames names_;
  lang::BuiltinFacts builtins_;
};

int check(const Options& options, Console& console) { return Check(options, console).run(); }

const Option kFix("--fix", "", "--check", "applies the fixes that keep the meaning of the program; with --diff only shows them");
const Option kUnsafe("--unsafe-fixes", "", "--check", "with --fix: also those that may change it");
const Option kFormat("--output-format", "FORMAT", "--check", "text (default), full, json, sarif, github",
                     [](Options&, std::string_view name) { return is_report_format(name); });
const Command kRow("--check", "-c", "PATH...", "slips that heal and lint findings of files and folders; never runs anything", check);

}  // namespace
}  // namespace omc::tools
