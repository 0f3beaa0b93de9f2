#pragma once
// The three numeric modes of a tape (language reference, chapter 05, section 5) and how kernels are written once for
// all.

#include <array>
#include <cstddef>  // size_t
#include <string_view>

namespace omc::tape {

enum class Precision { Exact, Fast64, Fast32 };

inline constexpr std::array<std::string_view, 3> kPrecisionNames = {"exact", "fast64", "fast32"};

constexpr std::string_view name(Precision precision) {
  return kPrecisionNames[static_cast<size_t>(precision)];
}

// A mode as a type: what a kernel is a template over.
//   exact: every sum from left to right, every operation rounds once, functions of the C library one value at a time.
//   fast:  sums may be reassociated, products contracted, functions replaced by vector forms.
struct ExactMode {
  using Cell = double;
  static constexpr bool exact = true;
};
struct Fast64Mode {
  using Cell = double;
  static constexpr bool exact = false;
};
struct Fast32Mode {
  using Cell = float;
  static constexpr bool exact = false;
};

// Calls f with the mode as a value: in_mode(p, [&]<class Mode>(Mode) { ... }).
template <class F>
decltype(auto) in_mode(Precision precision, F&& f) {
  switch (precision) {
    case Precision::Fast64:
      return f(Fast64Mode{});
    case Precision::Fast32:
      return f(Fast32Mode{});
    case Precision::Exact:
      break;
  }
  return f(ExactMode{});
}

}  // namespace omc::tape
