#pragma once
// The difference of two texts, line by line, in the unified format that diff, git and patch share (POSIX.1-2017, diff).

#include <cstddef>
#include <string>
#include <string_view>

namespace omc::lang {

// Empty when the texts are equal. The names stand behind `--- ` and `+++ `.
std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name, size_t context = 3);

}  // namespace omc::lang
