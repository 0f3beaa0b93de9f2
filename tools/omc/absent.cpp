// Variables of the reference that change what this build does not have: known to the help and the completion, without effect.

#include "omc/environment.hpp"

namespace omc::tools {

namespace {

const Variable kPython("OMC_NO_PYTHON", "1: no builtins py_*; this build has none");
const Variable kBackend("OMC_GPU_BACKEND", "cpu: no accelerator; this build uses none");
const Variable kProduct("OMC_GPU_MATMUL_MIN_FLOPS", "smallest matrix product for an accelerator (1000000); this build uses none");
const Variable kSoftmax("OMC_GPU_SOFTMAX_MIN_CELLS", "fewest cells of a softmax for an accelerator (1000000); this build uses none");
const Variable kMemory("OMC_MEMORY_ROOT", "folder of the memory store (default ~/.omc/memory); this build has none");
const Variable kMemoryEntries("OMC_MEMORY_MAX_ENTRIES", "entries the memory store keeps (0: all); this build has none");

}  // namespace
}  // namespace omc::tools
