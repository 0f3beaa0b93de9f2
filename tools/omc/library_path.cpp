// Finds the standard library.

#include "omc/library_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include "omc/environment.hpp"

namespace omc::tools {

namespace {

const Variable kHome("OMC_HOME", "folder of an installation; its standard library lies in OMC_HOME/lib");

bool is_folder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

std::string library_path() {
  if (const std::string* home = kHome.text()) return *home + "/lib";
  char buffer[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer);
  if (n > 0) {
    const std::string program(buffer, static_cast<size_t>(n));
    const std::string folder = program.substr(0, program.rfind('/'));
    const std::string installed = folder + "/../share/omc/lib";
    if (is_folder(installed)) return installed;
  }
  return OMC_LIBRARY_SOURCE;
}

}  // namespace omc::tools
