// Installs the families.

#include "stdlib/stdlib.hpp"

#include "stdlib/permissions.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

void install(vm::Vm& vm) {
#define OMC_FAMILY(name, effect) vm.add_builtins(name##_builtins, #name, vm::Effect::effect);
#include "stdlib/families.def"
  vm.guard_modules([&vm](const std::string& path) {
    if (vm.state<Permissions>().permits(Permission::Read, path)) return;
    const std::string real = real_path(path);
    std::vector<std::string> libraries = vm.options().module_folders;
    if (!vm.options().standard_library.empty()) libraries.push_back(vm.options().standard_library);
    for (const std::string& folder : libraries)
      if (is_below(real, real_path(folder))) return;
    throw vm::Error("import: not permitted: " + path + " (missing permission: read)");
  });
}

}  // namespace omc::stdlib
