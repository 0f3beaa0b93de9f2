// What grows with the program's data grows with its size and not with the square of it: the processor time of ten times as
// much, from 10,000 to 1,000,000, as a ratio.

#include <time.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "../stdlib/program.hpp"

namespace {

double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// The least of three runs of `program`, where N is how much it does.
double seconds(const char* program, int n) {
  std::string text(program);
  for (size_t at; (at = text.find('N')) != std::string::npos;) text.replace(at, 1, std::to_string(n));
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    Program p;
    const double begin = processor_seconds();
    const std::string printed = p.run(text);
    least = std::min(least, processor_seconds() - begin);
    BOOST_REQUIRE(printed == "");
  }
  return least;
}

struct Growth {
  const char* what;
  const char* program;
};

constexpr Growth kGrowths[] = {
    {"s = s + x", "h s = \"\"; h i = 0; while i < N { s = s + \"ab\"; i += 1; }"},
    {"s = concat_many(s, x)", "h s = \"\"; h i = 0; while i < N { s = concat_many(s, \"ab\"); i += 1; }"},
    {"arr_push", "h a = []; h i = 0; while i < N { arr_push(a, i); i += 1; }"},
    {"arr_push of mixed values", "h a = [\"x\"]; h i = 0; while i < N { arr_push(a, i); i += 1; }"},
    {"new keys", "h d = {}; h i = 0; while i < N { d[to_string(i * 7919 % 1000003)] = i; i += 1; }"},
    {"keys set again, read, removed",
     "h d = {}; h i = 0; while i < N { h k = to_string(i % 1000); d[k] = i; h x = d[k]; if i % 3 == 0 { dict_del(d, k); } i += 1; }"},
    {"for over an array", "h s = 0; for x in range(0, N) { s += x; }"},
    {"for over a dict", "h d = {}; h i = 0; while i < N { d[to_string(i)] = i; i += 1; } h s = 0; for k in d { s += 1; }"},
    {"for over a string", "h t = \"é\"; while len(t) < N { t = t + t; } h s = 0; for c in t { s += 1; }"},
    {"slices", "h a = range(0, N); h i = 0; h s = 0; while i < N { s += arr_len(arr_slice(a, i, i + 2)); i += 1; }"},
    {"str_join", "h a = []; h i = 0; while i < N { arr_push(a, \"ab\"); i += 1; } h s = str_join(a, \",\");"},
    {"str_split", "h t = \"ab,\"; while len(t) < N { t = t + t; } h a = str_split(t, \",\");"},
    {"str_slice of ASCII", "h t = \"abcde\"; while len(t) < N { t = t + t; } h i = 0; while i < N { h c = str_slice(t, i, i + 1); i += 1; }"},
    {"str_slice of more than ASCII",
     "h t = \"aéßx\"; while len(t) < N { t = t + t; } h i = 0; while i < N { h c = str_slice(t, i, i + 1); i += 1; }"},
    {"arr_sort", "h a = []; h i = 0; while i < N { arr_push(a, i * 7919 % 1000003); i += 1; } h b = arr_sort(a);"},
    {"str_replace", "h t = \"ab\"; while len(t) < N { t = t + t; } h u = str_replace(t, \"a\", \"xyz\");"},
};

// A sort of ten times as much takes twelve times as long, and a machine shared with others adds to that; a square takes a
// hundred times. Times below a few milliseconds say nothing.
constexpr double kMostTimesLonger = 40, kLeastSeconds = 0.004;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSizes[] = {100'000};  // a sanitizer's own bookkeeping would be measured
#else
constexpr int kSizes[] = {100'000, 1'000'000};
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(asymptotics)

BOOST_AUTO_TEST_CASE(nothing_grows_with_the_square) {
  for (const Growth& growth : kGrowths) {
    double before = std::max(seconds(growth.program, 10'000), kLeastSeconds);
    for (const int n : kSizes) {
      const double now = seconds(growth.program, n);
      BOOST_TEST_MESSAGE(growth.what << ", " << n << ": " << now << " s, " << now / before << " times a tenth of it");
      BOOST_TEST(now < kMostTimesLonger * before, growth.what << ": " << n << " takes " << now << " s, a tenth of it " << before << " s");
      before = std::max(now, kLeastSeconds);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
