// OMC301: calls with a number of arguments that is certainly wrong, beyond what the heal walk finds (OMC003).

#include <fmt/format.h>

#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

static std::string_view plural(size_t n) { return n == 1 ? "" : "s"; }

static void check_builtin(const NamedCallExpr& call, const BuiltinFact& fact, LintContext& lint) {
  const size_t n = call.arguments.size();
  const Name name = call.callee->name;
  if (n < fact.least) {
    lint.report(call.span, fmt::format("`{}` requires {} argument{}, got {}", name, fact.least, plural(fact.least), n));
  } else if (n > fact.most) {
    lint.report(cover(call.arguments[fact.most]->span, call.arguments.back()->span),
                fmt::format("`{}` takes {} argument{}; the rest is ignored", name, fact.most, plural(fact.most)));
  }
}

// A variable that is given a lambda, once, and nothing else.
static const Function* lambda_of(const NameExpr& callee, LintContext& lint) {
  const VariableUse* v = callee.binding.kind == Binding::Kind::Global ? lint.usage().top_level_variable(callee.name)
                                                                      : lint.usage().variable(lint.function(), callee.binding);
  if (!v || v->writes != 1 || !v->only_value || v->only_value->kind != ExprKind::Lambda) return nullptr;
  return static_cast<const LambdaExpr*>(v->only_value)->function;
}

static void check(const Expr& e, LintContext& lint) {
  if (e.kind != ExprKind::NamedCall || lint.usage().evaluates()) return;
  const auto& call = static_cast<const NamedCallExpr&>(e);
  if (call.callee->name != call.callee->head) return;
  if (const BuiltinFact* fact = lint.builtin(call)) return check_builtin(call, *fact, lint);
  const size_t n = call.arguments.size();
  if (const Function* f = lambda_of(*call.callee, lint)) {
    if (f->parameters.size() != n)
      lint.report(call.span, fmt::format("`{}` expects {} argument{}, got {}", call.callee->name, f->parameters.size(),
                                         plural(f->parameters.size()), n));
  } else if (const ClassStmt* c = lint.constructed(call)) {
    if (c->fields.size() != n)
      lint.report(call.span, fmt::format("`{}` has {} field{}, got {} argument{}", c->name.name, c->fields.size(),
                                         plural(c->fields.size()), n, plural(n)));
  }
}

extern const Check kArgumentCount = {
    .why = "Builtins refuse fewer arguments than they require and ignore further ones; functions, lambdas and constructors of the\n"
           "program want just as many as they have parameters or fields. Top-level functions are OMC003.",
    .bad = "println(arr_get([1, 2]));",
    .good = "println(arr_get([1, 2], 0));",
    .on_expression = check,
};

}  // namespace omc::lang
