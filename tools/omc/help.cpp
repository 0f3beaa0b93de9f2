// --help and --version. The text is made from the rows of modes, options and variables.

#include "omc/command.hpp"
#include "omc/environment.hpp"

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

int version(const Options&, Console& console) {
  console.write("omc " OMC_VERSION "\n");
  return 0;
}

const Command kHelp("--help", "-h", "", "this text", help);
const Command kVersion("--version", "-V", "", "the version", version);

}  // namespace
}  // namespace omc::tools
