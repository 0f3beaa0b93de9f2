#pragma once
// What rules ask about expressions.

#include "lang/ast.hpp"

namespace omc::lang {

bool is_comparison(BinaryOp op);
// A number, string, true, false or null; with a sign and in parentheses too.
bool is_literal(const Expr& e);
// Whether both are certain to give the same value one after the other: the same names, literals, indices and operators.
// Calls never are.
bool same_value(const Expr& a, const Expr& b);

}  // namespace omc::lang
