#pragma once
// Documentation as a static site: a page a module with its functions, a page a source file, an index of all names, and
// a search that needs JavaScript while everything else does without.

#include <map>
#include <string>
#include <vector>

namespace omc::tools {

struct SiteEntry {
  std::string name;
  std::string signature;
  std::vector<std::string> text;  // lines of Markdown, as in doc comments
  std::string example;            // a program; empty: none beyond those in the text
  size_t line = 0;                // in the source; 0: none
};

struct SitePage {
  std::string name;    // of the module or category, and of the file
  std::string title;
  std::string source;  // text of the source file; empty: none
  std::vector<SiteEntry> entries;
};

struct Site {
  std::string title;
  std::vector<SitePage> pages;
};

// Files of the site: name -> text.
std::map<std::string, std::string> site_files(const Site& site);

}  // namespace omc::tools
