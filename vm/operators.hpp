#pragma once
// The operators of the language on any values (language reference, section 4): the paths behind the interpreter's fast ones.
// Those that can fail throw Error with the reference's text.

#include "lang/ast.hpp"  // BinaryOp
#include "vm/object.hpp"

namespace omc::vm {

Value arithmetic(Heap& heap, lang::BinaryOp op, Value a, Value b);  // + - * / % ** & | ^ << >>
bool equal(Value a, Value b);                  // ==; throws when both nest deeper than 10000
bool compare(lang::BinaryOp op, Value a, Value b);  // < <= > >=
Value negate(Value v);
Value bit_not(Value v);

int64_t wrapping_pow(int64_t base, int64_t exponent);  // exponent >= 0
// Bool, int, float, singularity, or text that spells a number: as an int or a float. Nothing for any other value.
bool numeric_operand(Value v, Value& number);

}  // namespace omc::vm
