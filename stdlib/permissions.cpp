#include "stdlib/permissions.hpp"

namespace omc::stdlib {

void require(vm::Vm& vm, const vm::Args& args, Permission permission, std::string_view target) {
  if (vm.state<Permissions>().permits(permission)) return;
  std::string message = "not permitted";
  if (!target.empty()) message.append(": ").append(target);
  throw args.error(message);
}

}  // namespace omc::stdlib
