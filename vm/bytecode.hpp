#pragma once
// Instructions: 64 bits each, an opcode, a small operand n, and three 16-bit operands A B C; B and C together are Bx, signed
// 32 bits. Wide operands keep every expression and every function within one format: no register windows, no extended
// instructions, and comparisons carry their jump.

#include <bit>
#include <cstdint>
#include <string>

#include "vm/fwd.hpp"

namespace omc::vm {

enum class Op : uint8_t {
#define OMC_OP(name, ...) name,
#include "vm/opcodes.def"
};

inline constexpr int kOpCount = 0
#define OMC_OP(...) +1
#include "vm/opcodes.def"
    ;

struct Instruction {
  Op op;
  uint8_t n = 0;
  uint16_t a = 0;
  uint16_t b = 0;
  uint16_t c = 0;

  static Instruction abc(Op op, uint32_t a, uint32_t b, uint32_t c, uint8_t n = 0) {
    return {op, n, static_cast<uint16_t>(a), static_cast<uint16_t>(b), static_cast<uint16_t>(c)};
  }
  static Instruction abx(Op op, uint32_t a, int32_t bx, uint8_t n = 0) {
    const uint32_t u = static_cast<uint32_t>(bx);
    return {op, n, static_cast<uint16_t>(a), static_cast<uint16_t>(u & 0xFFFF), static_cast<uint16_t>(u >> 16)};
  }
  int32_t bx() const { return static_cast<int32_t>(uint32_t{b} | uint32_t{c} << 16); }
  int16_t jump() const { return static_cast<int16_t>(c); }
};
static_assert(sizeof(Instruction) == 8);

enum class Operand : uint8_t { W, R, X, K, G, P, N, S, J, _ };

// The instruction as it was compiled, before it was rewritten for the kinds it met.
constexpr Op general_form(Op op) {
  switch (op) {
    case Op::AddInt: case Op::AddFloat: case Op::AddAny: return Op::Add;
    case Op::SubInt: case Op::SubFloat: case Op::SubAny: return Op::Sub;
    case Op::MulInt: case Op::MulFloat: case Op::MulAny: return Op::Mul;
    case Op::AddIntK: case Op::AddFloatK: case Op::AddAnyK:
    case Op::AddIntKLess: case Op::AddIntKLessK: case Op::AddIntKLessEqual: return Op::AddK;
    case Op::SubIntK: case Op::SubFloatK: case Op::SubAnyK: return Op::SubK;
    case Op::MulIntK: case Op::MulFloatK: case Op::MulAnyK: return Op::MulK;
    case Op::DivIntK: return Op::DivK;
    case Op::ModIntK: return Op::ModK;
    case Op::GetIndexInts: case Op::GetIndexFloats: case Op::GetIndexAny: return Op::GetIndex;
    default: return op;
  }
}

struct OpInfo {
  const char* name;
  Operand operands[3];
  const char* meaning;
};
const OpInfo& op_info(Op op);

// One instruction of a function: its name, its operands, and what they refer to.
std::string describe(const Proto& proto, size_t pc);

// The listing of a function and of those inside it, stable text.
std::string disassemble(const Proto& proto);

// The first thing wrong with the code, or an empty text: operands in range, jumps inside the code, no way past its end.
std::string verify(const Proto& proto);

}  // namespace omc::vm
