#pragma once
// Everywhere a name is used, across the files of the workspace.

#include <vector>

#include "lsp/feature.hpp"
#include "lsp/lookup.hpp"

namespace omc::lsp {

struct Use {
  FilePtr file;
  Occurrence occurrence;
  bool defines;  // it is one of the places where the name is defined
};

// By file, in the order of the text.
std::vector<Use> uses(Context& context, const FilePtr& file, const Symbol& symbol);

}  // namespace omc::lsp
