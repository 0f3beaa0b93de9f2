#pragma once
// Which rules and files are checked: the command line, and [tool.check] of the omc.toml in the folder of a file or above.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lang/lint/linter.hpp"
#include "omc/options.hpp"

namespace omc::tools {

// Throws UsageError for a list that names no rule.
class CheckSettings {
 public:
  explicit CheckSettings(const Options& options) : options_(options) {}

  const lang::RuleSet& rules_for(const std::string& path) { return section_for(path).rules; }
  // Of files that are found in folders.
  bool excludes(const std::string& path);

 private:
  struct Section {
    std::string folder;  // of the omc.toml; empty: none
    std::vector<std::string> exclude;
    lang::RuleSet rules;
  };
  const Section& section_for(const std::string& path);
  const Section& section_of_folder(const std::string& folder);
  Section read(const std::string& toml) const;
  lang::RuleSet combine(const std::vector<std::string>* select, const std::vector<std::string>& extend,
                        const std::vector<std::string>& ignore, const std::string& where) const;

  const Options& options_;
  std::unordered_map<std::string, std::shared_ptr<const Section>> folders_;
};

}  // namespace omc::tools
