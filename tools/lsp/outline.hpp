#pragma once
// The definitions of a file that stand for themselves in a list: functions, classes, their methods and fields, variables of
// the top level.

#include <cstdint>
#include <string>
#include <vector>

#include "lsp/index.hpp"

namespace omc::lsp {

// Numbers of the protocol.
enum class OutlineKind : uint8_t { Class = 5, Method = 6, Field = 8, Function = 12, Variable = 13 };

struct OutlineItem {
  OutlineKind kind;
  std::string name, detail;
  lang::Span name_span, whole;
  std::vector<OutlineItem> children;
};

std::vector<OutlineItem> outline(const Index& index);

}  // namespace omc::lsp
