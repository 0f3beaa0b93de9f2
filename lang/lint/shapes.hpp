#pragma once
// Follows the shapes of tensors through tape_* and prom_* calls, as far as the text tells them.
//
// One pass over each function with what is known of its variables: numbers, arrays, nodes and layers. Where two ways meet,
// what they disagree in is unknown; in front of a loop everything that the loop assigns is; what a function has by way of
// its parameters always is. So whatever is reported fails each time that it runs, and what is not known is not reported.
// (The frame is P. Cousot, R. Cousot, Abstract interpretation, POPL 1977; each dimension is known or not.)

#include <string>
#include <vector>

#include "lang/diagnostic.hpp"

namespace omc::lang {

class LintContext;

struct ShapeFinding {
  enum class Kind : uint8_t { Product, Broadcast, Index, Width };
  Kind kind;
  Span span;
  std::string message;
};

// In the order met. Nothing of calls inside a try that catches: they may be there for the error.
std::vector<ShapeFinding> find_shape_errors(const LintContext& lint);

}  // namespace omc::lang
