// Programs of unusual size: they run, or are refused with a clear message.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "../stdlib/program.hpp"

using namespace omc::vm;

namespace {

std::string repeated(size_t n, std::string_view text) {
  std::string out;
  out.reserve(n * text.size());
  for (size_t i = 0; i < n; ++i) out += text;
  return out;
}

// "x0, x1, x2" with `item` for x.
std::string numbered(size_t n, std::string_view item, std::string_view separator = ", ") {
  std::string out;
  for (size_t i = 0; i < n; ++i) {
    if (i) out += separator;
    out += fmt::format("{}{}", item, i);
  }
  return out;
}

std::string run(const std::string& text) { return Program().run(text); }

}  // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(seventy_thousand_constants) {
  // Beyond 65,535 a constant is no operand of an addition or an index any more.
  std::string text = "h s = 0.0; h d = {}; d[\"k69999\"] = 1; h last = \"\";\n";
  for (int i = 0; i < 70000; ++i) text += fmt::format("s = s + {}.5; ", i);
  for (int i = 69990; i < 70000; ++i) text += fmt::format("last = \"k{}\"; d[\"k{}\"] = {}; if last == \"k{}\" {{ s = s + 1; }} ", i, i, i, i);
  BOOST_TEST(run(text + "print(s); print(d[\"k69999\"]); print(last); print(len(d));") == "2450000010.0\n69999\nk69999\n10\n");
}

BOOST_AUTO_TEST_CASE(three_hundred_arguments) {
  const std::string parameters = numbered(300, "p");
  const std::string define = "fn f(" + parameters + ") { return [" + parameters + "]; }\n";
  BOOST_TEST(run(define + "h a = f(" + numbered(300, "10") + "); print(len(a)); print(a[0]); print(a[255]); print(a[256]); print(a[299]);") ==
             "300\n100\n10255\n10256\n10299\n");
  BOOST_TEST(run(define + "h g = f; print(len(g(" + numbered(300, "1") + ")));") == "300\n");
  // Decided by name like any call: a local function first, and something else of that name is passed over.
  BOOST_TEST(run(define + "fn k() { h g = f; return len(g(" + numbered(300, "1") + ")); } print(k());") == "300\n");
  BOOST_TEST(run(define + "fn k() { h f = 3; return len(f(" + numbered(300, "1") + ")); } print(k());") == "300\n");
  BOOST_TEST(run(define + "h f = 3; print(len(f(" + numbered(300, "1") + ")));") == "300\n");
  BOOST_TEST(run("print(arr_max([" + numbered(300, "") + "])); print(len([" + numbered(70000, "") + "]));") == "299\n70000\n");
  BOOST_TEST(run(define + "f(1);").find("300") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_loop_of_forty_thousand_instructions) {
  const std::string body = repeated(20000, "s = s + i; s = s ^ 1; ");
  BOOST_TEST(run("fn f() { h s = 0; h i = 0; while i < 3 { i = i + 1; if i == 2 { continue; }\n" + body +
                 "if i == 99 { break; } } return s; } print(f());") == "40000\n");
  BOOST_TEST(run("fn f() { h s = 0; for i in range(0, 3) { if i == 1 { continue; }\n" + body +
                 "if s < 0 { break; } } return s; } print(f());") == "40000\n");
  BOOST_TEST(run("fn f(xs) { h s = 0; for x in xs { h i = x;\n" + body + "} return s; } print(f([3, 2]));") == "80000\n");
  BOOST_TEST(run("fn f(x) { h s = 0; h i = 0; if x == 1 or x == 2 { " + body + " s = -1; } else { s = 7; } return s; } print(f(3)); print(f(2));") ==
             "7\n-1\n");
  BOOST_TEST(run("fn f(x) { h s = 0; h i = 0; match x { 1 => { " + body + " s = -1; } _ => { s = 8; } } return s; } print(f(3)); print(f(1));") ==
             "8\n-1\n");
  BOOST_TEST(run("fn f() { h s = 0; h i = 0; try { " + body + " throw \"t\"; } catch e { s = e; } finally { print(\"last\"); } return s; } print(f());") ==
             "last\nt\n");
}

BOOST_AUTO_TEST_CASE(nested_calls) {
  BOOST_TEST(run("fn f(x) { return x + 1; } print(" + repeated(2000, "f(") + "0" + repeated(2000, ")") + ");") == "2000\n");
  BOOST_TEST(run("h x = 1; print(" + repeated(2000, "(") + "x" + repeated(2000, " + 1)") + ");") == "2001\n");
}

BOOST_AUTO_TEST_CASE(long_chains_of_operators) {
  const std::string define = "h x = 1; h no = false; fn t() { print(\"asked\"); return true; }\n";
  BOOST_TEST(run(define + "print(x" + repeated(100000, " + 1") + ");") == "100001\n");
  BOOST_TEST(run(define + "print(\"\"" + repeated(20000, " + x") + " == \"" + repeated(20000, "1") + "\");") == "true\n");
  BOOST_TEST(run(define + "print(no" + repeated(100000, " or no") + " or t());") == "asked\ntrue\n");
  BOOST_TEST(run(define + "print(no" + repeated(100000, " and t()") + ");") == "false\n");
  BOOST_TEST(run(define + "if no" + repeated(100000, " or no") + " { print(1); } else { print(2); }") == "2\n");
}

BOOST_AUTO_TEST_CASE(too_many_names_are_refused_with_a_place) {
  std::string text = "fn f() {\n";
  for (int i = 0; i < 70000; ++i) text += fmt::format("h v{} = {};\n", i, i);
  const std::string got = run("print(\"never\");\n" + text + "return v69999; } print(f());");
  BOOST_TEST(got.starts_with("Error: at "), got.substr(0, 100));
  BOOST_TEST(got.find("in one function") != std::string::npos, got.substr(0, 100));
}

BOOST_AUTO_TEST_CASE(many_functions_and_globals) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += fmt::format("fn f{}() {{ return {}; }} h g{} = f{}();\n", i, i, i, i);
  BOOST_TEST(run(text + "print(f4999() + g4998);") == "9997\n");
}

BOOST_AUTO_TEST_SUITE_END()
