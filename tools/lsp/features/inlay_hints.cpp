// textDocument/inlayHint: before literal arguments, the names of their parameters. Arguments that have names say enough.

#include <unordered_map>

#include "lang/children.hpp"
#include "lsp/call_at.hpp"
#include "lsp/feature.hpp"

namespace omc::lsp {

namespace {

constexpr int kParameterHint = 2;

class Hints {
 public:
  Hints(Context& context, FilePtr file, lang::Span wanted) : context_(context), file_(std::move(file)), wanted_(wanted) {}

  Json all() {
    block(file_->parsed.module->top_level->body);
    return std::move(hints_);
  }

  void block(lang::Block& b) {
    for (lang::Stmt* s : b.statements) {
      if (s->span.end < wanted_.begin || s->span.begin > wanted_.end) continue;
      context_.check_cancelled();
      lang::visit_children(*s, *this);
    }
  }
  void expression(lang::Expr*& e) {
    lang::Expr* at = e;
    while (at->kind == lang::ExprKind::Binary || at->kind == lang::ExprKind::Logical)
      at = at->kind == lang::ExprKind::Binary ? static_cast<lang::BinaryExpr*>(at)->left : static_cast<lang::LogicalExpr*>(at)->left;
    if (at->kind == lang::ExprKind::NamedCall) {
      const auto& call = static_cast<const lang::NamedCallExpr&>(*at);
      const lang::NameExpr& callee = *call.callee;
      const auto dot = static_cast<uint32_t>(callee.name.size() == callee.head.size() ? 0 : callee.head.size() + 1);
      if (callee.span.size() == callee.name.size()) arguments({callee.span.begin + dot, callee.span.end}, call.arguments);
    } else if (at->kind == lang::ExprKind::MethodCall) {
      const auto& call = static_cast<const lang::MethodCallExpr&>(*at);
      arguments(call.method.span, call.arguments);
    }
    lang::visit_operands(*e, *this);
  }
  void function(lang::Function& f) {
    block(f.body);
    if (f.expression) expression(f.expression);
  }

 private:
  static bool is_literal(const lang::Expr* e) {
    switch (e->kind) {
      case lang::ExprKind::Int:
      case lang::ExprKind::Float:
      case lang::ExprKind::String:
      case lang::ExprKind::FString:
      case lang::ExprKind::Array:
      case lang::ExprKind::Dict:
      case lang::ExprKind::Lambda: return true;
      case lang::ExprKind::Unary: return is_literal(static_cast<const lang::UnaryExpr*>(e)->operand);
      case lang::ExprKind::Name: {
        const lang::Name name = static_cast<const lang::NameExpr*>(e)->name;
        return name == "true" || name == "false" || name == "null";
      }
      default: return false;
    }
  }

  // Without its type, default and marks; empty for what stands for many.
  static std::string bare_name(std::string_view parameter) {
    if (parameter.find("...") != std::string_view::npos || parameter.find("…") != std::string_view::npos) return {};
    return std::string(parameter.substr(0, parameter.find_first_of(" :?=[")));
  }

  const std::vector<std::string>& parameters(lang::Span name) {
    const auto [at, is_new] = known_.try_emplace(file_->text(name));
    if (is_new)
      if (std::vector<Description> all = callees(context_.workspace, file_, name); all.size() == 1) at->second = std::move(all[0].parameters);
    return at->second;
  }

  void arguments(lang::Span name, lang::ExprList list) {
    if (list.size() < 2 && (list.empty() || !is_literal(list[0]))) return;
    const std::vector<std::string>& names = parameters(name);
    if (names.size() < 2) return;  // one argument needs no telling apart
    for (size_t i = 0; i < std::min(list.size(), names.size()); ++i) {
      const std::string shown = bare_name(names[i]);
      const uint32_t place = list[i]->span.begin;
      if (shown.empty() || !is_literal(list[i]) || place < wanted_.begin || place > wanted_.end) continue;
      hints_.push_back({{"position", context_.place(*file_, place)}, {"label", shown + ":"}, {"kind", kParameterHint}, {"paddingRight", true}});
    }
  }

  Context& context_;
  FilePtr file_;
  lang::Span wanted_;
  std::unordered_map<std::string_view, std::vector<std::string>> known_;  // by name: good enough for hints
  Json hints_ = Json::array();
};

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  return Hints(context, file, context.span(*file, member(params, "range"))).all();
}

}  // namespace

extern const Feature kInlayHint = {.method = "textDocument/inlayHint", .capability = "inlayHintProvider", .answer = answer};

}  // namespace omc::lsp
