#pragma once
// Calls as they stand in a text that may be half written, and what they call.

#include <optional>

#include "lsp/describe.hpp"

namespace omc::lsp {

struct CallAt {
  lang::Span name;       // of the last part of what is called
  uint32_t argument = 0; // in which the place lies, from 0
};

// The innermost call whose parentheses hold the offset. It works on tokens.
std::optional<CallAt> call_at(const File& file, uint32_t offset);

// What the name stands for; several when several methods have it. A name in a part that does not parse is taken for a
// global one, or behind a dot for a member.
std::vector<Description> callees(Workspace& workspace, const FilePtr& file, lang::Span name);

}  // namespace omc::lsp
