#include "lang/ast.hpp"

#include <cstring>

namespace omc::lang {

std::string_view spelling(UnaryOp op) {
  switch (op) {
    case UnaryOp::Negate: return "-";
    case UnaryOp::BitNot: return "~";
    case UnaryOp::Not: return "not";
  }
  return "";
}

std::string_view spelling(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add: return "+";
    case BinaryOp::Sub: return "-";
    case BinaryOp::Mul: return "*";
    case BinaryOp::Div: return "/";
    case BinaryOp::Mod: return "%";
    case BinaryOp::Pow: return "**";
    case BinaryOp::BitAnd: return "&";
    case BinaryOp::BitOr: return "|";
    case BinaryOp::BitXor: return "^";
    case BinaryOp::ShiftLeft: return "<<";
    case BinaryOp::ShiftRight: return ">>";
    case BinaryOp::Equal: return "==";
    case BinaryOp::NotEqual: return "!=";
    case BinaryOp::Less: return "<";
    case BinaryOp::LessEqual: return "<=";
    case BinaryOp::Greater: return ">";
    case BinaryOp::GreaterEqual: return ">=";
  }
  return "";
}

std::string_view spelling(LogicalOp op) { return op == LogicalOp::And ? "and" : "or"; }

std::string_view spelling(AssignOp op) {
  switch (op) {
    case AssignOp::Set: return "=";
    case AssignOp::Add: return "+=";
    case AssignOp::Sub: return "-=";
    case AssignOp::Mul: return "*=";
    case AssignOp::Div: return "/=";
    case AssignOp::Mod: return "%=";
    case AssignOp::Pow: return "**=";
  }
  return "";
}

BinaryOp binary_op(AssignOp op) {
  switch (op) {
    case AssignOp::Set: break;  // has none
    case AssignOp::Add: return BinaryOp::Add;
    case AssignOp::Sub: return BinaryOp::Sub;
    case AssignOp::Mul: return BinaryOp::Mul;
    case AssignOp::Div: return BinaryOp::Div;
    case AssignOp::Mod: return BinaryOp::Mod;
    case AssignOp::Pow: return BinaryOp::Pow;
  }
  __builtin_unreachable();
}

std::string_view Module::copy(std::string_view text) {
  if (text.empty()) return {};
  char* bytes = static_cast<char*>(arena_.allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

Name Module::intern(std::string_view text) {
  if (const auto found = names_.find(text); found != names_.end()) return *found;
  return *names_.insert(copy(text)).first;
}

}  // namespace omc::lang
