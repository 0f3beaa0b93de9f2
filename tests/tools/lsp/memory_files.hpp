#pragma once
// Files that a test or a fuzz target makes up, in place of those of the disk.

#include <map>

#include "lsp/files.hpp"

struct MemoryFiles : omc::lsp::Files {
  std::map<std::string, std::string> texts;  // by path

  std::shared_ptr<const omc::lang::Source> read(const std::string& path) override {
    const auto found = texts.find(path);
    return found == texts.end() ? nullptr : std::make_shared<const omc::lang::Source>(path, found->second);
  }
  uint64_t stamp(const std::string& path) override {
    const auto found = texts.find(path);
    return found == texts.end() ? 0 : std::hash<std::string>()(found->second) | 1;
  }
  // Beside the importer, or in /library.
  std::string find_module(const std::string& name, const omc::lang::Source& importer) override {
    const std::string beside = importer.path().substr(0, importer.path().rfind('/') + 1) + name + ".omc";
    for (const std::string& path : {beside, "/library/" + name + ".omc"})
      if (path != importer.path() && texts.contains(path)) return path;
    return {};
  }
  std::vector<std::string> module_names(const omc::lang::Source& importer) override {
    std::vector<std::string> names;
    for (const auto& [path, text] : texts)
      if (path != importer.path() && path.ends_with(".omc")) names.push_back(path.substr(path.rfind('/') + 1, path.size() - path.rfind('/') - 5));
    return names;
  }
  std::vector<std::string> programs(const std::string& folder) override {
    std::vector<std::string> all;
    for (const auto& [path, text] : texts)
      if (path.starts_with(folder + "/")) all.push_back(path);
    return all;
  }
  void set_folders(const std::vector<std::string>&) override {}
};
