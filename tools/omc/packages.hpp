#pragma once
// Packages: the registry, and what it takes to put a module into omc_modules/ (command-line reference, section 9). Nothing
// here prints.

#include <map>
#include <optional>
#include <string>

#include "omc/package_files.hpp"

namespace omc::tools {

// Of a URL or a path. Throws PackageError: "registry fetch PLACE: REASON".
Registry fetch_registry(const std::string& place);

// The bytes at http://, https://, file:// or a path. Throws PackageError.
std::string fetch(const std::string& place);

// A fetched module. Only made by download(), which has checked its hash where one was expected.
struct Package {
  std::string name, url, bytes, sha256;
  bool verified = false;
};
// Throws PackageError: "hash mismatch — expected A, got B" and what fetch() throws.
Package download(const std::string& name, const std::string& url, const std::optional<std::string>& sha256);
// Into omc_modules/NAME.omc of the working directory. Throws PackageError.
void write_module(const Package& package);

// Nothing when there is no such file. Throws PackageError.
std::map<std::string, Locked> read_lock(const std::string& path);

}  // namespace omc::tools
