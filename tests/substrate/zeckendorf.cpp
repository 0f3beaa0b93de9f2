#include "substrate/zeckendorf.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <vector>

using namespace omc::substrate;
using boost::test_tools::per_element;

BOOST_AUTO_TEST_SUITE(zeckendorf_words)

static std::vector<int64_t> word(int64_t n) {
  const ZeckendorfWord w = zeckendorf(n);
  return {w.begin(), w.end()};
}

BOOST_AUTO_TEST_CASE(stated_words) {
  BOOST_TEST(word(0).empty());
  BOOST_TEST(word(1) == (std::vector<int64_t>{2}), per_element());
  BOOST_TEST(word(4) == (std::vector<int64_t>{4, 2}), per_element());
  BOOST_TEST(word(100) == (std::vector<int64_t>{11, 6, 4}), per_element());
  BOOST_TEST(word(102'334'156) == (std::vector<int64_t>{40, 2}), per_element());
  BOOST_TEST(
      word(1'000'000'000'000) == (std::vector<int64_t>{59, 52, 49, 46, 44, 35, 30, 26, 24, 18, 16, 13, 11, 7, 4}),
      per_element());
}

static void check_word(int64_t n) {
  const std::vector<int64_t> indices = word(n);
  if (from_zeckendorf(indices) != n) BOOST_ERROR("does not come back: " << n);
  if (!is_zeckendorf_valid(indices)) BOOST_ERROR("neighbours in the word of " << n);
  if (!indices.empty() && (indices.front() > 92 || indices.back() < 2)) BOOST_ERROR("index out of range, " << n);
  if (zeckendorf_weight(n) != indices.size()) BOOST_ERROR("weight of " << n);
  size_t bits = 0;
  for (int64_t k = -1; k <= 93; ++k) bits += zeckendorf_bit(n, k);
  for (const int64_t k : indices)
    if (!zeckendorf_bit(n, k)) BOOST_ERROR("bit " << k << " of " << n);
  if (bits != indices.size()) BOOST_ERROR("bits of " << n);
}

BOOST_AUTO_TEST_CASE(every_int_comes_back) {
  for (int64_t n = 0; n < 20'000; ++n) check_word(n);
  for (size_t i = 2; i < kFibonacci.size(); ++i)
    for (int64_t n = kFibonacci[i] - 1; n <= kFibonacci[i] + 1; ++n) check_word(n);
  for (int64_t n = INT64_MAX - 100; n < INT64_MAX; ++n) check_word(n);
  check_word(INT64_MAX);
  std::mt19937_64 random(1);
  for (int i = 0; i < 50'000; ++i) check_word(static_cast<int64_t>((random() >> 1) >> (random() % 63)));
}

BOOST_AUTO_TEST_CASE(the_longest_word_fits) {
  int64_t n = 0;
  for (size_t i = 91; i >= 3; i -= 2) n += kFibonacci[i];
  BOOST_TEST(n == kFibonacci[92] - 1);
  check_word(n);
  BOOST_TEST(zeckendorf_weight(n) == 45u);
}

BOOST_AUTO_TEST_CASE(the_word_of_the_most_negative_int) {
  const ZeckendorfWord w = zeckendorf(INT64_MIN);
  uint64_t sum = 0;
  for (const uint8_t i : w) sum += static_cast<uint64_t>(kFibonacci[i]);
  BOOST_TEST(sum == uint64_t{1} << 63);
  BOOST_TEST(zeckendorf_weight(INT64_MIN) == 0u);
  BOOST_TEST(!zeckendorf_bit(-100, 11));
}

BOOST_AUTO_TEST_CASE(sums_of_any_indices) {
  const auto sum = [](std::vector<int64_t> indices) { return from_zeckendorf(indices); };
  BOOST_TEST(sum({}) == 0);
  BOOST_TEST(sum({0, 1, 2}) == 2);
  BOOST_TEST(sum({-3, 3}) == 2);
  BOOST_TEST(sum({INT64_MAX}) == kFibonacci[92]);
  BOOST_TEST(sum({92, 92}) == INT64_MAX);
  BOOST_TEST(sum({92, 92, 92, 92}) == INT64_MAX);
}

BOOST_AUTO_TEST_CASE(validity) {
  const auto valid = [](std::vector<int64_t> indices) { return is_zeckendorf_valid(indices); };
  BOOST_TEST(valid({}));
  BOOST_TEST(valid({5}));
  BOOST_TEST(valid({11, 6, 4}));
  BOOST_TEST(!valid({11, 10}));
  BOOST_TEST(!valid({4, 6}));
  BOOST_TEST(valid({0, -5}));
  BOOST_TEST(valid({INT64_MAX, INT64_MIN}));
  BOOST_TEST(!valid({INT64_MIN, INT64_MAX}));
}

BOOST_AUTO_TEST_SUITE_END()
