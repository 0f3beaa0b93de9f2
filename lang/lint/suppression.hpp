#pragma once
// Comments that say which findings are meant.
//
//   h v = 2;  # omc: ignore[OMC104]       this line
//   # omc: ignore[shadow-var, OMC2]       alone on its line: the statement that follows, with all that is in it
//   # omc: ignore-file[OMC106]            the whole file
//
// Without [...] all rules are meant. `omc:ignore` and `//` comments do as well.

#include <string_view>
#include <vector>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"
#include "lang/lint/linter.hpp"

namespace omc::lang {

class Suppressions {
 public:
  explicit Suppressions(const Module& module);

  bool empty() const { return all_.empty(); }
  // Whether a comment covers the finding; that comment then is of use.
  bool covers(const Rule& rule, uint32_t offset);
  // What is wrong with the comments themselves: rules that do not exist, and, after covers() was asked for every finding,
  // those that were of no use although their rule is on.
  void report(const RuleSet& wanted, Diagnostics& found) const;

 private:
  struct Word {
    std::string_view text;  // empty: all rules
    Span span;
    bool used = false;
  };
  struct Suppression {
    Span covered;
    std::vector<Word> words;
  };
  void read(const Module& module, const Comment& comment);

  std::vector<Suppression> all_;
};

}  // namespace omc::lang
