#pragma once
// The canonical text of a program (code intelligence reference, section 1): sugar reduced to its core form, names of locals
// replaced by numbers, one layout. Two programs are equivalent when their canonical texts are equal; the hash of that
// text (substrate::fnv) is the identity of a program.

#include <functional>
#include <string>
#include <string_view>

#include "lang/ast.hpp"

namespace omc::lang {

struct CanonicalOptions {
  // A local that is called by the name of a builtin is kept: such a call means the local only while that holds a function.
  std::function<bool(std::string_view)> is_builtin = [](std::string_view) { return false; };
  // The text that earlier versions hashed (section 1.4). Only to recognise old hashes.
  bool legacy = false;
};

// Of a module that parsed without errors; it need not be resolved.
std::string canonical(const Module& module, const CanonicalOptions& options);

}  // namespace omc::lang
