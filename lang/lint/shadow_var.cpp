// OMC104: a second `h` for a variable of the same list of statements.

#include <fmt/format.h>

#include <unordered_set>

#include "lang/lint/context.hpp"

namespace omc::lang {

static const Identifier* declared(const Stmt& s) {
  if (s.kind == StmtKind::Let) return &static_cast<const LetStmt&>(s).name;
  if (s.kind == StmtKind::SizedArray) return &static_cast<const SizedArrayStmt&>(s).name;
  return nullptr;
}

static void check(StmtList list, LintContext& lint) {
  std::unordered_set<Name> seen;
  for (const Stmt* s : list) {
    const Identifier* v = declared(*s);
    if (!v || seen.insert(v->name).second) continue;
    Diagnostic& d = lint.report(v->span, fmt::format("`h {0}` re-declares a variable already declared in `{1}` — use assignment `{0} = ...` instead",
                                                     v->name, lint.function_name()));
    const Span keyword{s->span.begin, v->span.begin};
    if (s->kind == StmtKind::Let && !lint.has_comment(keyword))
      d.fixes.push_back({"assign instead", Safety::Safe, {{keyword, ""}}});
  }
}

extern const Check kShadowVar = {
    .why = "Blocks have no scope of their own: the second `h` assigns the same variable, but looks as if it made another one.",
    .bad = "h v = 1;\nh v = 2;\nprintln(v);",
    .good = "h v = 1;\nv = 2;\nprintln(v);",
    .on_list = check,
};

}  // namespace omc::lang
