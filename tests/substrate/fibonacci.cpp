#include "substrate/fibonacci.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <vector>

using namespace omc::substrate;
using boost::test_tools::per_element;

BOOST_AUTO_TEST_SUITE(fibonacci_numbers)

BOOST_AUTO_TEST_CASE(fib_of_small_and_negative) {
  const int64_t expected[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765};
  for (int64_t n = 0; n <= 20; ++n) BOOST_TEST(fib(n) == expected[n]);
  BOOST_TEST(fib(-1) == -1);
  BOOST_TEST(fib(INT64_MIN) == INT64_MIN);
  BOOST_TEST(fib(92) == 7'540'113'804'746'346'429);
}

BOOST_AUTO_TEST_CASE(fib_wraps) {
  BOOST_TEST(fib(93) == -6'246'583'658'587'674'878);
  BOOST_TEST(fib(100) == 3'736'710'778'780'434'371);
  BOOST_TEST(fib(186) == -3'988'182'406'867'554'056);
}

BOOST_AUTO_TEST_CASE(fib_follows_the_recurrence_everywhere) {
  for (int64_t n = 2; n < 3000; ++n) BOOST_TEST(fib(n) == wrapping_add(fib(n - 1), fib(n - 2)));
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const int64_t n = static_cast<int64_t>(random() >> 1) | 2;
    BOOST_TEST(fib(n) == wrapping_add(fib(n - 1), fib(n - 2)));
  }
}

BOOST_AUTO_TEST_CASE(nth_is_clamped) {
  BOOST_TEST(nth_fibonacci(-3) == 0);
  BOOST_TEST(nth_fibonacci(10) == 55);
  BOOST_TEST(nth_fibonacci(92) == fib(92));
  BOOST_TEST(nth_fibonacci(INT64_MAX) == fib(92));
}

BOOST_AUTO_TEST_CASE(indices) {
  BOOST_TEST(fibonacci_index(0) == 0);
  BOOST_TEST(fibonacci_index(1) == 1);
  BOOST_TEST(fibonacci_index(-1) == 1);
  for (int64_t i = 3; i <= 92; ++i) {
    const int64_t f = nth_fibonacci(i);
    BOOST_TEST(fibonacci_index(f) == i);
    BOOST_TEST(fibonacci_index(-f) == i);
    BOOST_TEST(is_fibonacci(f + 1) == (f + 1 == nth_fibonacci(i + 1)));
    BOOST_TEST(is_fibonacci(f - 1) == (f - 1 == nth_fibonacci(i - 1)));
  }
  BOOST_TEST(fibonacci_index(4) == -1);
  BOOST_TEST(fibonacci_index(INT64_MAX) == -1);
  BOOST_TEST(fibonacci_index(INT64_MIN) == -1);
}

BOOST_AUTO_TEST_CASE(chunk_sizes) {
  BOOST_TEST(fib_chunk_sizes(100, 2) == (std::vector<size_t>{1, 2, 3, 5, 8, 13, 21, 34, 13}), per_element());
  BOOST_TEST(fib_chunk_sizes(3, -7) == (std::vector<size_t>{1, 1, 1}), per_element());
  BOOST_TEST(fib_chunk_sizes(3, INT64_MAX) == (std::vector<size_t>{3}), per_element());
  BOOST_TEST(
      fib_chunk_sizes(300'000'000, 39) == (std::vector<size_t>{63'245'986, 102'334'155, 102'334'155, 32'085'704}),
      per_element());
  BOOST_TEST(fib_chunk_sizes(0, 3).empty());
}

BOOST_AUTO_TEST_CASE(streams) {
  std::vector<int64_t> seen;
  const auto see = [&](int64_t f) {
    seen.push_back(f);
    return int64_t{1};
  };
  BOOST_TEST(gen_substrate_fib(60, see) == 11);
  BOOST_TEST(seen == (std::vector<int64_t>{0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55}), per_element());
  BOOST_TEST(gen_substrate_fib(INT64_MAX, see) == 93);
  BOOST_TEST(gen_substrate_fib(1000, [](int64_t f) { return f < 5; }) == 6);
  BOOST_TEST(gen_substrate_fib(-1, see) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
