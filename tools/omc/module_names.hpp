#pragma once
// What imports bring into a file, found without running anything.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lang/known_names.hpp"
#include "lang/source.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

// Reads each module once, however many files import it.
class ModuleNames {
 public:
  explicit ModuleNames(vm::Vm& machine);

  // The result refers to this object.
  lang::KnownNames known(const lang::Module& module);
  const lang::NameSet& builtins() const { return builtins_; }

 private:
  struct Import {
    std::string name;
    bool aliased;
  };
  struct Names {
    bool readable = false;
    std::unordered_set<std::string> variables, functions;
    std::vector<Import> imports;
    std::shared_ptr<const lang::Source> source;
  };
  static std::vector<Import> imports_of(const lang::Module& module);
  const Names& names_of(const std::string& path);
  void add(const Import& import, const lang::Source& importer, lang::KnownNames& known, std::unordered_set<std::string>& seen);

  vm::Vm& machine_;
  lang::NameSet builtins_;
  std::unordered_set<std::string> import_texts_;
  std::unordered_map<std::string, std::unique_ptr<Names>> modules_;  // by path
};

}  // namespace omc::tools
