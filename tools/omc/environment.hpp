#pragma once
// The variables omc obeys, read when it starts: what a program does to its environment changes nothing for omc.
//
//   static const Variable kRegistry("OMC_REGISTRY", "URL or path of the package registry");
//   ... if (const std::string* place = kRegistry.text()) ...

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omc::tools {

class Variable {
 public:
  Variable(std::string_view name, std::string_view summary);

  const std::string* text() const { return value_ ? &*value_ : nullptr; }  // nullptr: unset
  bool is_on() const { return value_ == "1"; }                             // nothing else enables

  std::string_view name, summary;

 private:
  std::optional<std::string> value_;
};

// All rows, by name.
const std::vector<const Variable*>& all_variables();

}  // namespace omc::tools
