// --doc, --doc-all, --gen-docs: documentation as Markdown.

#include <algorithm>
#include <filesystem>
#include <map>

#include "lang/doc.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

lang::ModuleDoc documented(const std::string& path, const lang::Source& source) {
  return {fs::path(path).stem().string(), path, lang::public_functions(source)};
}

int doc(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& path : options.positionals) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) {
      status = console.fail(1, "doc: read {}: {}", path, reason);
      continue;
    }
    console.write(lang::module_page(documented(path, *source)));
  }
  return status;
}

int doc_all(const Options& options, Console& console) {
  std::string folder = options.positionals.empty() ? "lib" : options.positionals.back();
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  std::error_code why;
  if (!fs::is_directory(folder, why)) return console.fail(2, "--doc-all: not a directory: {}", folder);
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, why))
    if (entry.is_regular_file(why) && entry.path().extension() == ".omc") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  int status = 0;
  std::vector<lang::ModuleDoc> modules;
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    std::string reason;
    const auto source = read(path, reason);
    if (!source) status = console.fail(1, "--doc-all: read {}: {}", path, reason);
    else modules.push_back(documented(path, *source));
  }
  console.write(lang::folder_page(folder, modules));
  return status;
}

const Command kDoc("--doc", "", "FILE...", "documentation of files as Markdown", doc);
const Command kDocAll("--doc-all", "", "[DIR]", "documentation of every .omc file in a folder (default lib)", doc_all);

}  // namespace
}  // namespace omc::tools
