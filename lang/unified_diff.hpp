#pragma once
// The difference of two texts, line by line: in the unified format that diff, git and patch share (POSIX.1-2017, diff), or as
// edits.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lang/diagnostic.hpp"  // Edit

namespace omc::lang {

// Empty when the texts are equal. The names stand behind `--- ` and `+++ `.
std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name, size_t context = 3);

// Edits of whole lines that make the one text of the other, in order; where as many lines come as go, one for each line. Texts
// with more changed lines are not compared to the end: what differs is one edit.
std::vector<Edit> line_edits(std::string_view old_text, std::string_view new_text, int most_changes);

}  // namespace omc::lang
