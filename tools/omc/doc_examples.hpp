#pragma once
// `--doc --test`: the examples in doc comments. A fence marked `omc` is run with the functions of its file at hand; when a
// fence marked `output` follows, that must be what it prints.

#include "lang/doc.hpp"
#include "omc/console.hpp"
#include "omc/options.hpp"

namespace omc::tools {

// Says how each example ended; 1 when one failed.
int test_examples(const lang::ModuleDoc& module, const std::shared_ptr<const lang::Source>& source, const Options& options,
                  Console& console);

}  // namespace omc::tools
