#include "lang/unified_diff.hpp"

#include <boost/test/unit_test.hpp>
#include <charconv>
#include <random>
#include <vector>

using namespace omc::lang;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// As patch does, but it takes nothing that does not fit exactly.
std::string patched(const std::string& old_text, const std::string& diff) {
  const auto from = lines_of(old_text), changes = lines_of(diff);
  std::string out;
  size_t next = 0;
  for (size_t i = 2; i < changes.size(); ++i) {
    const std::string& line = changes[i];
    if (line[0] == '\\') {
      out.pop_back();
      continue;
    }
    const std::string text = line.substr(1);
    if (line.starts_with("@@ -")) {
      size_t begin = 0;
      std::from_chars(line.data() + 4, line.data() + line.size(), begin);
      const bool empty = line.find(",0 +") != std::string::npos;
      while (next + (empty ? 0 : 1) < begin) out += from.at(next++);
    } else if (line[0] == '+') {
      out += text;
    } else {
      const bool last_without_newline = i + 1 < changes.size() && changes[i + 1][0] == '\\';
      BOOST_REQUIRE(from.at(next) + (last_without_newline ? "\n" : "") == text);
      ++next;
      if (line[0] == ' ') out += text;
      else if (last_without_newline) ++i;
    }
  }
  while (next < from.size()) out += from.at(next++);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_texts_have_no_difference) {
  BOOST_TEST(unified_diff("", "", "a", "b") == "");
  BOOST_TEST(unified_diff("x\ny", "x\ny", "a", "b") == "");
}

BOOST_AUTO_TEST_CASE(the_format_is_that_of_diff) {
  BOOST_TEST(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nV\n6\n7\n8\n9\n", "a", "b") ==
             "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+V\n 6\n 7\n 8\n");
  BOOST_TEST(unified_diff("", "x\n", "a", "b") == "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
  BOOST_TEST(unified_diff("x\n", "", "a", "b") == "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n");
  BOOST_TEST(unified_diff("x", "x\n", "a", "b") == "--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
}

BOOST_AUTO_TEST_CASE(a_patched_text_is_the_new_one) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string a, b;
    for (size_t n = random() % 30; n > 0; --n) {
      const std::string line = std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
      if (random() % 5) a += line;
      if (random() % 5) b += line;
    }
    if (!a.empty() && random() % 4 == 0) a.pop_back();
    if (!b.empty() && random() % 4 == 0) b.pop_back();
    const std::string diff = unified_diff(a, b, "a", "b", random() % 4);
    BOOST_TEST((a == b) == diff.empty());
    if (!diff.empty()) BOOST_REQUIRE_EQUAL(patched(a, diff), b);
  }
}

BOOST_AUTO_TEST_CASE(long_texts_without_a_common_line) {
  std::string a, b;
  for (int i = 0; i < 5000; ++i) {
    a += "a" + std::to_string(i) + "\n";
    b += "b" + std::to_string(i) + "\n";
  }
  BOOST_TEST(patched(a, unified_diff(a, b, "a", "b")) == b);
}
