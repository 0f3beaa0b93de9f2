#include "substrate/fibonacci.hpp"

#include <algorithm>  // clamp, min
#include <bit>        // bit_width

namespace omc::substrate {

// F(2k) = F(k)·(2·F(k+1) - F(k)), F(2k+1) = F(k)² + F(k+1)², over the bits of n from the highest: D. E. Knuth, The Art
// of Computer Programming, volume 1, 3rd ed. 1997, section 1.2.8, exercise 19 and formula (6). Modulo 2^64 throughout.
int64_t fib(int64_t n) {
  if (n <= 1) return n;
  if (n <= int64_t{kLastFibonacciIndex}) return kFibonacci[static_cast<size_t>(n)];
  uint64_t f = 0, next = 1;  // F(k), F(k + 1); k is what the bits read so far say
  for (int bit = std::bit_width(static_cast<uint64_t>(n)) - 1; bit >= 0; --bit) {
    const uint64_t doubled = f * (2 * next - f);
    const uint64_t after_doubled = f * f + next * next;
    const bool odd = (static_cast<uint64_t>(n) >> bit) & 1;
    f = odd ? after_doubled : doubled;
    next = odd ? doubled + after_doubled : after_doubled;
  }
  return static_cast<int64_t>(f);
}

std::vector<size_t> fib_chunk_sizes(size_t count, int64_t base_k) {
  std::vector<size_t> sizes;
  size_t k = static_cast<size_t>(std::clamp<int64_t>(base_k, 1, 40));
  while (count > 0) {
    sizes.push_back(std::min(count, static_cast<size_t>(kFibonacci[k])));
    count -= sizes.back();
    k = std::min<size_t>(k + 1, 40);
  }
  return sizes;
}

}  // namespace omc::substrate
