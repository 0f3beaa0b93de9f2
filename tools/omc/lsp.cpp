// `omc lsp`: the language server (memory and servers, section 6). Editors start it and speak with it over standard input and
// output; nothing is run.

#include "lsp/stdio.hpp"

#include <unistd.h>

#include "omc/command.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace {

int serve(const Options& options, Console& console) {
  for (const std::string& word : options.positionals)
    if (word != "--stdio") return console.fail(2, "omc lsp: unknown argument `{}`\nUsage: omc lsp [--stdio]", word);
  Session session(options, console);
  omc::lsp::DiskFiles files(session.machine());
  return omc::lsp::serve(session.machine(), files, STDIN_FILENO, STDOUT_FILENO);
}

const Command kRow("lsp", "", "[--stdio]", "the language server, for editors", serve);

}  // namespace
}  // namespace omc::tools
