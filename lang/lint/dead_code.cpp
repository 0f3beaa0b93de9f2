// OMC105: statements behind one that leaves the list.

#include <fmt/format.h>

#include "lang/lint/context.hpp"

namespace omc::lang {

static std::string_view leaving_keyword(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::Return: return "return";
    case StmtKind::Break: return "break";
    case StmtKind::Continue: return "continue";
    case StmtKind::Throw: return "throw";
    default: return "";
  }
}

static void check(StmtList list, LintContext& lint) {
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string_view keyword = leaving_keyword(*list[i]);
    if (keyword.empty()) continue;
    size_t next = i + 1;
    while (next < list.size() && list[next]->kind == StmtKind::Empty) ++next;  // a stray `;` does nothing anyway
    if (next == list.size()) return;
    lint.report(cover(list[next]->span, list.back()->span),
                fmt::format("`{}` makes the following statement(s) unreachable in `{}`", keyword, lint.function_name()));
    return;  // once a list: the rest is dead for the same reason
  }
}

extern const Check kDeadCode = {
    .why = "It never runs, and misleads whoever reads or changes it.",
    .bad = "fn f() {\n    return 1;\n    println(\"never\");\n}\nprintln(f());",
    .good = "fn f() {\n    return 1;\n}\nprintln(f());",
    .on_list = check,
};

}  // namespace omc::lang
