// OMC207: a second definition of a function in one list of statements, or of a method in one class.

#include <fmt/format.h>

#include <unordered_map>

#include "lang/lint/context.hpp"

namespace omc::lang {

static void report(const Function& f, std::string_view what, std::unordered_map<Name, Span>& seen, LintContext& lint) {
  const auto [first, is_new] = seen.emplace(f.name.name, f.name.span);
  if (is_new) return;
  Diagnostic& d = lint.report(f.name.span, fmt::format("{} `{}` is defined again", what, f.name.name));
  d.notes.push_back({first->second, fmt::format("`{}` is defined here first", f.name.name)});
}

static void check_list(StmtList list, LintContext& lint) {
  std::unordered_map<Name, Span> seen;
  for (const Stmt* s : list)
    if (s->kind == StmtKind::Function) report(*static_cast<const FunctionStmt*>(s)->function, "function", seen, lint);
}

static void check_class(const Stmt& s, LintContext& lint) {
  if (s.kind != StmtKind::Class) return;
  std::unordered_map<Name, Span> seen;
  for (const Function* m : static_cast<const ClassStmt&>(s).methods) report(*m, "method", seen, lint);
}

extern const Check kDuplicateFunction = {
    .why = "The later definition replaces the earlier one when it is reached, so which one is called depends on the moment.",
    .bad = "fn area(w, d) { return w * d; }\nfn area(r) { return r * r; }\nprintln(area(2));",
    .good = "fn area(w, d) { return w * d; }\nfn square_area(r) { return r * r; }\nprintln(square_area(2));",
    .on_list = check_list,
    .on_statement = check_class,
};

}  // namespace omc::lang
