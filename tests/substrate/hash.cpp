#include "substrate/hash.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>

using namespace omc::substrate;

BOOST_AUTO_TEST_SUITE(hashes)

BOOST_AUTO_TEST_CASE(substrate_hash_as_recorded) {
  BOOST_TEST(substrate_hash(0) == -7'046'029'254'386'353'131);
  BOOST_TEST(substrate_hash(7) == 3'013'484'715'322'025'635);
  BOOST_TEST(substrate_hash(42) == -8'742'466'668'062'854'026);
  BOOST_TEST(substrate_hash(-42) == 6'368'599'038'773'600'633);
  BOOST_TEST(substrate_hash(1'000'000) == -173'690'687'492'712'967);
  BOOST_TEST(substrate_hash(102'334'155) == -1'161'599'267'015'319'903);
  BOOST_TEST(substrate_hash(2'000'000'000'000) == 5'348'726'071'256'256'455);
  BOOST_TEST(substrate_hash(-1'000'000'007) == -8'268'498'461'226'933'881);
}

// The formula as written, with its own greedy loop.
static int64_t hash_by_formula(int64_t n) {
  uint64_t rest = magnitude(n), h = kGolden64, rank = 0;
  for (int i = 92; i >= 2; --i) {
    const auto f = static_cast<uint64_t>(kFibonacci[static_cast<size_t>(i)]);
    if (f > rest) continue;
    rest -= f;
    const uint64_t x = static_cast<uint64_t>(i) * kGolden64, turn = (5 * rank++) % 64;
    h = (h ^ (turn == 0 ? x : x << turn | x >> (64 - turn))) * kGolden64;
    --i;
  }
  return static_cast<int64_t>(n < 0 ? h + kNegativeSalt : h);
}

BOOST_AUTO_TEST_CASE(substrate_hash_is_the_formula) {
  for (int64_t n = -3000; n < 3000; ++n) BOOST_TEST(substrate_hash(n) == hash_by_formula(n));
  // Words of more than twelve indices, where the rotation passes 64.
  for (size_t i = 30; i < 92; ++i) BOOST_TEST(substrate_hash(kFibonacci[i] - 1) == hash_by_formula(kFibonacci[i] - 1));
  for (const int64_t n : {INT64_MIN, INT64_MIN + 1, INT64_MAX}) BOOST_TEST(substrate_hash(n) == hash_by_formula(n));
}

BOOST_AUTO_TEST_CASE(fnv_of_known_texts) {
  // Vectors of the FNV-1a page; the first two have the top bit set there.
  BOOST_TEST(fnv("") == 0x4bf29ce484222325);
  BOOST_TEST(fnv("a") == 0x2f63dc4c8601ec8c);
  BOOST_TEST(fnv("foobar") == 0x05944171f73967e8);
}

BOOST_AUTO_TEST_CASE(fold_ids) {
  BOOST_TEST(fold_id(0) == 0);
  BOOST_TEST(fold_id(1) == 810'664'137);
  BOOST_TEST(fold_id(7) == 1'389'055'642);
  BOOST_TEST(fold_id(-50) == 803'659'524);
}

BOOST_AUTO_TEST_SUITE_END()
