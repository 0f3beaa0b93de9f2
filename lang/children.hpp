#pragma once
// The direct parts of one node, in source order: what every walk over a tree needs to know about its shape.
//
// The visitor has expression(Expr*& slot), block(Block&) and function(Function&). A slot may be given another expression:
// lists of the arena are const only for those who do not rewrite.

#include <vector>

#include "lang/ast.hpp"

namespace omc::lang {

namespace detail {
inline Expr*& slot(Expr* const& e) { return const_cast<Expr*&>(e); }
}  // namespace detail

// Of a BinaryExpr or LogicalExpr both operands; whoever recurses should loop over left operands instead (ast.hpp).
template <class Visitor>
void visit_children(Expr& e, Visitor&& v) {
  using detail::slot;
  visit(e, Overloaded{
               [](IntExpr&) {},
               [](FloatExpr&) {},
               [](StringExpr&) {},
               [&](FStringExpr& x) { for (const FStringPart& p : x.parts) if (p.expr) v.expression(slot(p.expr)); },
               [&](ArrayExpr& x) { for (Expr* const& i : x.elements) v.expression(slot(i)); },
               [&](DictExpr& x) { for (const DictPair& p : x.pairs) { v.expression(slot(p.key)); v.expression(slot(p.value)); } },
               [](NameExpr&) {},
               [&](UnaryExpr& x) { v.expression(x.operand); },
               [&](BinaryExpr& x) { v.expression(x.left); v.expression(x.right); },
               [&](LogicalExpr& x) { v.expression(x.left); v.expression(x.right); },
               [&](NamedCallExpr& x) { for (Expr* const& a : x.arguments) v.expression(slot(a)); },
               [&](ValueCallExpr& x) { v.expression(x.callee); for (Expr* const& a : x.arguments) v.expression(slot(a)); },
               [&](MethodCallExpr& x) { v.expression(x.object); for (Expr* const& a : x.arguments) v.expression(slot(a)); },
               [&](IndexExpr& x) { v.expression(x.object); v.expression(x.index); },
               [&](IfExpr& x) {
                 for (IfExpr* i = &x; i; i = i->otherwise_if) {
                   v.expression(i->condition);
                   v.block(i->then);
                   if (i->otherwise_block) v.block(*i->otherwise_block);
                 }
               },
               [&](LambdaExpr& x) { v.function(*x.function); },
               [&](SafeExpr& x) { v.expression(x.operand); },
               [&](ParenExpr& x) { v.expression(x.inner); },
               [](ErrorExpr&) {},
           });
}

// Of an IndexAssignStmt the target's indices, outermost last, and not the variable it stores into.
template <class Visitor>
void visit_children(Stmt& s, Visitor&& v) {
  using detail::slot;
  const auto block = [&v](const Block& b) { v.block(const_cast<Block&>(b)); };
  visit(s, Overloaded{
               [&](LetStmt& x) { v.expression(x.value); },
               [&](SizedArrayStmt& x) { v.expression(x.size); },
               [&](AssignStmt& x) { v.expression(x.value); },
               [&](IndexAssignStmt& x) {
                 const auto indices = [&v](const auto& self, IndexExpr& target) -> void {
                   if (target.object->kind == ExprKind::Index) self(self, static_cast<IndexExpr&>(*target.object));
                   v.expression(target.index);
                 };
                 indices(indices, *x.target);
                 v.expression(x.value);
               },
               [&](IfStmt& x) {
                 for (const IfArm& arm : x.arms) { v.expression(slot(arm.condition)); block(arm.body); }
                 if (x.otherwise) v.block(*x.otherwise);
               },
               [&](WhileStmt& x) { v.expression(x.condition); v.block(x.body); },
               [&](ForRangeStmt& x) { for (Expr* const& b : x.bounds) v.expression(slot(b)); v.block(x.body); },
               [&](ForInStmt& x) { v.expression(x.iterable); v.block(x.body); },
               [&](FunctionStmt& x) { v.function(*x.function); },
               [&](ClassStmt& x) { for (Function* m : x.methods) v.function(*m); },
               [&](MatchStmt& x) {
                 v.expression(x.subject);
                 for (MatchArm& arm : x.arms) {
                   if (arm.expression) v.expression(arm.expression);
                   else v.block(arm.body);
                 }
               },
               [&](TryStmt& x) {
                 v.block(x.body);
                 if (x.handler) v.block(*x.handler);
                 if (x.finalizer) v.block(*x.finalizer);
               },
               [&](ThrowStmt& x) { v.expression(x.value); },
               [&](YieldStmt& x) { v.expression(x.value); },
               [&](AssertStmt& x) { v.expression(x.condition); if (x.message) v.expression(x.message); },
               [](ImportStmt&) {},
               [](FromImportStmt&) {},
               [&](ReturnStmt& x) { if (x.value) v.expression(x.value); },
               [](BreakStmt&) {},
               [](ContinueStmt&) {},
               [&](PrintStmt& x) { v.expression(x.value); },
               [&](ExpressionStmt& x) { v.expression(x.value); },
               [](EmptyStmt&) {},
               [](ErrorStmt&) {},
           });
}

// The first operand of a chain of operators, which leans to the left; any other expression itself.
inline Expr& first_operand(Expr& e) {
  Expr* at = &e;
  while (at->kind == ExprKind::Binary || at->kind == ExprKind::Logical)
    at = at->kind == ExprKind::Binary ? static_cast<BinaryExpr*>(at)->left : static_cast<LogicalExpr*>(at)->left;
  return *at;
}

// The parts of an expression whose chains of operators, which lean to the left and can be long, are a loop and no recursion.
template <class Visitor>
void visit_operands(Expr& e, Visitor&& v) {
  Expr* at = &e;
  std::vector<Expr**> right_sides;
  for (;;) {
    if (at->kind == ExprKind::Binary) {
      right_sides.push_back(&static_cast<BinaryExpr*>(at)->right);
      at = static_cast<BinaryExpr*>(at)->left;
    } else if (at->kind == ExprKind::Logical) {
      right_sides.push_back(&static_cast<LogicalExpr*>(at)->right);
      at = static_cast<LogicalExpr*>(at)->left;
    } else {
      break;
    }
  }
  visit_children(*at, v);
  for (auto right = right_sides.rbegin(); right != right_sides.rend(); ++right) v.expression(**right);
}

// Calls f for every statement of the block and of the blocks and if-expressions in it, but not of nested functions.
template <class F>
class OwnStatements {
 public:
  explicit OwnStatements(F f) : f_(f) {}
  void block(Block& b) {
    for (Stmt* s : b.statements) {
      f_(*s);
      visit_children(*s, *this);
    }
  }
  void expression(Expr*& e) { visit_operands(*e, *this); }
  void function(Function&) {}

 private:
  F f_;
};

// The expression without the parentheses around it.
inline Expr* bare(Expr* e) {
  while (e->kind == ExprKind::Paren) e = static_cast<ParenExpr*>(e)->inner;
  return e;
}

}  // namespace omc::lang
