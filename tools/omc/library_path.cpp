// Finds the standard library.

#include "omc/library_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>

namespace omc::tools {

namespace {
bool is_folder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}
}  // namespace

std::string library_path() {
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
