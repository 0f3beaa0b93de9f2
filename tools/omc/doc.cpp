// --doc, --doc-all, --gen-docs: documentation as Markdown.

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lang/doc.hpp"
#include "omc/command.hpp"
#include "omc/doc_examples.hpp"
#include "omc/doc_site.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

lang::ModuleDoc documented(const std::string& path, const lang::Source& source) {
  return {fs::path(path).stem().string(), path, lang::public_functions(source)};
}

const Option kHtml("--html", "DIR", "--doc --doc-all --gen-docs", "writes a static site there instead of Markdown");

SitePage site_page(const lang::ModuleDoc& module, const lang::Source& source) {
  SitePage page{module.name, module.name, std::string(source.text()), {}};
  for (const lang::FunctionDoc& f : module.functions)
    page.entries.push_back({f.name, f.signature(), f.text, "", source.line(f.span.begin)});
  return page;
}

int write_site(const Site& site, const std::string& folder, Console& console) {
  std::error_code why;
  if (!stdlib::make_folder(folder, why)) return console.fail(1, "doc: cannot create {}: {}", folder, reason_text(why));
  for (const auto& [name, text] : site_files(site))
    if (!stdlib::replace_file(folder + "/" + name, text, why))
      return console.fail(1, "doc: cannot write {}/{}: {}", folder, name, reason_text(why));
  return 0;
}

// Two files of one name get two pages.
void add_page(Site& site, SitePage page) {
  const std::string name = page.name;
  for (size_t n = 2; std::any_of(site.pages.begin(), site.pages.end(), [&](const SitePage& p) { return p.name == page.name; }); ++n)
    page.name = name + "-" + std::to_string(n);
  site.pages.push_back(std::move(page));
}

int doc(const Options& options, Console& console) {
  int status = 0;
  const std::string* html = options.value("--html");
  Site site{"OMC documentation", {}};
  for (const std::string& path : options.positionals) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) {
      status = console.fail(1, "doc: read {}: {}", path, reason);
      continue;
    }
    const lang::ModuleDoc module = documented(path, *source);
    if (options.given("--test")) status = std::max(status, test_examples(module, source, options, console));
    else if (html) add_page(site, site_page(module, *source));
    else console.write(lang::module_page(module));
  }
  return html ? std::max(status, write_site(site, *html, console)) : status;
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
  Site site{"OMC API reference", {}};
  std::vector<lang::ModuleDoc> modules;
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    std::string reason;
    const auto source = read(path, reason);
    if (!source) status = console.fail(1, "--doc-all: read {}: {}", path, reason);
    else modules.push_back(documented(path, *source));
    if (source) site.pages.push_back(site_page(modules.back(), *source));
  }
  if (const std::string* html = options.value("--html")) return std::max(status, write_site(site, *html, console));
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
  if (const std::string* html = options.value("--html")) {
    Site site{"OMC builtins", {}};
    for (size_t i = 0; i < categories.size(); ++i) {
      SitePage page{std::string(categories[i].name), title(categories[i].name), "", {}};
      const size_t end = i + 1 < categories.size() ? categories[i + 1].first : builtins.size();
      for (size_t b = categories[i].first; b < end; ++b)
        page.entries.push_back({std::string(builtins[b]->name), fmt::format("{}{}", builtins[b]->name, builtins[b]->signature),
                                {std::string(builtins[b]->summary)}, std::string(builtins[b]->example), 0});
      site.pages.push_back(std::move(page));
    }
    return write_site(site, *html, console);
  }
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
