// OMC306: loops that change the array or dict they run over.

#include <fmt/format.h>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"

namespace omc::lang {

namespace {

// Looks for calls that change a variable, in statements that are not followed by leaving the loop.
struct Changes {
  LintContext& lint;
  Name variable;
  const NamedCallExpr* found = nullptr;

  void block(Block& b) {
    // What leaves the loop afterwards does not meet the change.
    if (!b.statements.empty()) {
      const StmtKind last = b.statements.back()->kind;
      if (last == StmtKind::Break || last == StmtKind::Return || last == StmtKind::Throw) return;
    }
    for (Stmt* s : b.statements) {
      if (found) return;
      if (s->kind == StmtKind::Assign && static_cast<AssignStmt*>(s)->name.name == variable) return;  // another array from here on
      visit_children(*s, *this);
    }
  }
  void expression(Expr*& e) {
    if (e->kind == ExprKind::NamedCall && !found) {
      const auto& call = static_cast<const NamedCallExpr&>(*e);
      const BuiltinFact* fact = lint.builtin(call);
      // Setting an element and deleting a key are no trouble: the loop runs over the elements as they were.
      const Name name = call.callee->name;
      if (fact && fact->changes && !name.ends_with("_set") && !name.starts_with("dict_") && !call.arguments.empty()) {
        const Expr* first = bare(call.arguments[0]);
        if (first->kind == ExprKind::Name && static_cast<const NameExpr*>(first)->name == variable) found = &call;
      }
    }
    visit_operands(*e, *this);
  }
  void function(Function&) {}
};

}  // namespace

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind != StmtKind::ForIn) return;
  const auto& loop = static_cast<const ForInStmt&>(s);
  const Expr* iterable = bare(loop.iterable);
  if (iterable->kind != ExprKind::Name) return;
  Changes changes{lint, static_cast<const NameExpr*>(iterable)->name};
  changes.block(const_cast<Block&>(loop.body));
  if (!changes.found) return;
  Diagnostic& d = lint.report(changes.found->span, fmt::format("`{}` is changed while the loop runs over it", changes.variable));
  d.notes.push_back({loop.iterable->span, "the loop runs over the elements it has here"});
}

extern const Check kMutatedIterable = {
    .why = "The loop runs over the elements that were there when it began: what is added is not visited, what is removed still\n"
           "is. Collect the changes in another array, or loop over indices.",
    .bad = "h queue = [1, 2];\nfor job in queue {\n    arr_push(queue, job + 1);\n}",
    .good = "h queue = [1, 2];\nh next = [];\nfor job in queue {\n    arr_push(next, job + 1);\n}",
    .on_statement = check,
};

}  // namespace omc::lang
