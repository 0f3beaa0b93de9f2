#include "lang/lint/usage.hpp"

#include <algorithm>

#include "lang/children.hpp"
#include "lang/resolve.hpp"

namespace omc::lang {

class UsageWalk {
 public:
  UsageWalk(Usage& usage, const Function& top_level) : usage_(usage), function_(&top_level) {}

  void block(Block& b) {
    for (Stmt* s : b.statements) {
      statement(*s);
      visit_children(*s, *this);
    }
  }
  void expression(Expr*& e) {
    leaf(first_operand(*e));
    visit_operands(*e, *this);
  }
  void function(Function& f) {
    const Function* const around = function_;
    const Function* const outermost = outermost_;
    if (!f.parent || !f.parent->parent) outermost_ = &f;
    function_ = &f;
    usage_.variables_[&f].resize(f.variables.size());
    usage_.evaluates_ |= f.has_eval;
    block(f.body);
    if (f.expression) expression(f.expression);
    function_ = around;
    outermost_ = outermost;
  }

 private:
  void mention(std::string_view name) {
    std::vector<const Function*>& by = usage_.mentions_[name];
    if (by.empty() || by.back() != outermost_) by.push_back(outermost_);
  }

  VariableUse* use(const Binding& binding, std::string_view name) {
    if (binding.kind == Binding::Kind::Global) return &usage_.top_level_[name];
    return const_cast<VariableUse*>(usage_.variable(*function_, binding));
  }
  void read(const NameExpr& e) {
    if (VariableUse* v = use(e.binding, e.head)) ++v->reads;
    mention(e.name);
    if (e.head == e.name) return;
    mention(e.head);
    mention(e.name.substr(e.head.size() + 1));
  }
  void write(const Binding& binding, const Identifier& name, const Expr* value, bool counted) {
    VariableUse* v = use(binding, name.name);
    if (!v) return;
    if (v->writes++ == 0) {
      v->first_write = name.span;
      v->only_value = value;
    } else {
      v->only_value = nullptr;
    }
    v->counted |= counted;
    if (binding.kind == Binding::Kind::Global && outermost_) usage_.written_in_functions_.insert(name.name);
  }

  void leaf(const Expr& e) {
    if (e.kind == ExprKind::Name) {
      read(static_cast<const NameExpr&>(e));
      usage_.values_.insert(static_cast<const NameExpr&>(e).name);
    } else if (e.kind == ExprKind::NamedCall) {
      const NameExpr& callee = *static_cast<const NamedCallExpr&>(e).callee;
      read(callee);
      usage_.evaluates_ |= is_eval_name(callee.name);
    } else if (e.kind == ExprKind::MethodCall) {
      mention(static_cast<const MethodCallExpr&>(e).method.name);
    } else if (e.kind == ExprKind::String) {
      mention(static_cast<const StringExpr&>(e).value);
      usage_.values_.insert(static_cast<const StringExpr&>(e).value);
    }
  }

  void statement(Stmt& s) {
    visit(s, Overloaded{
                 [&](LetStmt& x) { write(x.binding, x.name, x.value, false); },
                 [&](SizedArrayStmt& x) { write(x.binding, x.name, nullptr, false); },
                 [&](AssignStmt& x) {
                   write(x.binding, x.name, x.op == AssignOp::Set ? x.value : nullptr, false);
                   mention(x.name.name);
                 },
                 [&](IndexAssignStmt& x) {
                   const Expr* object = x.target->object;
                   while (object->kind == ExprKind::Index) object = static_cast<const IndexExpr*>(object)->object;
                   leaf(*object);
                 },
                 [&](ForRangeStmt& x) { write(x.binding, x.name, nullptr, true); },
                 [&](ForInStmt& x) { write(x.binding, x.name, nullptr, true); },
                 [&](FunctionStmt& x) { write(x.binding, x.function->name, nullptr, true); },
                 [&](ClassStmt& x) { if (!x.parent.name.empty()) mention(x.parent.name); },
                 [&](MatchStmt& x) {
                   for (const MatchArm& arm : x.arms)
                     for (const Pattern& p : arm.alternatives)
                       if (p.kind == PatternKind::Bind) write(p.binding, {p.text, p.span}, nullptr, true);
                 },
                 [&](TryStmt& x) { if (x.handler) write(x.binding, x.error, nullptr, true); },
                 [](Stmt&) {},
             });
  }

  Usage& usage_;
  const Function* function_;
  const Function* outermost_ = nullptr;  // nullptr: at top level
};

Usage::Usage(const Module& module) {
  UsageWalk walk(*this, *module.top_level);
  evaluates_ = module.top_level->has_eval;
  walk.block(module.top_level->body);
}

const VariableUse* Usage::variable(const Function& f, const Binding& binding) const {
  const VariableOwner o = owner_of(f, binding);
  if (!o.function) return nullptr;
  const auto found = variables_.find(o.function);
  return found == variables_.end() || o.index >= found->second.size() ? nullptr : &found->second[o.index];
}

const VariableUse* Usage::top_level_variable(std::string_view name) const {
  const auto found = top_level_.find(name);
  return found == top_level_.end() ? nullptr : &found->second;
}

bool Usage::mentions_in_functions(std::string_view name) const {
  const auto found = mentions_.find(name);
  return found != mentions_.end() && std::ranges::any_of(found->second, [](const Function* f) { return f != nullptr; });
}

bool Usage::mentions(std::string_view name, const Function* but) const {
  const auto found = mentions_.find(name);
  return found != mentions_.end() && std::ranges::any_of(found->second, [&](const Function* f) { return !but || f != but; });
}

}  // namespace omc::lang
