#include "lang/lint/context.hpp"

#include <algorithm>

#include "lang/children.hpp"
#include "lang/lint/shapes.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

LintContext::LintContext(const LintInput& input, Diagnostics& found)
    : input_(input), found_(found), function_(input.module.top_level) {
  size_t depth = 0;
  for (const Token& t : input.tokens) {
    if (t.kind == TokenKind::FStringBegin && depth++ == 0) fstrings_.push_back(t.span);
    if (t.kind == TokenKind::FStringEnd && --depth == 0) fstrings_.back().end = t.span.end;
  }
  is_program_ = std::ranges::any_of(input.module.top_level->body.statements, [](const Stmt* s) {
    return s->kind == StmtKind::Expression || s->kind == StmtKind::Print || s->kind == StmtKind::While ||
           s->kind == StmtKind::ForIn || s->kind == StmtKind::ForRange;
  });
  struct Classes {
    LintContext& lint;
    void block(Block& b) {
      for (Stmt* s : b.statements) {
        if (s->kind == StmtKind::Class) {
          const auto& c = static_cast<const ClassStmt&>(*s);
          lint.classes_[c.name.name].push_back(&c);
          lint.methods_.insert(c.methods.begin(), c.methods.end());
        }
        visit_children(*s, *this);
      }
    }
    void expression(Expr*& e) { visit_operands(*e, *this); }
    void function(Function& f) {
      block(f.body);
      if (f.expression) expression(f.expression);
    }
  } classes{*this};
  if (std::ranges::any_of(input.tokens, [](const Token& t) { return t.kind == TokenKind::Class; }))
    classes.block(input.module.top_level->body);
}

LintContext::~LintContext() = default;

const BuiltinFact* LintContext::builtin(const NamedCallExpr& call) const {
  const Name name = call.callee->name;
  const auto found = input_.builtins.find(name);
  if (found == input_.builtins.end()) return nullptr;
  const NameScopes& scopes = input_.scopes;
  return scopes.introduces(name) || scopes.known().imported.contains(name) || !scopes.known().complete ? nullptr : &found->second;
}

const ClassStmt* LintContext::constructed(const NamedCallExpr& call) const {
  const Name name = call.callee->name;
  const auto found = classes_.find(name);
  if (found == classes_.end() || found->second.size() != 1) return nullptr;
  const NameScopes& scopes = input_.scopes;
  return scopes.is_variable(name, names()) || scopes.known().imported.contains(name) ? nullptr : found->second[0];
}

const Usage& LintContext::usage() const {
  if (!usage_) usage_ = std::make_unique<Usage>(input_.module);
  return *usage_;
}

const std::vector<ShapeFinding>& LintContext::shapes() const {
  if (!shapes_) shapes_ = std::make_unique<std::vector<ShapeFinding>>(find_shape_errors(*this));
  return *shapes_;
}

std::string_view LintContext::function_name() const {
  if (at_top_level()) return "<top-level>";
  return function_->is_lambda ? "<lambda>" : function_->name.name;
}

bool LintContext::in_fstring(uint32_t offset) const {
  const auto after = std::ranges::upper_bound(fstrings_, offset, {}, &Span::begin);
  return after != fstrings_.begin() && std::prev(after)->contains(offset);
}

size_t LintContext::token_at(uint32_t offset) const {
  const auto found = std::ranges::lower_bound(input_.tokens, offset, {}, [](const Token& t) { return t.span.begin; });
  return static_cast<size_t>(found - input_.tokens.begin());
}

bool LintContext::has_comment(Span span) const {
  const auto& comments = input_.module.comments;
  const auto first = std::ranges::lower_bound(comments, span.begin, {}, [](const Comment& c) { return c.span.begin; });
  return first != comments.end() && first->span.begin < span.end;
}

Diagnostic& LintContext::report(Span span, std::string message) {
  return found_.add(rule_->severity, rule_->name, span, std::move(message));
}

}  // namespace omc::lang
