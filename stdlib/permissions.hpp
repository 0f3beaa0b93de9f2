#pragma once
// What a program may do to the world outside of its Vm. Every builtin that touches files, processes, the network, the
// environment or the clock asks here first, and nowhere else is it decided:
//
//   require(vm, args, Permission::Read, path);
//
// Everything is permitted until whoever owns the Vm says otherwise:
//
//   Permissions& p = vm.state<Permissions>();
//   p.close();                  // nothing outside, but the clock
//   p.allow("read:/data");      // KIND or KIND:TARGET, the words of --allow and --deny
//   p.deny("read:/data/keys");  // wins over what is allowed

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vm/vm.hpp"

namespace omc::stdlib {

enum class Permission : uint8_t { Read, Write, Run, Network, Environment, Clock };
inline constexpr size_t kPermissionCount = 6;

// read, write, run, net, env, clock
std::string_view name_of(Permission p);

class Permissions {
 public:
  void close();                     // all but the clock; what was allowed before stays allowed
  void deny(Permission p) { kinds_[index(p)].open = false, kinds_[index(p)].allowed.clear(); }
  // False: these are not the words of a permission. A target is a folder or file (with all below it), a host or
  // HOST:PORT, a program as the call names it, or a variable.
  bool allow(std::string_view words) { return add(words, &Kind::allowed); }
  bool deny(std::string_view words) { return add(words, &Kind::denied); }
  void allow_path(Permission p, const std::string& path);

  bool permits(Permission p, std::string_view target) const;
  bool permits_all(Permission p) const { return kind(p).open && kind(p).denied.empty(); }

 private:
  struct Kind {
    bool open = true;                  // what no rule names is permitted
    std::vector<std::string> allowed;  // targets; empty text: all
    std::vector<std::string> denied;
  };
  static constexpr size_t index(Permission p) { return static_cast<size_t>(p); }
  const Kind& kind(Permission p) const { return kinds_[index(p)]; }
  bool add(std::string_view words, std::vector<std::string> Kind::*list);

  Kind kinds_[kPermissionCount];
};

// Throws "NAME: not permitted: TARGET (missing permission: KIND)"; the target is a path, an address, a program or a
// variable.
void require(vm::Vm& vm, const vm::Args& args, Permission permission, std::string_view target);

// The file that a path names in the end: absolute, every symbolic link followed, whether or not it exists.
std::string real_path(const std::string& path);

// Is a path the folder or file `rule`, or below it? Both are real paths.
bool is_below(std::string_view path, std::string_view rule);

// "host:port" of an address, in lower case, without its user; empty when it is none of http or https.
std::string host_and_port(std::string_view url);

}  // namespace omc::stdlib
