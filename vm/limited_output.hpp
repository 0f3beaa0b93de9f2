#pragma once
// An output that ends the program when it has written too much.

#include <cstddef>
#include <string_view>

#include "vm/error.hpp"
#include "vm/output.hpp"
#include "vm/size_text.hpp"

namespace omc::vm {

class LimitedOutput : public Output {
 public:
  LimitedOutput(Output& to, size_t limit) : to_(to), limit_(limit) {}

  // What fits is written. No `catch` sees the error: what the program would say next could not be written either.
  void write(std::string_view text) override {
    const size_t room = limit_ - written_;
    written_ += text.size() < room ? text.size() : room;
    to_.write(text.substr(0, room));
    if (text.size() <= room) return;
    Error e("Output limit exceeded (" + size_text(limit_) + ")");
    e.kind = ErrorKind::Fatal;
    throw e;
  }
  void flush() override { to_.flush(); }
  void restart() { written_ = 0; }

 private:
  Output& to_;
  const size_t limit_;
  size_t written_ = 0;
};

}  // namespace omc::vm
