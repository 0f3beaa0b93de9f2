#pragma once
// Walks a file once and calls the hooks of the rules that are wanted.
//
// The order in which a rule meets the parts of a program is that of the command-line reference, section 3.2.

#include <bitset>

#include "lang/heal.hpp"
#include "lang/lint/context.hpp"
#include "lang/lint/rule.hpp"

namespace omc::lang {

// Some of the rules, by their position in rules().
class RuleSet {
 public:
  static RuleSet defaults();

  bool contains(const Rule& rule) const { return chosen_.test(index(rule)); }
  void set(const Rule& rule, bool wanted) { chosen_.set(index(rule), wanted); }
  // All rules that a word names: a code, the beginning of one ("OMC1"), a name, or "all". False when there is none.
  bool set(std::string_view word, bool wanted);
  bool has_all(const RuleSet& others) const { return (others.chosen_ & ~chosen_).none(); }

 private:
  static size_t index(const Rule& rule) { return static_cast<size_t>(&rule - rules().data()); }
  std::bitset<128> chosen_;
};

// In the order found; codes are the names of the rules.
Diagnostics lint(const LintInput& input, const RuleSet& wanted);

// All that is to be said about a file: heal walk, rules, suppressions. It changes the tree, as heal() does.
struct Findings {
  HealReport heal;   // only the classes that are wanted; its iterations are those of all
  Diagnostics lint;
};
Findings check(Module& module, const std::vector<Token>& tokens, const KnownNames& known, const BuiltinFacts& builtins,
               const RuleSet& wanted);

}  // namespace omc::lang
