#include "lang/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace omc::lang {

namespace {

constexpr uint32_t kBlock = 4096;

// Every byte but the continuation bytes 10xxxxxx begins a scalar.
uint32_t count_scalars(std::string_view bytes) {
  uint32_t count = 0;
  for (const char c : bytes) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

class SourceErrorCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "source"; }
  std::string message(int value) const override {
    switch (static_cast<SourceError>(value)) {
      case SourceError::NotUtf8: return "stream did not contain valid UTF-8";
      case SourceError::TooLarge: return "source text is larger than 4 GB";
    }
    return "unknown source error";
  }
};

}  // namespace

std::error_code make_error_code(SourceError error) {
  static const SourceErrorCategory category;
  return {static_cast<int>(error), category};
}

Source::Source(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  if (text_.size() > kMaxSize) throw std::length_error(make_error_code(SourceError::TooLarge).message());
  line_starts_.push_back(0);
  for (size_t i = text_.find('\n'); i != std::string::npos; i = text_.find('\n', i + 1))
    line_starts_.push_back(static_cast<uint32_t>(i + 1));
  scalars_.reserve(text_.size() / kBlock + 1);
  uint32_t total = 0;
  for (size_t i = 0; i <= text_.size(); i += kBlock) {
    scalars_.push_back(total);
    total += count_scalars(std::string_view(text_).substr(i, kBlock));
  }
}

uint32_t Source::scalars_before(uint32_t offset) const {
  const uint32_t block = offset / kBlock;
  return scalars_[block] + count_scalars(text().substr(block * kBlock, offset % kBlock));
}

uint32_t Source::line(uint32_t offset) const {
  return static_cast<uint32_t>(std::ranges::upper_bound(line_starts_, offset) - line_starts_.begin());
}

Position Source::position(uint32_t offset) const {
  offset = std::min(offset, size());
  const uint32_t at = line(offset);
  const uint32_t start = line_starts_[at - 1];
  const uint32_t column = offset - start < kBlock ? count_scalars(text().substr(start, offset - start))
                                                  : scalars_before(offset) - scalars_before(start);
  return {at, column + 1};
}

Span Source::line_span(uint32_t line) const {
  const uint32_t begin = line_starts_[line - 1];
  if (line == line_count()) return {begin, size()};
  uint32_t end = line_starts_[line] - 1;
  if (end > begin && text_[end - 1] == '\r') --end;
  return {begin, end};
}

std::optional<Source> read_source(const std::string& path, std::error_code& why) {
  // The system calls themselves: iostreams keep no reason for a failure.
  const auto failed = [&why] {
    why = {errno, std::generic_category()};
    return std::nullopt;
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed();
  struct Closer {
    int file;
    ~Closer() { ::close(file); }
  } closer{file};

  std::string text;
  struct stat info;
  if (::fstat(file, &info) == 0 && info.st_size > 0) {
    if (static_cast<uint64_t>(info.st_size) > Source::kMaxSize) return why = SourceError::TooLarge, std::nullopt;
    text.reserve(static_cast<size_t>(info.st_size) + 1);
  }
  for (;;) {  // the size is only a hint: a pipe has none, and a file may grow
    const size_t old = text.size();
    const size_t left = text.capacity() - old;
    const size_t step = left ? left : std::max<size_t>(old, 4096);
    text.resize(old + step);
    const ssize_t got = ::read(file, text.data() + old, step);
    if (got < 0 && errno == EINTR) {
      text.resize(old);
      continue;
    }
    if (got < 0) return failed();
    text.resize(old + static_cast<size_t>(got));
    if (got == 0) break;
    if (text.size() > Source::kMaxSize) return why = SourceError::TooLarge, std::nullopt;
  }
  if (valid_utf8_prefix(text) != text.size()) return why = SourceError::NotUtf8, std::nullopt;
  why.clear();
  return Source(path, std::move(text));
}

// The Unicode Standard 15.0, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
size_t valid_utf8_prefix(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const size_t n = text.size();
  size_t i = 0;
  while (i < n) {
    if (n - i >= 8) {  // source text is mostly ASCII: eight bytes at a time
      uint64_t word;
      std::memcpy(&word, p + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    const unsigned char a = p[i];
    if (a < 0x80) {
      ++i;
      continue;
    }
    size_t length;
    unsigned char low = 0x80, high = 0xBF;  // allowed second byte
    if (a >= 0xC2 && a <= 0xDF) {
      length = 2;
    } else if (a >= 0xE0 && a <= 0xEF) {
      length = 3;
      if (a == 0xE0) low = 0xA0;
      if (a == 0xED) high = 0x9F;
    } else if (a >= 0xF0 && a <= 0xF4) {
      length = 4;
      if (a == 0xF0) low = 0x90;
      if (a == 0xF4) high = 0x8F;
    } else {
      return i;
    }
    if (n - i < length || p[i + 1] < low || p[i + 1] > high) return i;
    for (size_t k = 2; k < length; ++k)
      if ((p[i + k] & 0xC0) != 0x80) return i;
    i += length;
  }
  return n;
}

}  // namespace omc::lang
