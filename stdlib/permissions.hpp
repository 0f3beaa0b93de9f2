#pragma once
// What a program may do to the world outside of its Vm. Every builtin that touches files, processes, the network, the
// environment or the clock asks here first, and nowhere else is it decided:
//
//   require(vm, args, Permission::Read, path);
//
// Everything is permitted until whoever owns the Vm denies it: vm.state<Permissions>().deny(Permission::Write).

#include <cstdint>
#include <string_view>

#include "vm/vm.hpp"

namespace omc::stdlib {

enum class Permission : uint8_t { Read, Write, Run, Network, Environment, Clock };

class Permissions {
 public:
  void deny(Permission p) { denied_ |= bit(p); }
  bool permits(Permission p) const { return !(denied_ & bit(p)); }

 private:
  static constexpr uint8_t bit(Permission p) { return static_cast<uint8_t>(1u << static_cast<unsigned>(p)); }
  uint8_t denied_ = 0;
};

// Throws "NAME: not permitted: TARGET"; the target is a path, a program, an address or a variable.
void require(vm::Vm& vm, const vm::Args& args, Permission permission, std::string_view target);

}  // namespace omc::stdlib
