// Statements to bytecode.

#include "lang/resolve.hpp"
#include "vm/function_compiler.hpp"

namespace omc::vm {

using lang::BinaryOp;
using lang::Binding;
using lang::Expr;
using lang::Overloaded;
using lang::Span;

void FunctionCompiler::block(const lang::Block& b) { list(b.statements); }

void FunctionCompiler::list(lang::StmtList statements) {
  for (const lang::Stmt* s : statements) statement(*s);
}

void FunctionCompiler::statement(const lang::Stmt& s) {
  Temporaries scope(*this);
  const Span outer = here_;
  here_ = s.span;
  lang::visit(s, Overloaded{
      [&](const lang::LetStmt& x) { let_statement(x.name, x.binding, x.value); },
      [&](const lang::SizedArrayStmt& x) {
        const Register size = any(x.size);
        const Register array = temporary();
        emit(Instruction::abc(Op::SizedArray, array, size, 0), x.size->span);
        store(x.binding, x.name.name, array, x.name.span);
      },
      [&](const lang::AssignStmt& x) { assign_statement(x); },
      [&](const lang::IndexAssignStmt& x) { index_assign_statement(x); },
      [&](const lang::IfStmt& x) { if_statement(x); },
      [&](const lang::WhileStmt& x) { while_statement(x); },
      [&](const lang::ForRangeStmt& x) { for_range_statement(x); },
      [&](const lang::ForInStmt& x) { for_in_statement(x); },
      [&](const lang::FunctionStmt& x) { function_statement(x); },
      [&](const lang::ClassStmt& x) { class_statement(x); },
      [&](const lang::MatchStmt& x) { match_statement(x); },
      [&](const lang::TryStmt& x) { try_statement(x); },
      [&](const lang::ThrowStmt& x) {
        const Register value = any(x.value);
        emit(Instruction::abc(Op::Throw, value, 0, 0));
      },
      [&](const lang::YieldStmt& x) {
        const Register value = any(x.value);
        if (proto_->is_generator) emit(Instruction::abc(Op::Yield, value, collector_, 0));
      },
      [&](const lang::AssertStmt& x) { assert_statement(x); },
      [&](const lang::ImportStmt& x) { import_statement(x); },
      [&](const lang::FromImportStmt& x) { from_import_statement(x); },
      [&](const lang::ReturnStmt& x) { return_statement(x); },
      [&](const lang::BreakStmt&) { leave_loop(Finalizer::ExitKind::Break, *loops_.back(), s.span); },
      [&](const lang::ContinueStmt&) { leave_loop(Finalizer::ExitKind::Continue, *loops_.back(), s.span); },
      [&](const lang::PrintStmt& x) {
        const Register value = any(x.value);
        emit(Instruction::abc(Op::Print, value, 0, 0));
      },
      [&](const lang::ExpressionStmt& x) {
        if (result_register_ >= 0) return into(x.value, static_cast<Register>(result_register_));
        result_unused_ = x.value->kind == lang::ExprKind::NamedCall;
        any(x.value);
      },
      [](const lang::EmptyStmt&) {},
      [](const lang::ErrorStmt&) { OMC_ASSERT(false); },
  });
  here_ = outer;
}

// --- assignment --------------------------------------------------------------------------------------------------------

void FunctionCompiler::let_statement(const lang::Identifier& name, const Binding& binding, const Expr* value) {
  if (in_register(binding) && written_last(value) && !is_constant_name(name.name)) {
    into(value, binding.index);
    mark_assigned(binding);
    return;
  }
  const Register result = any(value);
  store(binding, name.name, result, name.span);
}

void FunctionCompiler::assign_statement(const lang::AssignStmt& s) {
  if (s.op == lang::AssignOp::Set) return let_statement(s.name, s.binding, s.value);
  // a op= e is a = a op e, a read first.
  lang::NameExpr target{{lang::ExprKind::Name, s.name.span}, s.name.name, s.name.name, s.binding};
  lang::BinaryExpr sum{{lang::ExprKind::Binary, s.span}, lang::binary_op(s.op), &target, s.value, s.name.span};
  let_statement(s.name, s.binding, &sum);
}

void FunctionCompiler::index_assign_statement(const lang::IndexAssignStmt& s) {
  std::vector<const lang::IndexExpr*> spine;
  const Expr* object = s.target;
  while (object->kind == lang::ExprKind::Index) {
    spine.push_back(static_cast<const lang::IndexExpr*>(object));
    object = spine.back()->object;
  }
  // The variable may be reassigned while the indices and the value are computed: the store goes to the old object.
  Register at = object_of(object);
  const auto protect = [&](const Expr* e) {
    if (at >= function_.variables.size() || !has_statements(e)) return;
    const Register copy = temporary();
    emit(Instruction::abc(Op::Move, copy, at, 0));
    at = copy;
  };
  for (size_t i = spine.size(); i-- > 1;) {  // the reads on the way to the last container
    protect(spine[i]->index);
    const Register element = temporary();
    const auto k = constant_operand(spine[i]->index);
    const Register r = k ? 0 : any(spine[i]->index);
    if (i + 1 == spine.size()) note_object_name(object);
    emit(k ? Instruction::abc(Op::GetIndexK, element, at, *k) : Instruction::abc(Op::GetIndex, element, at, r),
         spine[i]->span);
    at = element;
  }
  protect(s.target->index);
  protect(s.value);
  const auto k = constant_operand(s.target->index);
  Register index = k ? 0 : any(s.target->index);
  if (!k && index < function_.variables.size() && has_statements(s.value)) {
    const Register copy = temporary();
    emit(Instruction::abc(Op::Move, copy, index, 0));
    index = copy;
  }
  Register value;
  if (s.op == lang::AssignOp::Set) {
    value = any(s.value);
  } else {
    const Register old = temporary();
    if (spine.size() == 1) note_object_name(object);
    emit(k ? Instruction::abc(Op::GetIndexK, old, at, *k) : Instruction::abc(Op::GetIndex, old, at, index), s.target->span);
    emit_binary(lang::binary_op(s.op), old, old, s.value, s.span);
    value = old;
  }
  if (spine.size() == 1) note_object_name(object);
  emit(k ? Instruction::abc(Op::SetIndexK, at, *k, value) : Instruction::abc(Op::SetIndex, at, index, value), s.target->span);
}

// --- branches and loops ------------------------------------------------------------------------------------------------

void FunctionCompiler::if_statement(const lang::IfStmt& s) {
  Jumps ends;
  std::optional<Assigned> after;
  const auto join = [&] {
    if (after) intersect(*after);
    after = assigned_;
  };
  Assigned before = assigned_;
  for (size_t i = 0; i < s.arms.size(); ++i) {
    const lang::IfArm& arm = s.arms[i];
    assigned_ = before;
    Jumps next;
    here_ = arm.condition->span;
    jump_if(arm.condition, false, next);
    before = assigned_;
    block(arm.body);
    join();
    if (i + 1 < s.arms.size() || s.otherwise) ends.push_back(emit_jump(Op::Jump));
    patch_here(next);
  }
  assigned_ = before;
  if (s.otherwise) block(*s.otherwise);
  join();
  assigned_ = *after;
  patch_here(ends);
}

void FunctionCompiler::while_statement(const lang::WhileStmt& s) {
  Loop loop{{}, {}, finalizers_.size()};
  Jumps exit;
  if (has_statements(s.condition)) {  // compiled once: nested twice-compiled conditions would grow exponentially
    const size_t test = pc();
    jump_if(s.condition, false, exit);
    const Assigned entered = assigned_;
    loops_.push_back(&loop);
    block(s.body);
    loops_.pop_back();
    patch_to(loop.continues, test);
    patch(emit_jump(Op::Jump), test);
    patch_here(exit);
    patch_here(loop.breaks);
    assigned_ = entered;
    return;
  }
  // The condition stands twice: once to enter, once at the end, so that a round costs one jump.
  jump_if(s.condition, false, exit);
  const Assigned before = assigned_;
  const size_t top = pc();
  loops_.push_back(&loop);
  block(s.body);
  loops_.pop_back();
  assigned_ = before;
  patch_here(loop.continues);
  here_ = s.condition->span;
  Jumps again;
  jump_if(s.condition, true, again);
  patch_to(again, top);
  patch_here(exit);
  patch_here(loop.breaks);
  assigned_ = before;
}

void FunctionCompiler::for_range_statement(const lang::ForRangeStmt& s) {
  // Three registers: counter, end, step.
  const Register counter = temporary();
  const Register end = temporary();
  const Register step = temporary();
  if (s.bounds.size() == 1) {
    emit(Instruction::abx(Op::LoadInt, counter, 0));
    into(s.bounds[0], end);
  } else {
    into(s.bounds[0], counter);
    into(s.bounds[1], end);
  }
  if (s.bounds.size() == 3) into(s.bounds[2], step);
  else emit(Instruction::abx(Op::LoadInt, step, 1));

  const Assigned before = assigned_;
  const bool direct = in_register(s.binding) && !is_constant_name(s.name.name);
  const Register variable = direct ? s.binding.index : temporary();
  const size_t empty = emit_jump(Op::RangePrepare, counter, variable, 0);
  const size_t top = pc();
  Loop loop{{}, {}, finalizers_.size()};
  if (direct) {
    emit(Instruction::abc(Op::Move, variable, counter, 0));
    mark_assigned(s.binding);
  } else {
    store(s.binding, s.name.name, counter, s.name.span);
  }
  loops_.push_back(&loop);
  block(s.body);
  loops_.pop_back();
  patch_here(loop.continues);
  here_ = s.name.span;
  // RangeNext puts the next value into the variable itself; through a box or a global the store at `top` does.
  const size_t again = emit_jump(Op::RangeNext, counter, variable, 0);
  patch(again, direct ? top + 1 : top);
  patch(empty, pc());
  patch_here(loop.breaks);
  assigned_ = before;
}

void FunctionCompiler::for_in_statement(const lang::ForInStmt& s) {
  const Register snapshot = temporary();
  temporary();  // position
  {
    Temporaries scope(*this);
    const Register iterable = any(s.iterable);
    emit(Instruction::abc(Op::IteratePrepare, snapshot, iterable, 0), s.iterable->span);
  }
  const Assigned before = assigned_;
  const bool direct = in_register(s.binding) && !is_constant_name(s.name.name);
  const Register variable = direct ? s.binding.index : temporary();
  const size_t start = emit_jump(Op::Jump);
  const size_t top = pc();
  Loop loop{{}, {}, finalizers_.size()};
  if (direct) mark_assigned(s.binding);
  else store(s.binding, s.name.name, variable, s.name.span);
  loops_.push_back(&loop);
  block(s.body);
  loops_.pop_back();
  patch_here(loop.continues);
  patch(start, pc());
  here_ = s.name.span;
  patch(emit_jump(Op::IterateNext, snapshot, variable, 0), top);
  patch_here(loop.breaks);
  assigned_ = before;
}

// --- definitions -------------------------------------------------------------------------------------------------------

void FunctionCompiler::function_statement(const lang::FunctionStmt& s) {
  const Register closure = temporary();
  closure_into(*s.function, closure);
  const std::string_view name = s.function->name.name;
  if (function_.parent) store(s.binding, name, closure, s.function->name.span);
  emit(Instruction::abx(Op::DefineFunction, closure, static_cast<int32_t>(cell_index(own_cell(name)))), s.function->name.span);
}

void FunctionCompiler::class_statement(const lang::ClassStmt& s) {
  ClassSite site;
  site.name = keep(s.name.name);
  site.constructor = own_cell(s.name.name);
  site.parent = s.parent.name.empty() ? nullptr : keep(s.parent.name);
  for (const lang::Identifier& field : s.fields) site.fields.push_back(keep(field.name));
  const Register first = next_register_;
  for (const lang::Function* method : s.methods) {
    const Register closure = temporary();
    closure_into(*method, closure);
    const std::string full = std::string(s.name.name) + "__" + std::string(method->name.name);
    Proto* proto = proto_->protos.back();
    proto->name = context_.vm.heap().intern(full);
    site.method_names.push_back(keep(method->name.name));
    site.method_cells.push_back(own_cell(full));
  }
  proto_->class_sites.push_back(std::move(site));
  emit(Instruction::abx(Op::DefineClass, first, static_cast<int32_t>(proto_->class_sites.size() - 1)), s.name.span);
}

void FunctionCompiler::import_statement(const lang::ImportStmt& s) {
  ImportSite site;
  site.module = std::string(s.module);
  site.alias = std::string(s.alias.name);
  site.inside_function = function_.sees_late_names();
  site.span = s.span;
  proto_->import_sites.push_back(std::move(site));
  const bool late = function_.sees_late_names();
  const Register scope = late ? late_scope() : 0;
  emit(Instruction::abx(Op::Import, scope, static_cast<int32_t>(proto_->import_sites.size() - 1), late));
}

void FunctionCompiler::from_import_statement(const lang::FromImportStmt& s) {
  ImportSite site;
  site.module = std::string(s.module);
  site.selective = true;
  site.inside_function = function_.sees_late_names();
  site.span = s.span;
  for (const lang::ImportedName& n : s.names) site.names.push_back(keep(n.name.name));
  proto_->import_sites.push_back(std::move(site));
  const auto index = static_cast<int32_t>(proto_->import_sites.size() - 1);
  const bool late = function_.sees_late_names();
  const Register scope = late ? late_scope() : 0;
  emit(Instruction::abx(Op::Import, scope, index, late));
}

// --- match -------------------------------------------------------------------------------------------------------------

uint32_t FunctionCompiler::pattern_site(const lang::Pattern& p) {
  PatternSite site{p.kind, Tag::Null, p.low, p.high, p.number, nullptr};
  if (p.kind == lang::PatternKind::String) site.text = keep(p.text);
  if (p.kind == lang::PatternKind::Type) {
    static constexpr std::pair<std::string_view, Tag> kTypes[] = {
        {"int", Tag::Int},       {"float", Tag::Float}, {"string", Tag::String},     {"bool", Tag::Bool},
        {"array", Tag::Array},   {"dict", Tag::Dict},   {"function", Tag::Function}, {"singularity", Tag::Singularity},
        {"null_t", Tag::Null},
    };
    for (const auto& [name, tag] : kTypes)
      if (name == p.text) site.tag = tag;
  }
  proto_->patterns.push_back(site);
  if (proto_->patterns.size() > UINT16_MAX) too_large("match patterns", p.span);
  return static_cast<uint32_t>(proto_->patterns.size() - 1);
}

void FunctionCompiler::match_statement(const lang::MatchStmt& s) {
  const Register subject = any(s.subject);
  Jumps ends;
  std::optional<Assigned> after;
  const auto join = [&] {
    if (after) intersect(*after);
    after = assigned_;
  };
  const Assigned before = assigned_;
  bool exhaustive = false;
  for (const lang::MatchArm& arm : s.arms) {
    assigned_ = before;
    Jumps to_body, next;
    for (size_t i = 0; i < arm.alternatives.size(); ++i) {
      const lang::Pattern& p = arm.alternatives[i];
      const bool last = i + 1 == arm.alternatives.size();
      here_ = p.span;
      const bool accepts_all = p.kind == lang::PatternKind::Wildcard || p.kind == lang::PatternKind::Bind;
      Jumps refused;
      if (!accepts_all) refused.push_back(emit_jump(Op::JumpNoMatch, subject, pattern_site(p)));
      if (p.kind == lang::PatternKind::Bind) store(p.binding, p.text, subject, p.span);
      if (!last) to_body.push_back(emit_jump(Op::Jump));
      if (last) next = refused;
      else patch_here(refused);
      exhaustive |= accepts_all;
      if (arm.alternatives.size() > 1) assigned_ = before;
    }
    patch_here(to_body);
    if (arm.expression) {
      Temporaries scope(*this);
      if (result_register_ >= 0) into(arm.expression, static_cast<Register>(result_register_));
      else any(arm.expression);
    } else {
      block(arm.body);
    }
    join();
    ends.push_back(emit_jump(Op::Jump));
    patch_here(next);
  }
  if (!exhaustive || !after) {
    assigned_ = before;
    join();
  }
  assigned_ = *after;
  patch_here(ends);
}

// --- errors ------------------------------------------------------------------------------------------------------------

void FunctionCompiler::assert_statement(const lang::AssertStmt& s) {
  Jumps holds;
  jump_if(s.condition, true, holds);
  const Assigned before = assigned_;
  Temporaries scope(*this);
  Register message;
  if (s.message) {
    message = any(s.message);
  } else {
    message = temporary();
    emit(Instruction::abx(Op::LoadConstant, message, static_cast<int32_t>(constant_string("Assertion failed"))));
  }
  emit(Instruction::abc(Op::Throw, message, 0, 0), s.span);
  assigned_ = before;
  patch_here(holds);
}

void FunctionCompiler::try_and_catch(const lang::TryStmt& s) {
  if (!s.handler) return block(s.body);
  const Register error = temporary();
  Assigned before = assigned_;
  const auto begin = static_cast<uint32_t>(pc());
  block(s.body);
  const auto end = static_cast<uint32_t>(pc());
  const Assigned after_body = assigned_;
  const size_t done = emit_jump(Op::Jump);
  proto_->handlers.push_back({begin, end, static_cast<uint32_t>(pc()), error, false});
  assigned_ = std::move(before);
  store(s.binding, s.error.name, error, s.error.span);
  block(*s.handler);
  intersect(after_body);
  patch(done, pc());
}

// The finalizer stands once. `state` says how control reached it and so how it goes on.
void FunctionCompiler::try_statement(const lang::TryStmt& s) {
  if (!s.finalizer) return try_and_catch(s);
  Finalizer finalizer;
  finalizer.state = temporary();
  finalizer.error = temporary();
  temporary();  // the thrown value of a saved error
  finalizer.result = temporary();
  const Assigned before = assigned_;
  const auto begin = static_cast<uint32_t>(pc());
  finalizers_.push_back(&finalizer);
  try_and_catch(s);
  finalizers_.pop_back();
  emit(Instruction::abx(Op::LoadInt, finalizer.state, 0));
  finalizer.to_finalizer.push_back(emit_jump(Op::Jump));
  proto_->handlers.push_back({begin, static_cast<uint32_t>(pc()), static_cast<uint32_t>(pc()), finalizer.error, true});
  emit(Instruction::abx(Op::LoadInt, finalizer.state, 1));
  patch_here(finalizer.to_finalizer);
  const Assigned after = assigned_;
  assigned_ = before;
  block(*s.finalizer);

  const auto unless_state = [&](int64_t state) {
    return emit_jump(Op::JumpEqualK, finalizer.state, constant(Value::integer(state)), 0);
  };
  const size_t no_error = unless_state(1);
  emit(Instruction::abc(Op::Rethrow, finalizer.error, 0, 0));
  patch(no_error, pc());
  for (size_t i = 0; i < finalizer.exits.size(); ++i) {
    const Finalizer::Exit exit = finalizer.exits[i];
    const size_t other = unless_state(static_cast<int64_t>(i) + 2);
    if (exit.kind == Finalizer::ExitKind::Return) leave(finalizer.result);
    else leave_loop(exit.kind, *exit.loop, s.span);
    patch(other, pc());
  }
  for (size_t i = 0; i < assigned_.size(); ++i) assigned_[i] = assigned_[i] || after[i];
}

void FunctionCompiler::return_statement(const lang::ReturnStmt& s) {
  if (context_.options.is_module && !parent_) {
    if (s.value) any(s.value);
    return;
  }
  Register result;
  if (s.value) {
    result = any(s.value);
  } else if (finalizers_.empty() && !proto_->is_generator) {
    emit(Instruction::abc(Op::ReturnNull, 0, 0, 0));
    return;
  } else {
    result = temporary();
    emit(Instruction::abc(Op::LoadNull, result, 0, 0));
  }
  leave(proto_->is_generator ? collector_ : result);
}

void FunctionCompiler::leave(Register result) {
  if (finalizers_.empty()) return emit_return(result);
  Finalizer& f = *finalizers_.back();
  f.exits.push_back({Finalizer::ExitKind::Return, nullptr});
  if (f.result != result) emit(Instruction::abc(Op::Move, f.result, result, 0));
  emit(Instruction::abx(Op::LoadInt, f.state, static_cast<int32_t>(f.exits.size()) + 1));
  f.to_finalizer.push_back(emit_jump(Op::Jump));
}

void FunctionCompiler::leave_loop(Finalizer::ExitKind kind, Loop& loop, Span span) {
  if (finalizers_.size() > loop.finalizers) {
    Finalizer& f = *finalizers_.back();
    f.exits.push_back({kind, &loop});
    emit(Instruction::abx(Op::LoadInt, f.state, static_cast<int32_t>(f.exits.size()) + 1), span);
    f.to_finalizer.push_back(emit_jump(Op::Jump));
    return;
  }
  (kind == Finalizer::ExitKind::Break ? loop.breaks : loop.continues).push_back(emit_jump(Op::Jump));
}

void FunctionCompiler::emit_return(Register result) { emit(Instruction::abc(Op::Return, result, 0, 0)); }

}  // namespace omc::vm
