#pragma once
// What imports bring into a file, found without running anything.

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/known_names.hpp"
#include "lang/source.hpp"
#include "vm/vm.hpp"

namespace omc::analysis {

// How modules are found and read: from the disk, or as an editor has them.
struct ModuleAccess {
  // The path of the file that an import of this name stands for; "" when there is none.
  std::function<std::string(const std::string& name, const lang::Source& importer)> find;
  // nullptr when it cannot be read.
  std::function<std::shared_ptr<const lang::Source>(const std::string& path)> read;
};
ModuleAccess modules_on_disk(const vm::Vm& machine);

// Reads each module once, however many files import it.
class ModuleNames {
 public:
  ModuleNames(std::span<const vm::Builtin* const> builtins, ModuleAccess access);

  // The result refers to this object.
  lang::KnownNames known(const lang::Module& module);
  const lang::NameSet& builtins() const { return builtins_; }
  // The file has another text now.
  void forget(const std::string& path) { modules_.erase(path); }

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

  ModuleAccess access_;
  lang::NameSet builtins_;
  std::unordered_set<std::string> import_texts_;
  std::unordered_map<std::string, std::unique_ptr<Names>> modules_;  // by path
};

}  // namespace omc::analysis
