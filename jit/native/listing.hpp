#pragma once
// Names of native code for those who look from outside: perf reads /tmp/perf-PID.map, gdb the list of its JIT interface.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "jit/abi.hpp"

struct jit_code_entry;

namespace omc::jit {

class Listing {
 public:
  Listing();
  ~Listing();
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  // An object file (ELF, 64 bits) whose symbol `name` has been loaded to `address`.
  void add(std::string image, const std::string& name, uint64_t address, const CompilerOptions& options);

 private:
  struct Known;
  std::vector<std::unique_ptr<Known>> known_;  // gdb reads them as long as they are listed
};

}  // namespace omc::jit
