#pragma once
// Where the standard library written in OMC lies.

#include <string>

namespace omc::tools {

// Beside the program when it is installed (../lib/omc or ../share/omc), else in the source tree it was built from.
std::string library_path();

}  // namespace omc::tools
