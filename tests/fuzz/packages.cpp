// Any bytes as what a package comes from: omc.toml, omc.lock, the index of a registry, a URL. Refused with a place or a
// reason; what a lock says survives being written; what passes as the name of a module leads to no other folder.
#include <string>

#include "check.hpp"
#include "omc/package_files.hpp"

using namespace omc::tools;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    for (const Dependency& d : parse_manifest(text).dependencies) OMC_CHECK(!d.registry_name.empty() || !d.url.empty());
  } catch (const PackageError& e) {
    OMC_CHECK(std::string(e.what()).starts_with("at "));
  }
  try {
    const auto lock = parse_lock(text);
    const auto again = parse_lock(lock_text(lock));
    OMC_CHECK(lock.size() == again.size());
    for (const auto& [name, locked] : lock) OMC_CHECK(again.at(name).url == locked.url && again.at(name).sha256 == locked.sha256);
  } catch (const PackageError& e) {
    OMC_CHECK(std::string(e.what()).starts_with("at "));
  }
  for (const char* place : {"https://example.org/r/index.json", "file:///r/index.json", "/r/index.json", "index.json"}) {
    try {
      parse_registry(place, text);
    } catch (const PackageError& e) {
      OMC_CHECK(*e.what());
    }
  }
  const std::string name = module_name_of(text);
  if (is_module_name(name)) OMC_CHECK(name.find('/') == name.npos && name.find('\0') == name.npos && name[0] != '.');
  OMC_CHECK(file_path("file://" + text).size() <= text.size());
  return 0;
}
