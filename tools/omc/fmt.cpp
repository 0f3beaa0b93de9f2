// --fmt and `omc fmt`: canonical layout, printed, compared or written (command-line reference, section 5).

#include <algorithm>

#include "lang/format.hpp"
#include "lang/parser.hpp"
#include "lang/unified_diff.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace {

const Option kCheck("--check-format", "", "--fmt", "writes nothing; status 1 when a file would change");
const Option kDiff("--diff", "", "--fmt --check --audit", "shows differences as a unified diff, changes nothing");
const Option kWrite("--write", "", "--fmt", "rewrites changed files in place");

enum class Action : uint8_t { Print, Check, Diff, Write };

// One file, or why there is nothing to show of it.
struct Formatted {
  std::string unreadable, unparsable;
  std::shared_ptr<const lang::Source> source;
  std::string text;
};

Formatted format_file(const std::string& path) {
  Formatted f;
  f.source = read(path, f.unreadable);
  if (!f.source) return f;
  const lang::ParseResult parsed = lang::parse(*f.source);
  if (parsed.ok()) f.text = lang::format(*parsed.module);
  else f.unparsable = parsed.first_message();
  return f;
}

int act(Action action, const std::string& path, const Formatted& f, Console& console) {
  if (action == Action::Print) {
    console.write(f.text);
    return 0;
  }
  if (f.text == f.source->text()) return 0;
  if (action == Action::Check) return console.fail(1, "omc fmt: {} would be reformatted", path);
  if (action == Action::Diff) {
    console.write(lang::unified_diff(f.source->text(), f.text, path, path + " (formatted)"));
    return 0;
  }
  std::error_code why;
  if (stdlib::replace_file(path, f.text, why)) return 0;
  return console.fail(1, "omc fmt: cannot write {}: {}", path, reason_text(why));
}

int format_mode(const Options& options, Console& console) {
  const Action action = options.given("--check-format") ? Action::Check
                        : options.given("--diff")       ? Action::Diff
                        : options.given("--write")      ? Action::Write
                                                        : Action::Print;
  int status = 0;
  for (const std::string& path : options.positionals) {
    const Formatted f = format_file(path);
    if (!f.unreadable.empty()) status = console.fail(1, "reading {}: {}", path, f.unreadable);
    else if (!f.unparsable.empty()) status = console.fail(1, "parse error: {}", f.unparsable);
    else status = std::max(status, act(action, path, f, console));
  }
  return status;
}

int format_command(const Options& options, Console& console) {
  bool check = false, diff = false, print = false;
  std::vector<std::string> paths;
  for (const std::string& word : options.positionals) {
    if (word == "--check") check = true;
    else if (word == "--diff") diff = true;
    else if (word == "--stdout") print = true;
    else if (word.starts_with('-')) return console.fail(2, "omc fmt: unknown flag `{}`", word);
    else paths.push_back(word);
  }
  if (paths.empty()) return console.fail(2, "Usage: omc fmt [--check] [--diff] [--stdout] <file...>");
  const Action action = check ? Action::Check : diff ? Action::Diff : print ? Action::Print : Action::Write;
  int status = 0;
  for (const std::string& path : paths) {
    const Formatted f = format_file(path);
    if (!f.unreadable.empty()) return console.fail(1, "omc fmt: cannot read {}: {}", path, f.unreadable);
    if (!f.unparsable.empty()) return console.fail(1, "omc fmt: {}: {}", path, f.unparsable);
    const int one = act(action, path, f, console);
    if (one != 0 && action == Action::Write) return one;
    status = std::max(status, one);
  }
  return status;
}

const Command kMode("--fmt", "--format -f", "FILE...", "canonical source to standard output", format_mode);
const Command kCommand("fmt", "", "[--check] [--diff] [--stdout] FILE...", "rewrites files in canonical layout", format_command);

}  // namespace
}  // namespace omc::tools
