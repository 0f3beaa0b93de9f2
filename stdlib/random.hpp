#pragma once
// The random numbers of one Vm: vm.state<Random>(). Seeded from the clock until the program seeds it.
//
// xorshift64*: S. Vigna, An experimental exploration of Marsaglia's xorshift generators, scrambled, ACM TOMS 42, 2016,
// section 3, with the shifts (12, 25, 27). The state is never 0.

#include <cstdint>

namespace omc::stdlib {

class Random {
 public:
  Random();  // from the clock

  void seed(uint64_t s) { state_ = s == 0 ? 0x9E3779B97F4A7C15 : s; }

  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1D;
  }

  // lo..hi, both included; nothing is drawn when there is no choice.
  int64_t integer(int64_t lo, int64_t hi) {
    if (hi <= lo) return lo;
    const uint64_t span = static_cast<uint64_t>(hi) - static_cast<uint64_t>(lo) + 1;  // 0 stands for 2^64
    const uint64_t drawn = span == 0 ? next() : next() % span;
    return static_cast<int64_t>(static_cast<uint64_t>(lo) + drawn);
  }

  // In [0, 1).
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

}  // namespace omc::stdlib
