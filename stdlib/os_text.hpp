#pragma once
// Text that comes from the operating system: reasons of failures, and bytes that ought to be UTF-8.

#include <string>
#include <string_view>

namespace omc::stdlib {

// "No such file or directory (os error 2)".
std::string os_reason(int error);

// Each ill-formed sequence becomes one U+FFFD, as the Unicode Standard recommends (15.0, section 3.9, "U+FFFD
// Substitution of Maximal Subparts").
std::string replace_ill_formed(std::string_view bytes);

}  // namespace omc::stdlib
