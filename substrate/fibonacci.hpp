#pragma once
// The Fibonacci numbers themselves: F(0..92), all that fit an int, and the sequence beyond them modulo 2^64.

#include <array>
#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <vector>

#include "substrate/detail/bound_counter.hpp"
#include "substrate/numbers.hpp"  // magnitude

namespace omc::substrate {

inline constexpr size_t kLastFibonacciIndex = 92;

inline constexpr std::array<int64_t, kLastFibonacciIndex + 1> kFibonacci = [] {
  std::array<int64_t, kLastFibonacciIndex + 1> f{0, 1};
  for (size_t i = 2; i < f.size(); ++i) f[i] = f[i - 1] + f[i - 2];
  return f;
}();

namespace detail {
// F(i) - 1 from i = 2 on: as many are below m as there are Fibonacci numbers from F(2) to m.
inline constexpr BoundCounter<kLastFibonacciIndex - 1> kBelowFibonacci{[] {
  std::array<uint64_t, kLastFibonacciIndex - 1> bounds{};
  for (size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<uint64_t>(kFibonacci[i + 2] - 1);
  return bounds;
}()};
static_assert(kBelowFibonacci.two_are_enough());
}  // namespace detail

// The largest i in 2..92 with F(i) <= m; m > 0.
constexpr size_t largest_fibonacci_index(uint64_t m) {
  return detail::kBelowFibonacci.count_below(m) + 1;
}

// n itself up to 1, else F(n) modulo 2^64 as an int.
int64_t fib(int64_t n);

// F of k clamped to 0..92.
constexpr int64_t nth_fibonacci(int64_t k) {
  return kFibonacci[k < 0 ? 0 : k > int64_t{kLastFibonacciIndex} ? kLastFibonacciIndex : static_cast<size_t>(k)];
}

// The smallest i in 0..92 with F(i) = |n|, else -1.
constexpr int64_t fibonacci_index(int64_t n) {
  const uint64_t m = magnitude(n);
  if (m <= 1) return static_cast<int64_t>(m);
  const size_t i = largest_fibonacci_index(m);
  return static_cast<uint64_t>(kFibonacci[i]) == m ? static_cast<int64_t>(i) : -1;
}

constexpr bool is_fibonacci(int64_t n) {
  return fibonacci_index(n) >= 0;
}

// The lengths of the chunks that fib_chunks cuts from count elements: F(k), F(k + 1), ..., F(40), F(40), ..., the last
// one shorter where they do not fit; k is base_k clamped to 1..40.
std::vector<size_t> fib_chunk_sizes(size_t count, int64_t base_k);

// Calls visit(0), visit(1), visit(1), visit(2), ... with the Fibonacci numbers up to max, until one returns 0; returns
// the number of calls.
template <class Visit>
int64_t gen_substrate_fib(int64_t max, Visit&& visit) {
  int64_t calls = 0;
  for (const int64_t f : kFibonacci) {
    if (f > max) break;
    ++calls;
    if (visit(f) == 0) break;
  }
  return calls;
}

}  // namespace omc::substrate
