#pragma once
// Where the files lie that omc needs at run time.

#include <string>
#include <vector>

namespace omc::tools {

// Of the standard library written in OMC: where OMC_HOME says; else beside the program when it is installed
// (../share/omc/lib), else in the source tree it was built from.
std::string library_path();

// Where the compiler of native code may be: installed (../lib/omc), or beside the program.
std::vector<std::string> jit_library_paths();

}  // namespace omc::tools
