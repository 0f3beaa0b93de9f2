// --fmt: canonical source on standard output.

#include "lang/format.hpp"
#include "lang/parser.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"

namespace omc::tools {

static int format(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& path : options.positionals) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) {
      status = console.fail(1, "reading {}: {}", path, reason);
      continue;
    }
    const lang::ParseResult parsed = lang::parse(*source);
    if (!parsed.ok()) status = console.fail(1, "parse error: {}", parsed.first_message());
    else console.write(lang::format(*parsed.module));
  }
  return status;
}

static const Command kRow("--fmt", "--format -f", "FILE...", "canonical source to standard output", format);

}  // namespace omc::tools
