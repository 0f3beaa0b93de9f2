// The first thing in a function's bytecode that keeps it from being native.

#include "jit/eligibility.hpp"

#include <fmt/format.h>

#include "vm/globals.hpp"

namespace omc::jit {

using vm::Instruction;
using vm::Op;

namespace {

constexpr size_t kMostInstructions = 20000;
constexpr size_t kMostParameters = 32;

bool is_text(const vm::Proto& proto, uint32_t constant) { return proto.constants[constant].is_string(); }

std::string obstacle_at(const vm::Proto& proto, Instruction i) {
  switch (i.op) {
    case Op::LoadConstant: return is_text(proto, static_cast<uint32_t>(i.bx())) ? "string" : "";
    case Op::AddK:
    case Op::JumpEqualK:
    case Op::JumpLessK:
    case Op::JumpLessEqualK:
    case Op::JumpGreaterK:
    case Op::JumpGreaterEqualK: return is_text(proto, i.op == Op::AddK ? i.c : i.b) ? "string" : "";
    case Op::GetIndexK: return is_text(proto, i.c) ? "dict" : "";
    case Op::SetIndexK: return is_text(proto, i.b) ? "dict" : "";
    case Op::Concat: return "string";
    case Op::NewDict:
    case Op::DictPut: return "dict";
    case Op::Throw:
    case Op::Rethrow: return "try";
    case Op::NewCollector:
    case Op::Yield: return "yield";
    case Op::DefineClass:
    case Op::CallMethod:
    case Op::CallDotted: return "class";
    case Op::NewClosure: return proto.protos[static_cast<uint32_t>(i.bx())]->is_lambda ? "lambda" : "nested-fn";
    case Op::NewBox:
    case Op::GetCapture:
    case Op::SetCapture:
    case Op::CallValue:
    case Op::CallNamed:
    case Op::CallSpread:
    case Op::SpreadGlobal: return "lambda";
    case Op::Import: return "import";
    case Op::CallEval:
    case Op::NewLateScope:
    case Op::GetLate:
    case Op::SetLate: return "eval";
    case Op::Print: return "io";
    case Op::JumpNoMatch: {
      using lang::PatternKind;
      const PatternKind kind = proto.patterns[i.b].kind;
      const bool numeric = kind == PatternKind::Int || kind == PatternKind::Float || kind == PatternKind::IntRange;
      return numeric ? "" : "match-pattern";
    }
    case Op::CallGlobal:
    case Op::CallTaking:
    case Op::CallLending: {
      const vm::GlobalCell& cell = *proto.cells[i.c];
      if (cell.target || !cell.builtin) return "";
      return fmt::format("builtin {}", cell.name->view());
    }
    default: return "";
  }
}

}  // namespace

Obstacle first_obstacle(const vm::Proto& proto) {
  if (proto.never_native) return {"pragma", proto.span};
  if (proto.parameter_count > kMostParameters) return {"too-many-params", proto.span};
  if (proto.code.size() > kMostInstructions) return {"too-large", proto.span};
  for (size_t pc = 0; pc < proto.code.size(); ++pc)
    if (std::string reason = obstacle_at(proto, proto.code[pc]); !reason.empty())
      return {std::move(reason), proto.position(pc)};
  if (!proto.handlers.empty()) return {"try", proto.span};
  return {};
}

}  // namespace omc::jit
