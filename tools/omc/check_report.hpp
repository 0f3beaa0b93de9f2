#pragma once
// The findings of --check in the forms that people and programs read.

#include <memory>
#include <string>
#include <vector>

#include "lang/heal.hpp"
#include "lang/lint/rule.hpp"
#include "lang/source.hpp"
#include "omc/console.hpp"

namespace omc::tools {

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

class CheckReport {
 public:
  virtual ~CheckReport() = default;
  virtual void add(const CheckedFile& file) = 0;
  virtual void finish() {}
};

// `several`: files are checked, not one file.
std::unique_ptr<CheckReport> make_check_report(const std::string& format, Console& console, bool several);
bool is_report_format(std::string_view name);

}  // namespace omc::tools
