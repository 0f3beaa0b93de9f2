// --help and --version.

#include "omc/command.hpp"

namespace omc::tools {

static int help(const Options&, Console& console) {
  console.write(usage());
  return 0;
}

static int version(const Options&, Console& console) {
  console.write("omc " OMC_VERSION "\n");
  return 0;
}

static const Command kHelp("--help", "-h", "", "this text", help);
static const Command kVersion("--version", "-V", "", "the version", version);

}  // namespace omc::tools
