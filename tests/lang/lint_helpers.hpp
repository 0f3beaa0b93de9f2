#pragma once
// A text, linted and healed as `omc --check` does it, with a few builtins.

#include <string>
#include <vector>

#include "lang/heal.hpp"
#include "lang/lint/linter.hpp"
#include "lang/parser.hpp"

struct Linted {
  omc::lang::Source source;
  omc::lang::ParseResult parsed;
  omc::lang::Diagnostics lint;
  omc::lang::HealReport heal;

  explicit Linted(std::string text, const omc::lang::RuleSet& wanted = all_rules()) : source("test.omc", std::move(text)), parsed(omc::lang::parse(source)) {
    using namespace omc::lang;
    if (!parsed.ok()) throw std::runtime_error(parsed.first_message() + "\n" + std::string(source.text()));
    const KnownNames known{&builtin_names(), {}, {}, true};
    Findings found = check(*parsed.module, parsed.tokens, known, facts(), wanted);
    lint = std::move(found.lint);
    heal = std::move(found.heal);
  }

  // "RULE LINE:COLUMN MESSAGE" of what the linter found, in source order.
  std::vector<std::string> lines() const {
    omc::lang::Diagnostics sorted = lint;
    sorted.sort();
    std::vector<std::string> all;
    for (const auto& d : sorted) {
      const auto at = source.position(d.span.begin);
      all.push_back(std::string(d.code) + " " + std::to_string(at.line) + ":" + std::to_string(at.column) + " " + d.message);
    }
    return all;
  }

  bool fires(std::string_view rule) const {
    for (const auto* list : {&lint, &heal.found})
      for (const auto& d : *list)
        if (d.code == rule) return true;
    return false;
  }

  static omc::lang::RuleSet all_rules() {
    omc::lang::RuleSet set;
    set.set("all", true);
    return set;
  }

  static const omc::lang::BuiltinFacts& facts();
  static const omc::lang::NameSet& builtin_names() {
    static const omc::lang::NameSet names = [] {
      omc::lang::NameSet set;
      for (const auto& [name, fact] : facts()) set.insert(name);
      return set;
    }();
    return names;
  }
};
