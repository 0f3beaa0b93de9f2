#pragma once
// What every misuse of the tape throws. The message is complete: the binding shows it as it is.

#include <stdexcept>

namespace omc::tape {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace omc::tape
