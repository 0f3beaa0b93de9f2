#pragma once
// What is known of a name, as texts: for hover, completion and signature help.

#include <string>
#include <vector>

#include "lsp/lookup.hpp"

namespace omc::lsp {

struct Description {
  std::string signature;           // `fn area(w, h)`, `h total`
  std::string text;                // of the comment above, or the summary of a builtin
  std::string example;             // of a builtin
  std::vector<std::string> parameters;
};

Description describe(const vm::Builtin& builtin);
Description describe(const Target& target);
std::string markdown(const Description& description);

}  // namespace omc::lsp
