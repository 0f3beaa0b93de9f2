// --explain: the pages of lint rules.

#include "lang/lint/rule.hpp"
#include "omc/command.hpp"

namespace omc::tools {

namespace {

int explain(const Options& options, Console& console) {
  int status = 0;
  for (const std::string& word : options.positionals) {
    if (word == "all") {
      console.write(lang::rules_page());
    } else if (const lang::Rule* rule = lang::find_rule(word)) {
      console.write(lang::rule_page(*rule));
    } else {
      status = console.fail(2, "--explain: unknown rule `{}`", word);
    }
  }
  if (options.positionals.empty())
    for (const lang::Rule& rule : lang::rules())
      console.write(fmt::format("{}  {:<20}  {}\n", rule.code, rule.name, rule.by_default ? "on" : "to be selected"));
  return status;
}

const Command kRow("--explain", "", "[RULE...]", "the page of a lint rule (OMC101 or not-keyword), of `all`, or their list", explain);

}  // namespace
}  // namespace omc::tools
