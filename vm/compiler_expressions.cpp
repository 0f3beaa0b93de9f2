// Expressions to bytecode.

#include <array>
#include <utility>

#include "lang/resolve.hpp"
#include "vm/function_compiler.hpp"
#include "vm/reciprocal.hpp"

namespace omc::vm {

using lang::BinaryOp;
using lang::Binding;
using lang::Expr;
using lang::ExprKind;
using lang::Overloaded;
using lang::Span;

namespace {

constexpr size_t kMaxArguments = 250;    // more are passed as an array
constexpr size_t kMaxConstantOperand = 65535;
constexpr size_t kArrayChunk = 64;       // elements an array literal holds in registers at a time

const Expr* without_parentheses(const Expr* e) {
  while (e->kind == ExprKind::Paren) e = static_cast<const lang::ParenExpr*>(e)->inner;
  return e;
}

// The instruction of an operator, and its form with a constant on the right (Nothing: there is none).
struct BinaryForms {
  Op plain;
  Op constant;
};
BinaryForms forms(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add: return {Op::Add, Op::AddK};
    case BinaryOp::Sub: return {Op::Sub, Op::SubK};
    case BinaryOp::Mul: return {Op::Mul, Op::MulK};
    case BinaryOp::Div: return {Op::Div, Op::DivK};
    case BinaryOp::Mod: return {Op::Mod, Op::ModK};
    case BinaryOp::Pow: return {Op::Pow, Op::Pow};
    case BinaryOp::BitAnd: return {Op::BitAnd, Op::BitAnd};
    case BinaryOp::BitOr: return {Op::BitOr, Op::BitOr};
    case BinaryOp::BitXor: return {Op::BitXor, Op::BitXor};
    case BinaryOp::ShiftLeft: return {Op::ShiftLeft, Op::ShiftLeft};
    case BinaryOp::ShiftRight: return {Op::ShiftRight, Op::ShiftRight};
    case BinaryOp::Equal: return {Op::Equal, Op::Equal};
    case BinaryOp::NotEqual: return {Op::NotEqual, Op::NotEqual};
    case BinaryOp::Less: return {Op::Less, Op::Less};
    case BinaryOp::LessEqual: return {Op::LessEqual, Op::LessEqual};
    case BinaryOp::Greater: return {Op::Greater, Op::Greater};
    case BinaryOp::GreaterEqual: return {Op::GreaterEqual, Op::GreaterEqual};
  }
  return {Op::Add, Op::Add};
}

struct JumpForms {
  Op plain;
  Op constant;
  bool negated;  // != is the equality jump with the opposite sense
};
std::optional<JumpForms> jump_forms(BinaryOp op) {
  switch (op) {
    case BinaryOp::Equal: return JumpForms{Op::JumpEqual, Op::JumpEqualK, false};
    case BinaryOp::NotEqual: return JumpForms{Op::JumpEqual, Op::JumpEqualK, true};
    case BinaryOp::Less: return JumpForms{Op::JumpLess, Op::JumpLessK, false};
    case BinaryOp::LessEqual: return JumpForms{Op::JumpLessEqual, Op::JumpLessEqualK, false};
    case BinaryOp::Greater: return JumpForms{Op::JumpGreater, Op::JumpGreaterK, false};
    case BinaryOp::GreaterEqual: return JumpForms{Op::JumpGreaterEqual, Op::JumpGreaterEqualK, false};
    default: return std::nullopt;
  }
}

}  // namespace

// Statements inside an operand (an if-expression's branch) may assign the variable that the left operand stands in.
// Lambdas count: whoever asks to compile an expression twice must not compile their bodies twice.
bool FunctionCompiler::has_statements(const Expr* e) {
  const auto any_of = [](lang::ExprList list) {
    for (const Expr* i : list)
      if (has_statements(i)) return true;
    return false;
  };
  for (;;) {  // chains lean to the left and can be long
    if (e->kind == ExprKind::Paren) {
      e = static_cast<const lang::ParenExpr*>(e)->inner;
    } else if (e->kind == ExprKind::Binary) {
      if (has_statements(static_cast<const lang::BinaryExpr*>(e)->right)) return true;
      e = static_cast<const lang::BinaryExpr*>(e)->left;
    } else if (e->kind == ExprKind::Logical) {
      if (has_statements(static_cast<const lang::LogicalExpr*>(e)->right)) return true;
      e = static_cast<const lang::LogicalExpr*>(e)->left;
    } else {
      break;
    }
  }
  return lang::visit(*e, Overloaded{
      [](const lang::IfExpr&) { return true; },
      [](const lang::LambdaExpr&) { return true; },
      [](const lang::UnaryExpr& x) { return has_statements(x.operand); },
      [](const lang::SafeExpr& x) { return has_statements(x.operand); },
      [](const lang::IndexExpr& x) { return has_statements(x.object) || has_statements(x.index); },
      [&](const lang::NamedCallExpr& x) { return any_of(x.arguments) || lang::is_eval_name(x.callee->name); },
      [&](const lang::ValueCallExpr& x) { return has_statements(x.callee) || any_of(x.arguments); },
      [&](const lang::MethodCallExpr& x) { return has_statements(x.object) || any_of(x.arguments); },
      [&](const lang::ArrayExpr& x) { return any_of(x.elements); },
      [](const lang::DictExpr& x) {
        for (const lang::DictPair& p : x.pairs)
          if (has_statements(p.key) || has_statements(p.value)) return true;
        return false;
      },
      [](const lang::FStringExpr& x) {
        for (const lang::FStringPart& p : x.parts)
          if (p.expr && has_statements(p.expr)) return true;
        return false;
      },
      [](const Expr&) { return false; },
  });
}

bool FunctionCompiler::written_last(const Expr* e) {
  switch (without_parentheses(e)->kind) {
    case ExprKind::If:
    case ExprKind::Logical:
    case ExprKind::Dict:
    case ExprKind::Array: return false;
    default: return true;
  }
}

Register FunctionCompiler::any(const Expr* e) {
  e = without_parentheses(e);
  if (e->kind == ExprKind::Name) {
    const auto& name = static_cast<const lang::NameExpr&>(*e);
    if (in_register(name.binding) && name.name == name.head && !is_constant_name(name.name)) {
      if (!is_assigned(name.binding)) {
        needs_clearing_ = true;
        emit(Instruction::abx(Op::CheckAssigned, name.binding.index, static_cast<int32_t>(constant_string(name.name))), e->span);
      }
      return name.binding.index;
    }
  }
  const Register dest = temporary();
  into(e, dest);
  return dest;
}

void FunctionCompiler::into(const Expr* expression, Register dest) {
  const Expr* e = without_parentheses(expression);
  const bool unused = std::exchange(result_unused_, false);
  const Span outer = here_;
  here_ = e->span;
  lang::visit(*e, Overloaded{
      [&](const lang::IntExpr& x) {
        if (x.value >= INT32_MIN && x.value <= INT32_MAX) emit(Instruction::abx(Op::LoadInt, dest, static_cast<int32_t>(x.value)));
        else emit(Instruction::abx(Op::LoadConstant, dest, static_cast<int32_t>(constant(Value::integer(x.value)))));
      },
      [&](const lang::FloatExpr& x) {
        emit(Instruction::abx(Op::LoadConstant, dest, static_cast<int32_t>(constant(Value::real(x.value)))));
      },
      [&](const lang::StringExpr& x) {
        emit(Instruction::abx(Op::LoadConstant, dest, static_cast<int32_t>(constant_string(x.value))));
      },
      [&](const lang::FStringExpr& x) { fstring_into(x, dest); },
      [&](const lang::ArrayExpr& x) { array_into(x, dest); },
      [&](const lang::DictExpr& x) { dict_into(x, dest); },
      [&](const lang::NameExpr& x) { name_into(x, dest, /*variable_only=*/false); },
      [&](const lang::UnaryExpr& x) {
        Temporaries scope(*this);
        const Register operand = any(x.operand);
        const Op op = x.op == lang::UnaryOp::Negate ? Op::Negate : x.op == lang::UnaryOp::Not ? Op::Not : Op::BitNot;
        emit(Instruction::abc(op, dest, operand, 0), e->span);
      },
      [&](const lang::BinaryExpr& x) { binary_into(x, dest); },
      [&](const lang::LogicalExpr& x) { logical_into(x, dest); },
      [&](const lang::NamedCallExpr& x) { named_call_into(x, dest, unused); },
      [&](const lang::ValueCallExpr& x) { value_call_into(x, dest); },
      [&](const lang::MethodCallExpr& x) { method_call_into(x, dest); },
      [&](const lang::IndexExpr& x) { index_into(x, dest); },
      [&](const lang::IfExpr& x) { if_into(x, dest); },
      [&](const lang::LambdaExpr& x) { closure_into(*x.function, dest); },
      [&](const lang::SafeExpr& x) { safe_into(x, dest); },
      [](const lang::ParenExpr&) {},
      [](const lang::ErrorExpr&) { OMC_ASSERT(false); },
  });
  here_ = outer;
}

std::optional<uint32_t> FunctionCompiler::constant_operand(const Expr* e) {
  e = without_parentheses(e);
  uint32_t index;
  if (e->kind == ExprKind::Int) index = constant(Value::integer(static_cast<const lang::IntExpr*>(e)->value));
  else if (e->kind == ExprKind::Float) index = constant(Value::real(static_cast<const lang::FloatExpr*>(e)->value));
  else if (e->kind == ExprKind::String) index = constant_string(static_cast<const lang::StringExpr*>(e)->value);
  else return std::nullopt;
  if (index > kMaxConstantOperand) return std::nullopt;
  return index;
}

std::optional<uint32_t> FunctionCompiler::divisor_operand(BinaryOp op, const Expr* e) {
  e = without_parentheses(e);
  if ((op != BinaryOp::Div && op != BinaryOp::Mod) || e->kind != ExprKind::Int) return std::nullopt;
  const int64_t divisor = static_cast<const lang::IntExpr*>(e)->value;
  if (!has_reciprocal(divisor)) return std::nullopt;
  const uint32_t index = divisor_constant(divisor);
  if (index > kMaxConstantOperand) return std::nullopt;
  return index;
}

// --- operators ---------------------------------------------------------------------------------------------------------

void FunctionCompiler::binary_into(const lang::BinaryExpr& e, Register dest) {
  Temporaries scope(*this);
  // A chain a + b + c leans to the left and can be long: walk down its spine, then emit upwards.
  std::vector<const lang::BinaryExpr*> spine;
  const Expr* leftmost = &e;
  while (leftmost->kind == ExprKind::Binary) {
    spine.push_back(static_cast<const lang::BinaryExpr*>(leftmost));
    leftmost = without_parentheses(spine.back()->left);
  }
  Register left = any(leftmost);
  const bool is_variable = left < function_.variables.size();
  if (is_variable) {
    if (has_statements(spine.back()->right)) {
      const Register copy = temporary();
      emit(Instruction::abc(Op::Move, copy, left, 0));
      left = copy;
    }
  }
  Register accumulator = left;
  for (size_t i = spine.size(); i-- > 0;) {
    Register target = dest;
    if (i > 0) {
      if (accumulator < function_.variables.size()) accumulator = temporary();
      target = accumulator;
    }
    Temporaries operand(*this);
    emit_binary(spine[i]->op, target, left, spine[i]->right, spine[i]->span);
    left = target;
  }
}

void FunctionCompiler::emit_binary(BinaryOp op, Register dest, Register left, const Expr* right, Span span) {
  const BinaryForms form = forms(op);
  if (form.constant != form.plain) {
    if (const auto k = divisor_operand(op, right)) {
      emit(Instruction::abc(op == BinaryOp::Div ? Op::DivIntK : Op::ModIntK, dest, left, *k), span);
      return;
    }
    if (const auto k = constant_operand(right)) {
      emit(Instruction::abc(form.constant, dest, left, *k), span);
      return;
    }
  }
  const Register r = any(right);
  emit(Instruction::abc(form.plain, dest, left, r), span);
}

void FunctionCompiler::logical_into(const lang::LogicalExpr& e, Register dest) {
  // Both operators give a bool: dest = sense of the jump, unless no operand jumped.
  Temporaries scope(*this);
  const Register result = dest < function_.variables.size() ? temporary() : dest;
  const bool is_or = e.op == lang::LogicalOp::Or;
  Jumps decided;
  jump_if(e.left, is_or, decided);
  const Assigned before = assigned_;
  jump_if(e.right, is_or, decided);
  assigned_ = before;
  emit(Instruction::abc(Op::LoadBool, result, 0, 0, !is_or));
  const size_t end = emit_jump(Op::Jump);
  patch_here(decided);
  emit(Instruction::abc(Op::LoadBool, result, 0, 0, is_or));
  patch(end, pc());
  if (result != dest) emit(Instruction::abc(Op::Move, dest, result, 0));
}

void FunctionCompiler::jump_if(const Expr* expression, bool sense, Jumps& jumps) {
  const Expr* e = without_parentheses(expression);
  if (e->kind == ExprKind::Unary && static_cast<const lang::UnaryExpr*>(e)->op == lang::UnaryOp::Not)
    return jump_if(static_cast<const lang::UnaryExpr*>(e)->operand, !sense, jumps);
  if (e->kind == ExprKind::Logical) {
    const auto& x = static_cast<const lang::LogicalExpr&>(*e);
    const bool decides = x.op == lang::LogicalOp::Or;  // the truth of an operand that decides alone
    const bool direct = decides == sense;
    // A chain of one operator leans to the left and can be long.
    std::vector<const Expr*> operands;
    const Expr* left = e;
    while (left->kind == ExprKind::Logical && static_cast<const lang::LogicalExpr*>(left)->op == x.op) {
      operands.push_back(static_cast<const lang::LogicalExpr*>(left)->right);
      left = without_parentheses(static_cast<const lang::LogicalExpr*>(left)->left);
    }
    Jumps skip;
    jump_if(left, decides, direct ? jumps : skip);
    const Assigned before = assigned_;
    while (operands.size() > 1) {
      jump_if(operands.back(), decides, direct ? jumps : skip);
      operands.pop_back();
    }
    jump_if(operands.back(), sense, jumps);
    assigned_ = before;
    patch_here(skip);
    return;
  }
  if (e->kind == ExprKind::Name) {
    const std::string_view name = static_cast<const lang::NameExpr*>(e)->name;
    if (is_constant_name(name)) {
      if ((name == "true") == sense) jumps.push_back(emit_jump(Op::Jump));
      return;
    }
  }
  Temporaries scope(*this);
  if (e->kind == ExprKind::Binary) {
    const auto& x = static_cast<const lang::BinaryExpr&>(*e);
    if (const auto form = jump_forms(x.op)) {
      Register left = any(x.left);
      if (left < function_.variables.size() && has_statements(x.right)) {
        const Register copy = temporary();
        emit(Instruction::abc(Op::Move, copy, left, 0));
        left = copy;
      }
      const uint8_t n = sense != form->negated;
      if (const auto k = constant_operand(x.right)) {
        jumps.push_back(emit_jump(form->constant, left, *k, n, e->span));
      } else {
        const Register right = any(x.right);
        jumps.push_back(emit_jump(form->plain, left, right, n, e->span));
      }
      return;
    }
  }
  const Register value = any(e);
  jumps.push_back(emit_jump(sense ? Op::JumpIf : Op::JumpIfNot, value));
}

void FunctionCompiler::if_into(const lang::IfExpr& e, Register dest) {
  // The branches may read the variable that the value is for.
  Temporaries scope(*this);
  const Register result = dest < function_.variables.size() ? temporary() : dest;
  Jumps ends;
  std::optional<Assigned> after;
  const auto join = [&] {
    if (after) intersect(*after);
    after = assigned_;
  };
  Assigned before = assigned_;
  bool has_else = false;
  for (const lang::IfExpr* i = &e; i; i = i->otherwise_if) {
    assigned_ = before;
    Jumps next;
    jump_if(i->condition, false, next);
    before = assigned_;
    branch_into(i->then, result);
    join();
    ends.push_back(emit_jump(Op::Jump));
    patch_here(next);
    if (i->otherwise_block) {
      has_else = true;
      assigned_ = before;
      branch_into(*i->otherwise_block, result);
      join();
    }
  }
  if (!has_else) {
    assigned_ = before;
    emit(Instruction::abc(Op::LoadNull, result, 0, 0));
    join();
  }
  assigned_ = *after;
  patch_here(ends);
  if (result != dest) emit(Instruction::abc(Op::Move, dest, result, 0));
}

// The value of a branch is that of the last expression statement standing directly in it.
void FunctionCompiler::branch_into(const lang::Block& b, Register dest) {
  bool has_value = false;
  for (const lang::Stmt* s : b.statements) has_value |= s->kind == lang::StmtKind::Expression;
  if (!has_value) emit(Instruction::abc(Op::LoadNull, dest, 0, 0));
  const int64_t outer = result_register_;
  for (const lang::Stmt* s : b.statements) {
    if (s->kind == lang::StmtKind::Expression) {
      into(static_cast<const lang::ExpressionStmt*>(s)->value, dest);
    } else {
      result_register_ = -1;
      statement(*s);
      result_register_ = outer;
    }
  }
}

// --- names -------------------------------------------------------------------------------------------------------------

void FunctionCompiler::name_into(const lang::NameExpr& e, Register dest, bool variable_only) {
  if (e.name == "true" || e.name == "false") return void(emit(Instruction::abc(Op::LoadBool, dest, 0, 0, e.name == "true")));
  if (e.name == "null") return void(emit(Instruction::abc(Op::LoadNull, dest, 0, 0)));
  const uint8_t n = variable_only ? 1 : 0;
  if (e.name != e.head) {  // dotted: only a function of the table can be meant
    emit(Instruction::abx(Op::GetGlobal, dest, static_cast<int32_t>(cell_index(plain_cell(e.name)))));
    return;
  }
  switch (e.binding.kind) {
    case Binding::Kind::Local:
      if (function_.variables[e.binding.index].captured) {
        const uint32_t name = constant_string(e.name);
        if (name > kMaxConstantOperand) too_large("constants", e.span);
        emit(Instruction::abc(Op::GetBox, dest, e.binding.index, name, is_assigned(e.binding)));
      } else {
        const Register r = any(&e);
        if (r != dest) emit(Instruction::abc(Op::Move, dest, r, 0));
      }
      break;
    case Binding::Kind::Captured: emit(Instruction::abc(Op::GetCapture, dest, e.binding.index, 0)); break;
    default:
      if (function_.sees_late_names()) {
        Temporaries scope(*this);
        const Register late = late_scope();
        emit(Instruction::abc(Op::GetLate, dest, cell_index(cell_named(e.name)), late, n));
      } else {
        emit(Instruction::abx(Op::GetGlobal, dest, static_cast<int32_t>(cell_index(cell_named(e.name))), n));
      }
  }
}

void FunctionCompiler::load_candidate(const Binding& binding, std::string_view name, Register dest) {
  switch (binding.kind) {
    case Binding::Kind::Local:
      if (function_.variables[binding.index].captured) {
        emit(Instruction::abc(Op::GetBox, dest, binding.index, 0, 1));
      } else {
        if (!is_assigned(binding)) needs_clearing_ = true;
        emit(Instruction::abc(Op::Move, dest, binding.index, 0));
      }
      break;
    case Binding::Kind::Captured: emit(Instruction::abc(Op::GetCapture, dest, binding.index, 0, 1)); break;
    default:
      if (function_.sees_late_names()) {
        Temporaries scope(*this);
        const Register late = late_scope();
        emit(Instruction::abc(Op::GetLate, dest, cell_index(plain_cell(name)), late, 2));
      } else {
        emit(Instruction::abx(Op::GetVariable, dest, static_cast<int32_t>(cell_index(plain_cell(name)))));
      }
  }
}

void FunctionCompiler::closure_into(const lang::Function& function, Register dest) {
  Proto* proto = compile(context_, this, function);
  proto_->protos.push_back(proto);
  emit(Instruction::abx(Op::NewClosure, dest, static_cast<int32_t>(proto_->protos.size() - 1)));
}

// --- containers and text -----------------------------------------------------------------------------------------------

void FunctionCompiler::fstring_into(const lang::FStringExpr& e, Register dest) {
  Temporaries scope(*this);
  const Register first = next_register_;
  size_t count = 0;
  for (const lang::FStringPart& part : e.parts) {
    if (count == kArrayChunk) {  // join what there is, and go on behind it
      emit(Instruction::abc(Op::Concat, first, first, static_cast<uint32_t>(count)), e.span);
      next_register_ = first + 1;
      count = 1;
    }
    const Register r = temporary();
    ++count;
    if (part.expr) into(part.expr, r);
    else emit(Instruction::abx(Op::LoadConstant, r, static_cast<int32_t>(constant_string(part.text))));
  }
  emit(Instruction::abc(Op::Concat, dest, count ? first : 0, static_cast<uint32_t>(count)), e.span);
}

void FunctionCompiler::array_into(const lang::ArrayExpr& e, Register dest) {
  Temporaries scope(*this);
  const bool is_long = e.elements.size() > kArrayChunk;
  const Register array = is_long ? temporary() : 0;
  bool made = false;
  for (size_t i = 0; i < e.elements.size() || !made;) {
    Temporaries chunk(*this);
    const Register first = next_register_;
    uint32_t count = 0;
    for (; i < e.elements.size() && count < kArrayChunk; ++i, ++count) {
      const Register r = temporary();
      into(e.elements[i], r);
    }
    if (!is_long) emit(Instruction::abc(Op::NewArray, dest, count ? first : 0, count), e.span);
    else if (!made) emit(Instruction::abc(Op::NewArray, array, first, count), e.span);
    else emit(Instruction::abc(Op::Append, array, first, count), e.span);
    made = true;
  }
  if (is_long) emit(Instruction::abc(Op::Move, dest, array, 0));
}

void FunctionCompiler::dict_into(const lang::DictExpr& e, Register dest) {
  Temporaries scope(*this);
  const Register dict = temporary();
  emit(Instruction::abc(Op::NewDict, dict, 0, 0));
  for (const lang::DictPair& pair : e.pairs) {
    Temporaries operands(*this);
    const Register key = temporary();
    into(pair.key, key);
    const Register value = temporary();
    into(pair.value, value);
    emit(Instruction::abc(Op::DictPut, dict, key, value), pair.key->span);
  }
  emit(Instruction::abc(Op::Move, dest, dict, 0));
}

Register FunctionCompiler::object_of(const Expr* e) {
  const Expr* object = without_parentheses(e);
  if (object->kind == ExprKind::Name) {
    const auto& name = static_cast<const lang::NameExpr&>(*object);
    if (in_register(name.binding) && name.name == name.head) return any(object);
    const Register dest = temporary();
    const Span outer = here_;
    here_ = object->span;
    name_into(name, dest, /*variable_only=*/true);
    here_ = outer;
    return dest;
  }
  return any(object);
}

void FunctionCompiler::note_object_name(const Expr* object) {
  if (object->kind == ExprKind::Name)
    proto_->index_names.emplace_back(static_cast<uint32_t>(pc()), keep(static_cast<const lang::NameExpr*>(object)->name));
}

void FunctionCompiler::index_into(const lang::IndexExpr& e, Register dest) {
  Temporaries scope(*this);
  // a[i][j]... nests to the left: down the spine, then emit upwards.
  std::vector<const lang::IndexExpr*> spine;
  const Expr* object = &e;
  while (object->kind == ExprKind::Index) {
    spine.push_back(static_cast<const lang::IndexExpr*>(object));
    object = spine.back()->object;
  }
  Register at = object_of(object);
  Register element = 0;
  bool has_element = false;
  for (size_t i = spine.size(); i-- > 0;) {
    const Expr* index = spine[i]->index;
    if (at < function_.variables.size() && has_statements(index)) {
      const Register copy = temporary();
      emit(Instruction::abc(Op::Move, copy, at, 0));
      at = copy;
    }
    Register target = dest;
    if (i > 0) {
      if (!has_element) element = temporary();
      has_element = true;
      target = element;
    }
    Temporaries operand(*this);
    const auto k = constant_operand(index);
    const Register r = k ? 0 : any(index);
    if (i + 1 == spine.size()) note_object_name(object);
    emit(k ? Instruction::abc(Op::GetIndexK, target, at, *k) : Instruction::abc(Op::GetIndex, target, at, r), spine[i]->span);
    at = target;
  }
}

void FunctionCompiler::safe_into(const lang::SafeExpr& e, Register dest) {
  const Expr* inner = without_parentheses(e.operand);
  if (inner->kind == ExprKind::Binary && static_cast<const lang::BinaryExpr*>(inner)->op == BinaryOp::Div) {
    const auto& division = static_cast<const lang::BinaryExpr&>(*inner);
    const std::array<Expr*, 2> operands{division.left, division.right};
    return call_builtin_into("safe_divide", operands, dest, e.span);
  }
  if (inner->kind == ExprKind::NamedCall) {
    const auto& call = static_cast<const lang::NamedCallExpr&>(*inner);
    if (call.callee->name == "arr_get") return call_builtin_into("safe_arr_get", call.arguments, dest, e.span);
    if (call.callee->name == "arr_set") return call_builtin_into("safe_arr_set", call.arguments, dest, e.span);
  }
  into(inner, dest);
}

// --- calls -------------------------------------------------------------------------------------------------------------

Register FunctionCompiler::arguments(lang::ExprList list) {
  const Register first = next_register_;
  for (const Expr* e : list) {
    const Register r = temporary();
    into(e, r);
  }
  return first;
}

Register FunctionCompiler::spread_arguments(lang::ExprList list) {
  const Register array = temporary();
  bool made = false;
  for (size_t i = 0; i < list.size();) {
    Temporaries chunk(*this);
    const size_t count = std::min(kArrayChunk, list.size() - i);
    const Register first = arguments(list.subspan(i, count));
    emit(Instruction::abc(made ? Op::Append : Op::NewArray, array, first, static_cast<uint32_t>(count)));
    made = true;
    i += count;
  }
  return array;
}

void FunctionCompiler::call_builtin_into(std::string_view name, lang::ExprList list, Register dest, Span span) {
  Temporaries scope(*this);
  if (list.size() > kMaxArguments) too_large("arguments", span);
  const Register first = arguments(list);
  emit(Instruction::abc(Op::CallGlobal, dest, first, cell_index(plain_cell(name)), static_cast<uint8_t>(list.size())), span);
}

// The builtin that a call means as long as nobody defines its name, or nullptr.
const Builtin* FunctionCompiler::builtin_called(const lang::NamedCallExpr& e) {
  const lang::NameExpr& callee = *e.callee;
  if (callee.name != callee.head || (lang::is_eval_name(callee.name) && function_.has_eval)) return nullptr;
  if (callee.binding.kind != Binding::Kind::Global || function_.sees_late_names()) return nullptr;
  return e.arguments.size() <= kMaxArguments ? cell_named(callee.name)->builtin : nullptr;
}

// The arguments of a builtin that takes lent values, those calls among them lending that can. False: there are none.
bool FunctionCompiler::lent_arguments(lang::ExprList list, uint8_t takes) {
  const auto lender = [&](size_t i) -> const lang::NamedCallExpr* {
    const Expr* e = without_parentheses(list[i]);
    if (i >= 8 || !(takes >> i & 1) || e->kind != ExprKind::NamedCall) return nullptr;
    const auto* call = static_cast<const lang::NamedCallExpr*>(e);
    const Builtin* builtin = builtin_called(*call);
    return builtin && builtin->lending.lends ? call : nullptr;
  };
  bool any = false;
  for (size_t i = 0; i < list.size(); ++i) any = any || lender(i);
  if (!any) return false;
  for (size_t i = 0; i < list.size(); ++i) {
    const Register r = temporary();
    if (const auto* call = lender(i)) named_call_into(*call, r, /*result_unused=*/false, /*lends=*/true);
    else into(list[i], r);
  }
  return true;
}

void FunctionCompiler::named_call_into(const lang::NamedCallExpr& e, Register dest, bool result_unused, bool lends) {
  const lang::NameExpr& callee = *e.callee;
  if (callee.name != callee.head) return dotted_call_into(e, dest);
  if (lang::is_eval_name(callee.name) && function_.has_eval) return eval_call_into(e, dest);
  Temporaries scope(*this);
  // A reserved word, so nothing else can be meant; with a depth and by name it is the builtin.
  if (callee.name == "fold" && e.arguments.size() == 1) {
    const Register x = any(e.arguments[0]);
    return void(emit(Instruction::abc(Op::Fold, dest, x, 0), e.span));
  }
  const bool global = callee.binding.kind == Binding::Kind::Global;
  const bool has_candidate = !global || function_.sees_late_names();
  if (e.arguments.size() > kMaxArguments) {
    const Register array = spread_arguments(e.arguments);
    if (has_candidate) load_candidate(callee.binding, callee.name, temporary());  // the register behind the array's
    emit(Instruction::abc(Op::SpreadGlobal, dest, array, cell_index(cell_named(callee.name)), has_candidate), callee.span);
    return;
  }
  if (!has_candidate && short_call_into(e, dest, result_unused)) return;
  const auto count = static_cast<uint8_t>(e.arguments.size());
  if (const Builtin* builtin = builtin_called(e); builtin && (lends || builtin->lending.takes)) {
    const Register lent = next_register_;
    const bool takes = lent_arguments(e.arguments, builtin->lending.takes);
    if (!takes) arguments(e.arguments);
    const Op op = lends ? Op::CallLending : takes ? Op::CallTaking : Op::CallGlobal;
    emit(Instruction::abc(op, dest, lent, cell_index(cell_named(callee.name)), count), callee.span);
    return;
  }
  const Register first = arguments(e.arguments);
  if (has_candidate) {
    const Register candidate = temporary();
    load_candidate(callee.binding, callee.name, candidate);
    emit(Instruction::abc(Op::CallNamed, dest, first, cell_index(cell_named(callee.name)), count), callee.span);
  } else {
    emit(Instruction::abc(Op::CallGlobal, dest, first, cell_index(cell_named(callee.name)), count), callee.span);
  }
}

// A call of a builtin that has a short form: that, and behind it the call as always.
bool FunctionCompiler::short_call_into(const lang::NamedCallExpr& e, Register dest, bool result_unused) {
  GlobalCell* const cell = cell_named(e.callee->name);
  if (!cell->builtin || !cell->builtin->short_form) return false;
  Op op = cell->builtin->short_form.op;
  const bool pair = op == Op::TryIntsToInt || op == Op::TryIntArrayToInt;  // their operands are where a call has them
  const bool changes = op == Op::TryDictSet || op == Op::TryArrayPush;
  const size_t arity = op == Op::TryDictSet                                                            ? 3
                       : pair || op == Op::TryDictGet || op == Op::TryDictHas || op == Op::TryArrayPush ? 2
                                                                                                       : 1;
  if (e.arguments.size() != arity || (changes && !result_unused)) return false;
  for (const Expr* a : e.arguments)
    if (has_statements(a)) return false;

  std::optional<uint32_t> key;
  if ((op == Op::TryDictGet || op == Op::TryDictSet) && without_parentheses(e.arguments[1])->kind == ExprKind::String)
    key = constant_operand(e.arguments[1]);
  const Span span = e.callee->span;
  const Register first = next_register_;
  for (size_t i = 0; i < arity; ++i) temporary();
  Register operands[3] = {};
  for (size_t i = 0; i < arity; ++i) {
    const Expr* a = without_parentheses(e.arguments[i]);
    operands[i] = first + static_cast<Register>(i);
    if (key && i == 1) continue;
    const bool variable = a->kind == ExprKind::Name && in_register(static_cast<const lang::NameExpr*>(a)->binding) &&
                          static_cast<const lang::NameExpr*>(a)->name == static_cast<const lang::NameExpr*>(a)->head &&
                          !is_constant_name(static_cast<const lang::NameExpr*>(a)->name);
    if (variable && !pair) operands[i] = any(a);
    else into(a, operands[i]);
  }

  const uint32_t called = cell_index(cell);
  const size_t at = pc();
  if (key) {
    if (op == Op::TryDictGet) emit(Instruction::abc(Op::TryDictGetK, dest, operands[0], *key), span);
    else emit(Instruction::abc(Op::TryDictSetK, operands[0], *key, operands[2]), span);
  } else if (changes) {
    emit(Instruction::abc(op, operands[0], operands[1], operands[2]), span);
  } else {
    emit(Instruction::abc(op, dest, operands[0], op == Op::TryDictGet || op == Op::TryDictHas ? operands[1] : called), span);
  }
  for (size_t i = 0; i < arity; ++i) {
    const Register place = first + static_cast<Register>(i);
    if (key && i == 1) emit(Instruction::abx(Op::LoadConstant, place, static_cast<int32_t>(*key)), span);
    else if (key || operands[i] != place) emit(Instruction::abc(Op::Move, place, operands[i], 0), span);
  }
  emit(Instruction::abc(Op::CallGlobal, dest, first, called, static_cast<uint8_t>(arity)), span);
  if (!key) proto_->code[at].n = static_cast<uint8_t>(pc() - at - 1);
  return true;
}

void FunctionCompiler::dotted_call_into(const lang::NamedCallExpr& e, Register dest) {
  Temporaries scope(*this);
  const lang::NameExpr& callee = *e.callee;
  if (e.arguments.size() > kMaxArguments) too_large("arguments", e.span);
  const std::string_view member = callee.name.substr(callee.head.size() + 1);
  const Register receiver = temporary();
  load_candidate(callee.binding, callee.head, receiver);
  arguments(e.arguments);
  proto_->dotted_sites.push_back({plain_cell(callee.name), keep(callee.head), keep(member), cell_named(member)});
  if (proto_->dotted_sites.size() > kMaxConstantOperand) too_large("method calls", e.span);
  emit(Instruction::abc(Op::CallDotted, dest, receiver, static_cast<uint32_t>(proto_->dotted_sites.size() - 1),
                        static_cast<uint8_t>(e.arguments.size())), callee.span);
}

void FunctionCompiler::eval_call_into(const lang::NamedCallExpr& e, Register dest) {
  Temporaries scope(*this);
  if (e.arguments.size() > kMaxArguments) too_large("arguments", e.span);
  EvalSite site;
  site.cell = cell_named(e.callee->name);
  site.builtin = context_.vm.find_builtin(e.callee->name);
  for (uint32_t i = 0; i < function_.variables.size(); ++i) {
    const lang::Variable& v = function_.variables[i];
    if (!v.name.empty()) site.visible.push_back({keep(v.name), true, i, true});
  }
  for (uint32_t i = 0; i < function_.captures.size(); ++i)
    if (!function_.captures[i].name.empty()) site.visible.push_back({keep(function_.captures[i].name), false, i, false});
  site.has_late = function_.sees_late_names();
  site.late_from_register = function_.late_variable >= 0;
  site.late_index = static_cast<uint32_t>(site.late_from_register ? function_.late_variable : function_.late_capture);
  const Register first = arguments(e.arguments);
  proto_->eval_sites.push_back(std::move(site));
  emit(Instruction::abc(Op::CallEval, dest, first, static_cast<uint32_t>(proto_->eval_sites.size() - 1),
                        static_cast<uint8_t>(e.arguments.size())), e.callee->span);
}

void FunctionCompiler::value_call_into(const lang::ValueCallExpr& e, Register dest) {
  Temporaries scope(*this);
  Register callee = any(e.callee);
  if (callee < function_.variables.size()) {
    for (const Expr* a : e.arguments) {
      if (!has_statements(a)) continue;
      const Register copy = temporary();
      emit(Instruction::abc(Op::Move, copy, callee, 0));
      callee = copy;
      break;
    }
  }
  if (e.arguments.size() > kMaxArguments) {
    const Register array = spread_arguments(e.arguments);
    emit(Instruction::abc(Op::CallSpread, dest, array, callee), e.span);
    return;
  }
  const Register first = arguments(e.arguments);
  emit(Instruction::abc(Op::CallValue, dest, first, callee, static_cast<uint8_t>(e.arguments.size())), e.span);
}

void FunctionCompiler::method_call_into(const lang::MethodCallExpr& e, Register dest) {
  Temporaries scope(*this);
  if (e.arguments.size() > kMaxArguments) too_large("arguments", e.span);
  const Register receiver = temporary();
  into(e.object, receiver);
  arguments(e.arguments);
  proto_->method_sites.push_back({keep(e.method.name)});
  if (proto_->method_sites.size() > kMaxConstantOperand) too_large("method calls", e.span);
  emit(Instruction::abc(Op::CallMethod, dest, receiver, static_cast<uint32_t>(proto_->method_sites.size() - 1),
                        static_cast<uint8_t>(e.arguments.size())), e.method.span);
}

}  // namespace omc::vm
