// The rules that are selected: for each what fires, and what comes nearest to it and does not.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

#include "lint_helpers.hpp"

using namespace omc::lang;
namespace bdata = boost::unit_test::data;

namespace {

struct Row {
  const char* rule;
  size_t findings;
  const char* text;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.rule << ": " << row.text; }
};

const Row kRows[] = {
    {"undefined-name", 1, "println(missing);"},
    {"undefined-name", 1, "missing_function(1);"},
    {"undefined-name", 0, "fn f(x) { y = x; return y; }\nprintln(f(1), null, true);"},
    {"undefined-name", 0, "h d = {\"a\": 1};\nprintln(d.a);"},
    {"undefined-name", 0, "fn f() { eval_omc(\"h x = 1;\"); return x; }\nprintln(f());"},
    {"unused-variable", 1, "fn f() { h a = 1; a = 2; a += 1; }"},
    {"unused-variable", 0, "fn f() { h a = 1; return fn() a; }"},
    {"unused-variable", 0, "fn f() { h a = []; a[0] = 1; }"},
    {"unused-variable", 0, "fn f() { h a = 1; return f\"{a}\"; }"},
    {"unused-variable", 0, "fn f(xs) { for x in xs { println(1); } try { f(xs); } catch e { } h _b = 1; }"},
    {"unused-variable", 0, "h a = 1;"},
    {"unused-parameter", 1, "fn f(a, b) { return a; }\nf(1, 2);"},
    {"unused-parameter", 0, "fn f(a, b) { return a; }"},  // a library
    {"unused-parameter", 0, "fn f(a, b) { return a; }\nprintln(f);"},
    {"unused-parameter", 0, "fn f(a, b) { return a; }\nprintln(\"f\");"},
    {"unused-parameter", 0, "fn f(a, _b) { return a; }\nf(1, 2);"},
    {"unused-parameter", 0, "class C { x; fn m(self, y) { return 1; } }\nprintln(fn(q) 1);"},
    {"unused-import", 2, "from \"m\" import a, b, c;\nprintln(b);"},
    {"unused-import", 0, "from \"m\" import a, B;\nclass C extends B { fn m(self) { return \"a\"; } }"},
    {"unused-function", 1, "fn f(n) { return f(n - 1); }\nprintln(1);"},
    {"unused-function", 0, "fn f(n) { return n; }\nfn g() { return f(1); }\nprintln(\"g\");"},
    {"unused-function", 0, "fn f(n) { return n; }"},
    {"unused-function", 0, "fn test_a() { return 1; }\nfn main() { return 2; }\nprintln(1);"},
    {"shadowed-builtin", 2, "fn abs(x) { return x; }\nh arr_len = fn(x) 1;"},
    {"shadowed-builtin", 0, "fn f(abs) { h arr_len = 1; return abs + arr_len; }\nclass K { abs; fn abs(self) { return 1; } }"},
    {"duplicate-function", 2, "fn f() { return 1; }\nfn f() { return 2; }\nclass C { x; fn m(self) { } fn m(self) { } }"},
    {"duplicate-function", 0, "if 1 == 2 { fn f() { return 1; } } else { fn f() { return 2; } }"},
    {"argument-count", 3, "arr_get([1]);\nprintln(1, 2);\nabs();"},
    {"argument-count", 0, "concat_many(1, 2, 3, 4);\nprintln();"},
    {"argument-count", 0, "fn abs() { return 1; }\nabs();"},
    {"argument-count", 0, "fn f(abs) { return abs(); }"},
    {"argument-count", 2, "h l = fn(a, b) a + b;\nprintln(l(1));\nclass P { x; y; }\nprintln(P(1));"},
    {"argument-count", 0, "h l = fn(a, b) a + b;\nl = fn(a) a;\nprintln(l(1));"},
    {"unreachable-arm", 3, "match 1 { 1 | 2 => { } 2 => { } 5..3 => { } x => { } _ => { } }"},
    {"unreachable-arm", 0, "match 1 { 1 => { } 1.0 => { } \"1\" => { } true => { } int => { } 1..3 => { } \"a\"..\"c\" => { } _ => { } }"},
    {"constant-comparison", 4, "fn f(a) { return [1 < 2, a[0] <= a[0], arr_len(a) >= 0, 0 > arr_len(a)]; }"},
    {"constant-comparison", 0, "fn f(a, b) { return [a != a, a == a, a < b, f(1, 1) < f(1, 1), arr_len(a) > 0]; }"},
    {"self-assignment", 3, "fn f(a) { a = a; h b = (b); a[1] = a[1]; return a; }"},
    {"self-assignment", 0, "fn f(a) { a += a; a[1] = a[2]; a[f(1)] = a[f(1)]; return a; }\nh println_again = println;"},
    {"inconsistent-return", 3, "fn f(a) { if a { return 1; } }\nfn g(a) { while a { return 1; } }\nfn k(a) { match a { 1 => { return 1; } } }"},
    {"inconsistent-return", 0, "fn f(a) { if a { return 1; } else { return 2; } }\nfn g(a) { while true { if a { return 1; } } }"},
    {"inconsistent-return", 0, "fn f(a) { if a { return 1; } error(\"no\"); }\nfn g(a) { try { return a; } catch e { throw e; } }"},
    {"inconsistent-return", 0, "fn f(a) { if a { return; } println(a); }\nfn g(a) { if a { return null; } println(a); }\nfn k() { yield 1; return 2; }"},
    {"inconsistent-return", 0, "fn f(a) { match a { 1 => { return 1; } _ => { return 2; } } }\nfn g(a) { try { f(a); } finally { return 1; } }"},
    {"mutated-iterable", 1, "h xs = [1];\nfor x in xs { if x { arr_push(xs, 1); } }"},
    {"mutated-iterable", 0, "h xs = [1];\nh ys = [];\nfor x in xs { arr_push(ys, x); xs[0] = 1; }\nfor x in xs { arr_push(xs, 1); break; }"},
    {"float-equality", 2, "fn f(x) { return [x * 0.1 == 1, 0.5 + x != x]; }"},
    {"float-equality", 0, "fn f(x) { return [x == 0.5, x == 0.0, x + 1 == 2, x * 2.0 == 4, x * 0.1 < 1]; }"},
    {"unused-result", 1, "abs(1);"},
    {"unused-result", 0, "println(1);\nh a = abs(1);\ntry { abs(a); } catch e { println(e); }\nh b = if a { abs(1); } else { abs(2) };"},
    {"unused-result", 0, "fn abs(x) { println(x); }\nabs(1);"},
    {"deprecated-builtin", 1, "println(string(1), to_str(2));"},
    {"comparison-chain", 2, "fn f(a, b, c) { return [a < b < c, a == b == c]; }"},
    {"comparison-chain", 0, "fn f(a, b, c) { return [(a < b) == c, a < b and b < c, a == (b == c)]; }"},
    {"reversed-operator", 2, "h x = 1;\nx =- 1;\nx =! x;"},
    {"reversed-operator", 0, "h x = 1;\nx = -1;\nx =-1;\nx = - 1;\nx = !x;"},
    {"no-effect", 3, "h a = 1;\na == 2;\na;\n-a;"},
    {"no-effect", 0, "\"a docstring\";\nprintln(1);\nh a = if 1 == 1 { 5 } else { 6 };\nprintln(fn() { h b = 1; return b; });"},
    {"duplicate-key", 2, "println({a: 1, \"a\": 2, 1: 3, \"1\": 4});"},
    {"duplicate-key", 0, "h k = \"a\";\nprintln({\"a\": 1, k: 2, \"A\": 3});"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lint_rules)

BOOST_DATA_TEST_CASE(fires_as_often_as_it_should, bdata::make(kRows), row) {
  RuleSet set;
  BOOST_REQUIRE(set.set(row.rule, true));
  const std::vector<std::string> lines = Linted(row.text, set).lines();
  for (const std::string& line : lines) BOOST_TEST_MESSAGE(line);
  BOOST_TEST(lines.size() == row.findings);
}

BOOST_AUTO_TEST_SUITE_END()
