// Disassembler and verifier: all they know of an instruction comes from opcodes.def.

#include "vm/bytecode.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lang/source.hpp"
#include "vm/conversions.hpp"
#include "vm/globals.hpp"
#include "vm/native.hpp"
#include "vm/proto.hpp"
#include "vm/reciprocal.hpp"

namespace omc::vm {

namespace {

constexpr OpInfo kOpInfo[] = {
#define OMC_OP(name, a, b, c, meaning) {#name, {Operand::a, Operand::b, Operand::c}, meaning},
#include "vm/opcodes.def"
};

// B and C form one operand when C is unused and B is of a kind that needs the room.
bool uses_bx(const OpInfo& info) {
  const Operand b = info.operands[1], c = info.operands[2];
  if (b == Operand::J) return true;
  return c == Operand::_ && (b == Operand::K || b == Operand::G || b == Operand::P || b == Operand::S || b == Operand::N);
}

// LoadCapture, GetCapture: B is a capture number although it is an N alone.
bool bx_is_b(Op op) { return op == Op::GetCapture || op == Op::LoadCapture; }

std::string constant_text(Value v) {
  if (v.is_string()) {
    std::string text = "\"";
    for (const char c : v.as_string()->view()) {
      if (text.size() > 40) {
        text += "...";
        break;
      }
      if (c == '\n') text += "\\n";
      else if (c == '"' || c == '\\') (text += '\\') += c;
      else text += c;
    }
    return text + '"';
  }
  return display(v);
}

std::string operand_text(const Proto& p, size_t pc, Operand kind, int64_t value, std::string& note) {
  switch (kind) {
    case Operand::W:
    case Operand::R:
    case Operand::X: {
      const auto i = static_cast<size_t>(value);
      if (i < p.variable_names.size() && p.variable_names[i]->size_bytes)
        return fmt::format("r{}:{}", value, p.variable_names[i]->view());
      return fmt::format("r{}", value);
    }
    case Operand::K: note += ' ' + constant_text(p.constants[static_cast<size_t>(value)]); return fmt::format("k{}", value);
    case Operand::G: note += fmt::format(" {}", p.cells[static_cast<size_t>(value)]->name->view()); return fmt::format("g{}", value);
    case Operand::P: return fmt::format("p{}", value);
    case Operand::S: return fmt::format("s{}", value);
    case Operand::N: return fmt::format("{}", value);
    case Operand::J: return fmt::format("-> {}", static_cast<int64_t>(pc) + 1 + value);
    case Operand::_: return {};
  }
  return {};
}

}  // namespace

std::string describe(const Proto& p, size_t pc) {
  const Instruction i = p.code[pc];
  const OpInfo& info = op_info(i.op);
  std::string note, operands;
  const auto add = [&](Operand kind, int64_t value) {
    if (kind == Operand::_) return;
    if (!operands.empty()) operands += ", ";
    operands += operand_text(p, pc, kind, value, note);
  };
  add(info.operands[0], i.a);
  if (uses_bx(info)) {
    add(info.operands[1], bx_is_b(i.op) ? i.b : i.bx());
  } else {
    add(info.operands[1], i.b);
    add(info.operands[2], info.operands[2] == Operand::J ? i.jump() : i.c);
  }
  if (i.n) operands += fmt::format("  n={}", i.n);
  std::string text = operands.empty() ? info.name : fmt::format("{:<17} {}", info.name, operands);
  if (!note.empty()) text += "  ;" + note;
  return text;
}

namespace {

void list_function(std::string& out, const Proto& p, const std::string& path) {
  const lang::Position at = p.source ? p.source->position(p.span.begin) : lang::Position{};
  out += fmt::format("function {} at {}:{}: {} parameters, {} registers, {} instructions\n", path, at.line, at.column,
                     p.parameter_count, p.register_count, p.code.size());
  uint32_t line = 0;
  for (size_t pc = 0; pc < p.code.size(); ++pc) {
    const uint32_t now = p.source ? p.source->line(p.position(pc).begin) : 0;
    const std::string where = now != line ? fmt::format("{:>5}", now) : std::string(5, ' ');
    line = now;
    out += fmt::format("{} {:>5}  {}", where, pc, describe(p, pc));
    out += '\n';
  }
  for (const Handler& h : p.handlers)
    out += fmt::format("  {} {}..{} -> {}, error in r{}\n", h.finalizer ? "finally" : "catch", h.begin, h.end, h.target, h.error);
  for (size_t i = 0; i < p.protos.size(); ++i) {
    const Proto& inner = *p.protos[i];
    out += '\n';
    list_function(out, inner, path + "/" + (inner.name->size_bytes ? std::string(inner.name->view()) : fmt::format("<lambda {}>", i)));
  }
}

const char* op_name(Op op) { return static_cast<int>(op) < kOpCount ? op_info(op).name : "?"; }

size_t site_count(const Proto& p, Op op) {
  switch (op) {
    case Op::JumpNoMatch: return p.patterns.size();
    case Op::CallMethod: return p.method_sites.size();
    case Op::CallDotted: return p.dotted_sites.size();
    case Op::CallEval: return p.eval_sites.size();
    case Op::DefineClass: return p.class_sites.size();
    case Op::Import: return p.import_sites.size();
    default: return 0;
  }
}

// How many instructions a Try instruction skips: a call and what puts its arguments in place. 0: it is none.
size_t skipped(const Instruction& i) {
  switch (single_form(i.op)) {
    case Op::TryDictGetK: return 3;
    case Op::TryDictSetK: return 4;
    case Op::TryArrayLength:
    case Op::TryDictGet:
    case Op::TryDictSet:
    case Op::TryDictHas:
    case Op::TryArrayPush:
    case Op::TryIntToInt:
    case Op::TryIntToFloat:
    case Op::TryFloatToInt:
    case Op::TryFloatToFloat:
    case Op::TryIntsToInt:
    case Op::TryIntArrayToInt: return std::max<size_t>(i.n, 1);
    default: return 0;
  }
}

// Whether a call of the builtin whose short way it is follows where it must.
bool has_its_call(const Proto& p, size_t pc) {
  const Instruction i = p.code[pc];
  const size_t at = pc + skipped(i);
  if (at + 1 >= p.code.size() || p.code[at].op != Op::CallGlobal) return false;
  if (p.code[at].c >= p.cells.size()) return true;  // the call's own mistake
  const Builtin* builtin = p.cells[p.code[at].c]->builtin;
  if (!builtin) return false;
  const Op whole = i.op == Op::TryDictGetK ? Op::TryDictGet : i.op == Op::TryDictSetK ? Op::TryDictSet : single_form(i.op);
  const OpInfo& info = op_info(i.op);
  return builtin->short_form.op == whole && (info.operands[2] != Operand::G || i.c == p.code[at].c);
}

// How many registers from R[B] on an instruction reads; a call without arguments only names the place where they would be.
int64_t registers_from_b(const Instruction& i) {
  switch (single_form(i.op)) {
    case Op::NewArray:
    case Op::Append:
    case Op::Concat: return i.c;
    case Op::CallGlobal:
    case Op::CallTaking:
    case Op::CallLending:
    case Op::CallValue:
    case Op::CallEval: return i.n;
    case Op::CallNamed:
    case Op::CallMethod:
    case Op::CallDotted:
    case Op::SpreadGlobal: return i.n + 1;
    case Op::TryIntsToInt:
    case Op::TryIntArrayToInt: return 2;
    default: return 1;
  }
}

std::string check(const Proto& p, size_t pc) {
  const Instruction& i = p.code[pc];
  if (static_cast<int>(i.op) >= kOpCount) return "unknown opcode";
  const OpInfo& info = op_info(i.op);
  const auto fits = [&](Operand kind, int64_t v) {
    switch (kind) {
      case Operand::W:
      case Operand::R:
      case Operand::X: return v < p.register_count || v == 0;
      case Operand::K: return v >= 0 && static_cast<size_t>(v) < p.constants.size();
      case Operand::G: return v >= 0 && static_cast<size_t>(v) < p.cells.size();
      case Operand::P: return v >= 0 && static_cast<size_t>(v) < p.protos.size();
      case Operand::S: return v >= 0 && static_cast<size_t>(v) < site_count(p, i.op);
      case Operand::J: {
        const int64_t target = static_cast<int64_t>(pc) + 1 + v;
        return target >= 0 && static_cast<size_t>(target) < p.code.size();
      }
      default: return true;
    }
  };
  if (i.op == Op::GetBox && i.n) return fits(Operand::W, i.a) && fits(Operand::R, i.b) ? "" : "operand out of range";
  bool ok = fits(info.operands[0], i.a);
  if (uses_bx(info)) ok = ok && fits(info.operands[1], bx_is_b(i.op) ? i.b : i.bx());
  else if (info.operands[1] == Operand::R) ok = ok && i.b + registers_from_b(i) <= p.register_count;
  else ok = ok && fits(info.operands[1], i.b);
  if (!uses_bx(info)) ok = ok && fits(info.operands[2], info.operands[2] == Operand::J ? i.jump() : i.c);
  if (ok && single_form(i.op) != i.op && (pc + 1 + skipped(i) >= p.code.size() || pair_of(single_form(i.op), &i) != i.op))
    return "not followed by its second";
  if (ok && (i.op == Op::DivIntK || single_form(i.op) == Op::ModIntK)) {
    if (i.c + size_t{1} >= p.constants.size() || !p.constants[i.c].is_int() || !p.constants[i.c + 1].is_int())
      return "no reciprocal";
    const int64_t divisor = p.constants[i.c].as_int();
    if (!has_reciprocal(divisor) || static_cast<uint64_t>(p.constants[i.c + 1].as_int()) != reciprocal(divisor))
      return "not the reciprocal";
  }
  if (ok && skipped(i)) {
    if (!has_its_call(p, pc)) return "no call to skip";
    if ((i.op == Op::TryDictGetK && !p.constants[i.c].is_string()) || (i.op == Op::TryDictSetK && !p.constants[i.b].is_string()))
      return "key is no string";
  }
  return ok ? "" : "operand out of range";
}

}  // namespace

Op pair_of(Op op, const Instruction* first) {
  for (const Pair& p : kPairs) {
    if (p.first != op) continue;
    const Instruction& second = first[1 + skipped(*first)];  // no first is the last instruction of a function
    const uint16_t operands[] = {second.a, second.b, second.c};
    const bool jumps_on_true = p.place != Place::A || second.n;  // as the steps of loops do
    if (p.second == general_form(second.op) && operands[static_cast<size_t>(p.place)] == first->a && jumps_on_true) return p.pair;
  }
  return op;
}

const OpInfo& op_info(Op op) { return kOpInfo[static_cast<size_t>(op)]; }

std::string disassemble(const Proto& proto) {
  std::string out;
  list_function(out, proto, proto.name->size_bytes ? std::string(proto.name->view()) : "<top level>");
  return out;
}

std::string verify(const Proto& proto) {
  if (proto.code.empty()) return "no code";
  const Op last = proto.code.back().op;
  if (last != Op::Return && last != Op::ReturnNull) return "control may run past the end";
  for (size_t pc = 0; pc < proto.code.size(); ++pc)
    if (const std::string wrong = check(proto, pc); !wrong.empty())
      return fmt::format("{} at {} ({})", wrong, pc, op_name(proto.code[pc].op));
  for (const Handler& h : proto.handlers)
    if (h.begin > h.end || h.end > proto.code.size() || h.target >= proto.code.size() || h.error >= proto.register_count)
      return "handler out of range";
  for (const Proto* inner : proto.protos)
    if (std::string wrong = verify(*inner); !wrong.empty()) return wrong;
  return {};
}

lang::Span Proto::position(size_t pc) const {
  lang::Span span{};
  size_t low = 0, high = positions.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (positions[middle].pc <= pc) low = middle + 1;
    else high = middle;
  }
  if (low > 0) span = positions[low - 1].span;
  return span;
}

const String* Proto::index_name(size_t pc) const {
  size_t low = 0, high = index_names.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (index_names[middle].first < pc) low = middle + 1;
    else high = middle;
  }
  return low < index_names.size() && index_names[low].first == pc ? index_names[low].second : nullptr;
}

}  // namespace omc::vm
