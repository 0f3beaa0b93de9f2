#pragma once
// The texts that packages come from: the manifest omc.toml, omc.lock, the index of a registry, URLs. They may be anybody's:
// what is wrong with one is a PackageError with a place or a reason, never more.

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

// `place` is where the text came from.
Registry parse_registry(const std::string& place, std::string_view text);

bool is_http(std::string_view text);
bool is_url(std::string_view text);
bool is_module_name(std::string_view name);
// The path of a file:// URL.
std::string file_path(std::string_view url);
// "https://host/folder/shapes.omc" -> "shapes"
std::string module_name_of(std::string_view url);

// omc.lock: what the dependencies of a manifest were when they were installed last.
struct Locked {
  std::string url, sha256;
};
std::map<std::string, Locked> parse_lock(std::string_view text);
std::string lock_text(const std::map<std::string, Locked>& lock);

}  // namespace omc::tools
