#pragma once
// Packages: the manifest omc.toml, the registry, and what it takes to put a module into omc_modules/ (command-line
// reference, section 9). Nothing here prints.

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace omc::tools {

// Why a step failed, in words for the user.
struct PackageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a dependency asks for: a name of the registry, or a place.
struct Dependency {
  std::string name;                   // of the module
  std::string registry_name;          // empty: fetched from `url`
  std::string url;
  std::optional<std::string> sha256;  // in any case
};

struct Manifest {
  std::vector<Dependency> dependencies;  // in source order
};

// Throws PackageError with the place and reason of the first thing wrong.
Manifest parse_manifest(std::string_view text);

struct RegistryEntry {
  std::string url, sha256;  // url: absolute
  std::string version, description;
};

struct Registry {
  std::string place;
  std::map<std::string, RegistryEntry> packages;
};

// Of a URL or a path. Throws PackageError: "registry fetch PLACE: REASON".
Registry fetch_registry(const std::string& place);

// The bytes at http://, https://, file:// or a path. Throws PackageError.
std::string fetch(const std::string& place);

bool is_url(std::string_view text);
bool is_module_name(std::string_view name);
// "https://host/folder/shapes.omc" -> "shapes"
std::string module_name_of(std::string_view url);

// A fetched module. Only made by download(), which has checked its hash where one was expected.
struct Package {
  std::string name, url, bytes, sha256;
  bool verified = false;
};
// Throws PackageError: "hash mismatch — expected A, got B" and what fetch() throws.
Package download(const std::string& name, const std::string& url, const std::optional<std::string>& sha256);
// Into omc_modules/NAME.omc of the working directory. Throws PackageError.
void write_module(const Package& package);

// omc.lock: what the dependencies of a manifest were when they were installed last.
struct Locked {
  std::string url, sha256;
};
std::map<std::string, Locked> read_lock(const std::string& path);
std::string lock_text(const std::map<std::string, Locked>& lock);

}  // namespace omc::tools
