#pragma once
// What a hook of a lint rule sees beside the node it is called for, and where it reports.

#include <cstdint>  // SIZE_MAX
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"
#include "lang/known_names.hpp"
#include "lang/lexer.hpp"
#include "lang/lint/rule.hpp"

namespace omc::lang {

// What the linter is told about a builtin: its row, as far as it matters here.
struct BuiltinFact {
  std::string_view signature;  // "(array, n) -> array"
  std::string_view summary;
  size_t least = 0, most = SIZE_MAX;  // arguments it requires, and looks at
  bool pure = false;                  // does nothing but give a value
  bool changes = false;               // changes its arguments
};
using BuiltinFacts = std::unordered_map<std::string_view, BuiltinFact>;

struct LintInput {
  const Module& module;  // without syntax errors, resolved
  const std::vector<Token>& tokens;
  const NameScopes& scopes;
  const BuiltinFacts& builtins;
};

class Usage;
struct ShapeFinding;

class LintContext {
 public:
  LintContext(const LintInput& input, Diagnostics& found);
  ~LintContext();

  const Module& module() const { return input_.module; }
  const Source& source() const { return input_.module.source(); }
  std::string_view text(Span span) const { return source().text(span); }
  const std::vector<Token>& tokens() const { return input_.tokens; }
  const NameScopes& scopes() const { return input_.scopes; }
  const BuiltinFacts& builtins() const { return input_.builtins; }

  // Where the walk is: the innermost function, its names, and how messages call it: `<lambda>`, `<top-level>` or its name.
  const Function& function() const { return *function_; }
  const NameScope& names() const { return input_.scopes.of(*function_); }
  std::string_view function_name() const;
  bool at_top_level() const { return function_ == input_.module.top_level; }

  // The list of statements around is a branch of an if-expression: its last expression is its value.
  bool list_gives_value() const { return list_gives_value_; }
  bool in_try() const { return try_depth_ > 0; }
  // Whether the file does something beside defining and importing: then it is no library.
  bool is_program() const { return is_program_; }
  bool is_method(const Function& f) const { return methods_.contains(&f); }

  // The builtin that a call is sure to reach: nothing of the program has its name.
  const BuiltinFact* builtin(const NamedCallExpr& call) const;
  // The class whose constructor a call is sure to reach.
  const ClassStmt* constructed(const NamedCallExpr& call) const;
  const Usage& usage() const;
  const std::vector<ShapeFinding>& shapes() const;

  bool in_fstring(uint32_t offset) const;
  // The token that begins at the offset, as an index.
  size_t token_at(uint32_t offset) const;
  bool has_comment(Span span) const;

  // Of the rule whose hook is running. The reference holds until the next report.
  Diagnostic& report(Span span, std::string message);

 private:
  friend class Linter;

  const LintInput& input_;
  Diagnostics& found_;
  const Function* function_;
  const Rule* rule_ = nullptr;
  bool is_program_ = false;
  bool list_gives_value_ = false;
  int try_depth_ = 0;
  std::vector<Span> fstrings_;  // the outermost ones
  std::unordered_set<const Function*> methods_;
  std::unordered_map<std::string_view, std::vector<const ClassStmt*>> classes_;
  mutable std::unique_ptr<Usage> usage_;  // made when asked for, as the next
  mutable std::unique_ptr<std::vector<ShapeFinding>> shapes_;
};

}  // namespace omc::lang
