#pragma once
// Tokens to a syntax tree (language reference, section 1.2).
//
// One run reports every syntax error it can tell apart: after an error the parser skips to the next statement and leaves
// an Error node. A tree without errors has none, and only such a tree may be run.
//
// How deep a tree gets: kMaxDepth parentheses, 5000 other levels of expressions, 2000 of blocks or functions; text beyond that is
// refused with a syntax error. Without a limit are only lists that lean to one side and want a loop in every walk:
// BinaryExpr::left and LogicalExpr::left, IfExpr::otherwise_if (IfStmt has its arms in an array).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"
#include "lang/lexer.hpp"
#include "lang/source.hpp"

namespace omc::lang {

// Levels count for what a walk through them takes of the stack.
inline constexpr uint32_t kMaxDepth = 10'000;
inline constexpr uint32_t kExpressionDepth = 2;
inline constexpr uint32_t kBlockDepth = 5;  // and of a function with a bare expression

struct ParseResult {
  std::unique_ptr<Module> module;  // always there
  Diagnostics diagnostics;         // in the order of the text
  std::vector<Token> tokens;

  bool ok() const { return !diagnostics.has_errors(); }
  // `at L:C: MESSAGE` of the first error; not to be asked for when ok().
  std::string first_message() const;

  // Whether the text only lacks its end: a bracket, string or comment is open, or the first error is that nothing follows.
  // For who reads a program line by line.
  bool wants_more() const;
};

// The source must outlive the module.
ParseResult parse(const Source& source);

}  // namespace omc::lang
