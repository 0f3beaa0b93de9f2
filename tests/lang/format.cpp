#include "lang/format.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lang/dump.hpp"
#include "lang/parser.hpp"

using namespace omc::lang;
namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

std::string formatted(const std::string& text) {
  const Source source("test.omc", text);
  const ParseResult parsed = parse(source);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), parsed.first_message() << " in " << text);
  return format(*parsed.module);
}

// The visible characters of all comments: a comment may move, and two may come to stand on one line.
std::string comment_characters(const Module& module) {
  std::string all;
  for (const Comment& comment : module.comments)
    for (const char c : module.source().text(comment.span))
      if (static_cast<unsigned char>(c) > ' ') all += c;
  std::ranges::sort(all);
  return all;
}

void check_properties(const std::string& text) {
  const Source source("test.omc", text);
  const ParseResult first = parse(source);
  BOOST_REQUIRE_MESSAGE(first.ok(), first.first_message() << " in " << text);
  const Source once("once.omc", format(*first.module));
  const ParseResult second = parse(once);
  BOOST_REQUIRE_MESSAGE(second.ok(), second.first_message() << " in " << once.text());
  BOOST_TEST(dump_ast(*second.module) == dump_ast(*first.module));
  BOOST_TEST(comment_characters(*second.module) == comment_characters(*first.module));
  BOOST_TEST(format(*second.module) == once.text());
}

struct Row {
  const char* text;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.text; }

const Row kRows[] = {
    {"", ""},
    {";;\n;", ""},
    {"\xEF\xBB\xBF#!omc\r\nh x=1;\r\n", "#!omc\nh x = 1;\n"},
    // parentheses: those that have to stay
    {"(f)(1)", "(f)(1);\n"},
    {"(a).m(1)", "(a).m(1);\n"},
    {"((a.b))(1)", "(a.b)(1);\n"},
    {"(f(1))(2)", "f(1)(2);\n"},
    {"(xs)[0]", "xs[0];\n"},
    {"(-x)[0]; (!x)(1); (safe x).m(); (fn(x) x)(1); (if a {1})[0]",
     "(-x)[0];\n(!x)(1);\n(safe x).m();\n(fn(x) x)(1);\n(if a {\n    1;\n})[0];\n"},
    {"(a + b)[0]; (5).m(); ('a').m(); ([1])[0]", "(a + b)[0];\n5.m();\n\"a\".m();\n[1][0];\n"},
    {"x = -(-a) - -b; y = ~-a; z = -~a; w = -(!a); v = ~(safe a)",
     "x = (-(-a) - -b);\ny = ~-a;\nz = -~a;\nw = -(!a);\nv = ~(safe a);\n"},
    {"x = (-a) ** (-b) ** c; y = (~a) ** 2", "x = ((-a) ** ((-b) ** c));\ny = (~a ** 2);\n"},
    {"x = (fn(a) a) + (if b { 1 } else { 2 })", "x = ((fn(a) a) + (if b {\n    1;\n} else {\n    2;\n}));\n"},
    {"x = !(fn() 1) and (!y | 2)", "x = (!(fn() 1) and !(y | 2));\n"},
    {"x = safe (safe a); y = safe (fn() 1); z = safe !a; w = safe if a { 1 }",
     "x = safe (safe a);\ny = safe (fn() 1);\nz = safe !a;\nw = safe if a {\n    1;\n};\n"},
    {"fn(x) x\n(if a { 1 })", "(fn(x) x(if a {\n    1;\n}));\n"},
    {"(fn(x) x);\n(if a { 1 })", "(fn(x) x);\n(if a {\n    1;\n});\n"},
    {"f = fn() ({}); g = fn() ({a: 1})['a']; k = fn() ({} + 1)",
     "f = fn() ({});\ng = fn() ({\"a\": 1}[\"a\"]);\nk = fn() ({} + 1);\n"},
    {"d = {(a): 1, a.b: 2, (a.b): 3, (f(x)): 4, (1 + 2): 5, true: 6}",
     "d = {(a): 1, a.b: 2, a.b: 3, f(x): 4, (1 + 2): 5, \"true\": 6};\n"},
    {"for i in (range(3)) {} for i in ((range(1, 2, 3)))[0] {}",
     "for i in (range(3)) {\n}\nfor i in range(1, 2, 3)[0] {\n}\n"},
    {"if (a) {} while ((b)) {} for x in (xs) {} match (y) {} return (1)",
     "if a {\n}\nwhile b {\n}\nfor x in xs {\n}\nmatch y {\n}\nreturn 1;\n"},
    {"x = a and !b or not (c or d) and (not e == f)", "x = ((a and !b) or (!(c or d) and !(e == f)));\n"},
    {"x = not (not a) | 1", "x = !((!a) | 1);\n"},
    // spellings
    {"h s = 'tab\t\\q \"'; h t = \"\"\"a\n  'b' \\n\"\"\" h u = F'{ x }'",
     "h s = \"tab\\tq \\\"\";\nh t = \"\"\"a\n  'b' \\n\"\"\";\nh u = F'{ x }';\n"},
    {"x = 007 + 1E5 - 9223372036854775807", "x = ((007 + 1E5) - 9223372036854775807);\n"},
    {"match x { - 01 .. 5 | -1.50 | 'a' .. 'b' | \"\"\"q\"\"\" => 1 }",
     "match x {\n    -01..5 | -1.50 | \"a\"..\"b\" | \"\"\"q\"\"\" => {\n        1;\n    }\n}\n"},
    {"load \"\"\"a\"\"\" as b from 'c' import d", "import \"\"\"a\"\"\" as b;\nfrom \"c\" import d;\n"},
    {"x = a . b . c", "x = a.b.c;\n"},
    {"class A { fn m(self) {} x y fn k(self) {} z }",
     "class A {\n    fn m(self) {\n    }\n    x;\n    y;\n    fn k(self) {\n    }\n    z;\n}\n"},
    {"@a @pragma[ b ] @c fn f() @d : 1 {}", "@a\n@pragma[b]\n@c\nfn f() @d:1 {\n}\n"},
    {"x = fn (a : int b,) -> int a", "x = fn(a: int, b) -> int a;\n"},
    // blank lines
    {"a();\n\n\n;\nb();\n;\nc();", "a();\n\nb();\nc();\n"},
    {"# a\n\n\n# b\nx();\n\n# c\n\n", "# a\n\n# b\nx();\n\n# c\n"},
    {"if a {\n\n# x\n\n\n# y\n\n}", "if a {\n    # x\n\n    # y\n}\n"},
    {"match a {\n\n1 => 2\n\n\n# x\n3 => 4\n\n}",
     "match a {\n    1 => {\n        2;\n    }\n\n    # x\n    3 => {\n        4;\n    }\n}\n"},
    // comments
    {"a(); /* x */ b(); # y", "a();  /* x */\nb();  # y\n"},
    {"/* x */ a();", "/* x */\na();\n"},
    {"f(1, # one\n  /* two */ 2\n  # three\n);", "# one\n/* two */\n# three\nf(1, 2);\n"},
    {"if a { # x\n b() # y\n} # z\nelse # v\n{ # w\n}", "if a {  # x\n    b();  # y\n} else {  # z  # v  # w\n}\n"},
    {"if /* x */ a /* y */ { /* z */ b() }", "/* x */\n/* y */\nif a {  /* z */\n    b();\n}\n"},
    {"if a {} # x\nelif /* y */ b {} else {} # z", "if a {\n} else if b {  # x  /* y */\n} else {\n}  # z\n"},
    {"if a {} # x\n/* y\n  z */ else {}", "if a {\n} else {  # x\n    /* y\n  z */\n}\n"},
    {"try {} // x\ncatch e /* y */ {} # z\nfinally {}", "try {\n} catch e {  // x  /* y */\n} finally {  # z\n}\n"},
    {"match x { # a\n 1 => 2, # b\n # c\n 3 => { # d\n }, # e\n}",
     "match x {  # a\n    1 => {\n        2;  # b\n    }\n    # c\n    3 => {  # d\n    }  # e\n}\n"},
    {"match /* { */ x /* { */ { /* a */ }", "/* { */\n/* { */\nmatch x {  /* a */\n}\n"},
    {"class A # x\n{ # y\n f; # z\n # w\n}", "# x\nclass A {  # y\n    f;  # z\n    # w\n}\n"},
    {"# doc\n@a # x\n# y\n@b fn f( # z\n a) {}", "# doc\n# z\n@a  # x\n# y\n@b\nfn f(a) {\n}\n"},
    {"h f = fn(x) { # a\n # b\n return x; # c\n}; # d", "h f = fn(x) {  # a\n    # b\n    return x;  # c\n};  # d\n"},
    {"g(/* a */ fn() {} # b\n, /* c */ 1)", "/* a */\n/* c */\ng(fn() {\n}, 1);  # b\n"},
    {"h x = f\"{ y # in\n}\"; # out", "h x = f\"{ y # in\n}\";  # out\n"},
    {"# trailing blanks  \t\n/* a  \n b\t*/", "# trailing blanks\n/* a\n b\t*/\n"},
    {"x = 1 # a\n;", "# a\nx = 1;\n"},
    {"# a \r", "# a\n"},
    {"/* a \r\r\n b */ x = \"\"\"a\r\nb\r\r\n\"\"\"", "/* a\n b */\nx = \"\"\"a\nb\r\r\n\"\"\";\n"},
    // indentation
    {"fn f() { if a { while b { c(fn() { d(); }); } } }",
     "fn f() {\n    if a {\n        while b {\n            c(fn() {\n                d();\n            });\n        }\n    }\n}\n"},
    {"f(fn() { 1 }, [fn() { 2 }])", "f(fn() {\n    1;\n}, [fn() {\n    2;\n}]);\n"},
};

std::vector<std::string> programs() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(OMC_ROOT))
    if (entry.path().extension() == ".omc" && entry.path().string().find("/build/") == std::string::npos)
      paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  return paths;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(formatter)

BOOST_DATA_TEST_CASE(canonical_form, bdata::make(kRows), row) {
  BOOST_TEST(formatted(row.text) == row.expected);
  check_properties(row.text);
}

BOOST_AUTO_TEST_CASE(programs_keep_their_meaning_and_comments) {
  size_t checked = 0;
  for (const std::string& path : programs()) {
    BOOST_TEST_CONTEXT(path) {
      const std::string text = read(path);
      const Source source(path, text);
      if (!parse(source).ok()) continue;
      check_properties(text);
      ++checked;
    }
  }
  BOOST_TEST(checked > 500u);
}

BOOST_AUTO_TEST_CASE(long_chains) {
  std::string text = "x = a";
  for (int i = 0; i < 100'000; ++i) text += " + a";
  BOOST_TEST(formatted(text).size() == 4u + 1 + 6 * 100'000 + 2);
}

BOOST_AUTO_TEST_CASE(string_literals) {
  BOOST_TEST(quoted("a\"\\\n\t\r\x01é") == "\"a\\\"\\\\\\n\\t\\r\x01é\"");
}

BOOST_AUTO_TEST_SUITE_END()
