#pragma once
// What a lint rule is: a row of rules.def, which says how it is known, and a Check in a file of its own, which says why it
// is there, shows a bad and a good text, and looks at the tree.
//
// A check has hooks for the parts of a program it wants to see. The linter walks each file once for all rules
// (linter.hpp); what a hook reports through its Context is a diagnostic of its own rule. Rules never run anything.

#include <cstdint>
#include <span>
#include <string_view>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"

namespace omc::lang {

class LintContext;

struct Check {
  std::string_view why;   // the page of the rule: what is bad about it
  std::string_view bad;   // fires once or more
  std::string_view good;  // does not

  void (*on_module)(LintContext&) = nullptr;
  void (*on_list)(StmtList, LintContext&) = nullptr;  // of statements: a block, or the top level
  void (*on_statement)(const Stmt&, LintContext&) = nullptr;
  void (*on_expression)(const Expr&, LintContext&) = nullptr;
  void (*on_function)(const Function&, LintContext&) = nullptr;  // methods and lambdas too; not the top level
};

struct Rule {
  // Where the default text shows it (command-line reference, section 3).
  enum class Place : uint8_t {
    Heal,       // among the heal lines; found by heal.hpp
    Token,      // with line and column, in source order
    Structure,  // without a position, in the order of the walk
    Extra,      // with line and column, behind the others
  };
  std::string_view code;  // "OMC101", stable
  std::string_view name;  // "not-keyword", stable
  std::string_view kind;  // what the text report shows in []
  Severity severity;
  Place place;
  bool by_default;        // part of the report when nothing is selected
  const Check* check;
};

// All rules, by code.
std::span<const Rule> rules();
// By code or name; nullptr when there is none.
const Rule* find_rule(std::string_view code_or_name);

// The page of a rule, Markdown; and that of all rules (docs/lint.md).
std::string rule_page(const Rule& rule);
std::string rules_page();

}  // namespace omc::lang
