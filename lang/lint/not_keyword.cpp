// OMC101: the keyword `not`.

#include "lang/lint/context.hpp"

namespace omc::lang {

static void check(LintContext& lint) {
  for (const Token& t : lint.tokens()) {
    if (t.kind != TokenKind::Not || lint.text(t.span) != "not" || lint.in_fstring(t.span.begin)) continue;
    Diagnostic& d = lint.report(t.span, "use `!` instead of `not` keyword");
    // The blanks behind the word go with it, but not a line break, behind which a comment may end.
    Span word = t.span;
    while (word.end < lint.source().size() && (lint.source().text()[word.end] == ' ' || lint.source().text()[word.end] == '\t')) ++word.end;
    d.fixes.push_back({"write `!`", Safety::Safe, {{word, "!"}}});
  }
}

extern const Check kNotKeyword = {
    .why = "`!` and `not` are the same token. One spelling, the one the formatter prints, reads more easily.",
    .bad = "h ready = false;\nif not ready { println(\"wait\"); }",
    .good = "h ready = false;\nif !ready { println(\"wait\"); }",
    .on_module = check,
};

}  // namespace omc::lang
