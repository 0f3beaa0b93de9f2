// What both halves of the compiler share: emission, registers, variables, the frame of a function.

#include "vm/compiler.hpp"

#include <algorithm>
#include <bit>

#include "lang/resolve.hpp"
#include "lang/source.hpp"
#include "vm/function_compiler.hpp"
#include "vm/reciprocal.hpp"

namespace omc::vm {

using lang::Binding;
using lang::Span;

namespace {
constexpr Register kMaxRegisters = 60000;  // below 2^16, with room for arguments
constexpr size_t kMaxTable = 65535;        // entries that an instruction can number
}  // namespace

Proto* compile(Vm& vm, const lang::Module& module, std::shared_ptr<const lang::Source> source, const CompileOptions& options) {
  ModuleContext context{vm, module, std::move(source), options, lang::top_level_names(module)};
  return FunctionCompiler::compile(context, nullptr, *module.top_level);
}

Proto* FunctionCompiler::compile(ModuleContext& context, FunctionCompiler* parent, const lang::Function& function) {
  try {
    FunctionCompiler compiler(context, parent, function, /*long_jumps=*/false);
    compiler.prologue();
    return compiler.proto_;
  } catch (const NeedsLongJumps&) {
    FunctionCompiler compiler(context, parent, function, /*long_jumps=*/true);
    compiler.prologue();
    return compiler.proto_;
  }
}

FunctionCompiler::FunctionCompiler(ModuleContext& context, FunctionCompiler* parent, const lang::Function& function,
                                   bool long_jumps)
    : context_(context), parent_(parent), function_(function), long_jumps_(long_jumps), here_(function.span) {
  Heap& heap = context.vm.heap();
  proto_ = heap.allocate<Proto>(Tag::Proto);
  if (const NativeCode* native = context.vm.native_code()) {
    proto_->call_heat = native->call_heat;
    proto_->loop_heat = native->loop_heat;
  }
  for (const lang::Pragma& pragma : function.pragmas) {
    if (pragma.name == "no_jit") proto_->never_native = true;
    if (pragma.name == "hbit") proto_->native_at_once = true;
  }
  if (proto_->native_at_once) proto_->call_heat = std::min(proto_->call_heat, 0);
  std::string name;
  if (!function.name.name.empty()) {
    // A module's alias is part of its functions' names in traces; a hidden prefix is not.
    const bool top = !parent_ || parent_->function_.parent == nullptr;
    if (top && !context.options.prefix.empty() && context.options.prefix[0] != kHiddenPrefix) name = context.options.prefix;
    name += function.name.name;
  }
  proto_->name = heap.intern(name);
  proto_->parameter_count = static_cast<uint32_t>(function.parameters.size());
  proto_->is_generator = function.is_generator && function.parent;
  proto_->is_lambda = function.is_lambda;
  proto_->is_top_level = function.parent == nullptr;
  proto_->source = context.source;
  proto_->span = function.span;
  for (const lang::Capture& c : function.captures) {
    proto_->captures.push_back({c.from_parent_variable, c.index});
    proto_->capture_names.push_back(keep(c.name));
  }
  for (const lang::Variable& v : function.variables) proto_->variable_names.push_back(keep(v.name));
  next_register_ = static_cast<Register>(function.variables.size());
  if (next_register_ > kMaxRegisters) too_large("variables", function.span);
  assigned_.assign(function.variables.size(), false);
}

void FunctionCompiler::prologue() {
  const size_t variables = function_.variables.size();
  const size_t parameters = function_.parameters.size();
  proto_->register_count = next_register_;
  // Taken away again when no variable can be read before it is assigned.
  const bool may_clear = variables > parameters;
  if (may_clear) emit(Instruction::abx(Op::ClearLocals, static_cast<uint32_t>(parameters), static_cast<int32_t>(variables - parameters)));
  for (size_t i = 0; i < variables; ++i) {
    const lang::Variable& v = function_.variables[i];
    if (v.is_parameter) assigned_[i] = true;
    if (v.captured && static_cast<int32_t>(i) != function_.late_variable)
      emit(Instruction::abc(Op::NewBox, static_cast<uint32_t>(i), 0, 0, v.is_parameter));
  }
  if (function_.late_variable >= 0) {
    const bool inside = function_.late_capture >= 0;
    Temporaries scope(*this);
    const Register outer = inside ? temporary() : 0;
    if (inside) emit(Instruction::abc(Op::LoadCapture, outer, static_cast<uint32_t>(function_.late_capture), 0));
    emit(Instruction::abc(Op::NewLateScope, static_cast<uint32_t>(function_.late_variable), outer, 0, inside));
  }
  if (proto_->is_generator) {
    collector_ = temporary();
    emit(Instruction::abc(Op::NewCollector, collector_, 0, 0));
  }
  if (context_.options.keep_result && !parent_) {
    result_register_ = temporary();
    emit(Instruction::abc(Op::LoadNull, static_cast<Register>(result_register_), 0, 0));
    // Functions of a snippet are visible from its first line.
    for (const lang::Stmt* s : function_.body.statements)
      if (s->kind == lang::StmtKind::Function) statement(*s);
  }
  if (function_.expression) {
    Temporaries scope(*this);
    const Register result = any(function_.expression);
    emit_return(proto_->is_generator ? collector_ : result);
  } else {
    block(function_.body);
  }
  finish();
  if (may_clear && !needs_clearing_) remove_first_instruction();
  if (context_.vm.options().specialise && !context_.vm.options().observer)
    for (Instruction& i : proto_->code) i.op = pair_of(i.op, &i);
}

void FunctionCompiler::finish() {
  here_ = Span{function_.span.end, function_.span.end};
  if (proto_->is_generator) emit_return(collector_);
  else if (result_register_ >= 0) emit_return(static_cast<Register>(result_register_));
  else emit(Instruction::abc(Op::ReturnNull, 0, 0, 0));
}

void FunctionCompiler::remove_first_instruction() {
  proto_->code.erase(proto_->code.begin());
  for (Handler& h : proto_->handlers) {
    --h.begin;
    --h.end;
    --h.target;
  }
  for (Position& p : proto_->positions)
    if (p.pc > 0) --p.pc;
  for (auto& [at, name] : proto_->index_names) --at;
}

// --- variables ---------------------------------------------------------------------------------------------------------

void FunctionCompiler::mark_assigned(const Binding& b) {
  if (b.kind == Binding::Kind::Local) assigned_[b.index] = true;
}

bool FunctionCompiler::is_assigned(const Binding& b) const { return b.kind == Binding::Kind::Local && assigned_[b.index]; }

void FunctionCompiler::intersect(const Assigned& other) {
  for (size_t i = 0; i < assigned_.size(); ++i) assigned_[i] = assigned_[i] && other[i];
}

Register FunctionCompiler::late_scope() {
  if (function_.late_variable >= 0) return static_cast<Register>(function_.late_variable);
  const Register scope = temporary();
  emit(Instruction::abc(Op::LoadCapture, scope, static_cast<uint32_t>(function_.late_capture), 0));
  return scope;
}

void FunctionCompiler::store(const Binding& binding, std::string_view name, Register value, Span span) {
  if (is_constant_name(name)) return;  // binding them is accepted and has no visible effect
  switch (binding.kind) {
    case Binding::Kind::Local:
      if (function_.variables[binding.index].captured) emit(Instruction::abc(Op::SetBox, binding.index, value, 0), span);
      else if (binding.index != value) emit(Instruction::abc(Op::Move, binding.index, value, 0), span);
      break;
    case Binding::Kind::Captured: emit(Instruction::abc(Op::SetCapture, binding.index, value, 0), span); break;
    case Binding::Kind::Global:
      if (context_.options.late_variables && function_.sees_late_names() && context_.top_level_names.contains(name)) {
        Temporaries scope(*this);
        emit(Instruction::abc(Op::SetLate, value, cell_index(plain_cell(name)), late_scope()), span);
        break;
      }
      emit(Instruction::abx(Op::SetGlobal, value, static_cast<int32_t>(cell_index(plain_cell(name)))), span);
      break;
    case Binding::Kind::Late: {
      Temporaries scope(*this);
      emit(Instruction::abc(Op::SetLate, value, cell_index(plain_cell(name)), late_scope()), span);
      break;
    }
  }
  mark_assigned(binding);
}

// --- emission ----------------------------------------------------------------------------------------------------------

size_t FunctionCompiler::emit(Instruction i, Span span) {
  if (proto_->positions.empty() || proto_->positions.back().span != span)
    proto_->positions.push_back({static_cast<uint32_t>(pc()), span});
  proto_->code.push_back(i);
  return pc() - 1;
}

namespace {
bool jumps_by_bx(Op op) { return op == Op::Jump || op == Op::JumpIf || op == Op::JumpIfNot; }
}  // namespace

size_t FunctionCompiler::emit_jump(Op op, uint32_t a, uint32_t b, uint8_t n, Span span) {
  if (jumps_by_bx(op)) return emit(Instruction::abx(op, a, 0, n), span);
  if (!long_jumps_) return emit(Instruction::abc(op, a, b, 0, n), span);
  emit(Instruction::abc(op, a, b, 1, n), span);  // taken: to the long jump behind the next one
  emit(Instruction::abx(Op::Jump, 0, 1), span);
  return emit(Instruction::abx(Op::Jump, 0, 0), span);
}

void FunctionCompiler::patch(size_t jump, size_t target) {
  Instruction& i = proto_->code[jump];
  const int64_t offset = static_cast<int64_t>(target) - static_cast<int64_t>(jump) - 1;
  if (jumps_by_bx(i.op)) {
    i = Instruction::abx(i.op, i.a, static_cast<int32_t>(offset), i.n);
  } else {
    if (offset < INT16_MIN || offset > INT16_MAX) throw NeedsLongJumps{};
    i.c = static_cast<uint16_t>(static_cast<int16_t>(offset));
  }
}

void FunctionCompiler::patch_here(const Jumps& jumps) { patch_to(jumps, pc()); }

void FunctionCompiler::patch_to(const Jumps& jumps, size_t target) {
  for (const size_t j : jumps) patch(j, target);
}

Register FunctionCompiler::temporary() {
  const Register r = next_register_++;
  if (next_register_ > kMaxRegisters) too_large("temporary values", here_);
  if (next_register_ > proto_->register_count) proto_->register_count = next_register_;
  return r;
}

uint32_t FunctionCompiler::constant(Value v) {
  const auto add = [&](auto& map, auto key) {
    const auto [at, is_new] = map.try_emplace(key, static_cast<uint32_t>(proto_->constants.size()));
    if (is_new) proto_->constants.push_back(v);
    return at->second;
  };
  if (v.is_int()) return add(int_constants_, static_cast<uint64_t>(v.as_int()));
  if (v.is_float()) return add(float_constants_, std::bit_cast<uint64_t>(v.as_float()));
  if (v.is_string()) return add(string_constants_, v.as_string());
  proto_->constants.push_back(v);
  return static_cast<uint32_t>(proto_->constants.size() - 1);
}

uint32_t FunctionCompiler::divisor_constant(int64_t divisor) {
  std::vector<Value>& constants = proto_->constants;
  const auto [at, is_new] = divisor_constants_.try_emplace(divisor, static_cast<uint32_t>(constants.size()));
  if (is_new) constants.insert(constants.end(), {Value::integer(divisor), Value::integer(static_cast<int64_t>(reciprocal(divisor)))});
  return at->second;
}

uint32_t FunctionCompiler::constant_string(std::string_view text) { return constant(Value(context_.vm.heap().intern(text))); }

uint32_t FunctionCompiler::cell_index(GlobalCell* cell) {
  const auto [at, is_new] = cell_indices_.try_emplace(cell, static_cast<uint32_t>(proto_->cells.size()));
  if (is_new) proto_->cells.push_back(cell);
  if (proto_->cells.size() > kMaxTable) too_large("global names", here_);
  return at->second;
}

GlobalCell* FunctionCompiler::plain_cell(std::string_view name) {
  return context_.vm.globals().cell(context_.vm.heap().intern(name));
}

GlobalCell* FunctionCompiler::own_cell(std::string_view name) {
  if (context_.options.prefix.empty()) return plain_cell(name);
  GlobalCell* cell = plain_cell(context_.options.prefix + std::string(name));
  if (!cell->fallback) cell->fallback = plain_cell(name);
  return cell;
}

GlobalCell* FunctionCompiler::cell_named(std::string_view name) {
  const CompileOptions& options = context_.options;
  if (options.own_functions && options.own_functions->contains(name) && !context_.top_level_names.contains(name))
    return own_cell(name);
  return plain_cell(name);
}

String* FunctionCompiler::keep(std::string_view text) {
  String* s = context_.vm.heap().intern(text);
  proto_->kept.push_back(s);
  return s;
}

void FunctionCompiler::too_large(const char* what, Span span) {
  throw CompileError{std::string("too many ") + what + " in one function", span};
}

}  // namespace omc::vm
