// --check: what is wrong with files and folders, without running anything (command-line reference, section 3).

#include <algorithm>
#include <filesystem>

#include "analysis/file_check.hpp"
#include "analysis/find_files.hpp"
#include "lang/lint/fix.hpp"
#include "lang/unified_diff.hpp"
#include "omc/check_report.hpp"
#include "omc/check_settings.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

// Folders become the files below them, sorted by their bytes.
std::vector<std::string> expand(const std::vector<std::string>& paths, CheckSettings& settings) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> below = analysis::program_files(path);
    std::erase_if(below, [&](const std::string& file) { return settings.excludes(file); });
    std::ranges::sort(below);
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

class Check {
 public:
  Check(const Options& options, Console& console)
      : options_(options), console_(console), settings_(options), session_(options, console),
        checker_(session_.machine(), analysis::modules_on_disk(session_.machine())) {}

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
  analysis::Checked check(std::shared_ptr<const lang::Source> source, const std::string& path) {
    return checker_.check(std::move(source), settings_.rules_for(path));
  }

  int file(const std::string& path, CheckReport& report) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) return console_.fail(1, "reading {}: {}", path, reason);
    analysis::Checked checked = check(source, path);
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
  analysis::Checked fixed(analysis::Checked checked, const std::string& path) {
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
  analysis::FileChecker checker_;
};

int check(const Options& options, Console& console) { return Check(options, console).run(); }

const Option kFix("--fix", "", "--check", "applies the fixes that keep the meaning of the program; with --diff only shows them");
const Option kUnsafe("--unsafe-fixes", "", "--check", "with --fix: also those that may change it");
const Option kFormat("--output-format", "FORMAT", "--check", "text (default), full, json, sarif, github",
                     [](Options&, std::string_view name) { return is_report_format(name); });
const Command kRow("--check", "-c", "PATH...", "slips that heal and lint findings of files and folders; never runs anything", check);

}  // namespace
}  // namespace omc::tools
