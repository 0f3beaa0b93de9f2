#pragma once
// Integer powers in the multiplication order of the language reference (chapter 05, section 3.2): every bit is fixed.

#include <cstdint>  // int64_t, uint64_t

namespace omc::tape {

// By repeated squaring: D. E. Knuth, The Art of Computer Programming, volume 2, 3rd ed. 1997, section 4.6.3.
template <class T>
T powi(T x, int64_t n) {
  T r = 1;
  for (uint64_t rest = n < 0 ? -static_cast<uint64_t>(n) : static_cast<uint64_t>(n);; x *= x) {
    if (rest & 1) r *= x;
    rest >>= 1;
    if (rest == 0) return n < 0 ? T{1} / r : r;
  }
}

}  // namespace omc::tape
