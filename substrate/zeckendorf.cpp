#include "substrate/zeckendorf.hpp"

namespace omc::substrate {

size_t zeckendorf_weight(int64_t n) {
  size_t weight = 0;
  for (uint64_t m = n < 0 ? 0 : static_cast<uint64_t>(n); m > 0; ++weight)
    m -= static_cast<uint64_t>(kFibonacci[largest_fibonacci_index(m)]);
  return weight;
}

bool zeckendorf_bit(int64_t n, int64_t k) {
  for (uint64_t m = n < 0 ? 0 : static_cast<uint64_t>(n); m > 0;) {
    const size_t i = largest_fibonacci_index(m);
    if (static_cast<int64_t>(i) <= k) return static_cast<int64_t>(i) == k;
    m -= static_cast<uint64_t>(kFibonacci[i]);
  }
  return false;
}

int64_t from_zeckendorf(std::span<const int64_t> indices) {
  int64_t sum = 0;
  for (const int64_t i : indices) {
    const int64_t f = nth_fibonacci(i);
    if (sum > INT64_MAX - f) return INT64_MAX;
    sum += f;
  }
  return sum;
}

bool is_zeckendorf_valid(std::span<const int64_t> indices) {
  for (size_t i = 0; i + 1 < indices.size(); ++i)
    if (indices[i] <= indices[i + 1] || distance(indices[i], indices[i + 1]) < 2) return false;
  return true;
}

}  // namespace omc::substrate
