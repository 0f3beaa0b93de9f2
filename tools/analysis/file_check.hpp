#pragma once
// All that is to be said about one file without running it: what `omc --check` reports and the language server shows.

#include <memory>
#include <string>
#include <vector>

#include "analysis/module_names.hpp"
#include "lang/lint/linter.hpp"
#include "lang/parser.hpp"
#include "vm/vm.hpp"

namespace omc::analysis {

struct CheckedFile {
  std::shared_ptr<const lang::Source> source = nullptr;
  unsigned iterations = 0;
  bool exhausted = false;
  std::vector<lang::Diagnostic> failing = {};    // of the heal walk, in order of discovery
  std::vector<lang::Diagnostic> hints = {};
  std::vector<lang::Diagnostic> lint = {};       // of the rules, in order of discovery
  std::vector<lang::Diagnostic> syntax = {};     // errors: then there is nothing else

  size_t issues() const { return failing.size() + lint.size(); }
};

struct Checked {
  CheckedFile file;
  lang::ParseResult parsed;  // healed
};

class FileChecker {
 public:
  FileChecker(const vm::Vm& machine, ModuleAccess access);

  Checked check(std::shared_ptr<const lang::Source> source, const lang::RuleSet& wanted);
  ModuleNames& names() { return names_; }

 private:
  ModuleNames names_;
  lang::BuiltinFacts builtins_;
};

}  // namespace omc::analysis
