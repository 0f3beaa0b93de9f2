#pragma once
// Applying the fixes of diagnostics to a text.

#include <span>
#include <string>

#include "lang/diagnostic.hpp"
#include "lang/parser.hpp"

namespace omc::lang {

struct Fixed {
  std::string text;
  size_t count = 0;  // fixes applied
};

// As many of the first fixes of the diagnostics as do not overlap; only safe ones unless `unsafe`. A fix that would touch
// a comment or a string is left out. The result parses and has the comments and strings of the source: if it did not,
// nothing is applied. Other fixes may become possible, so whoever wants all checks the new text again.
Fixed apply_fixes(const Source& source, const ParseResult& parsed, std::span<const Diagnostic* const> diagnostics, bool unsafe);

}  // namespace omc::lang
