#pragma once
// The canonical layout of a program (command line reference, section 5): one way to write it, comments kept.
//
// Changes layout only: what is printed parses to the same program, and formats to itself.

#include <string>
#include <string_view>

#include "lang/ast.hpp"

namespace omc::lang {

// Of a module that parsed without errors. Ends in a newline, unless it is empty.
std::string format(const Module& module);

// The text as a string literal in double quotes.
std::string quoted(std::string_view text);

}  // namespace omc::lang
