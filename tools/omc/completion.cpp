// --completion and --man: what shells and man(1) want to know, made from the rows of modes, options and variables.

#include "omc/command.hpp"
#include "omc/environment.hpp"

namespace omc::tools {

namespace {

struct Flag {
  std::string word;
  std::string_view value, summary;
};

// Every flag with its other spellings.
std::vector<Flag> all_flags() {
  std::vector<Flag> flags;
  const auto add = [&](std::string_view words, std::string_view value, std::string_view summary) {
    while (!words.empty()) {
      const size_t blank = words.find(' ');
      flags.push_back({std::string(words.substr(0, blank)), value, summary});
      words = blank == std::string_view::npos ? std::string_view() : words.substr(blank + 1);
    }
  };
  for (const Command* c : commands()) {
    if (!c->is_mode()) continue;
    add(c->flag, {}, c->summary);
    add(c->aliases, {}, c->summary);
  }
  for (const Option* o : all_options()) add(o->flag, o->value, o->summary);
  return flags;
}

// "exact|fast64|fast32" -> "exact fast64 fast32"; empty for a value that is no choice.
std::string choices(std::string_view value) {
  if (value.find('|') == std::string_view::npos) return {};
  std::string words(value);
  for (char& c : words)
    if (c == '|') c = ' ';
  return words;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command_names() {
  std::string names;
  for (const Command* c : commands())
    if (!c->is_mode()) names += (names.empty() ? "" : " ") + std::string(c->flag);
  return names;
}

std::string bash() {
  std::string flags, values;
  for (const Flag& f : all_flags()) {
    flags += (flags.empty() ? "" : " ") + f.word;
    if (f.value.empty()) continue;
    const std::string words = choices(f.value);
    const bool folder = f.value == "DIR", file = f.value == "FILE";
    values += fmt::format("    {}) COMPREPLY=({}); return ;;\n", f.word,
                          !words.empty() ? fmt::format("$(compgen -W '{}' -- \"$word\")", words)
                          : folder       ? "$(compgen -d -- \"$word\")"
                          : file         ? "$(compgen -f -- \"$word\")"
                                         : "");
  }
  return fmt::format(
      "# Completion of omc for bash: source this file, or put it where bash-completion looks for `omc`.\n"
      "_omc() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  COMPREPLY=()\n"
      "  case $before in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -f -X '!*.omc' -- \"$word\") $(compgen -d -- \"$word\"))\n"
      "  if ((COMP_CWORD == 1)); then COMPREPLY+=($(compgen -W '{}' -- \"$word\")); fi\n"
      "}}\n"
      "complete -o filenames -F _omc omc\n",
      values, flags, command_names());
}

// In a specification of _arguments a colon and brackets separate parts.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh() {
  std::string arguments;
  for (const Flag& f : all_flags()) {
    std::string specification = f.word + (f.value.empty() ? "" : "=") + "[" + zsh_text(f.summary) + "]";
    if (!f.value.empty()) {
      const std::string words = choices(f.value);
      specification += ":" + zsh_text(f.value) + ":";
      specification += !words.empty() ? "(" + words + ")" : f.value == "DIR" ? "_files -/" : f.value == "FILE" ? "_files" : " ";
    }
    arguments += "  " + quoted(specification) + " \\\n";
  }
  return "#compdef omc\n# Completion of omc for zsh: put this file as _omc into a folder of $fpath.\n_arguments \\\n" + arguments +
         // With the blank in front _arguments adds no options of its own, of which _alternative knows nothing.
         "  " + quoted("1:command or file: _alternative 'commands:command:(" + command_names() + ")' 'files:file:_files'") +
         " \\\n  '*:file:_files'\n";
}

std::string fish() {
  std::string text = "# Completion of omc for fish: put this file as omc.fish into ~/.config/fish/completions.\n";
  for (const Command* c : commands())
    if (!c->is_mode()) text += fmt::format("complete -c omc -n __fish_use_subcommand -a {} -d {}\n", c->flag, quoted(c->summary));
  for (const Flag& f : all_flags()) {
    const bool is_long = f.word.starts_with("--");
    text += fmt::format("complete -c omc {} {} -d {}", is_long ? "-l" : "-s", f.word.substr(is_long ? 2 : 1), quoted(f.summary));
    if (!f.value.empty()) {
      const std::string words = choices(f.value);
      text += words.empty() ? " -r" : " -x -a " + quoted(words);
    }
    text += "\n";
  }
  return text;
}

int completion(const Options& options, Console& console) {
  const std::string shell = options.positionals.empty() ? "" : options.positionals.back();
  if (shell == "bash") console.write(bash());
  else if (shell == "zsh") console.write(zsh());
  else if (shell == "fish") console.write(fish());
  else return console.fail(2, "--completion: expected bash, zsh or fish, got '{}'", shell);
  return 0;
}

// --- man ---

// A backslash, and a point or quote at the start of a line, mean something to roff; a hyphen is to stay what was typed.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out.insert(0, "\\&");
  return out;
}

std::string manual() {
  std::string text = fmt::format(
      ".TH OMC 1 \"\" \"omc {}\"\n.SH NAME\nomc \\- the OMC language: run, check, format, test and document programs\n"
      ".SH SYNOPSIS\n.B omc\n[\\fIOPTION\\fR...] \\fIFILE\\fR [\\fIARG\\fR...]\n.br\n.B omc\n\\fIMODE\\fR [\\fIOPTION\\fR...] "
      "...\n.br\n.B omc\n\\fICOMMAND\\fR ...\n.SH DESCRIPTION\nRuns the program in \\fIFILE\\fR; without one, starts the "
      "interactive session. Of several modes the last one counts.\n",
      OMC_VERSION);
  const auto entry = [&](std::string_view name, std::string_view aliases, std::string_view value, std::string_view summary) {
    text += fmt::format(".TP\n\\fB{}\\fR{}{}\n{}.\n", roff(name), aliases.empty() ? "" : ", \\fB" + roff(aliases) + "\\fR",
                        value.empty() ? "" : " \\fI" + roff(value) + "\\fR", roff(summary));
  };
  text += ".SH MODES\n";
  for (const Command* c : commands())
    if (c->is_mode()) entry(c->flag, c->aliases, c->positionals, c->summary);
  text += ".SH COMMANDS\n";
  for (const Command* c : commands())
    if (!c->is_mode()) entry(c->flag, c->aliases, c->positionals, c->summary);
  text += ".SH OPTIONS\n";
  for (const Option* o : all_options())
    entry(o->flag, "", o->value, o->modes.empty() ? std::string(o->summary) : fmt::format("{} ({})", o->summary, o->modes));
  text += ".SH ENVIRONMENT\n";
  for (const Variable* v : all_variables()) entry(v->name, "", "", v->summary);
  text +=
      ".SH EXIT STATUS\n0: all went well. 1: the program, a test or a check failed. 2: the command line, or a file to be tested, is "
      "wrong. 124: the time limit was exceeded.\n";
  return text;
}

int man(const Options&, Console& console) {
  console.write(manual());
  return 0;
}

const Command kCompletion("--completion", "", "SHELL", "completion of command lines for bash, zsh or fish", completion);
const Command kMan("--man", "", "", "this manual as a page for man(1)", man);

}  // namespace
}  // namespace omc::tools
