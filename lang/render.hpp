#pragma once
// A diagnostic for people at a terminal: message, place, the line it is about with the place underlined, notes, fixes.
//
//   error[unknown-name]: unknown variable `cuont`
//     --> words.omc:12:10
//   12 | h next = cuont + 1;
//      |          ^^^^^
//    3 | h count = 0;
//      |   ----- `count` is declared here
//      fix: use `count`

#include <cstdint>
#include <string>

#include "lang/diagnostic.hpp"
#include "lang/source.hpp"
#include "lang/span.hpp"

namespace omc::lang {

struct RenderOptions {
  bool colour = false;
  uint32_t width = 100;  // columns of source text shown; of a longer line the part around the place
};

// Ends in a newline.
std::string render(const Source& source, const Diagnostic& diagnostic, const RenderOptions& options = {});

// Only the line and the underlining, in the manner of an error.
std::string render_excerpt(const Source& source, Span span, const RenderOptions& options = {});

}  // namespace omc::lang
