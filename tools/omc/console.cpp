// Buffered standard output, unbuffered standard error.

#include "omc/console.hpp"

#include <unistd.h>

#include <cerrno>

#include "omc/environment.hpp"

namespace omc::tools {

namespace {

const Variable kNoColour("NO_COLOR", "set: no colours on the terminal");

constexpr size_t kBufferBytes = 1 << 16;

// False when nobody reads any more.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

Console::Console()
    : output_is_terminal_(isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(isatty(STDERR_FILENO) == 1),
      colour_(error_is_terminal_ && !kNoColour.text()) {}

void Console::write(std::string_view text) {
  busy_.test_and_set(std::memory_order_acquire);
  buffer_.append(text);
  busy_.clear(std::memory_order_release);
  if (buffer_.size() >= kBufferBytes || (output_is_terminal_ && text.find('\n') != std::string_view::npos)) flush();
}

void Console::flush() {
  if (buffer_.empty()) return;
  busy_.test_and_set(std::memory_order_acquire);
  if (!write_all(STDOUT_FILENO, buffer_)) _exit(0);
  buffer_.clear();
  busy_.clear(std::memory_order_release);
}

void Console::flush_from_signal() {
  if (!busy_.test_and_set(std::memory_order_acquire)) write_all(STDOUT_FILENO, buffer_);
}

void Console::error(std::string_view text) {
  flush();
  std::string line(text);
  line += '\n';
  write_all(STDERR_FILENO, line);
}

}  // namespace omc::tools
