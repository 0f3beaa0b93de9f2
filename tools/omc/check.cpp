// --check: what is wrong with a file, without running it.

#include <unordered_set>

#include "lang/parser.hpp"
#include "lang/render.hpp"
#include "lang/resolve.hpp"
#include "lang/unknown_names.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace {

// The names that imports bring in. Modules are parsed, never run.
class Imports {
 public:
  explicit Imports(vm::Vm& machine) : machine_(machine) {}

  void follow(const lang::Module& module) {
    for (const lang::Stmt* s : module.top_level->body.statements) {
      if (s->kind == lang::StmtKind::Import) add(std::string(static_cast<const lang::ImportStmt*>(s)->module), module.source());
    }
  }

  std::unordered_set<std::string_view> names;
  bool complete = true;

 private:
  void add(const std::string& name, const lang::Source& importer) {
    std::string path;
    try {
      path = machine_.find_module(name, importer);
    } catch (const vm::Error&) {
      complete = false;
      return;
    }
    if (!seen_.insert(path).second) return;
    std::string reason;
    auto source = read(path, reason);
    if (!source) {
      complete = false;
      return;
    }
    auto parsed = std::make_unique<lang::ParseResult>(lang::parse(*source));
    if (!parsed->ok()) {
      complete = false;
      return;
    }
    for (const std::string_view n : lang::top_level_names(*parsed->module)) names.insert(n);
    for (std::string& n : lang::defined_functions(*parsed->module)) names.insert(*kept_.insert(std::move(n)).first);
    follow(*parsed->module);
    modules_.push_back({std::move(source), std::move(parsed)});
  }

  struct Kept {
    std::shared_ptr<const lang::Source> source;
    std::unique_ptr<lang::ParseResult> parsed;
  };
  vm::Vm& machine_;
  std::unordered_set<std::string> seen_, kept_;
  std::vector<Kept> modules_;
};

int check_file(const std::string& path, Session& session, Console& console) {
  std::string reason;
  const auto source = read(path, reason);
  if (!source) return console.fail(1, "reading {}: {}", path, reason);
  const lang::RenderOptions look{console.colour(), 100};
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) {
    console.error("parse error: " + parsed.first_message());
    for (const lang::Diagnostic& d : parsed.diagnostics) console.error(lang::render(*source, d, look));
    return 1;
  }
  lang::resolve(*parsed.module);
  lang::KnownNames known;
  for (const vm::Builtin* b : session.machine().builtins()) known.builtins.insert(b->name);
  Imports imports(session.machine());
  imports.follow(*parsed.module);
  known.imported = imports.names;
  known.complete = imports.complete;
  lang::Diagnostics found;
  lang::report_unknown_names(*parsed.module, known, found);
  if (found.empty()) {
    console.write(path + ": clean (0 iterations)\n");
    return 0;
  }
  console.write(fmt::format("{}: {} issue(s)\n", path, found.size()));
  for (const lang::Diagnostic& d : found) console.error(lang::render(*source, d, look));
  return 1;
}

int check(const Options& options, Console& console) {
  Session session(options, console);
  int status = 0;
  for (const std::string& path : options.positionals) status = std::max(status, check_file(path, session, console));
  return status;
}

const Command kRow("--check", "-c", "PATH...", "syntax errors and unknown names; never runs anything", check);

}  // namespace
}  // namespace omc::tools
