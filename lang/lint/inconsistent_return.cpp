// OMC305: functions that give a value on some paths and run off their end on others.

#include <fmt/format.h>

#include <algorithm>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"

namespace omc::lang {

namespace {

class Paths {
 public:
  explicit Paths(LintContext& lint) : lint_(lint) {}

  // Whether control can come to the end of the list; true when in doubt would be a false alarm, so: false.
  bool runs_off(StmtList list) const {
    return std::ranges::all_of(list, [this](const Stmt* s) { return passes(*s); });
  }

 private:
  bool is_true(const Expr* e) const {
    e = bare(const_cast<Expr*>(e));
    if (e->kind == ExprKind::Int) return static_cast<const IntExpr*>(e)->value != 0;
    return e->kind == ExprKind::Name && static_cast<const NameExpr*>(e)->name == "true";
  }

  bool has_break(const Block& b) const {
    bool found = false;
    OwnStatements look([&found](Stmt& s) { found |= s.kind == StmtKind::Break; });
    look.block(const_cast<Block&>(b));
    return found;
  }

  bool passes(const Stmt& s) const {
    switch (s.kind) {
      case StmtKind::Return:
      case StmtKind::Throw:
      case StmtKind::Break:
      case StmtKind::Continue: return false;
      case StmtKind::Expression: {
        const Expr* e = static_cast<const ExpressionStmt&>(s).value;
        return e->kind != ExprKind::NamedCall || static_cast<const NamedCallExpr*>(e)->callee->name != "error";
      }
      case StmtKind::Assert: {
        const Expr* e = bare(static_cast<const AssertStmt&>(s).condition);
        return !(e->kind == ExprKind::Name && static_cast<const NameExpr*>(e)->name == "false");
      }
      case StmtKind::If: {
        const auto& x = static_cast<const IfStmt&>(s);
        if (!x.otherwise) return true;
        return runs_off(x.otherwise->statements) ||
               std::ranges::any_of(x.arms, [this](const IfArm& arm) { return runs_off(arm.body.statements); });
      }
      case StmtKind::While: {
        const auto& x = static_cast<const WhileStmt&>(s);
        return !is_true(x.condition) || has_break(x.body);
      }
      case StmtKind::Match: {
        // Whether the arms take every value is not known for sure: only `_` and a name are.
        const auto& x = static_cast<const MatchStmt&>(s);
        bool all = false, any = false;
        for (const MatchArm& arm : x.arms) {
          any |= arm.expression ? true : runs_off(arm.body.statements);
          all |= std::ranges::any_of(arm.alternatives, [](const Pattern& p) {
            return p.kind == PatternKind::Wildcard || p.kind == PatternKind::Bind;
          });
        }
        return any || !all;
      }
      case StmtKind::Try: {
        const auto& x = static_cast<const TryStmt&>(s);
        if (x.finalizer && !runs_off(x.finalizer->statements)) return false;
        return runs_off(x.body.statements) || (x.handler && runs_off(x.handler->statements));
      }
      default: return true;
    }
  }

  LintContext& lint_;
};

}  // namespace

static void check(const Function& f, LintContext& lint) {
  if (f.expression || f.is_generator) return;
  const Stmt* value = nullptr;
  OwnStatements look([&value](Stmt& s) {
    if (value || s.kind != StmtKind::Return) return;
    const Expr* e = static_cast<ReturnStmt&>(s).value;
    if (e && !(e->kind == ExprKind::Name && static_cast<const NameExpr*>(e)->name == "null")) value = &s;
  });
  look.block(const_cast<Block&>(f.body));
  if (!value || !Paths(lint).runs_off(f.body.statements)) return;
  Diagnostic& d = lint.report(f.name.name.empty() ? Span{f.span.begin, f.span.begin + 2} : f.name.span,
                              fmt::format("`{}` returns a value on some paths only", lint.function_name()));
  d.notes.push_back({value->span, "a value is returned here"});
  d.notes.push_back({{f.body.span.end - 1, f.body.span.end}, "here it ends without one, which gives null"});
}

extern const Check kInconsistentReturn = {
    .why = "Where the body ends without `return` the caller gets null. If that is meant, `return null;` says so.",
    .bad = "fn sign(x) {\n    if x > 0 { return 1; }\n    if x < 0 { return -1; }\n}\nprintln(sign(0));",
    .good = "fn sign(x) {\n    if x > 0 { return 1; }\n    if x < 0 { return -1; }\n    return 0;\n}\nprintln(sign(0));",
    .on_function = check,
};

}  // namespace omc::lang
