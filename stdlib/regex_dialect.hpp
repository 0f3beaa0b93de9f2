#pragma once
// The dialect of regular expressions (core builtins, section 6) in terms of RE2's.

#include <string>
#include <string_view>

namespace omc::stdlib {

// What is wrong with a pattern.
struct PatternError {
  std::string detail;
};

// The pattern that means to RE2 what `pattern` means in the dialect. Throws PatternError for what the dialect has and
// RE2 has not, or what only RE2 has; other mistakes are left for RE2 to find.
std::string to_re2(std::string_view pattern);

}  // namespace omc::stdlib
