#pragma once
// The findings of --check in the forms that people and programs read.

#include <memory>
#include <string>
#include <string_view>

#include "analysis/file_check.hpp"
#include "omc/console.hpp"

namespace omc::tools {

using analysis::CheckedFile;

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
