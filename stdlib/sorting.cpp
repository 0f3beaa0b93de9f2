// Radix sort of ints and floats.
//
// Least significant digit first, which is stable (Knuth, The Art of Computer Programming 3, 2nd ed., section 5.2.5,
// algorithm R); all histograms in one pass and the order-preserving key of a float as in M. Herf, Radix Tricks, 2001,
// http://stereopsis.com/radix.html. Digits of 8 bits, not his 11: the ends of 256 buckets fit the first level of cache
// and its page table. Passes that would move nothing are left out.

#include "stdlib/sorting.hpp"

#include <array>
#include <bit>      // bit_cast
#include <cmath>    // isnan
#include <cstring>  // memcpy
#include <memory>   // make_unique_for_overwrite
#include <utility>  // exchange, swap

namespace omc::stdlib {

namespace {

constexpr size_t kDigitBits = 8, kBuckets = size_t{1} << kDigitBits, kPasses = 8;
static_assert(kDigitBits * kPasses >= 64);

constexpr uint64_t kSign = uint64_t{1} << 63;

struct IntKey {
  uint64_t operator()(uint64_t bits) const { return bits ^ kSign; }
};

// Negative floats have their order turned around, 0.0 and -0.0 share a key, NaN has the greatest.
struct FloatKey {
  uint64_t operator()(uint64_t bits) const {
    if ((bits & ~kSign) > kInfinity) return UINT64_MAX;
    if (bits == kSign) bits = 0;
    return bits ^ (bits & kSign ? UINT64_MAX : kSign);
  }
  static constexpr uint64_t kInfinity = 0x7FF0000000000000;
};

size_t digit(uint64_t key, size_t pass) {
  return (key >> (pass * kDigitBits)) & (kBuckets - 1);
}

// `elements`: 8 bytes each, ordered by the key of their bits.
template <class Key>
void radix_sort(void* elements, size_t n, Key key) {
  // Copies in the type of the bits: elements of another type may not be read as such in place.
  const auto bits = std::make_unique_for_overwrite<uint64_t[]>(n),
             spare = std::make_unique_for_overwrite<uint64_t[]>(n);
  std::memcpy(bits.get(), elements, n * 8);
  std::array<std::array<uint32_t, kBuckets>, kPasses> counts{};
  for (size_t i = 0; i < n; ++i) {
    const uint64_t k = key(bits[i]);
    for (size_t pass = 0; pass < kPasses; ++pass) ++counts[pass][digit(k, pass)];
  }
  uint64_t *in = bits.get(), *out = spare.get();
  for (size_t pass = 0; pass < kPasses; ++pass) {
    if (counts[pass][digit(key(in[0]), pass)] == n) continue;
    uint32_t place = 0;
    for (uint32_t& count : counts[pass]) place += std::exchange(count, place);
    for (size_t i = 0; i < n; ++i) out[counts[pass][digit(key(in[i]), pass)]++] = in[i];
    std::swap(in, out);
  }
  std::memcpy(elements, in, n * 8);
}

// Below it, clearing and adding up the histograms costs more than comparing.
constexpr size_t kRadixFrom = 2048;

}  // namespace

void sort_ints(std::span<int64_t> x) {
  if (std::ranges::is_sorted(x)) return;
  if (x.size() < kRadixFrom) return void(std::ranges::sort(x));  // equal ints cannot be told apart
  radix_sort(x.data(), x.size(), IntKey());
}

void sort_floats(std::span<double> x) {
  const auto precedes = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  if (std::ranges::is_sorted(x, precedes)) return;
  if (x.size() < kRadixFrom) return merge_sort(x, precedes);
  radix_sort(x.data(), x.size(), FloatKey());
}

}  // namespace omc::stdlib
