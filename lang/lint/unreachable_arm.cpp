// OMC302: match arms that no value reaches.

#include <fmt/format.h>

#include <algorithm>

#include "lang/lint/context.hpp"

namespace omc::lang {

// Whether a accepts whatever b accepts; false when in doubt.
static bool covers(const Pattern& a, const Pattern& b) {
  if (a.kind == PatternKind::Wildcard || a.kind == PatternKind::Bind) return true;
  if (a.kind == PatternKind::IntRange) {
    if (b.kind == PatternKind::Int) return a.low <= b.low && b.low <= a.high;
    return b.kind == PatternKind::IntRange && a.low <= b.low && b.high <= a.high;
  }
  if (a.kind == PatternKind::StringRange) return b.kind == PatternKind::StringRange && a.low <= b.low && b.high <= a.high;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case PatternKind::Int: return a.low == b.low;
    case PatternKind::Float: return a.number == b.number;
    case PatternKind::String:
    case PatternKind::Type: return a.text == b.text;
    case PatternKind::True:
    case PatternKind::False:
    case PatternKind::Null: return true;
    default: return false;
  }
}

static bool is_empty(const Pattern& p) {
  return (p.kind == PatternKind::IntRange || p.kind == PatternKind::StringRange) && p.low > p.high;
}

static void check(const Stmt& s, LintContext& lint) {
  if (s.kind != StmtKind::Match) return;
  std::vector<const Pattern*> before;
  for (const MatchArm& arm : static_cast<const MatchStmt&>(s).arms) {
    for (const Pattern& p : arm.alternatives) {
      const auto earlier = std::ranges::find_if(before, [&](const Pattern* b) { return covers(*b, p); });
      if (is_empty(p)) {
        lint.report(p.span, "the range is empty: its lower end is above its upper end");
      } else if (earlier != before.end()) {
        Diagnostic& d = lint.report(p.span, "this pattern is never reached");
        d.notes.push_back({(*earlier)->span, "everything it accepts is taken here"});
      }
      before.push_back(&p);
    }
  }
}

extern const Check kUnreachableArm = {
    .why = "The first arm that accepts a value takes it. A pattern whose values are all taken before does nothing.",
    .bad = "match 3 {\n    1..5 => println(\"few\"),\n    3 => println(\"three\"),\n    _ => println(\"many\")\n}",
    .good = "match 3 {\n    3 => println(\"three\"),\n    1..5 => println(\"few\"),\n    _ => println(\"many\")\n}",
    .on_statement = check,
};

}  // namespace omc::lang
