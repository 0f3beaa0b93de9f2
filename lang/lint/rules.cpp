// The table of rules, and their pages.

#include <fmt/format.h>

#include <unordered_map>

#include "lang/lint/rule.hpp"

namespace omc::lang {

#define OMC_RULE(code, check, ...) extern const Check check;
#include "lang/lint/rules.def"

namespace {

constexpr Rule kRules[] = {
#define OMC_RULE(code, check, name, kind, severity, place, by_default) \
  {#code, name, kind, Severity::severity, Rule::Place::place, by_default, &check},
#include "lang/lint/rules.def"
};

constexpr bool in_order() {
  for (size_t i = 1; i < std::size(kRules); ++i)
    if (!(kRules[i - 1].code < kRules[i].code)) return false;
  return true;
}
static_assert(in_order() && std::size(kRules) <= 128);

struct Group {
  std::string_view prefix, title;
};
constexpr Group kGroups[] = {
    {"OMC0", "Slips that heal"},         {"OMC1", "Style and structure"}, {"OMC2", "Names"},
    {"OMC3", "Mistakes"},                {"OMC4", "Tensor shapes"},       {"OMC9", "The linter's own"},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }

const Rule* find_rule(std::string_view code_or_name) {
  static const std::unordered_map<std::string_view, const Rule*> index = [] {
    std::unordered_map<std::string_view, const Rule*> made;
    for (const Rule& rule : kRules) made[rule.code] = made[rule.name] = &rule;
    return made;
  }();
  const auto found = index.find(code_or_name);
  return found == index.end() ? nullptr : found->second;
}

std::string rule_page(const Rule& rule) {
  std::string page = fmt::format("## {} {}\n\n{}{}\n", rule.code, rule.name,
                                 rule.severity == Severity::Hint ? "Hint" : rule.severity == Severity::Error ? "Error" : "Warning",
                                 rule.by_default ? "." : "; only where it is selected.");
  page += fmt::format("\n{}\n", rule.check->why);
  if (!rule.check->bad.empty()) page += fmt::format("\n```omc\n{}\n```\n", rule.check->bad);
  if (!rule.check->good.empty()) page += fmt::format("\nBetter:\n\n```omc\n{}\n```\n", rule.check->good);
  return page;
}

std::string rules_page() {
  std::string page = R"(# Lint rules

What `omc --check` finds. This page is made by `omc --explain all`; a test fails when it is stale.

A rule has a code (`OMC101`) and a name (`not-keyword`); everywhere a rule is named either will do, the beginning of a code
(`OMC1`) names all rules that begin so, and `all` is all of them. What is on when nothing is said stands in the tables
below. Anything else is on where it is selected:

| where | how |
|---|---|
| command line | `--select=OMC2,float-equality` these and no others, `--extend-select=OMC2` these too, `--ignore=OMC104` not these |
| `omc.toml` | `[tool.check]` with `select`, `extend-select`, `ignore` (arrays of rules) and `exclude` (array of paths, `*` and `?` stand for any text) |
| a line | a comment behind it: `# omc: ignore[OMC104]`; `# omc: ignore` for all rules |
| a statement | the same comment on a line of its own above: covers the statement with all that is in it |
| a file | `# omc: ignore-file[OMC104]` on a line of its own |

The command line goes before `omc.toml`, which is looked for in the file's folder and those above it. `--fix` applies the
fixes that keep the meaning of the program, with `--unsafe-fixes` also those that may change it; `--fix --diff` only shows them.
`--output-format` is `text`, `full` (with the lines of the program), `json`, `sarif` or `github`.
)";
  for (const Group& group : kGroups) {
    page += fmt::format("\n# {}\n\n| code | name | |\n|---|---|---|\n", group.title);
    for (const Rule& rule : kRules)
      if (rule.code.starts_with(group.prefix))
        page += fmt::format("| [{0}](#{3}-{1}) | {1} | {2} |\n", rule.code, rule.name,
                            rule.by_default ? "on" : "to be selected",
                            [&] {
                              std::string low(rule.code);
                              for (char& c : low) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
                              return low;
                            }());
    for (const Rule& rule : kRules)
      if (rule.code.starts_with(group.prefix)) page += "\n" + rule_page(rule);
  }
  return page;
}

}  // namespace omc::lang
