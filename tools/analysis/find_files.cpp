#include "analysis/find_files.hpp"

#include <algorithm>
#include <filesystem>

namespace omc::analysis {

namespace fs = std::filesystem;

std::vector<std::string> find_files(const std::string& folder, std::initializer_list<std::string_view> skipped,
                                    const std::function<bool(std::string_view)>& wanted) {
  std::vector<std::string> files, folders = {folder};
  while (!folders.empty()) {
    const std::string current = std::move(folders.back());
    folders.pop_back();
    std::error_code why;
    for (const fs::directory_entry& entry : fs::directory_iterator(current, why)) {
      const std::string name = entry.path().filename().string();
      std::string path = current.ends_with('/') ? current + name : current + "/" + name;
      if (entry.is_directory(why)) {
        if (!entry.is_symlink(why) && std::find(skipped.begin(), skipped.end(), name) == skipped.end())
          folders.push_back(std::move(path));
      } else if (entry.is_regular_file(why) && wanted(name)) {
        files.push_back(std::move(path));
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

namespace {

constexpr std::string_view kSkipped[] = {"target", "node_modules", ".git", "omc_modules"};

void add_folder(const std::string& folder, std::vector<std::string>& files) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || std::ranges::find(kSkipped, name) != std::end(kSkipped)) continue;
    const std::string path = folder.ends_with('/') ? folder + name : folder + "/" + name;
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) add_folder(path, files);
    else if (name.ends_with(".omc") && !entry.is_directory(ignored)) files.push_back(path);
  }
}

}  // namespace

std::vector<std::string> program_files(const std::string& folder) {
  std::vector<std::string> files;
  add_folder(folder, files);
  return files;
}

}  // namespace omc::analysis
