#pragma once
// A text with the path it came from: what every span of bytes refers to. A leading byte-order mark is left out.
//
// Immutable, so it may be shared between threads. The text need not be valid UTF-8 (the lexer reports what is not), but
// read_source refuses a file that is not.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "lang/span.hpp"

namespace omc::lang {

// Both count from 1; a column is one Unicode scalar, a tab is one too.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
  friend constexpr bool operator==(Position, Position) = default;
};

class Source {
 public:
  // Spans have 32 bits, and one value stays free for "past the end". A longer text makes the constructor throw
  // std::length_error.
  static constexpr uint32_t kMaxSize = UINT32_MAX - 1;

  Source(std::string path, std::string text);

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }
  std::string_view text(Span span) const { return text().substr(span.begin, span.size()); }
  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }

  uint32_t line_count() const { return static_cast<uint32_t>(line_starts_.size()); }
  uint32_t line(uint32_t offset) const;  // O(log lines)
  Position position(uint32_t offset) const;

  // Of a line counted from 1; without its LF or CRLF.
  Span line_span(uint32_t line) const;
  std::string_view line_text(uint32_t line) const { return text(line_span(line)); }

 private:
  uint32_t scalars_before(uint32_t offset) const;

  std::string path_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
  std::vector<uint32_t> scalars_;  // before every kBlock bytes, so that columns in a huge line cost no walk through it
};

// Why a file is no source although the system could read it.
enum class SourceError { NotUtf8 = 1, TooLarge };
std::error_code make_error_code(SourceError error);

// Empty when the file cannot be read; `why` is then the system's reason or a SourceError.
std::optional<Source> read_source(const std::string& path, std::error_code& why);

// The offset of the first byte that is no part of valid UTF-8, or text.size().
size_t valid_utf8_prefix(std::string_view text);

}  // namespace omc::lang

template <>
struct std::is_error_code_enum<omc::lang::SourceError> : std::true_type {};
