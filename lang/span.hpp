#pragma once
// A half-open byte range in the text of one Source. Which Source is known from the context, so a span stays 8 bytes;
// lines and columns are computed only when somebody asks (Source::position).

#include <algorithm>  // min, max
#include <cstdint>    // uint32_t

namespace omc::lang {

struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;

  constexpr uint32_t size() const { return end - begin; }
  constexpr bool empty() const { return begin == end; }
  constexpr bool contains(uint32_t offset) const { return begin <= offset && offset < end; }
  friend constexpr bool operator==(Span, Span) = default;
};

// The smallest span that holds both.
constexpr Span cover(Span a, Span b) { return {std::min(a.begin, b.begin), std::max(a.end, b.end)}; }

}  // namespace omc::lang
