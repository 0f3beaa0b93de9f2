#include "lang/lint/expressions.hpp"

#include "lang/children.hpp"

namespace omc::lang {

bool is_comparison(BinaryOp op) {
  switch (op) {
    case BinaryOp::Equal:
    case BinaryOp::NotEqual:
    case BinaryOp::Less:
    case BinaryOp::LessEqual:
    case BinaryOp::Greater:
    case BinaryOp::GreaterEqual: return true;
    default: return false;
  }
}

static bool is_constant_name(const Expr& e) {
  if (e.kind != ExprKind::Name) return false;
  const Name name = static_cast<const NameExpr&>(e).name;
  return name == "true" || name == "false" || name == "null";
}

bool is_literal(const Expr& e) {
  switch (e.kind) {
    case ExprKind::Int:
    case ExprKind::Float:
    case ExprKind::String: return true;
    case ExprKind::Paren: return is_literal(*static_cast<const ParenExpr&>(e).inner);
    case ExprKind::Unary: return is_literal(*static_cast<const UnaryExpr&>(e).operand);
    default: return is_constant_name(e);
  }
}

bool same_value(const Expr& first, const Expr& second) {
  const Expr* a = bare(const_cast<Expr*>(&first));
  const Expr* b = bare(const_cast<Expr*>(&second));
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case ExprKind::Int: return static_cast<const IntExpr*>(a)->value == static_cast<const IntExpr*>(b)->value;
    case ExprKind::Float: return static_cast<const FloatExpr*>(a)->value == static_cast<const FloatExpr*>(b)->value;
    case ExprKind::String: return static_cast<const StringExpr*>(a)->value == static_cast<const StringExpr*>(b)->value;
    case ExprKind::Name: return static_cast<const NameExpr*>(a)->name == static_cast<const NameExpr*>(b)->name;
    case ExprKind::Unary: {
      const auto *x = static_cast<const UnaryExpr*>(a), *y = static_cast<const UnaryExpr*>(b);
      return x->op == y->op && same_value(*x->operand, *y->operand);
    }
    case ExprKind::Index: {
      const auto *x = static_cast<const IndexExpr*>(a), *y = static_cast<const IndexExpr*>(b);
      return same_value(*x->object, *y->object) && same_value(*x->index, *y->index);
    }
    case ExprKind::Binary: {
      // Long chains lean to the left: compared in a loop.
      const auto *x = static_cast<const BinaryExpr*>(a), *y = static_cast<const BinaryExpr*>(b);
      while (x->op == y->op && same_value(*x->right, *y->right)) {
        if (x->left->kind != ExprKind::Binary || y->left->kind != ExprKind::Binary) return same_value(*x->left, *y->left);
        x = static_cast<const BinaryExpr*>(x->left);
        y = static_cast<const BinaryExpr*>(y->left);
      }
      return false;
    }
    default: return false;
  }
}

}  // namespace omc::lang
