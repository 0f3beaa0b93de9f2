#pragma once
// Tokens and trees as text: `omc --dump=tokens` and `--dump=ast`, and what tests compare.

#include <string>
#include <vector>

#include "lang/ast.hpp"
#include "lang/lexer.hpp"
#include "lang/source.hpp"

namespace omc::lang {

// A line a token: `LINE:COL Kind text`.
std::string dump_tokens(const Source& source, const std::vector<Token>& tokens);

// A line a top-level statement, as nested lists with the operator first: `(let x (+ 1 2))`. Only what the program means:
// no parentheses, comments, empty statements or spellings, and an arm `p => e` reads like `p => { e }`.
std::string dump_ast(const Module& module);

// Whether the two mean the same, apart from the positions in error messages.
bool same_program(const Module& a, const Module& b);

}  // namespace omc::lang
