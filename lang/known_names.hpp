#pragma once
// Which names exist where, as far as the text tells (command-line reference, section 4, "Known names").
//
// Scopes are functions and the top level. Where in a scope a name is introduced, and whether that ever runs, does not
// matter: these sets answer "may this name mean something", not what it means (resolve.hpp does).

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "lang/ast.hpp"

namespace omc::lang {

using NameSet = std::unordered_set<std::string_view>;

// What a module may use beside its own names.
struct KnownNames {
  const NameSet* builtins = nullptr;
  NameSet imported;      // top-level variables, functions and classes of modules imported without an alias
  std::unordered_map<std::string_view, NameSet> modules;  // the same by the text of the import statement
  bool complete = true;  // false: an import could not be followed, so any name may exist
};

// What one function's own body introduces.
struct NameScope {
  const NameScope* outer = nullptr;  // of the function around it; nullptr for the top level
  NameSet variables;                 // parameters too
  NameSet functions;                 // fn, class, imported names
};

class NameScopes {
 public:
  NameScopes(const Module& module, const KnownNames& known);

  const NameScope& of(const Function& f) const { return scopes_.at(&f); }
  const KnownNames& known() const { return known_; }

  bool is_variable(std::string_view name, const NameScope& scope) const;
  // Anything that can be called by this name: also functions of other scopes, which enter one table when they are defined.
  bool is_function(std::string_view name, const NameScope& scope) const;
  bool is_known(std::string_view name, const NameScope& scope) const;
  // Whether the file itself introduces the name anywhere.
  bool introduces(std::string_view name) const { return introduced_.contains(name); }

  enum class Use : uint8_t { Call, Read };
  // The name that was probably meant, or "": the closest by edit distance, which is at most 2 and at most half the
  // name's length; then names of the program before builtins, then in byte order. Reads are not corrected to builtins.
  std::string_view closest(std::string_view name, Use use, const NameScope& scope) const;

 private:
  void collect(Function& f, const NameScope* outer);

  const KnownNames& known_;
  std::unordered_map<const Function*, NameScope> scopes_;
  NameSet introduced_;  // by any scope
  std::unordered_set<std::string> table_;  // every function of the file, methods as CLASS__METHOD
};

}  // namespace omc::lang
