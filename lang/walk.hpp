#pragma once
// A walk over the statements and expressions of one function, for whoever asks about its names.
//
// The visitor has: binds(Name, Binding&, Span) for h, for, catch and match; assigns(Name, Binding&, Span); defines(
// FunctionStmt&); defines_class(const ClassStmt&); nested(Function&) for lambdas and methods; reads(NameExpr&);
// calls(NamedCallExpr&), after its arguments; imports(ImportStmt&); imports_from(FromImportStmt&).

#include <vector>

#include "lang/ast.hpp"

namespace omc::lang {

// Bodies of nested functions are handed to the visitor and not entered.
template <class Visitor>
class OwnBodyWalk {
 public:
  explicit OwnBodyWalk(Visitor& visitor) : visitor_(visitor) {}

  void block(const Block& b) { list(b.statements); }
  void list(StmtList statements) {
    for (Stmt* s : statements) statement(*s);
  }
  void statement(Stmt& s) {
    visit(s, Overloaded{
                 [&](LetStmt& x) { expression(x.value); visitor_.binds(x.name.name, x.binding, x.name.span); },
                 [&](SizedArrayStmt& x) { expression(x.size); visitor_.binds(x.name.name, x.binding, x.name.span); },
                 [&](AssignStmt& x) { expression(x.value); visitor_.assigns(x.name.name, x.binding, x.name.span); },
                 [&](IndexAssignStmt& x) { expression(x.target); expression(x.value); },
                 [&](IfStmt& x) {
                   for (const IfArm& arm : x.arms) { expression(arm.condition); block(arm.body); }
                   if (x.otherwise) block(*x.otherwise);
                 },
                 [&](WhileStmt& x) { expression(x.condition); block(x.body); },
                 [&](ForRangeStmt& x) {
                   for (Expr* e : x.bounds) expression(e);
                   visitor_.binds(x.name.name, x.binding, x.name.span);
                   block(x.body);
                 },
                 [&](ForInStmt& x) {
                   expression(x.iterable);
                   visitor_.binds(x.name.name, x.binding, x.name.span);
                   block(x.body);
                 },
                 [&](FunctionStmt& x) { visitor_.defines(x); },
                 [&](ClassStmt& x) {
                   visitor_.defines_class(x);
                   for (Function* m : x.methods) visitor_.nested(*m);
                 },
                 [&](MatchStmt& x) {
                   expression(x.subject);
                   for (MatchArm& arm : x.arms) {
                     for (Pattern& p : arm.alternatives)
                       if (p.kind == PatternKind::Bind) visitor_.binds(p.text, p.binding, p.span);
                     if (arm.expression) expression(arm.expression);
                     else block(arm.body);
                   }
                 },
                 [&](TryStmt& x) {
                   block(x.body);
                   if (x.handler) {
                     visitor_.binds(x.error.name, x.binding, x.error.span);
                     block(*x.handler);
                   }
                   if (x.finalizer) block(*x.finalizer);
                 },
                 [&](ThrowStmt& x) { expression(x.value); },
                 [&](YieldStmt& x) { expression(x.value); },
                 [&](AssertStmt& x) { expression(x.condition); if (x.message) expression(x.message); },
                 [&](ImportStmt& x) { visitor_.imports(x); },
                 [&](FromImportStmt& x) { visitor_.imports_from(x); },
                 [&](ReturnStmt& x) { if (x.value) expression(x.value); },
                 [&](BreakStmt&) {},
                 [&](ContinueStmt&) {},
                 [&](PrintStmt& x) { expression(x.value); },
                 [&](ExpressionStmt& x) { expression(x.value); },
                 [&](EmptyStmt&) {},
                 [&](ErrorStmt&) {},
             });
  }

  void expression(Expr* e) {
    // Chains of operators lean to the left and can be long: a loop, not recursion.
    std::vector<Expr*> right_sides;
    for (;;) {
      if (e->kind == ExprKind::Paren) {
        e = static_cast<ParenExpr*>(e)->inner;
      } else if (e->kind == ExprKind::Binary) {
        right_sides.push_back(static_cast<BinaryExpr*>(e)->right);
        e = static_cast<BinaryExpr*>(e)->left;
      } else if (e->kind == ExprKind::Logical) {
        right_sides.push_back(static_cast<LogicalExpr*>(e)->right);
        e = static_cast<LogicalExpr*>(e)->left;
      } else {
        break;
      }
    }
    leaf(*e);
    while (!right_sides.empty()) {
      Expr* right = right_sides.back();
      right_sides.pop_back();
      expression(right);
    }
  }

 private:
  void leaf(Expr& e) {
    visit(e, Overloaded{
                 [](IntExpr&) {},
                 [](FloatExpr&) {},
                 [](StringExpr&) {},
                 [&](FStringExpr& x) { for (const FStringPart& p : x.parts) if (p.expr) expression(p.expr); },
                 [&](ArrayExpr& x) { for (Expr* i : x.elements) expression(i); },
                 [&](DictExpr& x) { for (const DictPair& p : x.pairs) { expression(p.key); expression(p.value); } },
                 [&](NameExpr& x) { visitor_.reads(x); },
                 [&](UnaryExpr& x) { expression(x.operand); },
                 [](BinaryExpr&) {},  // unrolled by expression(), like the next
                 [](LogicalExpr&) {},
                 [&](NamedCallExpr& x) {
                   for (Expr* a : x.arguments) expression(a);
                   visitor_.calls(x);
                 },
                 [&](ValueCallExpr& x) { expression(x.callee); for (Expr* a : x.arguments) expression(a); },
                 [&](MethodCallExpr& x) { expression(x.object); for (Expr* a : x.arguments) expression(a); },
                 [&](IndexExpr& x) { expression(x.object); expression(x.index); },
                 [&](IfExpr& x) {
                   for (IfExpr* i = &x; i; i = i->otherwise_if) {
                     expression(i->condition);
                     block(i->then);
                     if (i->otherwise_block) block(*i->otherwise_block);
                   }
                 },
                 [&](LambdaExpr& x) { visitor_.nested(*x.function); },
                 [&](SafeExpr& x) { expression(x.operand); },
                 [](ParenExpr&) {},
                 [](ErrorExpr&) {},
             });
  }

  Visitor& visitor_;
};

}  // namespace omc::lang
