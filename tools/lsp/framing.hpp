#pragma once
// Messages in a stream of bytes: a header with Content-Length, an empty line, the body (LSP 3.17, base protocol).
//
// Whatever comes, there is a next message: what is no header is reported once and left out up to the empty line that ends
// it, a body that is too long is passed over as it comes. No more is kept than one header or one body.

#include <cstddef>  // size_t
#include <optional>
#include <string>
#include <string_view>

namespace omc::lsp {

inline constexpr size_t kMaxHeader = 16 << 10;  // bytes
inline constexpr size_t kMaxBody = 64 << 20;

struct Frame {
  std::string body;
  std::string_view error = {};  // not empty: there was no message, and why
};

class Framer {
 public:
  void feed(std::string_view bytes);
  // The next whole frame of what was fed.
  std::optional<Frame> next();

 private:

  std::string bytes_;           // fed and not yet part of a frame, from taken_ on
  size_t taken_ = 0;
  size_t searched_ = 0;         // bytes behind taken_ in which no header ends
  std::optional<size_t> body_;  // the length of the body that comes next
  size_t skip_ = 0;             // bytes to pass over
  bool skip_header_ = false;    // up to the next empty line
};

// The bytes of a message with its header.
std::string framed(std::string_view body);

}  // namespace omc::lsp
