// Finding the loops that change no array's size or kind, the arrays that stay the same in them, and their counters.

#include "jit/native/loops.hpp"

#include <algorithm>

#include "jit/native/intrinsics.hpp"
#include "jit/native/module.hpp"
#include "vm/globals.hpp"
#include "vm/native.hpp"

namespace omc::jit {

using vm::ElementKind;
using vm::Instruction;
using vm::Op;

namespace {

constexpr size_t kMostChecks = 12;  // of a loop

// An element of an array in a register, read or written.
struct Access {
  uint32_t pc, array;
  bool constant;
  uint32_t index;  // the register or the constant's number
};

std::optional<Intrinsic> intrinsic_of(const vm::GlobalCell& cell) {
  return cell.target || !cell.builtin ? std::nullopt : find_intrinsic(cell.builtin->name);
}

// Whatever its operands are, it leaves all arrays as they were.
bool changes_no_array(Op op) {
  switch (op) {
    case Op::Move:
    case Op::LoadConstant:
    case Op::LoadInt:
    case Op::LoadNull:
    case Op::LoadBool:
    case Op::ClearLocals:
    case Op::CheckAssigned:
    case Op::GetGlobal:
    case Op::GetVariable:
    case Op::GetBox:
    case Op::GetCapture:
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Mod:
    case Op::Pow:
    case Op::BitAnd:
    case Op::BitOr:
    case Op::BitXor:
    case Op::ShiftLeft:
    case Op::ShiftRight:
    case Op::AddK:
    case Op::SubK:
    case Op::MulK:
    case Op::DivK:
    case Op::ModK:
    case Op::Negate:
    case Op::BitNot:
    case Op::Not:
    case Op::ToBool:
    case Op::Fold:
    case Op::Less:
    case Op::LessEqual:
    case Op::Greater:
    case Op::GreaterEqual:
    case Op::Equal:
    case Op::NotEqual:
    case Op::JumpEqual:
    case Op::JumpLess:
    case Op::JumpLessEqual:
    case Op::JumpGreater:
    case Op::JumpGreaterEqual:
    case Op::JumpEqualK:
    case Op::JumpLessK:
    case Op::JumpLessEqualK:
    case Op::JumpGreaterK:
    case Op::JumpGreaterEqualK:
    case Op::Jump:
    case Op::JumpIf:
    case Op::JumpIfNot:
    case Op::RangePrepare:
    case Op::RangeNext:
    case Op::GetIndex:
    case Op::GetIndexK:
    case Op::Return:
    case Op::ReturnNull: return true;
    default: return is_short_form(op) && op != Op::TryArrayPush;
  }
}

class Finder {
 public:
  explicit Finder(const Version& v) : v_(v), code_(v.facts->code) {}

  LoopChecks find() {
    checks_.assured.resize(code_.size());
    for (uint32_t pc = 0; pc < code_.size(); ++pc)
      if (const auto access = access_at(pc); access && access->constant) checks_.assured[pc].furthest = furthest(*access);
    if (!v_.proto->handlers.empty()) return std::move(checks_);  // a loop may be entered from anywhere
    find_loops();
    for (uint32_t pc = 0; pc < code_.size(); ++pc)
      if (const auto access = access_at(pc); access && v_.seen[pc]) look_at(*access);
    for (uint32_t pc = 0; pc < code_.size(); ++pc)
      if (v_.seen[pc] && calls_by_name(code_[pc].op)) look_at_name(pc, v_.proto->cells[code_[pc].c]);
    return std::move(checks_);
  }

 private:
  std::optional<Access> access_at(uint32_t pc) const {
    const Instruction in = code_[pc];
    switch (in.op) {
      case Op::GetIndex: return Access{pc, in.b, false, in.c};
      case Op::GetIndexK: return Access{pc, in.b, true, in.c};
      case Op::SetIndex: return Access{pc, in.a, false, in.b};
      case Op::SetIndexK: return Access{pc, in.a, true, in.b};
      case Op::CallGlobal: {
        const auto intrinsic = intrinsic_of(*v_.proto->cells[in.c]);
        if (intrinsic != Intrinsic::Get && intrinsic != Intrinsic::Set) return std::nullopt;
        return Access{pc, origin(pc, in.b), false, origin(pc, in.b + 1u)};
      }
      default: return std::nullopt;
    }
  }

  // The instruction before `pc` that gave register `r` its value, where no other way leads to `pc`.
  std::optional<uint32_t> writer(uint32_t pc, uint32_t r) const {
    for (; pc > 0 && !v_.facts->joins[pc]; --pc)
      if (writes_at(pc - 1, r)) return pc - 1;
    return std::nullopt;
  }

  // The variable whose value register `r` holds at `pc`, or `r` itself.
  uint32_t origin(uint32_t pc, uint32_t r) const {
    const auto from = writer(pc, r);
    if (!from || code_[*from].op != Op::Move) return r;
    const uint32_t variable = code_[*from].b;
    const auto later = writer(pc, variable);
    return later && *later > *from ? r : variable;
  }

  void find_loops() {
    for (uint32_t pc = 0; pc < code_.size(); ++pc) {
      const int64_t to = successors(code_, pc).jump;
      if (to < 0 || to > pc || !v_.seen[pc]) continue;
      const auto header = static_cast<uint32_t>(to);
      const auto at = std::find_if(all_.begin(), all_.end(), [&](const CheckedLoop& l) { return l.header == header; });
      if (at == all_.end()) all_.push_back({header, pc, {}, {}});
      else at->last = std::max(at->last, pc);
    }
    std::sort(all_.begin(), all_.end(), [](const CheckedLoop& a, const CheckedLoop& b) { return a.last - a.header > b.last - b.header; });
    for (const CheckedLoop& loop : all_)
      if (changes_no_array(loop)) checks_.loops.push_back(loop);
  }

  bool changes_no_array(const CheckedLoop& loop) const {
    if (v_.in[loop.header].empty() || (v_.loop && !v_.inside[loop.header])) return false;
    const std::vector<bool> inside = v_.facts->loop(loop.header);
    for (uint32_t pc = 0; pc < code_.size(); ++pc) {
      const bool within = loop.header <= pc && pc <= loop.last;
      if (inside[pc] && !within) return false;
      if (within && v_.seen[pc] && !changes_no_array(pc)) return false;
      const Successors s = successors(code_, pc);
      for (const int64_t to : {s.next, s.jump})
        if (!within && to > loop.header && to <= loop.last) return false;
    }
    return true;
  }

  bool changes_no_array(uint32_t pc) const {
    const Instruction in = code_[pc];
    if (v_.steps[pc]) return false;
    switch (in.op) {
      case Op::SetIndex:
      case Op::SetIndexK: return true;  // in place, where it is not left to the interpreter
      case Op::SetGlobal: return true;
      case Op::CallGlobal: return calls_pure(*v_.proto->cells[in.c]);
      default: return jit::changes_no_array(in.op);
    }
  }

  // Native code for such a call may leave, and the interpreter finish it: that changes no array either.
  static bool calls_pure(const vm::GlobalCell& cell) {
    if (!cell.target) {
      const auto intrinsic = intrinsic_of(cell);
      return intrinsic && *intrinsic != Intrinsic::Push;
    }
    if (cell.target->kind != vm::FunctionKind::Closure) return false;
    const vm::Proto& callee = *static_cast<const vm::Closure*>(cell.target)->proto;
    return callee.handlers.empty() &&
           std::all_of(callee.code.begin(), callee.code.end(), [](Instruction in) { return jit::changes_no_array(vm::general_form(in.op)); });
  }

  static bool holds(const CheckedLoop& loop, uint32_t pc) { return loop.header <= pc && pc <= loop.last; }

  bool writes_at(uint32_t pc, uint32_t r) const {
    const Instruction in = code_[pc];
    const Effects e = effects(in);
    return std::find(e.writes.begin(), e.writes.end(), r) != e.writes.end() || (in.op == Op::RangeNext && in.b == r);
  }
  size_t writes(const CheckedLoop& loop, uint32_t r) const {
    size_t count = 0;
    for (uint32_t pc = loop.header; pc <= loop.last; ++pc) count += writes_at(pc, r);
    return count;
  }
  bool stays(const CheckedLoop& loop, uint32_t r) const { return writes(loop, r) == 0; }
  Type type_in(const CheckedLoop& loop, uint32_t r) const { return v_.in[loop.header][r].type; }
  bool is_int(const CheckedLoop& loop, uint32_t r) const { return type_in(loop, r).kind == Kind::Int; }

  // The kind of elements that an array of this type is expected to have.
  static std::optional<ElementKind> expected(Type array) {
    if (array.depth > 1) return ElementKind::Values;
    switch (array.leaf) {
      case Leaf::Unknown: return std::nullopt;
      case Leaf::Int: return ElementKind::Ints;
      case Leaf::Float: return ElementKind::Floats;
      default: return ElementKind::Values;
    }
  }

  void look_at(const Access& access) {
    CheckedLoop* innermost = nullptr;
    bool outer = true;
    for (CheckedLoop& loop : checks_.loops) {
      if (!holds(loop, access.pc)) continue;
      innermost = &loop;
      if (!stays(loop, access.array) || !type_in(loop, access.array).is_array()) continue;
      const auto kind = expected(type_in(loop, access.array));
      if (!outer || !kind || is_full(loop)) continue;
      outer = false;
      checks_of(loop, access.array).kind = kind;
      checks_.assured[access.pc].kind = kind;
    }
    if (!innermost || is_inner(*innermost, access.pc) || is_full(*innermost)) return;
    if (!stays(*innermost, access.array) || !type_in(*innermost, access.array).is_array() || !is_certain(*innermost, access.pc)) return;
    if (const auto check = index_check(*innermost, access)) {
      auto& indices = checks_of(*innermost, access.array).indices;
      if (std::find(indices.begin(), indices.end(), *check) == indices.end()) indices.push_back(*check);
      checks_.assured[access.pc].inside = true;
    }
  }

  static bool calls_by_name(Op op) { return op == Op::CallGlobal || (op >= Op::TryIntToInt && op <= Op::TryIntArrayToInt); }

  void look_at_name(uint32_t pc, const vm::GlobalCell* cell) {
    for (CheckedLoop& loop : checks_.loops) {
      if (!holds(loop, pc)) continue;
      const bool known = std::find(loop.names.begin(), loop.names.end(), cell) != loop.names.end();
      if (!known && loop.names.size() >= kMostChecks) return;
      if (!known) loop.names.push_back(cell);
      checks_.assured[pc].name = true;
      return;
    }
  }

  // Whether a smaller loop than this holds the instruction.
  bool is_inner(const CheckedLoop& loop, uint32_t pc) const {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const CheckedLoop& l) { return holds(l, pc) && l.last - l.header < loop.last - loop.header; });
  }

  static bool is_full(const CheckedLoop& loop) {
    size_t count = 0;
    for (const ArrayCheck& a : loop.arrays) count += 1 + a.indices.size();
    return count >= kMostChecks;
  }

  static ArrayCheck& checks_of(CheckedLoop& loop, uint32_t array) {
    for (ArrayCheck& a : loop.arrays)
      if (a.array == array) return a;
    return loop.arrays.emplace_back(ArrayCheck{array, std::nullopt, {}});
  }

  // Every round comes to the instruction: an access that the program itself guards may well be outside.
  bool is_certain(const CheckedLoop& loop, uint32_t pc) const {
    for (uint32_t q = loop.header; q < pc; ++q) {
      const Successors s = successors(code_, q);
      if (s.next < 0 && s.jump < 0) return false;
      if (s.jump >= 0 && (s.jump > pc || s.jump <= q)) return false;
    }
    return true;
  }

  std::optional<IndexCheck> index_check(const CheckedLoop& loop, const Access& access) const {
    if (access.constant) {
      const vm::Value& k = v_.proto->constants[access.index];
      if (!k.is_int() || k.as_int() < 0) return std::nullopt;
      return IndexCheck{IndexCheck::Of::Constant, checks_.assured[access.pc].furthest};
    }
    if (!is_int(loop, access.index)) return std::nullopt;
    if (stays(loop, access.index)) return IndexCheck{IndexCheck::Of::Register, access.index};
    return counter_check(loop, access);
  }

  std::optional<IndexCheck> counter_check(const CheckedLoop& loop, const Access& access) const {
    IndexCheck check{IndexCheck::Of::Counter, access.index};
    const uint32_t i = access.index;
    if (writes(loop, i) != 1) return std::nullopt;
    uint32_t increment = loop.header;
    while (!writes_at(increment, i)) ++increment;
    if (increment < access.pc || is_inner(loop, increment)) return std::nullopt;
    const Instruction in = code_[increment];
    if (in.op == Op::RangeNext) {
      if (in.b != i || increment != loop.last || writes(loop, in.a) != 1 || !stays(loop, in.a + 1u) || !is_int(loop, in.a + 1u) ||
          !is_int(loop, in.a) || v_.facts->range_step(in.a).value_or(0) <= 0)
        return std::nullopt;
      check.limit_of = IndexCheck::Limit::Register;
      check.limit = in.a + 1u;
    } else if (in.op == Op::AddK && in.b == i) {
      const vm::Value& step = v_.proto->constants[in.c];
      if (!step.is_int() || step.as_int() <= 0 || step.as_int() >= kGreatestStep) return std::nullopt;
    } else if (in.op == Op::Add && in.b == i && stays(loop, in.c) && is_int(loop, in.c)) {
      check.step = in.c;
    } else {
      return std::nullopt;
    }
    bool first = true;
    for (uint32_t pc = loop.header; pc <= loop.last; ++pc) {
      if (successors(code_, pc).jump != loop.header) continue;
      if (in.op == Op::RangeNext && pc == increment) continue;
      if (in.op == Op::RangeNext || !limits(pc, i, first, check)) return std::nullopt;
      first = false;
    }
    if (check.limit_of == IndexCheck::Limit::Number) return check;
    const auto limit = static_cast<uint32_t>(check.limit);
    const bool fits = check.limit_of == IndexCheck::Limit::Register ? is_int(loop, limit) : type_in(loop, limit).is_array();
    return fits && stays(loop, limit) ? std::optional(check) : std::nullopt;
  }

  // Whether the jump back at `pc` is taken only while the counter is below a limit, the same as that of the others.
  bool limits(uint32_t pc, uint32_t counter, bool first, IndexCheck& check) const {
    const Instruction in = code_[pc];
    IndexCheck found = check;
    switch (in.op) {
      case Op::JumpLess:
      case Op::JumpLessEqual: {
        found.limit_of = IndexCheck::Limit::Register;
        found.limit = in.b;
        const auto from = writer(pc, in.b);
        if (!from || code_[*from].op != Op::CallGlobal) break;
        if (intrinsic_of(*v_.proto->cells[code_[*from].c]) != Intrinsic::Length || code_[*from].n != 1) return false;
        found.limit_of = IndexCheck::Limit::Size;
        found.limit = origin(*from, code_[*from].b);
        break;
      }
      case Op::JumpLessK:
      case Op::JumpLessEqualK: {
        const vm::Value& k = v_.proto->constants[in.b];
        if (!k.is_int()) return false;
        found.limit_of = IndexCheck::Limit::Number;
        found.limit = k.as_int();
        break;
      }
      default: return false;
    }
    found.limit_included = in.op == Op::JumpLessEqual || in.op == Op::JumpLessEqualK;
    if (in.a != counter || !in.n || (!first && !(found == check))) return false;
    check = found;
    return true;
  }

  // The greatest constant index of this array, where nothing but calls lies between.
  int64_t furthest(const Access& access) const {
    const auto index = [&](uint32_t pc) {
      const auto a = access_at(pc);
      if (!a || !a->constant || a->array != access.array) return int64_t{-1};
      const vm::Value& k = v_.proto->constants[a->index];
      return k.is_int() ? k.as_int() : -1;
    };
    const auto ends = [&](uint32_t pc) {
      if (writes_at(pc, access.array)) return true;
      const Successors s = successors(code_, pc);
      return (s.next < 0 && s.jump < 0) || (s.jump >= 0 && !is_short_form(code_[pc].op));
    };
    const auto& joins = v_.facts->joins;
    int64_t most = index(access.pc);
    for (uint32_t pc = access.pc; !ends(pc) && !joins[pc + 1]; ++pc) most = std::max(most, index(pc + 1));
    for (uint32_t pc = access.pc; pc > 0 && !joins[pc] && !ends(pc - 1); --pc) most = std::max(most, index(pc - 1));
    return most;
  }

  const Version& v_;
  const std::vector<Instruction>& code_;
  LoopChecks checks_;
  std::vector<CheckedLoop> all_;  // the larger ones first
};

}  // namespace

LoopChecks find_loop_checks(const Version& v) { return Finder(v).find(); }

}  // namespace omc::jit
