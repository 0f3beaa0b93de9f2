// The table of global names.

#include "vm/globals.hpp"

namespace omc::vm {

GlobalCell* Globals::cell(String* name) {
  const auto [at, is_new] = by_name_.try_emplace(name->view(), nullptr);
  if (is_new) {
    cells_.emplace_back();
    cells_.back().name = name;
    at->second = &cells_.back();
  }
  return at->second;
}

GlobalCell* Globals::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace omc::vm
