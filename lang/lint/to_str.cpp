// OMC102: calls of the old name of `to_string`.

#include "lang/lint/context.hpp"

namespace omc::lang {

// A function or variable of that name, of the file or imported: then it is not the builtin that is called.
static bool has_its_own(LintContext& lint) {
  const NameScopes& scopes = lint.scopes();
  return scopes.known().imported.contains("to_str") || scopes.introduces("to_str");
}

static void check(LintContext& lint) {
  const std::vector<Token>& tokens = lint.tokens();
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (t.kind != TokenKind::Identifier || tokens[i + 1].kind != TokenKind::LeftParen || lint.text(t.span) != "to_str") continue;
    if (i > 0 && (tokens[i - 1].kind == TokenKind::Dot || tokens[i - 1].kind == TokenKind::Fn)) continue;
    if (lint.in_fstring(t.span.begin)) continue;
    if (has_its_own(lint)) return;
    Diagnostic& d = lint.report(t.span, "`to_str()` is deprecated; use `to_string()`");
    const bool other = lint.scopes().introduces("to_string") || lint.scopes().known().imported.contains("to_string");
    d.fixes.push_back({"use `to_string`", other ? Safety::ChangesMeaning : Safety::Safe, {{t.span, "to_string"}}});
  }
}

extern const Check kToStr = {
    .why = "`to_str` is the old name of `to_string` and does the same.",
    .bad = "println(to_str(1));",
    .good = "println(to_string(1));",
    .on_module = check,
};

}  // namespace omc::lang
