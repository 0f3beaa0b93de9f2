// The permission switches.

#include "omc/sandbox.hpp"

#include <filesystem>

#include "stdlib/permissions.hpp"

namespace omc::tools {

namespace {

using stdlib::Permission;
using stdlib::Permissions;

// Calls `use` with each word of a list with commas; false at the first that it refuses.
template <class F>
bool each_word(std::string_view list, F&& use) {
  for (;;) {
    const size_t comma = list.find(',');
    if (!use(list.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

bool understood(std::string_view list) {
  return each_word(list, [](std::string_view word) { return Permissions().allow(word); });
}

const Option kSandbox("--sandbox", "", "",
                      "no files outside of the script's folder, no processes, no network, no environment");
const Option kAllow("--allow", "LIST", "",
                    "a sandbox that permits read:DIR, write:DIR, net:HOST, run:PROGRAM, env:NAME, or all of a kind: run",
                    [](Options&, std::string_view list) { return understood(list); });
const Option kDeny("--deny", "LIST", "", "denies what the words of --allow name, and clock; wins over --allow",
                   [](Options&, std::string_view list) { return understood(list); });

// The folder of the program, or what a mode is told to work on.
void allow_own_folders(const Options& options, Permissions& permissions) {
  namespace fs = std::filesystem;
  std::vector<std::string> own = options.positionals;
  if (!options.command && own.size() > 1) own.resize(1);  // the others are the program's arguments
  if (own.empty()) own.push_back(".");
  for (const std::string& path : own) {
    std::error_code why;
    const fs::path folder = fs::is_directory(path, why) ? fs::path(path) : fs::path(path).parent_path();
    for (const Permission p : {Permission::Read, Permission::Write})
      permissions.allow_path(p, folder.empty() ? "." : folder.string());
  }
}

}  // namespace

void apply_sandbox(const Options& options, vm::Vm& machine) {
  auto& permissions = machine.state<Permissions>();
  if (options.given(kSandbox.flag) || options.given(kAllow.flag)) {
    permissions.close();
    allow_own_folders(options, permissions);
  }
  for (const std::string& list : options.values(kAllow.flag))
    each_word(list, [&](std::string_view word) { return permissions.allow(word); });
  for (const std::string& list : options.values(kDeny.flag))
    each_word(list, [&](std::string_view word) { return permissions.deny(word); });
}

}  // namespace omc::tools
