#pragma once
// Where a program's output goes: an interface, so that tests and tools capture it.

#include <string_view>

namespace omc::vm {

class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view text) = 0;
  virtual void flush() {}
};

}  // namespace omc::vm
