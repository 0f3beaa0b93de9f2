#pragma once
// The arithmetic of cells: ints wrap in two's complement, floats round once.

#include <cstdint>

namespace omc::stdlib {

struct Add {
  int64_t operator()(int64_t a, int64_t b) const {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  }
  double operator()(double a, double b) const { return a + b; }
};

struct Subtract {
  int64_t operator()(int64_t a, int64_t b) const {
    return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  }
  double operator()(double a, double b) const { return a - b; }
};

struct Multiply {
  int64_t operator()(int64_t a, int64_t b) const {
    return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  }
  double operator()(double a, double b) const { return a * b; }
};

// Toward zero; by zero 0, and least / -1 wraps.
struct DivideInts {
  int64_t operator()(int64_t a, int64_t b) const {
    if (b == 0) return 0;
    if (b == -1) return Subtract()(int64_t{0}, a);
    return a / b;
  }
};

}  // namespace omc::stdlib
