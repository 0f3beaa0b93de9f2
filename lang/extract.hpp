#pragma once
// The functions of a file as pieces of its text (code intelligence reference, section 10), also of a file that does not
// parse.

#include <string>
#include <vector>

#include "lang/source.hpp"
#include "lang/span.hpp"

namespace omc::lang {

struct ExtractedFunction {
  std::string name;
  Span span;  // from `fn` to its closing brace
};

// Every named fn that is not inside another function: of the top level, of blocks, methods. In source order.
std::vector<ExtractedFunction> extract_functions(const Source& source);

}  // namespace omc::lang
