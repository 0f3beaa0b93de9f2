// omc: runs programs, and everything else one does with them.

#include <unistd.h>  // _exit

#include <csignal>
#include <cstdio>
#include <exception>

#include "omc/command.hpp"
#include "omc/console.hpp"
#include "omc/disasm.hpp"
#include "omc/heal.hpp"
#include "omc/options.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace {

int run_file(const Options& options, Console& console) {
  const std::string& path = options.positionals[0];
  std::string reason;
  const auto source = read(path, reason);
  if (!source) return console.fail(1, "Error: reading {}: {}", path, reason);
  show_compilation(source, options, console);
  return run_program(source, options, console);
}

struct Invocation {
  std::vector<std::string> words;
  Console console;
};

int run(void* argument) {
  auto& [words, console] = *static_cast<Invocation*>(argument);
  try {
    const Options options = parse_options(words);
    if (options.command) return options.command->run(options, console);
    if (!options.positionals.empty()) return run_file(options, console);
    return find_command("--repl")->run(options, console);
  } catch (const UsageError& e) {
    console.error(e.message);
    return e.status;
  } catch (const std::exception& e) {  // no memory left, or a file of our own that somebody changed
    return console.fail(1, "Error: {}", e.what());
  }
}

}  // namespace
}  // namespace omc::tools

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a write says so; the program then ends silently
  omc::tools::Invocation invocation{{argv + 1, argv + argc}, {}};
  // omc-grep, omnimcode-lsp and the like, installed as links, are the subcommand of that name.
  const std::string_view name = argc > 0 ? std::string_view(argv[0]).substr(std::string_view(argv[0]).rfind('/') + 1) : "";
  for (const std::string_view prefix : {"omc-", "omnimcode-"}) {
    if (!name.starts_with(prefix)) continue;
    const omc::tools::Command* command = omc::tools::find_command(name.substr(prefix.size()));
    if (command && !command->is_mode()) invocation.words.emplace(invocation.words.begin(), command->flag);
  }
  const int status = omc::tools::on_large_stack(omc::tools::run, &invocation);
  invocation.console.flush();
  const int final_status = invocation.console.final_status(status);
  if (omc::tools::Session::still_compiling) {
    std::fflush(nullptr);
    _exit(final_status);
  }
  return final_status;
}
