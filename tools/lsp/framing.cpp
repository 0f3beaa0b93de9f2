#include "lsp/framing.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace omc::lsp {

namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kLength = "content-length";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_name(std::string_view name, std::string_view lower_case) {
  return std::ranges::equal(name, lower_case, {}, lower);
}

// Of the lines of a header, each `Name: value`.
std::optional<size_t> content_length(std::string_view header) {
  std::optional<size_t> length;
  while (!header.empty()) {
    const size_t end = header.find("\r\n");
    const std::string_view line = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view() : header.substr(end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    if (!same_name(trimmed(line.substr(0, colon)), kLength)) continue;
    const std::string_view digits = trimmed(line.substr(colon + 1));
    size_t n = 0;
    const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (digits.empty() || error != std::errc() || last != digits.data() + digits.size() || length) return std::nullopt;
    length = n;
  }
  return length;
}

}  // namespace

void Framer::feed(std::string_view bytes) {
  const size_t passed = std::min(skip_, bytes.size());
  skip_ -= passed;
  bytes_.erase(0, taken_);
  taken_ = 0;
  bytes_ += bytes.substr(passed);
}

std::optional<Frame> Framer::next() {
  for (;;) {
    if (body_) {
      if (bytes_.size() - taken_ < *body_) return std::nullopt;
      Frame frame{bytes_.substr(taken_, *body_)};
      taken_ += *body_;
      body_.reset();
      return frame;
    }
    const std::string_view rest = std::string_view(bytes_).substr(taken_);
    const size_t end = rest.find(kEnd, searched_);
    if (end == std::string_view::npos) {
      if (rest.size() <= kMaxHeader) {
        searched_ = rest.size() < kEnd.size() ? 0 : rest.size() - kEnd.size() + 1;
        return std::nullopt;
      }
      taken_ += rest.size() - (kEnd.size() - 1);  // the end may have begun
      searched_ = 0;
      if (!std::exchange(skip_header_, true)) return Frame{{}, "the header is too long"};
      continue;
    }
    taken_ += end + kEnd.size();
    searched_ = 0;
    if (std::exchange(skip_header_, false)) continue;
    const std::optional<size_t> length = content_length(rest.substr(0, end));
    if (!length) return Frame{{}, "the header has no valid Content-Length"};
    if (*length <= kMaxBody) {
      body_ = length;
      continue;
    }
    const size_t here = std::min(*length, bytes_.size() - taken_);
    taken_ += here;
    skip_ = *length - here;
    return Frame{{}, "the message is too long"};
  }
}

std::string framed(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace omc::lsp
