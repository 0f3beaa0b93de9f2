#pragma once
// The terminal: where words for the user are written. Standard output is buffered and flushed before anything goes to
// standard error, so merged streams keep the program's order.

#include <atomic>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "vm/output.hpp"

namespace omc::tools {

class Console : public vm::Output {
 public:
  Console();
  ~Console() override { flush(); }

  void write(std::string_view text) override;  // to standard output; a closed pipe ends the program silently
  void flush() override;
  void error(std::string_view text);           // to standard error, with a newline
  void flush_from_signal();                    // what the buffer holds, unless it is being written to; nothing after it

  // Writes the message and gives the status back: return console.fail(1, "...", ...).
  template <class... T>
  int fail(int status, fmt::format_string<T...> format, T&&... arguments) {
    error(fmt::format(format, std::forward<T>(arguments)...));
    return status;
  }

  // For what is found out when the status is decided already: the end is a failure all the same.
  void fail_at_end(std::string_view text) {
    error(text);
    failed_at_end_ = true;
  }
  int final_status(int status) const { return status == 0 && failed_at_end_ ? 1 : status; }

  bool error_is_terminal() const { return error_is_terminal_; }
  bool colour() const { return colour_; }  // for standard error: a terminal, and NO_COLOR is unset

 private:
  std::string buffer_;
  std::atomic_flag busy_;  // somebody changes the buffer
  bool output_is_terminal_;
  bool error_is_terminal_;
  bool colour_;
  bool failed_at_end_ = false;
};

}  // namespace omc::tools
