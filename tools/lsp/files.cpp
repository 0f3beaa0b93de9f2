#include "lsp/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "analysis/find_files.hpp"
#include "vm/vm.hpp"

namespace omc::lsp {

namespace fs = std::filesystem;

namespace {

// Without links, so that none leads out of an allowed folder. Empty when it is not there.
std::string canonical(const std::string& path) {
  std::error_code why;
  const fs::path found = fs::canonical(path, why);
  return why ? std::string() : found.string();
}

bool lies_in(std::string_view path, std::string_view folder) {
  return !folder.empty() && path.size() > folder.size() && path.starts_with(folder) &&
         (folder.ends_with('/') || path[folder.size()] == '/');
}

}  // namespace

DiskFiles::DiskFiles(const vm::Vm& machine) : machine_(machine) {
  for (const std::string& folder : machine.options().module_folders) library_.push_back(canonical(folder));
  library_.push_back(canonical(machine.options().standard_library));
}

bool DiskFiles::allowed(const std::string& path) const {
  const auto holds = [&](const std::string& folder) { return lies_in(path, folder); };
  return std::ranges::any_of(workspace_, holds) || std::ranges::any_of(library_, holds) || std::ranges::any_of(importers_, holds);
}

std::shared_ptr<const lang::Source> DiskFiles::read(const std::string& path) {
  const std::string real = canonical(path);
  struct stat info;
  if (real.empty() || !allowed(real) || ::stat(real.c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
      static_cast<uint64_t>(info.st_size) > kMaxFile)
    return nullptr;
  std::error_code why;
  std::optional<lang::Source> source = lang::read_source(path, why);
  return source ? std::make_shared<const lang::Source>(std::move(*source)) : nullptr;
}

uint64_t DiskFiles::stamp(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return 0;
  const auto nanoseconds = static_cast<uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(info.st_mtim.tv_nsec);
  return std::max<uint64_t>(1, nanoseconds * 31 + static_cast<uint64_t>(info.st_size) * 17 + info.st_ino);
}

std::string DiskFiles::find_module(const std::string& name, const lang::Source& importer) {
  std::string path;
  try {
    path = machine_.find_module(name, importer);
  } catch (const vm::Error&) {
    return {};
  }
  std::error_code why;
  path = fs::absolute(path, why).lexically_normal().string();
  const std::string beside = canonical(fs::path(importer.path()).parent_path().string());
  const std::string real = canonical(path);
  // A program that is opened alone has no workspace around it: what lies with it may be read.
  if (!allowed(real) && lies_in(real, beside)) importers_.push_back(beside);
  return allowed(real) ? path : std::string();
}

// The folders of vm::Vm::find_module, in its order.
std::vector<std::string> DiskFiles::module_names(const lang::Source& importer) {
  std::vector<std::string> folders = {".", fs::path(importer.path()).parent_path().string(), "omc_modules"};
  for (const std::string& folder : machine_.options().module_folders) folders.push_back(folder);
  if (!machine_.options().standard_library.empty()) folders.push_back(machine_.options().standard_library);
  std::set<std::string> names;
  for (const std::string& folder : folders) {
    const std::string real = canonical(folder);
    if (!allowed(real + "/x")) continue;
    std::error_code why;
    for (const fs::directory_entry& entry : fs::directory_iterator(real, why)) {
      const fs::path path = entry.path();
      if (path.extension() == ".omc" && path.string() != canonical(importer.path())) names.insert(path.stem().string());
      else if (fs::is_regular_file(path / "init.omc", why)) names.insert(path.filename().string());
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> DiskFiles::programs(const std::string& folder) {
  std::vector<std::string> paths = analysis::program_files(folder);
  std::ranges::sort(paths);
  return paths;
}

void DiskFiles::set_folders(const std::vector<std::string>& folders) {
  workspace_.clear();
  for (const std::string& folder : folders) workspace_.push_back(canonical(folder));
  if (!folders.empty() && ::chdir(folders[0].c_str()) != 0) return;  // relative imports are then looked up where omc was started
}

}  // namespace omc::lsp
