#pragma once
// Documentation of a file: its public functions and the comments above them (command line reference, section 6).
//
// Works on tokens, so a file that does not parse is documented too.

#include <span>
#include <string>
#include <vector>

#include "lang/ast.hpp"
#include "lang/source.hpp"
#include "lang/span.hpp"

namespace omc::lang {

struct FunctionDoc {
  std::string name;
  std::vector<std::string> parameters;  // `name` or `name: type`
  std::string return_type;              // empty when not declared
  std::vector<std::string> text;        // lines, without their `#`
  Span span;                            // of the name

  std::string signature() const;  // `fn name(a, b: int) -> int`
};

struct ModuleDoc {
  std::string name;  // of the file, without its extension
  std::string path;  // as the reader knows it
  std::vector<FunctionDoc> functions;
};

// Functions of the top level that begin in column 1 and whose names have no leading `_`, in the order of the text.
std::vector<FunctionDoc> public_functions(const Source& source);

// Of any function of a tree, methods and nested ones too.
FunctionDoc documentation(const Module& module, const Function& function);

// The lines, without their `#`, of the unbroken run of comments that ends on the line above the one with the offset.
std::vector<std::string> comment_above(const Source& source, std::span<const Comment> comments, uint32_t offset);

// Markdown of one module, and of all modules of a folder.
std::string module_page(const ModuleDoc& module);
std::string folder_page(const std::string& folder, std::span<const ModuleDoc> modules);

}  // namespace omc::lang
