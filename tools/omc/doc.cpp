// --doc, --doc-all, --gen-docs: documentation as Markdown.

#include <algorithm>
#include <cctype>
#include <filesystem>

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

std::string title(std::string_view category) {
  std::string text(category);
  for (char& c : text)
    if (c == '_') c = ' ';
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

// The reference of all builtins, made from their rows.
int gen_docs(const Options& options, Console& console) {
  Session session(options, console);
  const auto builtins = session.machine().builtins();
  const auto categories = session.machine().categories();
  console.write(fmt::format("# OMC Builtin Reference\n\n{} builtins in {} categories.\n\n## Categories\n\n", builtins.size(),
                            categories.size()));
  for (const vm::Vm::Category& c : categories) {
    std::string anchor(c.name);
    std::replace(anchor.begin(), anchor.end(), '_', '-');
    console.write(fmt::format("- [{}](#{})\n", title(c.name), anchor));
  }
  for (size_t i = 0; i < categories.size(); ++i) {
    console.write(fmt::format("\n## {}\n", title(categories[i].name)));
    const size_t end = i + 1 < categories.size() ? categories[i + 1].first : builtins.size();
    for (size_t b = categories[i].first; b < end; ++b) {
      const vm::Builtin& row = *builtins[b];
      console.write(fmt::format("\n### `{}`\n\n**Signature**: `{}{}`\n\n{}\n\n```omc\n{}\n```\n", row.name, row.name,
                                row.signature, row.summary, row.example));
    }
  }
  return 0;
}

const Command kGenDocs("--gen-docs", "", "", "the reference of all builtins as Markdown", gen_docs);
const Command kDoc("--doc", "", "FILE...", "documentation of files as Markdown", doc);
const Command kDocAll("--doc-all", "", "[DIR]", "documentation of every .omc file in a folder (default lib)", doc_all);

}  // namespace
}  // namespace omc::tools
