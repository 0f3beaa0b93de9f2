#pragma once
// Facts of a function's bytecode that need no types: what each instruction reads and writes, which registers are live where,
// what belongs to a loop.

#include <cstdint>
#include <optional>
#include <vector>

#include "vm/proto.hpp"

namespace omc::jit {

using Registers = std::vector<bool>;

// What an instruction does to registers. Every instruction has one row in the table of code_facts.cpp or is `opaque`.
struct Effects {
  std::vector<uint32_t> reads, writes;
  bool opaque = false;  // reads any register
};
Effects effects(vm::Instruction in);

// Where an instruction may go on, or nothing.
struct Successors {
  int64_t next = -1, jump = -1;
};
Successors successors(const std::vector<vm::Instruction>& code, size_t pc);

// It stands in front of a call, and does nothing unless it does all of it and skips the call.
bool is_short_form(vm::Op op);

// The kinds of operands that the interpreter has specialised an arithmetic instruction for.
enum class Met : uint8_t { Any, Ints, Floats };

struct CodeFacts {
  explicit CodeFacts(const vm::Proto& proto);
  std::vector<vm::Instruction> code;  // a copy in the general form: the interpreter rewrites its own
  std::vector<Met> met;
  std::vector<Registers> live;        // before each instruction
  std::vector<bool> leader;           // begins a block
  std::vector<bool> joins;            // is jumped to, not only over a call that a short form did

  // The step of the range that R[a] .. R[a + 2] hold, when the program says it: LoadInt stands before RangePrepare.
  std::optional<int32_t> range_step(uint32_t a) const;

  // The instructions of the loop that begins at `header`.
  std::vector<bool> loop(uint32_t header) const;
};

}  // namespace omc::jit
