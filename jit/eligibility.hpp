#pragma once
// Which functions native code can be made of: numeric ones, whose instructions keep to ints, floats, bools and arrays.
//
// Decided from the bytecode alone, before any type is known; the words are those of the exit report (language reference,
// chapter 08, section 2.3).

#include <string>

#include "vm/proto.hpp"

namespace omc::jit {

struct Obstacle {
  std::string reason;  // empty: nothing stands in the way
  lang::Span span;     // of the first instruction that does
};

Obstacle first_obstacle(const vm::Proto& proto);

}  // namespace omc::jit
