// The walk over a file, and which rules it is made for.

#include "lang/lint/linter.hpp"

#include "lang/children.hpp"
#include "lang/lint/suppression.hpp"
#include "lang/resolve.hpp"

namespace omc::lang {

RuleSet RuleSet::defaults() {
  RuleSet set;
  for (const Rule& rule : rules()) set.set(rule, rule.by_default);
  return set;
}

bool RuleSet::set(std::string_view word, bool wanted) {
  bool any = false;
  for (const Rule& rule : rules()) {
    if (word != "all" && word != rule.name && !(word.size() >= 3 && rule.code.starts_with(word))) continue;
    set(rule, wanted);
    any = true;
  }
  return any;
}

class Linter {
 public:
  Linter(const LintInput& input, const RuleSet& wanted, Diagnostics& found) : lint_(input, found) {
    for (const Rule& rule : rules())
      if (wanted.contains(rule)) rules_.push_back(&rule);
    on_module_ = having(&Check::on_module);
    on_list_ = having(&Check::on_list);
    on_statement_ = having(&Check::on_statement);
    on_expression_ = having(&Check::on_expression);
    on_function_ = having(&Check::on_function);
  }

  void run() {
    for (const Rule* rule : on_module_) {
      lint_.rule_ = rule;
      rule->check->on_module(lint_);
    }
    list(lint_.module().top_level->body.statements);
  }

  // --- called by visit_children ---

  void expression(Expr*& e) {
    Expr* at = e;
    for (;; at = at->kind == ExprKind::Binary ? static_cast<BinaryExpr*>(at)->left : static_cast<LogicalExpr*>(at)->left) {
      for (const Rule* rule : on_expression_) {
        lint_.rule_ = rule;
        rule->check->on_expression(*at, lint_);
      }
      if (at->kind != ExprKind::Binary && at->kind != ExprKind::Logical) break;
    }
    visit_operands(*e, *this);
  }
  // Of an if-expression; those of statements are lists of statement().
  void block(Block& b) { list(b.statements, true); }
  void function(Function& f) {
    const Function* const outer = lint_.function_;
    const int outer_tries = lint_.try_depth_;
    lint_.function_ = &f;
    lint_.try_depth_ = 0;
    for (const Rule* rule : on_function_) {
      lint_.rule_ = rule;
      rule->check->on_function(f, lint_);
    }
    list(f.body.statements);
    if (f.expression) expression(f.expression);
    lint_.function_ = outer;
    lint_.try_depth_ = outer_tries;
  }

 private:
  template <class Hook>
  std::vector<const Rule*> having(Hook Check::* hook) const {
    std::vector<const Rule*> some;
    for (const Rule* rule : rules_)
      if (rule->check->*hook) some.push_back(rule);
    return some;
  }

  void list(StmtList statements, bool gives_value = false) {
    const bool outer = lint_.list_gives_value_;
    lint_.list_gives_value_ = gives_value;
    for (const Rule* rule : on_list_) {
      lint_.rule_ = rule;
      rule->check->on_list(statements, lint_);
    }
    for (Stmt* s : statements) {
      lint_.list_gives_value_ = gives_value;
      statement(*s);
    }
    lint_.list_gives_value_ = outer;
  }

  // First what the statement evaluates itself, then its own rules, then the lists in it. An arm `p => e` counts as a list.
  void statement(Stmt& s) {
    struct Parts {
      Linter& linter;
      bool only_first;
      size_t expressions = 0;
      struct Part {
        Block* block;
        Function* function;
        Expr** expression;
      };
      std::vector<Part> later = {};

      void expression(Expr*& e) {
        if (only_first && expressions++ > 0) later.push_back({nullptr, nullptr, &e});
        else linter.expression(e);
      }
      void block(Block& b) { later.push_back({&b, nullptr, nullptr}); }
      void function(Function& f) { later.push_back({nullptr, &f, nullptr}); }
    } parts{*this, s.kind == StmtKind::Match};
    visit_children(s, parts);
    for (const Rule* rule : on_statement_) {
      lint_.rule_ = rule;
      rule->check->on_statement(s, lint_);
    }
    // The body of a try is the first of its lists.
    bool in_try = s.kind == StmtKind::Try && static_cast<const TryStmt&>(s).handler;
    for (const auto& part : parts.later) {
      lint_.try_depth_ += in_try;
      if (part.block) list(part.block->statements);
      lint_.try_depth_ -= in_try;
      in_try = false;
      if (part.function) function(*part.function);
      else if (part.expression) expression(*part.expression);
    }
  }

  LintContext lint_;
  std::vector<const Rule*> rules_, on_module_, on_list_, on_statement_, on_expression_, on_function_;
};

Diagnostics lint(const LintInput& input, const RuleSet& wanted) {
  Diagnostics found;
  Linter(input, wanted, found).run();
  return found;
}

namespace {

Diagnostics kept(const Diagnostics& all, const RuleSet& wanted, Suppressions& suppressions) {
  Diagnostics some;
  for (const Diagnostic& d : all) {
    const Rule& rule = *find_rule(d.code);
    if (!wanted.contains(rule) || (!suppressions.empty() && suppressions.covers(rule, d.span.begin))) continue;
    Diagnostic& copy = some.add(d.severity, d.code, d.span, d.message);
    copy.notes = d.notes;
    copy.fixes = d.fixes;
  }
  return some;
}

}  // namespace

Findings check(Module& module, const std::vector<Token>& tokens, const KnownNames& known, const BuiltinFacts& builtins,
               const RuleSet& wanted) {
  Findings findings;
  Suppressions suppressions(module);
  resolve(module);
  {
    const NameScopes scopes(module, known);
    findings.lint = kept(lint({module, tokens, scopes, builtins}, wanted), wanted, suppressions);
  }
  findings.heal = heal(module, known);
  findings.heal.found = kept(findings.heal.found, wanted, suppressions);
  suppressions.report(wanted, findings.lint);
  return findings;
}

}  // namespace omc::lang
