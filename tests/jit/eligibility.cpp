// The reasons that keep a function from being native, one row each.

#include "jit/eligibility.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/compiler.hpp"
#include "vm/vm.hpp"

namespace {

struct Row {
  const char* body;  // of a function with parameters a and b
  const char* reason;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.body; }

const Row kRows[] = {
    {"return a + b * 2;", ""},
    {"h s = 0; h i = 0; while i < a { s += b[i]; i += 1; } return s;", ""},
    {"for i in range(a) { b[i] = i * 0.5; } return null;", ""},
    {"return later(a);", ""},
    {"return \"x\";", "string"},
    {"return f\"{a}\";", "string"},
    {"return a[\"k\"];", "dict"},
    {"a[\"k\"] = 1;", "dict"},
    {"return {};", "dict"},
    {"throw a;", "try"},
    {"try { a = 1; } catch e { a = 2; }", "try"},
    {"yield a;", "yield"},
    {"return a.m();", "class"},
    {"return fn(x) 1;", "lambda"},
    {"fn inner() { return 1; }", "nested-fn"},
    {"return b(a);", "lambda"},
    {"import m;", "eval"},
    {"return eval_omc(a);", "lambda"},
    {"print(a);", "io"},
    {"match a { 1 => { return 2; } 2..5 => { return 3; } }", ""},
    {"match a { string => { return 2; } }", "match-pattern"},
    {"return sha256(a);", "builtin sha256"},
    {"@no_jit return a;", "pragma"},
};

// A pragma stands before the function.
std::string text(std::string body) {
  const std::string pragma = body.front() == '@' ? body.substr(0, body.find(' ') + 1) : "";
  return pragma + "fn f(a, b) { " + body.substr(pragma.size()) + " }";
}

}  // namespace

BOOST_DATA_TEST_CASE(the_first_obstacle_is_named, boost::unit_test::data::make(kRows), row) {
  omc::vm::Vm vm;
  omc::stdlib::install(vm);
  const auto source = std::make_shared<const omc::lang::Source>("t", text(row.body));
  const omc::lang::ParseResult parsed = omc::lang::parse(*source);
  BOOST_REQUIRE(parsed.ok());
  omc::lang::resolve(*parsed.module);
  const omc::vm::Proto* top = omc::vm::compile(vm, *parsed.module, source);
  BOOST_REQUIRE_EQUAL(top->protos.size(), 1u);
  BOOST_TEST(omc::jit::first_obstacle(*top->protos[0]).reason == row.reason);
}
