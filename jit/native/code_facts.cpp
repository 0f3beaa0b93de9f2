// Reads and writes of instructions, from the operand kinds of opcodes.def and the few that name more registers than operands.

#include "jit/native/code_facts.hpp"

namespace omc::jit {

using vm::Instruction;
using vm::Op;
using vm::Operand;

namespace {

struct Row {
  Operand operands[3];
};
constexpr Row kRows[] = {
#define OMC_OP(name, a, b, c, meaning) {{Operand::a, Operand::b, Operand::c}},
#include "vm/opcodes.def"
};

// How many registers are read from R[B] on.
uint32_t registers_from_b(Instruction i) {
  switch (i.op) {
    case Op::NewArray:
    case Op::Append:
    case Op::Concat: return i.c;
    case Op::CallGlobal:
    case Op::CallTaking:
    case Op::CallLending:
    case Op::CallValue: return i.n;
    case Op::CallNamed:
    case Op::CallMethod:
    case Op::CallDotted:
    case Op::SpreadGlobal: return i.n + 1u;
    default: return 1;
  }
}

bool is_opaque(Op op) {
  switch (op) {
    case Op::CheckAssigned:  // its error text looks at all variables
    case Op::CallEval:
    case Op::NewClosure:
    case Op::DefineClass:
    case Op::Import:
    case Op::Rethrow:
    case Op::NewCollector:
    case Op::Yield: return true;
    default: return false;
  }
}

}  // namespace

bool is_short_form(Op op) { return op >= Op::TryArrayLength && op <= Op::TryIntArrayToInt; }

Effects effects(Instruction in) {
  Effects e;
  e.opaque = is_opaque(in.op);
  const auto add = [](std::vector<uint32_t>& list, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) list.push_back(first + i);
  };
  switch (in.op) {
    case Op::ClearLocals: add(e.writes, in.a, static_cast<uint32_t>(in.bx())); return e;
    case Op::RangePrepare: add(e.reads, in.a, 3); add(e.writes, in.a, 3); return e;
    // The variable is written on one way out only, so its old value may still be wanted.
    case Op::RangeNext: add(e.reads, in.a, 3); add(e.writes, in.a, 1); return e;
    case Op::IteratePrepare: add(e.reads, in.b, 1); add(e.writes, in.a, 2); return e;
    case Op::IterateNext: add(e.reads, in.a, 2); return e;
    case Op::TryIntsToInt:
    case Op::TryIntArrayToInt: add(e.reads, in.b, 2); return e;
    default: break;
  }
  const Row& row = kRows[static_cast<size_t>(in.op)];
  const uint32_t operands[3] = {in.a, in.b, in.c};
  for (int i = 0; i < 3; ++i) {
    const Operand kind = row.operands[i];
    if (kind == Operand::R || kind == Operand::X) add(e.reads, operands[i], i == 1 ? registers_from_b(in) : 1);
    if ((kind == Operand::W || kind == Operand::X) && !is_short_form(in.op)) add(e.writes, operands[i], 1);
  }
  return e;
}

Successors successors(const std::vector<Instruction>& code, size_t pc) {
  const Instruction in = code[pc];
  const Row& row = kRows[static_cast<size_t>(in.op)];
  const auto here = static_cast<int64_t>(pc);
  Successors s;
  switch (in.op) {
    case Op::Return:
    case Op::ReturnNull:
    case Op::Throw:
    case Op::Rethrow: return s;
    default: break;
  }
  if (row.operands[1] == Operand::J) s.jump = here + 1 + in.bx();
  else if (row.operands[2] == Operand::J) s.jump = here + 1 + in.jump();
  if (is_short_form(in.op)) s.jump = here + 1 + (in.op == Op::TryDictGetK ? 3 : in.op == Op::TryDictSetK ? 4 : in.n);
  if (in.op != Op::Jump) s.next = here + 1;
  return s;
}

namespace {

Met met_by(Op op) {
  switch (vm::single_form(op)) {
    case Op::AddInt:
    case Op::SubInt:
    case Op::MulInt:
    case Op::AddIntK:
    case Op::SubIntK:
    case Op::MulIntK: return Met::Ints;
    case Op::AddFloat:
    case Op::SubFloat:
    case Op::MulFloat:
    case Op::AddFloatK:
    case Op::SubFloatK:
    case Op::MulFloatK: return Met::Floats;
    default: return Met::Any;
  }
}

}  // namespace

CodeFacts::CodeFacts(const vm::Proto& proto) : code(proto.code) {
  for (Instruction& in : code) {
    met.push_back(met_by(in.op));
    in.op = vm::general_form(in.op);
  }
  const size_t n = code.size();
  leader.assign(n + 1, false);
  joins.assign(n + 1, false);
  joins[n] = true;
  leader[0] = true;
  std::vector<Effects> all;
  for (size_t pc = 0; pc < n; ++pc) {
    all.push_back(effects(code[pc]));
    const Successors s = successors(code, pc);
    if (s.jump < 0) continue;
    leader[static_cast<size_t>(s.jump)] = leader[pc + 1] = true;
    if (!is_short_form(code[pc].op)) joins[static_cast<size_t>(s.jump)] = true;
  }
  live.assign(n + 1, Registers(proto.register_count, !proto.handlers.empty()));
  if (!proto.handlers.empty()) return;  // a handler may read any of them
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t pc = n; pc-- > 0;) {
      Registers now(proto.register_count, false);
      const Successors s = successors(code, pc);
      for (const int64_t to : {s.next, s.jump})
        if (to >= 0)
          for (size_t r = 0; r < now.size(); ++r) now[r] = now[r] || live[static_cast<size_t>(to)][r];
      for (const uint32_t r : all[pc].writes) now[r] = false;
      for (const uint32_t r : all[pc].reads) now[r] = true;
      if (all[pc].opaque) now.assign(now.size(), true);
      if (now != live[pc]) {
        live[pc] = std::move(now);
        changed = true;
      }
    }
  }
}

std::optional<int32_t> CodeFacts::range_step(uint32_t a) const {
  std::optional<int32_t> step;
  for (size_t pc = 1; pc < code.size(); ++pc) {
    if (code[pc].op != Op::RangePrepare || code[pc].a != a) continue;
    const Instruction before = code[pc - 1];
    if (before.op != Op::LoadInt || before.a != a + 2 || (step && *step != before.bx())) return std::nullopt;
    step = before.bx();
  }
  return step;
}

std::vector<bool> CodeFacts::loop(uint32_t header) const {
  std::vector<std::vector<uint32_t>> before(code.size());
  for (uint32_t pc = 0; pc < code.size(); ++pc) {
    const Successors s = successors(code, pc);
    for (const int64_t to : {s.next, s.jump})
      if (to >= 0) before[static_cast<size_t>(to)].push_back(pc);
  }
  std::vector<bool> inside(code.size(), false);
  inside[header] = true;
  std::vector<uint32_t> pending;
  for (const uint32_t pc : before[header])
    if (pc >= header) pending.push_back(pc);
  while (!pending.empty()) {
    const uint32_t pc = pending.back();
    pending.pop_back();
    if (inside[pc]) continue;
    inside[pc] = true;
    for (const uint32_t from : before[pc]) pending.push_back(from);
  }
  return inside;
}

}  // namespace omc::jit
