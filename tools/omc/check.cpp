// --check: what is wrong with files and folders, without running anything (command-line reference, section 3).

#include <algorithm>
#include <filesystem>

#include "lang/heal.hpp"
#include "lang/lint/linter.hpp"
#include "lang/parser.hpp"
#include "lang/render.hpp"
#include "omc/command.hpp"
#include "omc/module_names.hpp"
#include "omc/session.hpp"

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
std::vector<std::string> expand(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> below;
    add_folder(path, below);
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

class Check {
 public:
  Check(const Options& options, Console& console) : console_(console), session_(options, console), names_(session_.machine()) {
    for (const vm::Vm::Category& c : session_.machine().categories()) {
      const auto all = session_.machine().builtins();
      const auto categories = session_.machine().categories();
      const size_t end = &c == &categories.back() ? all.size() : (&c)[1].first;
      for (size_t i = c.first; i < end; ++i) builtins_[all[i]->name] = {all[i]->signature, all[i]->summary, c.name};
    }
  }

  int run(const std::vector<std::string>& paths) {
    const std::vector<std::string> files = expand(paths);
    several_ = files.size() > 1;
    int status = 0;
    for (const std::string& path : files) status = std::max(status, file(path));
    return status;
  }

 private:
  int file(const std::string& path) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) return console_.fail(1, "reading {}: {}", path, reason);
    const lang::ParseResult parsed = lang::parse(*source);
    if (!parsed.ok()) {
      console_.error("parse error: " + parsed.first_message());
      // The message names no file: where several are checked, or somebody looks on, the place is shown too.
      if (several_ || console_.error_is_terminal())
        for (const lang::Diagnostic& d : parsed.diagnostics) console_.error(lang::render(*source, d, {console_.colour(), 100}));
      return 1;
    }
    const lang::KnownNames known = names_.known(*parsed.module);
    lang::Diagnostics lint;
    {
      const lang::NameScopes scopes(*parsed.module, known);
      lint = lang::lint({*parsed.module, parsed.tokens, scopes, builtins_}, lang::RuleSet::defaults());
    }
    const lang::HealReport healed = lang::heal(*parsed.module, known);  // last: it changes the tree
    return report(*source, healed, lint);
  }

  int report(const lang::Source& source, const lang::HealReport& healed, const lang::Diagnostics& lint) {
    const std::string& path = source.path();
    const bool hints_only = only_lint_counts(source);
    std::vector<const lang::Diagnostic*> failing, hints, by_place, structure;
    for (const lang::Diagnostic& d : healed.found)
      (hints_only || d.severity == lang::Severity::Hint ? hints : failing).push_back(&d);
    for (const lang::Diagnostic& d : lint)
      (lang::find_rule(d.code)->place == lang::Rule::Place::Token ? by_place : structure).push_back(&d);
    std::ranges::stable_sort(by_place, {}, [](const lang::Diagnostic* d) { return d->span.begin; });
    const size_t issues = failing.size() + lint.size();
    if (issues == 0) {
      console_.write(fmt::format("{}: clean ({} iteration{}){}\n", path, healed.iterations, healed.iterations == 1 ? "" : "s",
                                 hints.empty() ? "" : fmt::format(" — {} hint(s)", hints.size())));
    } else {
      console_.write(fmt::format("{}: {} issue(s) ({} heal, {} lint, {} hint) — {} iteration(s) ({})\n", path, issues,
                                 failing.size(), lint.size(), hints.size(), healed.iterations,
                                 healed.exhausted ? "exhausted" : "converged"));
    }
    for (const lang::Diagnostic* d : failing) console_.write("  heal: " + d->message + "\n");
    for (const lang::Diagnostic* d : hints) console_.write("  hint: " + d->message + "\n");
    for (const lang::Diagnostic* d : by_place) {
      const lang::Position at = source.position(d->span.begin);
      console_.write(fmt::format("  {}:{}: [{}] {} (col {})\n", path, at.line, lang::find_rule(d->code)->kind, d->message, at.column));
    }
    for (const lang::Diagnostic* d : structure)
      console_.write(fmt::format("  {}: [{}] {}\n", path, lang::find_rule(d->code)->kind, d->message));
    return issues == 0 ? 0 : 1;
  }

  Console& console_;
  Session session_;
  ModuleNames names_;
  lang::BuiltinFacts builtins_;
  bool several_ = false;
};

int check(const Options& options, Console& console) { return Check(options, console).run(options.positionals); }

const Command kRow("--check", "-c", "PATH...", "slips that heal and lint findings of files and folders; never runs anything", check);

}  // namespace
}  // namespace omc::tools
