#pragma once
// What a name means, across modules: where it is defined, or which builtin it is.

#include <string_view>
#include <vector>

#include "lsp/workspace.hpp"

namespace omc::lsp {

struct Target {
  FilePtr file;
  Definition definition;
};

// All places that may define it: a function that is defined twice, methods of several classes.
std::vector<Target> definitions(Workspace& workspace, const FilePtr& file, const Symbol& symbol);
std::vector<Target> global_definitions(Workspace& workspace, const FilePtr& file, std::string_view name);

// The builtin that the name reaches when nothing else does; nullptr: none.
const vm::Builtin* builtin_of(Workspace& workspace, const FilePtr& file, const Symbol& symbol);

// The file and the modules it imports without an alias, and those they import, each once.
std::vector<FilePtr> visible_modules(Workspace& workspace, const FilePtr& file);

}  // namespace omc::lsp
