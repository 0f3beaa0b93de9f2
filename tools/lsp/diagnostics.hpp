#pragma once
// The findings about a document in the words of the protocol.

#include "lsp/feature.hpp"

namespace omc::lsp {

struct Finding {
  std::string_view source;  // omc-parse, omc-heal, omc-lint
  const lang::Diagnostic* diagnostic;
};

// Of an open document; the diagnostics live as long as `checked`.
std::vector<Finding> findings(const analysis::CheckedFile& checked);
Json diagnostic_of(const Context& context, const File& file, const Finding& finding);
Json diagnostics_of(const Context& context, const File& file);

}  // namespace omc::lsp
