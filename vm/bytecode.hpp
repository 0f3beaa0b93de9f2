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

// `pair` is `first`, and then `second`, in its general form, of which that operand is the result of `first`. A call whose short
// form `first` is lies between the two. Both keep their operands, so a jump to the second, or native code, sees what always was there.
enum class Place : uint8_t { A, B, C };
struct Pair {
  Op first, second;
  Place place;
  Op pair;
};
inline constexpr Pair kPairs[] = {
    {Op::AddIntK, Op::JumpLess, Place::A, Op::AddIntKLess},
    {Op::AddIntK, Op::JumpLessK, Place::A, Op::AddIntKLessK},
    {Op::AddIntK, Op::JumpLessEqual, Place::A, Op::AddIntKLessEqual},
    {Op::AddInt, Op::ModK, Place::B, Op::AddIntMod},
    {Op::AddIntK, Op::ModK, Place::B, Op::AddIntKMod},
    {Op::MulIntK, Op::AddK, Place::B, Op::MulIntKAdd},
    {Op::MulFloat, Op::Add, Place::C, Op::MulFloatAdd},
    {Op::ModIntK, Op::GetIndex, Place::C, Op::ModIntKIndex},
    {Op::Fold, Op::Add, Place::C, Op::FoldAdd},
    {Op::TryIntToInt, Op::Add, Place::C, Op::TryIntToIntAdd},
    {Op::TryIntToFloat, Op::Add, Place::C, Op::TryIntToFloatAdd},
    {Op::TryFloatToFloat, Op::Add, Place::C, Op::TryFloatToFloatAdd},
    {Op::TryIntsToInt, Op::Add, Place::C, Op::TryIntsToIntAdd},
};

// The first of a pair; any other instruction itself.
constexpr Op single_form(Op op) {
  for (const Pair& p : kPairs)
    if (p.pair == op) return p.first;
  return op;
}

// The instruction as it was compiled, before it was rewritten for the kinds it met.
constexpr Op general_form(Op op) {
  switch (single_form(op)) {
    case Op::AddInt: case Op::AddFloat: case Op::AddAny: return Op::Add;
    case Op::SubInt: case Op::SubFloat: case Op::SubAny: return Op::Sub;
    case Op::MulInt: case Op::MulFloat: case Op::MulAny: return Op::Mul;
    case Op::AddIntK: case Op::AddFloatK: case Op::AddAnyK: return Op::AddK;
    case Op::SubIntK: case Op::SubFloatK: case Op::SubAnyK: return Op::SubK;
    case Op::MulIntK: case Op::MulFloatK: case Op::MulAnyK: return Op::MulK;
    case Op::DivIntK: return Op::DivK;
    case Op::ModIntK: return Op::ModK;
    case Op::GetIndexInts: case Op::GetIndexFloats: case Op::GetIndexAny: return Op::GetIndex;
    default: return single_form(op);
  }
}

// What the instruction becomes together with what follows it; `op` unless that is a pair.
Op pair_of(Op op, const Instruction* first);

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
