#pragma once
// The server on two descriptors of the process, as editors start it.

#include "lsp/server.hpp"

namespace omc::lsp {

// Until `exit` or the end of the input; the exit status. Nothing else may read the one or write to the other.
int serve(const vm::Vm& machine, Files& files, int input, int output);

}  // namespace omc::lsp
