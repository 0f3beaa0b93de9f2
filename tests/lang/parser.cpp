#include "lang/parser.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "lang/dump.hpp"
#include "lang/format.hpp"
#include "lang/resolve.hpp"

using namespace omc::lang;
namespace bdata = boost::unit_test::data;

namespace {

struct Row {
  const char* text;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.text; }

// The tree, a line a statement; or the errors, when there are any.
std::string outcome(const std::string& text) {
  const Source source("test.omc", text);
  const ParseResult parsed = parse(source);
  if (parsed.ok()) return dump_ast(*parsed.module);
  std::string out;
  for (const Diagnostic& d : parsed.diagnostics) out += at_position(source, d) + "\n";
  return out;
}

const Row kExpressions[] = {
    // precedence and associativity
    {"1 + 2 * 3", "(+ 1 (* 2 3))"},
    {"1 - 2 - 3", "(- (- 1 2) 3)"},
    {"2 ** 3 ** 2", "(** 2 (** 3 2))"},
    {"-2 ** 2", "(** (- 2) 2)"},
    {"2 ** -1", "(** 2 (- 1))"},
    {"-2 ** -3 ** 4", "(** (- 2) (** (- 3) 4))"},
    {"-~-x", "(- (~ (- x)))"},
    {"1 & 2 == 2", "(& 1 (== 2 2))"},
    {"a | b ^ c & d", "(| a (^ b (& c d)))"},
    {"a < b == c", "(== (< a b) c)"},
    {"1 << 2 + 3", "(<< 1 (+ 2 3))"},
    {"!1 + 1", "(not (+ 1 1))"},
    {"not a == b", "(not (== a b))"},
    {"not not a", "(not (not a))"},
    {"a or b and not c or d", "(or (or a (and b (not c))) d)"},
    {"a && b || !c", "(or (and a b) (not c))"},
    {"safe a / b", "(safe (/ a b))"},
    {"safe a or b", "(safe (or a b))"},
    {"(safe a / b) + 1", "(+ (safe (/ a b)) 1)"},
    {"fn(x) x + 1", "(lambda (x) (+ x 1))"},
    {"fn(x) fn(y) x + y", "(lambda (x) (lambda (y) (+ x y)))"},
    {"fn(x) safe x / 0", "(lambda (x) (safe (/ x 0)))"},
    {"fn(a: int, b,) -> float { return a }", "(lambda (a:int b) -> float {(return a)})"},
    {"fn() {\"a\"}", "(lambda () {(expression \"a\")})"},
    // postfixes
    {"f(1)(2)[3]", "(index (call-value (call f 1) 2) 3)"},
    {"f\n(1)", "(call f 1)"},
    {"a\n[1]\n[2]", "(index (index a 1) 2)"},
    {"a.b.c(1)", "(call a.b.c 1)"},
    {"a . b", "a.b"},
    {"phi.fold(9)", "(call phi.fold 9)"},
    {"a.res", "a.res"},
    {"a.b[0]", "(index a.b 0)"},
    {"a[0].m(1).res(2)\n.k()", "(method k (method res (method m (index a 0) 1) 2))"},
    {"f().m()", "(method m (call f))"},
    {"5.m()", "(method m 5)"},
    {"1.5.m()", "(method m 1.5f)"},
    {"\"a\".m()", "(method m \"a\")"},
    {"[1][0]", "(index (array 1) 0)"},
    {"{\"a\": 1}[\"a\"]", "(index (dict \"a\":1) \"a\")"},
    {"(f)(1)", "(call-value f 1)"},
    {"f\"x\"[0]", "(index (f \"x\") 0)"},
    {"range(3)[0]", "(index (call range 3) 0)"},
    {"res(1).m()", "(method m (call res 1))"},
    {"-a[0]", "(- (index a 0))"},
    {"-5.m()", "(- (method m 5))"},
    // lists
    {"[1 2, 3,]", "(array 1 2 3)"},
    {"[1 -2]", "(array (- 1 2))"},
    {"[[1] [2]]", "(array (array 1) (array 2))"},
    {"[a [2]]", "(array (index a 2))"},
    {"f(a b,)", "(call f a b)"},
    {"{a: 1 \"b\": 2, 1 + 1: 3, [4]: 5,}", "(dict \"a\":1 \"b\":2 (+ 1 1):3 (array 4):5)"},
    {"{a.b: 1, f(x): 2}", "(dict a.b:1 (call f x):2)"},
    {"{true: 1}", "(dict \"true\":1)"},
    {"{}", "(dict)"},
    // literals
    {"9223372036854775807", "9223372036854775807"},
    {"000000000000000000000000000012", "12"},
    {"-9223372036854775808", "(- -9223372036854775808)"},
    {"1e400", "inff"},
    {"0.0000000000000000000000000000001e30", "0.1f"},
    {"1e-400", "0f"},
    {"0.000001e99999999999999999999", "inff"},
    {"0.0e99999999999999999999", "0f"},
    {"9.5e-00000000000000000000000001", "0.95f"},
    {"4.9e-324", "5e-324f"},
    {R"('\q\x41\'\\\"')", R"("qx41'\\\"")"},
    {"\"\"\"a\\n\"\"\"", "\"a\\\\n\""},
    {"\"a\r\nb\"", "\"a\\nb\""},
    {"\"\"\"a\r\nb\"\"\"", "\"a\\nb\""},
    {"\"a\\\r\nb\\\nc\"", "\"a\\nb\\nc\""},
    {"'\\é'", "\"é\""},
    // f-strings
    {"f\"\"", "(f)"},
    {R"(f"a{n}b{ m }")", R"((f "a" n "b" m))"},
    {R"(f"{{}} {{{x}}} }")", R"((f "{} {" x "} }"))"},
    {R"(f"\n{x}\q\{")", R"((f "\n" x "q{"))"},
    {R"(F'{d["k"]} {f"{f'{1}'}"}')", R"((f (index d "k") " " (f (f 1))))"},
    {R"(f"{ {"a": 1} }")", R"((f (dict "a":1)))"},
    {R"(f"{fn(x) { return x; }}")", "(f (lambda (x) {(return x)}))"},
    {R"(f"""say "hi" {x}""")", R"((f "say \"hi\" " x))"},
    {R"(f"{if n > 3 { "big" } else { "small" }}")", R"((f (if (> n 3) {(expression "big")} {(expression "small")})))"},
};

const Row kStatements[] = {
    {"", ""},
    {";;;", ""},
    {"h a = 1 h b = 2 println(a) a = 3", "(let a 1)\n(let b 2)\n(expression (call println a))\n(= a 3)\n"},
    {"h[2 + 1] a;", "(let-array a (+ 2 1))\n"},
    {"a += 1 a -= 1 a *= 1 a /= 1 a %= 1 a **= 1",
     "(+= a 1)\n(-= a 1)\n(*= a 1)\n(/= a 1)\n(%= a 1)\n(**= a 1)\n"},
    {"h c = [1, 2] c[0] = 9", "(let c (array 1 2))\n(= (index c 0) 9)\n"},
    {"a[0][1][2] += 1", "(+= (index (index (index a 0) 1) 2) 1)\n"},
    {"if a {} elif b {1} else if c {2} else {3}", "(if a {} b {(expression 1)} c {(expression 2)} {(expression 3)})\n"},
    {"if (1) {}", "(if 1 {})\n"},
    {"while a < 3 { break; continue }", "(while (< a 3) {(break) (continue)})\n"},
    {"for i in range(1 2, 3) {}", "(for i range 1 2 3 {})\n"},
    {"for i in range(3)[0] {}", "(for i in (index (call range 3) 0) {})\n"},
    {"for i in (range(3)) {}", "(for i in (call range 3) {})\n"},
    {"for i in range() {}", "(for i in (call range) {})\n"},
    {"for i in range(1,2,3,4) {}", "(for i in (call range 1 2 3 4) {})\n"},
    {"for k in {a: 1} {}", "(for k in (dict \"a\":1) {})\n"},
    {"fn f() {}", "(fn f () {})\n"},
    {"fn f(a b: int,) -> int @hot @unroll:16 @mode:fast {}", "(fn f (a b:int) -> int @hot @unroll:16 @mode:fast {})\n"},
    {"@a @pragma[b]\n@pragma fn f() {}", "(fn f () @a @b @pragma {})\n"},
    {"fn (x) x", "(expression (lambda (x) x))\n"},
    {"class A extends B { x y; fn m(self) { } z }", "(class A extends B x y z (fn m (self) {}))\n"},
    {"match x { 1 | -2..3 | -0.5 => 1, \"a\"..\"é\" => { } 'b' => 2; int|null_t => 3 true|false|null|_|y => 4 }",
     "(match x (1 | -2..3 | -0.5f {(expression 1)}) (U+0061..U+00E9 {}) (\"b\" {(expression 2)}) (type:int | type:null_t "
     "{(expression 3)}) (true | false | null | _ | y {(expression 4)}))\n"},
    {"match x { -9223372036854775808..9223372036854775807 => 1 }",
     "(match x (-9223372036854775808..9223372036854775807 {(expression 1)}))\n"},
    {"match x { \"\"\"😀\"\"\"..\"😁\" => 1 }", "(match x (U+1F600..U+1F601 {(expression 1)}))\n"},
    {"try {} catch e {} finally {}", "(try {} catch e {} finally {})\n"},
    {"try {} finally {}", "(try {} finally {})\n"},
    {"throw 1 yield 2; assert a assert a, \"b\"", "(throw 1)\n(yield 2)\n(assert a)\n(assert a \"b\")\n"},
    {"import a load \"b/c.omc\" as d; from e import f, g h x = 1",
     "(import \"a\")\n(import \"b/c.omc\" as d)\n(from \"e\" f g)\n(let x 1)\n"},
    {"fn f() { return } fn g() { return; 1 } fn k() { return\n1 } return",
     "(fn f () {(return)})\n(fn g () {(return) (expression 1)})\n(fn k () {(return 1)})\n(return)\n"},
    {"print(1 + 2)", "(print (+ 1 2))\n"},
    {"{}", "(expression (dict))\n"},
    {"x\n(1)", "(expression (call x 1))\n"},
    {"5\n(1)", "(expression 5)\n(expression 1)\n"},
    {"range(3)\n[1]", "(expression (call range 3))\n(expression (array 1))\n"},
    {"h x = if a { 1 } else { 2 }\n[1]", "(let x (if a {(expression 1)} {(expression 2)}))\n(expression (array 1))\n"},
    {"h x = if a { 1 } elif b { 2 } else if c { 3 } else { 4 }",
     "(let x (if a {(expression 1)} b {(expression 2)} c {(expression 3)} {(expression 4)}))\n"},
    {"while 1 { h x = if a { break } else { continue } }", "(while 1 {(let x (if a {(break)} {(continue)}))})\n"},
    {"h res = 1; res = res + res(res);",
     "(let res 1)\n(= res (+ res (call res res)))\n"},
    {"h = 1 # no", "at 1:3: Expected a variable name, got `=`: 'h' is a reserved keyword. Try `hval`\n"},
};

const Row kErrors[] = {
    // reserved words, wherever a name is wanted
    {"h h = 1;", "at 1:3: Expected a variable name: 'h' is a reserved keyword. Try `hval`\n"},
    {"h[3] in", "at 1:6: Expected a variable name: 'in' is a reserved keyword. Try `inval`\n"},
    {"fn if() {}", "at 1:4: Expected a function name: 'if' is a reserved keyword. Try `ifval`\n"},
    {"fn f(range) {}", "at 1:6: Expected a parameter name or `)`: 'range' is a reserved keyword. Try `rangeval`\n"},
    {"for fn in xs {}", "at 1:5: Expected a loop variable: 'fn' is a reserved keyword. Try `fnval`\n"},
    {"try {} catch res {}", "at 1:14: Expected a name for the error: 'res' is a reserved keyword. Try `resval`\n"},
    {"class fold {}", "at 1:7: Expected a class name: 'fold' is a reserved keyword. Try `foldval`\n"},
    {"class A { match; }", "at 1:11: Expected a field, a method or `}`: 'match' is a reserved keyword. Try `matchval`\n"},
    {"h d = {in: 1}", "at 1:8: Expected a key: 'in' is a reserved keyword. Try `inval`\n"},
    {"print(res); h res = 1;", "at 1:7: Unexpected token in expression: 'res' is a reserved keyword. Try `resval`\n"},
    {"h x = fold + 1", "at 1:7: Unexpected token in expression: 'fold' is a reserved keyword. Try `foldval`\n"},
    {"println(h)", "at 1:9: Unexpected token in expression: 'h' is a reserved keyword. Try `hval`\n"},
    // == meant
    {"if x = 5 { println(\"no\"); }", "at 1:6: Expected `{`, got `=`. Did you mean `==`?\n"},
    {"while x = 1 {}", "at 1:9: Expected `{`, got `=`. Did you mean `==`?\n"},
    {"println(x = 1)", "at 1:11: Unexpected token in expression: `=`. Did you mean `==`?\n"},
    {"h y = (x = 1)", "at 1:10: Expected `)`, got `=`. Did you mean `==`?\n"},
    {"return x = 1", "at 1:10: Unexpected token in expression: `=`. Did you mean `==`?\n"},
    {"f(1) = 2", "at 1:6: Cannot assign to this expression. Did you mean `==`?\n"},
    {"(x) = 2", "at 1:5: Cannot assign to this expression. Did you mean `==`?\n"},
    {"(x)[0] += 2", "at 1:8: Cannot assign to this expression\n"},
    {"p.x = 2", "at 1:5: Cannot assign to `p.x`: a field is written `p[\"x\"]`\n"},
    // operands and operators
    {"h bad = ;", "at 1:9: Unexpected token in expression: `;`\n"},
    {"h bad =", "at 1:8: Unexpected token in expression: end of file\n"},
    {".5", "at 1:1: Unexpected token in expression: `.`\n"},
    {"h x = 5.", "at 1:9: Expected a method name, got end of file\n"},
    {"1 == not x", "at 1:6: Unexpected token in expression: `not`. Put the negation in parentheses\n"},
    {"- !x", "at 1:3: Unexpected token in expression: `!`. Put the negation in parentheses\n"},
    {"1 + fn(x) x", "at 1:5: Unexpected token in expression: `fn`. Put the function in parentheses\n"},
    {"1 + safe x", "at 1:5: Unexpected token in expression: `safe`. Put the `safe` expression in parentheses\n"},
    {"f(1).x", "at 1:7: Expected `(` after `.x`: only methods are reached with a dot, fields with [\"x\"], got end of file\n"},
    // lists
    {"[,1]", "at 1:2: Unexpected token in expression: `,`\n"},
    {"[1,,2]", "at 1:4: Unexpected token in expression: `,`\n"},
    {"f(1,,)", "at 1:5: Unexpected token in expression: `,`\n"},
    {"fn f(,a) {}", "at 1:6: Expected a parameter name or `)`, got `,`\n"},
    {"{,}", "at 1:2: Unexpected token in expression: `,`\n"},
    {"{1 2}", "at 1:4: Expected `:`, got integer `2`\n"},
    {"h x = (1 + 2;\nh y = 1", "at 1:13: Expected `)`, got `;`\n"},
    {"println(1\nh x = 2;\nh y = ;", "at 2:1: Expected `)`, got `h`\nat 3:7: Unexpected token in expression: `;`\n"},
    {"fn f(a = 1) {}", "at 1:8: Unexpected `=`: parameters have no default values\n"},
    // statements
    {"fn f() {\n  println(1);\n", "at 3:1: Expected `}`, got end of file\n"},
    {"fn f() { if 1 { while 1 {", "at 1:26: Expected `}`, got end of file\n"},
    {"}", "at 1:1: Unexpected `}`: no block is open\n"},
    {"h x = 1 }\nh y = ;", "at 1:9: Unexpected `}`: no block is open\nat 2:7: Unexpected token in expression: `;`\n"},
    {"else { 1 }", "at 1:1: Unexpected `else`: no `if` before it\n"},
    {"try {}", "at 1:7: Expected `catch` or `finally`, got end of file\n"},
    {"print(1, 2)", "at 1:8: Expected `)`, got `,`\n"},
    {"@hot h x = 1", "at 1:6: Expected `fn` after a pragma, got `h`\n"},
    {"from m import a,", "at 1:17: Expected a name to import, got end of file\n"},
    {"match x { 1 }", "at 1:13: Expected `=>`, got `}`\n"},
    {"match x { 1..2.5 => 1 }", "at 1:14: Expected an integer, got float `2.5`\n"},
    {"match x { \"ab\"..\"c\" => 1 }", "at 1:11: A bound of a string range must be one character\n"},
    {"match x { \"a\"..\"\" => 1 }", "at 1:16: A bound of a string range must be one character\n"},
    {"match x { \"a\"..1 => 1 }", "at 1:16: Expected a string, got integer `1`\n"},
    {"match x { if => 1 }", "at 1:11: Expected a pattern: 'if' is a reserved keyword. Try `ifval`\n"},
    {"match x { 1 => return 2 }",
     "at 1:16: Unexpected token in expression: 'return' is a reserved keyword. Try `returnval`\n"},
    // loops
    {"break", "at 1:1: `break` outside of any loop\n"},
    {"while 1 { fn f() { continue } }", "at 1:20: `continue` outside of any loop\n"},
    {"while 1 { h f = fn() { break } }", "at 1:24: `break` outside of any loop\n"},
    {"while 1 { class A { fn m() { break } } }", "at 1:30: `break` outside of any loop\n"},
    {"while (if 1 { break }) {}", "at 1:15: `break` outside of any loop\n"},
    {"while 1 { h = 1 } break", "at 1:13: Expected a variable name, got `=`: 'h' is a reserved keyword. Try `hval`\n"
                                "at 1:19: `break` outside of any loop\n"},
    // numbers
    {"println(9223372036854775808)", "at 1:9: Integer literal out of range: the largest is 9223372036854775807\n"},
    {"x = -9223372036854775809", "at 1:6: Integer literal out of range: the largest is 9223372036854775807\n"},
    {"x = 0 - 9223372036854775808", "at 1:9: Integer literal out of range: the largest is 9223372036854775807\n"},
    {"x = -(9223372036854775808)", "at 1:7: Integer literal out of range: the largest is 9223372036854775807\n"},
    {"x = 99999999999999999999999", "at 1:5: Integer literal out of range: the largest is 9223372036854775807\n"},
    {"x = 12abc + 1", "at 1:5: Invalid number `12abc`: a letter or `_` directly after the digits\n"},
    // f-strings
    {"println(f\"pi is {x:.2f}\")", "at 1:19: Unexpected `:` after the expression in an f-string hole\n"},
    {"f\"{}\" f\"{ # x }\"", "at 1:3: Expected an expression: a hole of this f-string is empty\n"
                             "at 1:9: Expected an expression: a hole of this f-string is empty\n"},
    {"f\"{a b} {c +}\"", "at 1:6: Unexpected `b` after the expression in an f-string hole\n"
                          "at 1:13: Unexpected token in expression: end of the f-string hole\n"},
    {"f\"{f\"{x y}\"}\"\nh x = ;", "at 1:9: Unexpected `y` after the expression in an f-string hole\n"
                                    "at 2:7: Unexpected token in expression: `;`\n"},
    {"x = f\"\n{ y z }\"", "at 2:5: Unexpected `z` after the expression in an f-string hole\n"},
    {"f\"{fn() { h }}\"", "at 1:13: Expected a variable name, got `}`: 'h' is a reserved keyword. Try `hval`\n"},
    // what the lexer finds comes in its place, and an unterminated string is the only error of what it swallows
    {"h a = ;\nprintln(a $ + 2);\nh b = ;", "at 1:7: Unexpected token in expression: `;`\nat 2:11: Unexpected character "
                                            "`$`\nat 3:7: Unexpected token in expression: `;`\n"},
    {"fn f() { println(\"no closing quote);\n}", "at 1:18: Unterminated string\n"},
    {"f(1, /* 2)", "at 1:6: Unterminated comment: `/*` without `*/`\n"},
    // several errors, no cascades
    {"fn f( { return 1 }\nfn g() { h = 2; return 3 }\nh z = 1 +;\nprintln(z)",
     "at 1:7: Expected a parameter name or `)`, got `{`\n"
     "at 2:12: Expected a variable name, got `=`: 'h' is a reserved keyword. Try `hval`\n"
     "at 3:10: Unexpected token in expression: `;`\n"},
    {"if x = 1 { a(); } else { b(); }\nh d = {\"a\" 1, \"b\": 2};\nif y = 1 { }",
     "at 1:6: Expected `{`, got `=`. Did you mean `==`?\n"
     "at 2:12: Expected `:`, got integer `1`\n"
     "at 3:6: Expected `{`, got `=`. Did you mean `==`?\n"},
};

std::string repeat(const char* text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

// Levels that must parse; a sanitizer's stack frames are several times as large.
#if defined(__SANITIZE_ADDRESS__)
constexpr int kDeep = 1000, kDeepParens = 1000, kDeepBlocks = 300;
#else
constexpr int kDeep = 4'990, kDeepParens = 9'990, kDeepBlocks = 1'990;
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(parser)

BOOST_DATA_TEST_CASE(expressions, bdata::make(kExpressions), row) {
  BOOST_TEST(outcome(std::string("x = ") + row.text) == fmt::format("(= x {})\n", row.expected));
}

BOOST_DATA_TEST_CASE(statements, bdata::make(kStatements), row) { BOOST_TEST(outcome(row.text) == row.expected); }

BOOST_DATA_TEST_CASE(syntax_errors, bdata::make(kErrors), row) { BOOST_TEST(outcome(row.text) == row.expected); }

BOOST_AUTO_TEST_CASE(spans_cover_what_they_name) {
  const std::string text = "# c\nh x = f(1) + [2][0];\n@p fn g(a) { yield a }";
  const Source source("test.omc", text);
  const ParseResult parsed = parse(source);
  BOOST_REQUIRE(parsed.ok());
  const StmtList list = parsed.module->top_level->body.statements;
  BOOST_REQUIRE(list.size() == 2u);
  BOOST_TEST(source.text(list[0]->span) == "h x = f(1) + [2][0];");
  const auto& let = static_cast<const LetStmt&>(*list[0]);
  BOOST_TEST(source.text(let.name.span) == "x");
  const auto& sum = static_cast<const BinaryExpr&>(*let.value);
  BOOST_TEST(source.text(sum.span) == "f(1) + [2][0]");
  BOOST_TEST(source.text(sum.op_span) == "+");
  BOOST_TEST(source.text(sum.left->span) == "f(1)");
  BOOST_TEST(source.text(sum.right->span) == "[2][0]");
  BOOST_TEST(source.text(list[1]->span) == "@p fn g(a) { yield a }");
  const Function& g = *static_cast<const FunctionStmt&>(*list[1]).function;
  BOOST_TEST(source.text(g.span) == "fn g(a) { yield a }");
  BOOST_TEST(source.text(g.body.span) == "{ yield a }");
  BOOST_TEST(g.is_generator);
  BOOST_TEST(!parsed.module->top_level->is_generator);
  BOOST_TEST(parsed.module->comments.size() == 1u);
  BOOST_TEST(parsed.tokens.size() > 10u);
}

BOOST_AUTO_TEST_CASE(a_yield_belongs_to_the_innermost_function) {
  const Source source("test.omc", "yield 0; fn f() { h g = fn() { if 1 { yield 1 } }; } fn k() { match 1 { _ => { yield 2 } } }");
  const ParseResult parsed = parse(source);
  BOOST_REQUIRE(parsed.ok());
  const StmtList list = parsed.module->top_level->body.statements;
  BOOST_TEST(!parsed.module->top_level->is_generator);
  const Function& f = *static_cast<const FunctionStmt&>(*list[1]).function;
  BOOST_TEST(!f.is_generator);
  const auto& let = static_cast<const LetStmt&>(*f.body.statements[0]);
  BOOST_TEST(static_cast<const LambdaExpr&>(*let.value).function->is_generator);
  BOOST_TEST(static_cast<const FunctionStmt&>(*list[2]).function->is_generator);
}

BOOST_AUTO_TEST_CASE(names_are_interned) {
  const Source source("test.omc", "abc = abc.d + abc");
  const ParseResult parsed = parse(source);
  BOOST_REQUIRE(parsed.ok());
  const auto& assign = static_cast<const AssignStmt&>(*parsed.module->top_level->body.statements[0]);
  const auto& sum = static_cast<const BinaryExpr&>(*assign.value);
  const auto& left = static_cast<const NameExpr&>(*sum.left);
  BOOST_TEST(left.name == "abc.d");
  BOOST_TEST(static_cast<const void*>(left.head.data()) == static_cast<const void*>(assign.name.name.data()));
  const auto& right = static_cast<const NameExpr&>(*sum.right);
  BOOST_TEST(static_cast<const void*>(right.name.data()) == static_cast<const void*>(assign.name.name.data()));
}

BOOST_AUTO_TEST_CASE(a_missing_brace_names_the_open_one) {
  const Source source("test.omc", "fn f() {\n");
  const ParseResult parsed = parse(source);
  BOOST_REQUIRE(parsed.diagnostics.size() == 1u);
  BOOST_REQUIRE(parsed.diagnostics[0].notes.size() == 1u);
  BOOST_TEST((parsed.diagnostics[0].notes[0].span == Span{7, 8}));
}

BOOST_AUTO_TEST_CASE(a_reserved_word_comes_with_a_fix) {
  const Source source("test.omc", "h h = 1;");
  const ParseResult parsed = parse(source);
  BOOST_REQUIRE(parsed.diagnostics.size() == 1u);
  BOOST_REQUIRE(parsed.diagnostics[0].fixes.size() == 1u);
  BOOST_TEST(parsed.diagnostics[0].fixes[0].edits[0].text == "hval");
}

BOOST_AUTO_TEST_CASE(nesting_parses) {
  const int n = kDeep;
  const int blocks = kDeepBlocks;
  for (const std::string& text :
       {"x = " + repeat("(", kDeepParens) + "1" + repeat(")", kDeepParens), "x = " + repeat("[", n) + repeat("]", n),
        "x = " + repeat("{\"a\": ", n) + "1" + repeat("}", n), "x = " + repeat("f(", n) + repeat(")", n),
        "x = " + repeat("-", n) + "1", "x = " + repeat("not ", n) + "1", "x = " + repeat("2 ** ", n) + "1",
        "x = " + repeat("fn(x) ", blocks) + "1", repeat("if 1 {", blocks) + repeat("}", blocks),
        "x = " + repeat("f\"{", n) + "1" + repeat("}\"", n), "x = f" + repeat("(1)", n),
        repeat("match 1 { 1 => {", blocks) + repeat("}}", blocks), "x = " + repeat("f(fn() {", blocks / 2) + repeat("})", blocks / 2),
        "x = " + repeat("if 1 { 2 } else { (", blocks / 2) + "3" + repeat(") }", blocks / 2)}) {
    const Source source("test.omc", text);
    const ParseResult parsed = parse(source);
    BOOST_TEST(parsed.ok(), text.substr(0, 20) << ": " << parsed.first_message());
    BOOST_TEST(dump_ast(*parsed.module).size() > 5u);  // and can be walked
    BOOST_TEST(format(*parsed.module).size() > 5u);
    resolve(*parsed.module);
  }
}

BOOST_AUTO_TEST_CASE(nesting_beyond_the_limit_is_one_syntax_error) {
  const int n = 300'000;
  for (const std::string& text :
       {repeat("(", n), repeat("[", n) + repeat("]", n), repeat("{\"a\": ", n), repeat("f(", n), repeat("-", n) + "1",
        repeat("not ", n) + "1", repeat("2 ** ", n) + "1", repeat("fn(x) ", n) + "1", repeat("f\"{", n) + repeat("}\"", n),
        "f" + repeat("(1)", n), repeat("a[", n) + "1" + repeat("]", n), repeat("while 1 {", 30'000)}) {
    const Source source("test.omc", text);
    const ParseResult parsed = parse(source);
    BOOST_REQUIRE(!parsed.ok());
    const std::string message = parsed.first_message();
    BOOST_TEST((message.find("too deeply") != std::string::npos || message.find("too long") != std::string::npos), message);
    BOOST_TEST(parsed.diagnostics.size() <= 2u);  // where it is too deep, and that it never ends
  }
}

// The stack of a thread is 16 times smaller here than that of the main thread.
BOOST_AUTO_TEST_CASE(nesting_is_bounded_by_the_stack_of_the_thread) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 512 << 10);
  pthread_t thread;
  std::string message;
  const auto run = [](void* out) -> void* {
    const std::string text = "x = " + repeat("[", 9'000) + repeat("]", 9'000);
    const Source source("test.omc", text);
    *static_cast<std::string*>(out) = parse(source).first_message();
    return nullptr;
  };
  BOOST_REQUIRE(pthread_create(&thread, &attributes, run, &message) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  BOOST_TEST(message.find("Nested too deeply") != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(long_chains_are_no_nesting) {
  const int n = 100'000;
  for (const std::string& text :
       {"x = a" + repeat(" + a", 10 * n), "x = a" + repeat(" and a or b", n), "x = a" + repeat(" * b - c", n),
        "if a {}" + repeat(" elif b {}", n), "x = if a {}" + repeat(" else if b {}", n), "x = [" + repeat("1 ", n) + "]",
        repeat("x = 1;", n)}) {
    const Source source("test.omc", text);
    const ParseResult parsed = parse(source);
    BOOST_TEST(parsed.ok(), text.substr(0, 20) << ": " << parsed.first_message());
    BOOST_TEST(dump_ast(*parsed.module).size() > static_cast<size_t>(n));  // and can be walked
  }
}

BOOST_AUTO_TEST_CASE(input_that_wants_more) {
  for (const char* text : {"fn f() {", "f(1,", "[1\n", "h x =", "\"abc", "\"\"\"a\"", "f\"{x", "/* a", "if a {} else", "1 +", "try {}",
                           "h = ( ;", "f(\"a)\"", "f(f\"{x y)}\"", "@hot"}) {
    const Source source("test.omc", text);
    BOOST_TEST(parse(source).wants_more(), text);
  }
  for (const char* text : {"", "1", "h x = 1", "f(1)", "h x = ;", "h = ; h x =", "}", "f(1))", "f(1)) + (", "f\"{x y(}\"", "# (", "'('",
                           "$", "if a {}"}) {
    const Source source("test.omc", text);
    BOOST_TEST(!parse(source).wants_more(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_errors_ends_with_the_hundredth) {
  const Source source("test.omc", repeat("h = ;\n", 5000));
  BOOST_TEST(parse(source).diagnostics.size() == 100u);
  // Wherever it stands.
  for (const char* text : {"f\"{} {} {}\" ", "[1, h] ", "fn f(h) {} ", "match x { h => 1 } ", "class A { h } ", "{ h: 1 } ",
                           "while 1 { fn() { h } } ", "try { h } catch h {} ", "break "}) {
    const Source errors("test.omc", repeat(text, 500));
    BOOST_TEST(parse(errors).diagnostics.size() <= 100u, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
