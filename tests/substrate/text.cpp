#include "substrate/text.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "substrate/detail/utf8.hpp"
#include "substrate/numbers.hpp"

using namespace omc::substrate;
using boost::test_tools::per_element;
using Pieces = std::vector<std::string_view>;

BOOST_AUTO_TEST_SUITE(harmonic_text)

static std::string repeat(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

BOOST_AUTO_TEST_CASE(checksums_and_means) {
  BOOST_TEST(harmonic_checksum("hello") == 4.194443373679747);
  BOOST_TEST(harmonic_checksum("The quick brown fox") == 16.218663388777184);
  BOOST_TEST(harmonic_checksum("日本") == 1.3495637777241853);
  BOOST_TEST(harmonic_checksum("") == 0.0);
  BOOST_TEST(harmonic_mean("hello") == 4.194443373679747 / 5.0);
  BOOST_TEST(harmonic_mean("日本") == 1.3495637777241853 / 2.0);
  BOOST_TEST(harmonic_mean("") == 0.0);
}

BOOST_AUTO_TEST_CASE(hashes_and_differences) {
  BOOST_TEST(harmonic_hash("hello") == 13.451930661995444);
  BOOST_TEST(harmonic_hash("é日") == 2.09862063975842);
  BOOST_TEST(harmonic_hash(repeat("a", 86)) == 1396179109371669000.0);
  BOOST_TEST(harmonic_hash(repeat("a", 87)) == 2259065253345917400.0);
  BOOST_TEST(harmonic_hash(repeat("ab", 100)) == 4495311665749349400.0);
  BOOST_TEST(harmonic_diff("hello", "hallo") == 0.004313223995869757);
  BOOST_TEST(harmonic_diff("a", "") == 0.9183673469387755);
  BOOST_TEST(harmonic_diff("", "abc") == 1.0);
}

BOOST_AUTO_TEST_CASE(splits) {
  BOOST_TEST(harmonic_split("the quick brown fox jumps over the lazy dog") ==
                 (Pieces{"the quick brown fox jumps over the", "lazy dog"}),
             per_element());
  BOOST_TEST(harmonic_split("  a  b  ") == (Pieces{"  a  b  "}), per_element());
  BOOST_TEST(harmonic_split("one two three four five six seven eight nine ten eleven twelve") ==
                 (Pieces{"one two three four five six seven eight nine ten eleven", "twelv", "e"}),
             per_element());
  BOOST_TEST(harmonic_split("日本語テキスト処理例") == (Pieces{"日本語テキスト処", "理例"}), per_element());
  BOOST_TEST(harmonic_split("αβγ δεζ ηθι κλμ") == (Pieces{"αβγ δεζ ηθι κ", "λμ"}), per_element());
  BOOST_TEST(harmonic_split("").empty());
}

BOOST_AUTO_TEST_CASE(splits_lose_nothing_but_blanks) {
  std::mt19937_64 random(1);
  const std::string_view alphabet[] = {"a", "b", " ", "\n", "é", "日", "😀"};
  for (int round = 0; round < 2000; ++round) {
    std::string text, without_blanks, joined;
    for (uint64_t i = random() % 80; i > 0; --i) text += alphabet[random() % std::size(alphabet)];
    for (const char c : text)
      if (c != ' ' && c != '\n') without_blanks += c;
    for (const std::string_view piece : harmonic_split(text))
      for (const char c : piece)
        if (c != ' ' && c != '\n') joined += c;
    BOOST_TEST(joined == without_blanks);
  }
}

BOOST_AUTO_TEST_CASE(embeddings) {
  BOOST_TEST(substrate_embed("hi", 4) == (std::vector<double>{-0.3592365718839026, -0.3592365718839026,
                                                              0.5919113869874599, -0.6257308373388548}),
             per_element());
  BOOST_TEST(
      substrate_embed("日", 3) == (std::vector<double>{0.6520068868501847, 0.6520068868501847, 0.38700651028097804}),
      per_element());
  BOOST_TEST(substrate_embed("", 3) == (std::vector<double>{0.0, 0.0, 0.0}), per_element());
  BOOST_TEST(substrate_embed("abc", 0).empty());
}

// Character by character, as the reference writes it.
BOOST_AUTO_TEST_CASE(embedding_adds_in_the_order_of_the_text) {
  const std::string text = "harmonic résumé, harmonic 日本, again and again and again";
  std::vector<double> g(12, 1.0), v(12, 0.0);
  for (size_t j = 2; j < g.size(); ++j) g[j] = g[j - 1] + g[j - 2];
  detail::for_each_character(text, [&](uint32_t c) {
    for (size_t j = 0; j < v.size(); ++j) v[j] += std::sin(((g[j] * kPhi) / kPi) * static_cast<double>(c));
  });
  double squares = 0.0;
  for (const double x : v) squares += x * x;
  for (double& x : v) x /= std::sqrt(squares);
  BOOST_TEST(substrate_embed(text, v.size()) == v, per_element());
}

BOOST_AUTO_TEST_CASE(any_bytes_are_read_to_the_end_and_not_beyond) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::vector<char> exact(bytes.begin(), bytes.end());  // no terminator: reading on is caught by sanitizers
    const std::string_view text(exact.data(), exact.size());
    size_t characters = 0;
    BOOST_TEST(detail::for_each_character(text, [&](uint32_t) { ++characters; }) == characters);
    BOOST_TEST(characters <= exact.size());
    harmonic_split(text);
  }
  BOOST_TEST(detail::character_at("\xF0\x9F\x98\x80", 0).code_point == 0x1F600u);
  BOOST_TEST(detail::character_at("\xC3", 0).code_point == 0xC3u);
}

BOOST_AUTO_TEST_SUITE_END()
