#include "omc/find_files.hpp"

#include <algorithm>
#include <filesystem>

namespace omc::tools {

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

}  // namespace omc::tools
