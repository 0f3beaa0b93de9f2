// The interactive session (command-line reference, section 8).

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "omc/command.hpp"
#include "omc/line_reader.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"
#include "vm/bytecode.hpp"
#include "vm/compiler.hpp"

namespace omc::tools {

namespace {

constexpr size_t kMostHistory = 500;
constexpr size_t kShownHistory = 20;

std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// The entries of earlier sessions and of this one.
class History {
 public:
  History() {
    const char* home = std::getenv("HOME");
    path_ = home && *home ? std::string(home) + "/.omc_history" : ".omc_history";
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) entries_.push_back(unescaped(line));
  }

  void add(const std::string& entry) {
    if (entry.empty() || (!entries_.empty() && entries_.back() == entry)) return;
    entries_.push_back(entry);
    if (entries_.size() > kMostHistory) entries_.erase(entries_.begin());
  }

  const std::vector<std::string>& entries() const { return entries_; }

  void save() const {
    if (entries_.empty()) return;
    std::string text;
    for (const std::string& e : entries_) text += escaped(e) + "\n";
    std::error_code ignored;
    stdlib::replace_file(path_, text, ignored);
  }

 private:
  static std::string escaped(const std::string& entry) {
    std::string line;
    for (const char c : entry) {
      if (c == '\n') line += "\\n";
      else if (c == '\\') line += "\\\\";
      else line += c;
    }
    return line;
  }
  static std::string unescaped(const std::string& line) {
    std::string entry;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) entry += line[++i] == 'n' ? '\n' : line[i];
      else entry += line[i];
    }
    return entry;
  }

  std::string path_;
  std::vector<std::string> entries_;
};

class Repl {
 public:
  Repl(const Options& options, Console& console)
      : options_(options), console_(console), session_(std::make_unique<Session>(options, console)),
        reader_([this](const std::string& prefix) { return completions(prefix); }) {
    for (const std::string& e : history_.entries()) reader_.remember(e);
  }

  int run() {
    console_.write("OMC " OMC_VERSION ", a language for harmonic computing\nType :help for the commands, :quit to leave.\n\n");
    console_.flush();
    std::string input;
    while (!done_) {
      const std::optional<std::string> line = reader_.read(input.empty() ? "omc> " : "...> ");
      if (!line) {
        console_.write("\n");
        if (!input.empty()) evaluate(input);
        break;
      }
      if (input.empty()) {
        const std::string word = trimmed(*line);
        if (word.empty()) continue;
        if (word[0] == ':') {
          command(word);
          continue;
        }
      }
      input += (input.empty() ? "" : "\n") + *line;
      const lang::Source source("input", input);
      if (lang::parse(source).wants_more()) continue;
      evaluate(input);
      input.clear();
    }
    if (!done_) console_.write("bye\n");
    history_.save();
    return 0;
  }

 private:
  vm::Vm& machine() { return session_->machine(); }

  void evaluate(const std::string& input) {
    const lang::Source source("input", input);
    const lang::ParseResult parsed = lang::parse(source);
    if (!parsed.ok()) return console_.error("Parse error: " + parsed.first_message());
    const std::string entry = trimmed(input);
    history_.add(entry);
    reader_.remember(entry);
    const lang::StmtList statements = parsed.module->top_level->body.statements;
    const bool echo = statements.size() == 1 && statements[0]->kind == lang::StmtKind::Expression && !entry.ends_with(';');
    const InterruptStops interruptible;
    session_->restart_timer();
    try {
      const vm::Value v = machine().evaluate(input, "input");
      if (echo) console_.write(vm::display(v) + "\n");
    } catch (const vm::Error& e) {
      std::string message = e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message;
      if (e.exit_status == 124) message += " (" + options_.timeout_text + " s)";
      console_.error("Error: " + message + e.trace_text());
    }
    machine().clear_stop();
    console_.flush();
  }

  // --- commands ---
  struct Row {
    std::string_view names, summary;
    void (Repl::*run)(const std::string& argument);
  };
  static const std::vector<Row>& rows() {
    static const std::vector<Row> all = {
        {":help :h :?", "this list", &Repl::help},
        {":quit :q :exit", "leaves", &Repl::quit},
        {":reset", "forgets all variables and functions", &Repl::reset},
        {":history :hist", "the last inputs; :!N runs one again", &Repl::history},
        {":type", "EXPR: the kind of its value", &Repl::type},
        {":doc", "NAME: what a builtin does", &Repl::doc},
        {":time", "EXPR: how long it takes", &Repl::time},
        {":disasm", "CODE: its bytecode", &Repl::disasm},
        {":load", "FILE: runs a file here", &Repl::load},
    };
    return all;
  }

  void command(const std::string& line) {
    if (line.starts_with(":!")) return run_again(line.substr(2));
    const size_t blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    for (const Row& row : rows()) {
      const std::string names = " " + std::string(row.names) + " ";
      if (names.find(" " + name + " ") == std::string::npos) continue;
      (this->*row.run)(blank == std::string::npos ? "" : trimmed(line.substr(blank)));
      console_.flush();
      return;
    }
    console_.error("unknown command " + name + " (try :help)");
  }

  void help(const std::string&) {
    for (const Row& row : rows()) console_.write(fmt::format("  {:<18} {}\n", row.names, row.summary));
  }
  void quit(const std::string&) {
    console_.write("bye\n");
    done_ = true;
  }
  void reset(const std::string&) {
    session_.reset();
    session_ = std::make_unique<Session>(options_, console_);
    console_.write("interpreter state reset\n");
  }
  void history(const std::string&) {
    const auto& all = history_.entries();
    for (size_t i = all.size() > kShownHistory ? all.size() - kShownHistory : 0; i < all.size(); ++i)
      console_.write(fmt::format("  {:>3}  {}\n", i + 1, all[i]));
  }
  void run_again(const std::string& number) {
    const auto& all = history_.entries();
    int64_t n = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), n);
    if (n < 0) n += static_cast<int64_t>(all.size()) + 1;
    if (error != std::errc() || end != number.data() + number.size() || n < 1 || n > static_cast<int64_t>(all.size()))
      return console_.error("history: no entry " + number);
    const std::string entry = all[static_cast<size_t>(n) - 1];
    console_.write("omc> " + entry + "\n");
    evaluate(entry);
  }
  void type(const std::string& code) {
    guarded([&] { console_.write(std::string(vm::type_name(machine().evaluate(code, ":type"))) + "\n"); });
  }
  void doc(const std::string& name) {
    const vm::Builtin* b = machine().find_builtin(name);
    if (!b) return console_.error("no builtin of the name " + name);
    console_.write(fmt::format("{}{}\n  {}\n  {}\n", b->name, b->signature, b->summary, b->example));
  }
  void time(const std::string& code) {
    guarded([&] {
      const auto start = std::chrono::steady_clock::now();
      machine().evaluate(code, ":time");
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      console_.write(fmt::format("{:.3f} ms\n", took.count()));
    });
  }
  void disasm(const std::string& code) {
    const auto source = std::make_shared<const lang::Source>("input", code);
    const lang::ParseResult parsed = lang::parse(*source);
    if (!parsed.ok()) return console_.error("Parse error: " + parsed.first_message());
    lang::resolve(*parsed.module);
    console_.write(vm::disassemble(*vm::compile(machine(), *parsed.module, source)));
  }
  void load(const std::string& path) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) return console_.error("Error: reading " + path + ": " + reason);
    evaluate(std::string(source->text()));
  }
  template <class F>
  void guarded(F&& body) {
    const InterruptStops interruptible;
    session_->restart_timer();
    try {
      body();
    } catch (const vm::Error& e) {
      console_.error("Error: " + (e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message) + e.trace_text());
    }
    machine().clear_stop();
  }

  std::vector<std::string> completions(const std::string& prefix) {
    std::vector<std::string> names;
    machine().globals().each([&](const vm::GlobalCell& cell) {
      const std::string_view name = cell.name->view();
      const bool known = cell.builtin || cell.function || !cell.variable.is_unassigned();
      if (known && name.starts_with(prefix) && name[0] != vm::kHiddenPrefix) names.emplace_back(name);
    });
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(options_.vm.standard_library, ignored)) {
      std::string module = entry.path().stem().string();
      if (module.starts_with(prefix)) names.push_back(std::move(module));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  const Options& options_;
  Console& console_;
  std::unique_ptr<Session> session_;
  History history_;
  LineReader reader_;
  bool done_ = false;
};

int repl(const Options& options, Console& console) { return Repl(options, console).run(); }

const Command kRow("--repl", "", "", "starts the interactive session, as omc alone does", repl);

}  // namespace
}  // namespace omc::tools
