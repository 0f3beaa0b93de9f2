#pragma once
// "Extract function": statements or an expression become a function of the top level, and a call stands in their place.
//
// Offered only where the program is sure to do the same: no jump out of the selection, at most one variable that is still
// needed behind it and has its value for certain, no closure that shares a variable with what stays behind.

#include <optional>
#include <string>
#include <vector>

#include "lsp/workspace.hpp"

namespace omc::lsp {

struct Extraction {
  std::string name;
  std::vector<lang::Edit> edits;
};

std::optional<Extraction> extract_function(Workspace& workspace, const File& file, lang::Span selection);

}  // namespace omc::lsp
