#pragma once
// Every name of a file: where it stands, which of them mean the same, and where that is defined.
//
// A symbol is what one name means inside one file: a variable of one function, a name of the program's tables, a name
// behind a dot. What a global name means in other files is asked of lookup.hpp.

#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/ast.hpp"

namespace omc::lsp {

enum class DefinitionKind : uint8_t { Variable, Parameter, Function, Class, Method, ModuleAlias, Import };

struct Definition {
  DefinitionKind kind;
  lang::Span name;
  lang::Span whole;                            // the statement, function or class
  const lang::Function* function = nullptr;    // of Function and Method
  const lang::ClassStmt* in_class = nullptr;   // a Method's; a Class itself
  std::string_view module = {};                // of ModuleAlias and Import: the text of the import statement
  const lang::Function* around = nullptr;      // the function the definition stands in
};

enum class SymbolKind : uint8_t {
  Local,      // a variable of a function
  Global,     // a variable, function or class of the program's tables
  Alias,      // import M as THIS
  Qualified,  // a name behind an alias and a dot
  Member,     // a name behind another dot: a method of an object
};

inline constexpr uint32_t kNone = UINT32_MAX;

struct Symbol {
  SymbolKind kind;
  std::string_view name;
  const lang::Function* owner = nullptr;  // of a Local
  uint32_t alias = kNone;                 // of a Qualified: the symbol before the dot
  std::vector<Definition> definitions;    // in this file; a variable has one, where it gets its first value
  std::vector<uint32_t> occurrences;      // in the order of the text
};

enum class Role : uint8_t { Definition, Write, Read, Call };

struct Occurrence {
  lang::Span span;
  uint32_t symbol;
  Role role;
};

class Index {
 public:
  explicit Index(const lang::Module& module);  // a resolved one, which must outlive the index; errors may stand in it

  const std::vector<Symbol>& symbols() const { return symbols_; }
  const std::vector<Occurrence>& occurrences() const { return occurrences_; }  // in the order of the text
  // The one that holds the offset, or ends there.
  const Occurrence* at(uint32_t offset) const;
  const Symbol& symbol(const Occurrence& o) const { return symbols_[o.symbol]; }

  const Symbol* global(std::string_view name) const;
  const Symbol* member(std::string_view name) const;
  const Symbol* alias(std::string_view name) const;
  // A named function inside a function is in the program's table as well, once it has run.
  const Definition* nested_function(std::string_view name) const;

  // All functions, methods and lambdas, in the order in which they begin; the top level is the first.
  const std::vector<const lang::Function*>& functions() const { return functions_; }
  const lang::Function& innermost_function(uint32_t offset) const;
  struct Import {
    std::string_view module;
    lang::Span module_span;
    bool aliased, selective;
  };
  const std::vector<Import>& imports() const { return imports_; }
  const std::vector<const lang::ClassStmt*>& classes() const { return classes_; }

 private:
  friend class Indexer;
  std::vector<Symbol> symbols_;
  std::vector<Occurrence> occurrences_;
  std::unordered_map<std::string_view, uint32_t> globals_, members_, aliases_;
  std::unordered_map<std::string_view, Definition> nested_functions_;
  std::vector<const lang::Function*> functions_;
  std::vector<Import> imports_;
  std::vector<const lang::ClassStmt*> classes_;
};

}  // namespace omc::lsp
