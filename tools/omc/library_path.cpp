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

// The folder omc itself lies in; "." when that is not to be found out.
std::string program_folder() {
  char buffer[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer);
  if (n <= 0) return ".";
  const std::string program(buffer, static_cast<size_t>(n));
  return program.substr(0, program.rfind('/'));
}

const Variable kJitLibrary("OMC_JIT_LIB", "compiler of native code to load instead of the installed one");

}  // namespace

std::string library_path() {
  if (const std::string* home = kHome.text()) return *home + "/lib";
  const std::string installed = program_folder() + "/../share/omc/lib";
  return is_folder(installed) ? installed : OMC_LIBRARY_SOURCE;
}

std::vector<std::string> jit_library_paths() {
  if (const std::string* path = kJitLibrary.text()) return {*path};
  const std::string folder = program_folder();
  return {folder + "/../lib/omc/libomc_jit.so", folder + "/libomc_jit.so"};
}

}  // namespace omc::tools
