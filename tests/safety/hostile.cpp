// Generated programs that recurse for ever, build giants, hold themselves, nest without end, bomb the regular expressions
// or change what they iterate: each ends in an error of its own within its limits, and never by a signal.

#include <random>

#include "process.hpp"

using namespace safety;

namespace {

using Random = std::mt19937;

std::string number(size_t n) { return std::to_string(n); }
std::string repeated(const std::string& text, size_t n) {
  std::string out;
  while (n-- > 0) out += text;
  return out;
}

std::string endless_recursion(Random& r) {
  switch (r() % 4) {
    case 0: return "fn f(n) { return f(n + 1) + 1; } f(0);";
    case 1: return "fn f(n) { return g(n); } fn g(n) { return f(n); } try { f(0); } catch e { f(0); }";
    case 2: return "fn f(x) { return arr_map([x], f); } f(1);";
    default: return "class C { fn m(self) { return self.m(); } } C().m();";
  }
}
std::string giant_text(Random& r) {
  switch (r() % 4) {
    case 0: return "h s = \"ab\"; while true { s = s + s; }";
    case 1: return "h s = str_repeat(\"x\", 1000000); h a = arr_repeat(s, 100000); println(len(str_join(a, \"\")));";
    case 2: return "println(str_repeat(\"x\", " + number(1000000000000ull + r()) + "));";
    default: return "h s = \"a\"; while true { s = str_replace(s, \"a\", \"aa\"); }";
  }
}
std::string giant_containers(Random& r) {
  switch (r() % 5) {
    case 0: return "h a = []; while true { arr_push(a, [a, len(a)]); }";
    case 1: return "h d = {}; h i = 0; while true { d[\"k\" + i] = i; i = i + 1; }";
    case 2: return "h a = arr_range(0, " + number(1000000000000ull + r()) + "); println(len(a));";
    case 3: return "h a = arr_zeros_2d(" + number(100000 + r() % 100000) + ", 100000);";
    default: return "h a = [1]; while true { a = arr_concat(a, a); }";
  }
}
std::string nesting(Random& r) {
  const size_t n = 2000 + r() % 60000;
  switch (r() % 6) {
    case 0: return "h x = " + repeated("(", n) + "1" + repeated(")", n) + ";";
    case 1: return "h x = " + repeated("[", n) + repeated("]", n) + "; println(len(to_string(x)));";
    case 2: return "h x = " + repeated("-", n) + "1; println(x);";
    case 3: return repeated("if true { ", n) + repeated("} ", n);
    case 4: return "println(json_parse(str_concat(str_repeat(\"[\", " + number(n) + "), str_repeat(\"]\", " + number(n) + "))));";
    default: return "h s = \"1\"; for i in range(0, " + number(n) + ") { s = \"[\" + s + \"]\"; } println(len(eval_omc(s)));";
  }
}
std::string exponential(Random& r) {
  const std::string n = number(25 + r() % 40);
  switch (r() % 4) {
    case 0: return "h a = [1]; for i in range(0, " + n + ") { a = [a, a]; } println(len(to_string(a)));";
    case 1: return "h a = [1]; h b = [1]; for i in range(0, " + n + ") { a = [a, a]; b = [b, b]; } println(a == b);";
    case 2: return "h a = {\"k\": 1}; for i in range(0, " + n + ") { a = {\"x\": a, \"y\": a}; } println(len(json_stringify(a)));";
    default: return "fn f(n) { if n == 0 { return 1; } return f(n - 1) + f(n - 1); } println(f(" + n + "));";
  }
}
std::string holds_itself(Random& r) {
  const std::string make = "h a = [1]; arr_push(a, a); h d = {}; d[\"d\"] = d; d[\"a\"] = a; arr_push(a, d); ";
  static const char* const kUses[] = {"println(a);", "println(a == a);", "println(json_stringify(d));", "println(arr_flatten(a));",
                                      "h b = [1]; arr_push(b, b); println(a == b);", "println(arr_sort(a));", "println(sha256(d));",
                                      "println(arr_unique([a, a]));", "println(par_map(fn(x) x, a));", "println(arr_contains(a, a));"};
  return make + kUses[r() % std::size(kUses)];
}
std::string patterns(Random& r) {
  switch (r() % 5) {
    case 0: return "h s = str_repeat(\"a\", 1000000); println(re_match(\"(a*)*(a*)*b\", s));";
    case 1: return "println(re_match(\"" + repeated("(", 3000) + "a" + repeated(")", 3000) + "\", \"a\"));";
    case 2: return "println(re_match(\"(((a{1,1000}){1,1000}){1,1000})\", \"a\"));";
    case 3: return "println(re_match(\"" + repeated("[a&&", 2000) + "b\", \"a\"));";
    default: return "h s = str_repeat(\"ab\", 400000); while true { s = re_replace(\"a\", s, \"$0$0\"); }";
  }
}
std::string huge_loops(Random& r) {
  switch (r() % 5) {
    case 0: return "for i in range(0, 9223372036854775807) { h x = i; }";
    case 1: return "h i = 0; while i < " + number(1000000000000ull + r()) + " { i = i + 1; }";
    case 2: return "fn g() { while true { yield 1; } } println(gen_count(g));";
    case 3: return "h n = 0; while true { try { throw n; } catch e { n = e + 1; } finally { n = n + 1; } }";
    default: return "while true { eval_omc(\"h x = 1;\"); }";
  }
}
std::string changing_callbacks(Random& r) {
  static const char* const kPrograms[] = {
      "h a = [3, 1, 2]; println(arr_map(a, fn(x) { arr_push(a, x); return x; })); println(len(a));",
      "h a = [1]; for x in a { arr_push(a, x); if len(a) > 100000 { break; } } println(len(a) > 1);",
      "h d = {\"a\": 1}; for k in d { d[k + \"x\"] = 1; dict_clear(d); } println(d);",
      "h a = arr_range(0, 1000); println(arr_reduce(a, fn(s, x) { a = []; return s + x; }, 0));",
      "h a = [1, 2, 3]; println(arr_filter(a, fn(x) { a[0] = a; return true; }));",
      "fn f(x) { fn_rollback_all(); eval_omc(\"fn f(x) { return 0; }\"); return x; } println(arr_map([1, 2], f));",
      "h a = [1, 2]; try { arr_map(a, fn(x) { throw a; }); } catch e { arr_push(e, e); println(len(e)); }"};
  return kPrograms[r() % std::size(kPrograms)];
}
std::string much_output(Random& r) {
  return r() % 2 ? "while true { print(\"" + repeated("x", r() % 5000) + "\"); }"
                 : "while true { try { print_raw(\"x\"); } catch e { } finally { print(1); } }";
}
std::string escapes(Random& r) {
  static const char* const kCalls[] = {"read_file(\"/etc/passwd\")", "write_file(\"/tmp/omc-hostile\", 1)", "omc_spawn(\"sh\")",
                                       "getenv(\"HOME\")", "http_get(\"http://localhost/\")", "file_ls(\"..\")",
                                       "omc_eval_file(\"/etc/passwd\")", "sqlite_connect(\"/tmp/omc-hostile\")"};
  return std::string("println(eval_omc(\"") + "1\") + " + kCalls[r() % std::size(kCalls)] + ");";
}

struct Kind {
  const char* name;
  std::string (*make)(Random&);
};
const Kind kKinds[] = {{"endless recursion", endless_recursion}, {"giant text", giant_text}, {"giant containers", giant_containers},
                       {"nesting", nesting},       {"exponential", exponential}, {"holds itself", holds_itself},
                       {"patterns", patterns},     {"huge loops", huge_loops},   {"changing callbacks", changing_callbacks},
                       {"much output", much_output}, {"escapes", escapes}};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(programs_end_within_their_limits) {
  const Folder folder;
  for (size_t seed = 0; seed < times(44); ++seed) {
    Random random(static_cast<unsigned>(seed));
    const Kind& kind = kKinds[seed % std::size(kKinds)];
    const std::string program = kind.make(random);
    folder.write("p.omc", program);
    // Which limit ends a recursion is known: it gets the time for it on a slow machine.
    const std::string limit = kind.make == endless_recursion ? "30" : "1";
    const Ended ended = run(folder, {"--sandbox", "--timeout=" + limit, "--max-memory=48M", "--max-output=1M",
                                     "--max-depth=" + number(100 + random() % 20000), "p.omc"});
    const std::string what = std::string(kind.name) + ", seed " + number(seed) + ": " + program.substr(0, 200) + "\n" +
                             ended.error.substr(0, 300);
    BOOST_TEST((ended.status == 0 || ended.status == 1 || ended.status == 124), "status " << ended.status << ", " << what);
    BOOST_TEST((ended.status == 0 || ended.error.starts_with("Error: ")), what);
    BOOST_TEST((ended.status == 124) == ended.error.starts_with("Error: Time limit exceeded (" + limit + " s)"), what);
    BOOST_TEST(ended.output.size() <= size_t{1} << 20, what);
    // What hangs is killed after a minute, which the status tells.
    BOOST_TEST(ended.busy_seconds < std::stod(limit) + 4, ended.busy_seconds << " s, " << what);
    if (kind.make == escapes) BOOST_TEST(ended.error.find("not permitted") != std::string::npos, what);
    if (kind.make == much_output)
      BOOST_TEST((ended.status == 124 || ended.error.starts_with("Error: Output limit exceeded (1M)")), what);
    if (kind.make == endless_recursion) BOOST_TEST(ended.error.starts_with("Error: Recursion limit exceeded"), what);
  }
  BOOST_TEST(!fs::exists("/tmp/omc-hostile"));
}

BOOST_AUTO_TEST_SUITE_END()
