// --help and --version. The text is made from the rows of modes, options and variables.

#include "lang/lint/rule.hpp"
#include "omc/command.hpp"
#include "omc/environment.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace {

constexpr size_t kLeft = 34;  // width of the column of names

void put(std::string& text, std::string left, std::string_view summary) {
  if (left.size() + 2 > kLeft) text += "  " + left + "\n" + std::string(kLeft + 2, ' ');
  else text += "  " + left + std::string(kLeft - left.size(), ' ');
  text += std::string(summary) + "\n";
}

std::string shown(const Command& c) {
  return fmt::format("{}{}{}{}", c.flag, c.aliases.empty() ? "" : " (" + std::string(c.aliases) + ")",
                     c.positionals.empty() ? "" : " ", c.positionals);
}

std::string shown(const Option& o) {
  return fmt::format("{}{}{}", o.flag, o.value.empty() ? "" : " ", o.value);
}

std::string usage() {
  std::string text =
      "Usage:\n"
      "  omc [OPTION...] FILE [ARG...]       runs a program\n"
      "  omc [OPTION...]                     starts the interactive session\n"
      "  omc MODE [OPTION...] ...            one of the modes\n"
      "  omc COMMAND ...                     one of the commands\n"
      "\nModes (the last one given counts):\n";
  for (const Command* c : commands())
    if (c->is_mode()) put(text, shown(*c), c->summary);
  text += "\nCommands (with arguments of their own):\n";
  for (const Command* c : commands())
    if (!c->is_mode()) put(text, shown(*c), c->summary);
  text += "\nOptions of every run:\n";
  for (const Option* o : all_options())
    if (o->modes.empty()) put(text, shown(*o), o->summary);
  put(text, "-- ARG...", "what follows are arguments of the program");
  text += "\nOptions of some modes:\n";
  for (const Option* o : all_options())
    if (!o->modes.empty()) put(text, shown(*o), fmt::format("{} ({})", o->summary, o->modes));
  text +=
      "\nDependencies in omc.toml:\n"
      "  [dependencies]\n"
      "  NAME = \"NAME\"                                    looked up in the registry\n"
      "  NAME = \"URL\"                                     http://, https:// or file://\n"
      "  NAME = { url = \"URL\", sha256 = \"HEX\" }           verified before it is written\n"
      "\nEnvironment:\n";
  for (const Variable* v : all_variables()) put(text, std::string(v->name), v->summary);
  return text;
}

int help(const Options&, Console& console) {
  console.write(usage());
  return 0;
}

// --- omc help TOPIC ---

bool has_word(std::string_view words, std::string_view word) {
  return (" " + std::string(words) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

std::string topic_of(const Command& c) {
  std::string text = fmt::format("omc {}\n  {}\n", shown(c), c.summary);
  std::string options;
  for (const Option* o : all_options())
    if (has_word(o->modes, c.flag)) put(options, shown(*o), o->summary);
  return options.empty() ? text : text + "\nOptions:\n" + options;
}

// Modes and commands, options, variables, lint rules and builtins, each by its name with or without dashes.
std::string topic(const std::string& word, const Options& options, Console& console) {
  for (const std::string& name : {word, "--" + word, "-" + word}) {
    if (const Command* c = find_command(name)) return topic_of(*c);
    for (const Option* o : all_options())
      if (o->flag == name)
        return fmt::format("omc {}\n  {}\n", shown(*o), o->modes.empty() ? std::string(o->summary) : fmt::format("{} ({})", o->summary, o->modes));
  }
  for (const Variable* v : all_variables())
    if (v->name == word) return fmt::format("{}\n  {}\n", v->name, v->summary);
  if (const lang::Rule* rule = lang::find_rule(word)) return lang::rule_page(*rule);
  Session session(options, console);
  if (const vm::Builtin* b = session.machine().find_builtin(word))
    return fmt::format("{}{}\n  {}\n  {}\n", b->name, b->signature, b->summary, b->example);
  return {};
}

int help_command(const Options& options, Console& console) {
  if (options.positionals.empty()) return help(options, console);
  int status = 0;
  for (const std::string& word : options.positionals) {
    const std::string text = topic(word, options, console);
    if (text.empty()) status = console.fail(1, "help: nothing is called `{}`; `omc help` lists modes, options and variables", word);
    else console.write(text);
  }
  return status;
}

int version(const Options&, Console& console) {
  console.write("omc " OMC_VERSION "\n");
  return 0;
}

const Command kCommand("help", "", "[TOPIC...]", "about a mode, an option, a variable, a lint rule or a builtin", help_command);
const Command kHelp("--help", "-h", "", "this text", help);
const Command kVersion("--version", "-V", "", "the version", version);

}  // namespace
}  // namespace omc::tools
