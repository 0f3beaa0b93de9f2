#pragma once
// Where the standard library written in OMC lies.

#include <string>

namespace omc::tools {

// Where OMC_HOME says; else beside the program when it is installed (../share/omc/lib), else in the source tree it was built from.
std::string library_path();

}  // namespace omc::tools
