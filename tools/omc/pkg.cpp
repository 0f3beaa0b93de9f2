// --init, --install, --list, --search and `omc pkg` (command-line reference, sections 9.2 and 9.3).

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "omc/command.hpp"
#include "omc/environment.hpp"
#include "omc/library_path.hpp"
#include "omc/packages.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

const Variable kRegistry("OMC_REGISTRY", "place of the package registry: URL or path");
const Option kLocked("--locked", "", "--install", "fails when a dependency is no longer what omc.lock says");

std::string registry_place() { return kRegistry.text() ? *kRegistry.text() : OMC_DEFAULT_REGISTRY; }

// --- init ---

constexpr std::string_view kManifestText =
    "[package]\n"
    "name = \"my-omc-project\"\n"
    "version = \"0.1.0\"\n"
    "description = \"\"\n"
    "\n"
    "[dependencies]\n"
    "# shapes = \"shapes\"                                  looked up in the registry\n"
    "# shapes = \"https://example.org/shapes.omc\"          fetched from there\n"
    "# shapes = { url = \"file:///x/shapes.omc\", sha256 = \"...\" }   and verified\n";

constexpr std::string_view kProgramText = "println(\"Hello, harmonic world.\");\n";

int init(const Options&, Console& console) {
  for (const char* file : {"omc.toml", "main.omc"})
    if (stdlib::entry_exists(file)) return console.fail(1, "init: {} already exists — refusing to overwrite", file);
  std::error_code why;
  for (const auto& [file, text] : {std::pair{"omc.toml", kManifestText}, std::pair{"main.omc", kProgramText}})
    if (!stdlib::replace_file(file, text, why)) return console.fail(1, "init: cannot write {}: {}", file, reason_text(why));
  console.write(
      "created omc.toml and main.omc\n\n"
      "Next:\n"
      "  omc main.omc                run it\n"
      "  omc --install NAME          add a package\n"
      "  omc --check main.omc        look for mistakes\n");
  return 0;
}

// --- install ---

void report(const Package& package, Console& console) {
  console.write(fmt::format("installed: {} -> omc_modules/{}.omc{}\n", package.name, package.name,
                            package.verified ? " (sha256 ok)" : ""));
}

int install_named(const std::vector<std::string>& specs, Console& console) {
  std::optional<Registry> registry;
  int status = 0;
  for (const std::string& spec : specs) {
    std::string name = spec;
    try {
      if (is_url(spec)) {
        name = module_name_of(spec);
        const Package package = download(name, spec, std::nullopt);
        write_module(package);
        report(package, console);
        continue;
      }
      if (!registry) {
        try {
          registry = fetch_registry(registry_place());
        } catch (const PackageError& e) {
          return console.fail(1, "install: {}", e.what());
        }
      }
      const auto entry = registry->packages.find(spec);
      if (entry == registry->packages.end()) {
        status = console.fail(1, "install: '{}' not in registry\n  hint: `omc --search` lists what is; a URL is installed as it is", spec);
        continue;
      }
      const Package package = download(spec, entry->second.url, entry->second.sha256);
      write_module(package);
      report(package, console);
    } catch (const PackageError& e) {
      status = console.fail(1, "install({}): {}", name, e.what());
    }
  }
  return status;
}

// Fills in what the registry says of a dependency that only names it.
void look_up(Dependency& d, std::optional<Registry>& registry) {
  if (d.registry_name.empty()) return;
  try {
    if (!registry) registry = fetch_registry(registry_place());
  } catch (const PackageError& e) {
    throw PackageError(fmt::format("registry lookup failed: {}", e.what()));
  }
  const auto entry = registry->packages.find(d.registry_name);
  if (entry == registry->packages.end())
    throw PackageError(fmt::format("registry lookup failed: '{}' not in registry", d.registry_name));
  d.url = entry->second.url;
  d.sha256 = entry->second.sha256;
}

int install_manifest(bool locked, Console& console) {
  std::error_code why;
  const auto text = stdlib::read_whole_file("omc.toml", why);
  if (!text)
    return console.fail(1, "install: cannot read omc.toml: {}\n  hint: `omc --init` makes one; `omc --install NAME` needs none",
                        reason_text(why));
  Manifest manifest;
  try {
    manifest = parse_manifest(*text);
  } catch (const PackageError& e) {
    return console.fail(1, "install: omc.toml parse: {}", e.what());
  }
  if (manifest.dependencies.empty()) {
    console.write("install: no [dependencies] in omc.toml — nothing to do.\n");
    return 0;
  }
  std::map<std::string, Locked> before, now;
  try {
    before = read_lock("omc.lock");
  } catch (const PackageError& e) {
    return console.fail(1, "install: omc.lock parse: {}", e.what());
  }
  int status = 0;
  std::optional<Registry> registry;
  for (Dependency& d : manifest.dependencies) {
    const auto known = before.find(d.name);
    try {
      look_up(d, registry);
      const Package package = download(d.name, d.url, d.sha256);
      const bool changed = known != before.end() && known->second.sha256 != package.sha256;
      if (changed && locked)
        throw PackageError(fmt::format("not what omc.lock says — expected {}, got {}", known->second.sha256, package.sha256));
      write_module(package);
      report(package, console);
      if (changed) console.error(fmt::format("install({}): changed since the last install (omc.lock is updated)", d.name));
      now[d.name] = {package.url, package.sha256};
    } catch (const PackageError& e) {
      status = console.fail(1, "install({}): {}", d.name, e.what());
      if (known != before.end()) now[d.name] = known->second;
    }
  }
  if (!now.empty() && !locked && !stdlib::replace_file("omc.lock", lock_text(now), why))
    status = console.fail(1, "install: cannot write omc.lock: {}", reason_text(why));
  return status;
}

int install_specs(const std::vector<std::string>& specs, bool locked, Console& console) {
  std::error_code why;
  if (!stdlib::make_folder("omc_modules", why))
    return console.fail(1, "install: cannot create omc_modules: {}", reason_text(why));
  return specs.empty() ? install_manifest(locked, console) : install_named(specs, console);
}

int install(const Options& options, Console& console) {
  return install_specs(options.positionals, options.given("--locked"), console);
}

// --- list and search ---

// Names of the .omc files of a folder, sorted by bytes.
std::vector<std::string> modules_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code why;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, why))
    if (entry.is_regular_file(why) && entry.path().extension() == ".omc") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

int list(const Options&, Console& console) {
  std::error_code why;
  if (!fs::is_directory("omc_modules", why)) {
    console.write("(no omc_modules/ in this directory)\n");
    return 0;
  }
  const auto names = modules_in("omc_modules");
  if (names.empty()) console.write("(no installed modules — use --install to add some)\n");
  for (const std::string& name : names) console.write("  " + name + "\n");
  return 0;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

int search_for(const std::string& words, Console& console) {
  const std::string query = lower(words);
  size_t hits = 0;
  console.write(fmt::format("Search results for \"{}\"\n\n", query.empty() ? "(all)" : query));
  const auto section = [&](std::string_view title, const std::vector<std::string>& names, std::string_view mark) {
    bool first = true;
    for (const std::string& name : names) {
      if (lower(name).find(query) == std::string::npos) continue;
      if (std::exchange(first, false)) console.write(fmt::format("{}:\n", title));
      console.write(fmt::format("  {:<30} [{}]\n", name, mark));
      ++hits;
    }
    if (!first) console.write("\n");
  };
  section("Standard library", modules_in(library_path()), "stdlib");
  section("Installed (omc_modules/)", modules_in("omc_modules"), "installed");
  try {
    const Registry registry = fetch_registry(registry_place());
    std::vector<std::string> names;
    for (const auto& [name, entry] : registry.packages) names.push_back(name);
    section(fmt::format("Registry ({})", registry.place), names, "registry");
  } catch (const PackageError&) {  // offline: what is here is still worth showing
  }
  if (hits == 0) console.write(fmt::format("No packages matching \"{}\"\n", query));
  else console.write(fmt::format("{} result(s) found. Install with: omc --install <name>\n", hits));
  return 0;
}

int search(const Options& options, Console& console) {
  return search_for(options.positionals.empty() ? "" : options.positionals.back(), console);
}

// --- omc pkg ---

constexpr std::string_view kPkgUsage =
    "Usage: omc pkg <command>\n\n"
    "  list, ls               installed packages\n"
    "  install, add [SPEC]    a package by name or URL; without SPEC those of omc.toml\n"
    "  search [QUERY]         packages by name\n"
    "  publish FILE           not available\n"
    "  help                   this text\n";

int pkg(const Options& options, Console& console) {
  const std::vector<std::string>& words = options.positionals;
  const std::string command = words.empty() ? "help" : words[0];
  const std::vector<std::string> rest(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (command == "list" || command == "ls") return list(options, console);
  if (command == "install" || command == "add") return install_specs(rest, false, console);
  if (command == "search") return search_for(rest.empty() ? "" : rest.back(), console);
  if (command == "help" || command == "--help" || command == "-h") {
    console.write(kPkgUsage);
    return 0;
  }
  if (command == "publish") {
    if (rest.empty()) return console.fail(2, "Usage: omc pkg publish <file>");
    return console.fail(1, "omc pkg: publishing is not available; put the file where people can fetch it and its URL and "
                           "sha256 into a registry");
  }
  return console.fail(2, "omc pkg: unknown subcommand `{}`. Try `omc pkg help`.", command);
}

const Command kInit("--init", "", "", "new project: omc.toml and main.omc", init);
const Command kInstall("--install", "-i", "[SPEC...]", "packages into omc_modules/", install);
const Command kList("--list", "-l", "", "installed packages", list);
const Command kSearch("--search", "", "[QUERY]", "packages by name", search);
const Command kPkg("pkg", "", "list | install | search | help", "packages: see `omc pkg help`", pkg);

}  // namespace
}  // namespace omc::tools
