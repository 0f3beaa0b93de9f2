// OMC204: imported names, and modules, that nothing uses.

#include <fmt/format.h>

#include <algorithm>

#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

static bool mentions_any(const Usage& usage, const NameSet& names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return usage.mentions(name); });
}

static void check(const Stmt& s, LintContext& lint) {
  const Usage& usage = lint.usage();
  if (usage.evaluates()) return;
  if (s.kind == StmtKind::FromImport) {
    for (const ImportedName& n : static_cast<const FromImportStmt&>(s).names)
      if (!usage.mentions(n.name.name)) lint.report(n.name.span, fmt::format("`{}` is imported and never used", n.name.name));
  } else if (s.kind == StmtKind::Import) {
    const auto& import = static_cast<const ImportStmt&>(s);
    // A module without names is imported for what it does. Variables keep their own names under an alias too.
    const auto found = lint.scopes().known().modules.find(import.module);
    if (found == lint.scopes().known().modules.end() || found->second.empty() || mentions_any(usage, found->second)) return;
    if (!import.alias.name.empty() && usage.mentions(import.alias.name)) return;
    lint.report(import.module_span, fmt::format("nothing of `{}` is used", import.module));
  }
}

extern const Check kUnusedImport = {
    .why = "The module is read and run for nothing, and readers look for the place where it is used.",
    .bad = "from \"shapes\" import area, volume;\nprintln(area(2, 3));",
    .good = "from \"shapes\" import area;\nprintln(area(2, 3));",
    .on_statement = check,
};

}  // namespace omc::lang
