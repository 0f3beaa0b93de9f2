#include "lang/doc.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace omc::lang;
namespace bdata = boost::unit_test::data;

namespace {

struct Row {
  const char* text;
  const char* expected;  // a line a function: signature, then its text in <>
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.text; }

const Row kRows[] = {
    {"", ""},
    {"h x = 1;", ""},
    {"fn f() {}\nfn _g() {}\nfn f(a) {}", "fn f()\nfn f(a)\n"},
    {" fn f() {}\n\tfn g() {}\nh x = 1; fn k() {}", ""},
    {"if 1 {\nfn f() {}\n}\nclass A {\nfn m() {}\n}\nh s = \"\nfn g() {}\n\"\n(\nfn (x) x)", ""},
    {"@a\n@pragma[b] fn f( a : int ,\n b # note\n c ) -> float @hot:3 {}", "fn f(a: int, b, c) -> float\n"},
    {" @a\nfn f() {}", ""},
    {"h x = f\"{ {a: fn() { 1 }} }\"\nfn f() {}", "fn f()\n"},
    // comments
    {"#a\n##  b \n#\n   # c\r\nfn f() {}", "fn f() <a><b><><c>\n"},
    {"# a\n@p\n@q\nfn f() {}", "fn f() <a>\n"},
    {"# a\n\nfn f() {}", "fn f()\n"},
    {"# a\n\n# b\nfn f() {}", "fn f() <b>\n"},
    {"# a\n// b\nfn f() {}", "fn f()\n"},
    {"# a\n// b\n# c\nfn f() {}", "fn f() <c>\n"},
    {"/* a */\nfn f() {}", "fn f()\n"},
    {"h x = 1; # a\nfn f() {}", "fn f()\n"},
    {"h x = 1; # a\n# b\nfn f() {}", "fn f() <b>\n"},
    {"#!/usr/bin/env omc\nfn f() {}", "fn f() <!/usr/bin/env omc>\n"},
    {"fn f() {} # a\nfn g() {}", "fn f()\nfn g()\n"},
    {"# é\nfn naïve(变量) {}", "fn naïve(变量) <é>\n"},
    // what does not parse
    {"fn f( {\nfn g() { = }\nfn k(a) {}", ""},
    {"h = = ;\nfn f(a) { ) }\n# x\nfn g() {}", "fn f(a)\nfn g() <x>\n"},
    {"}\nfn f() {}\nfn\nfn 3() {}\n@\n@3\nfn g() {}", "fn f()\nfn g()\n"},
    {"h x = [1, 2;\nfn f() {}", "fn f()\n"},
    {"fn f(", ""},
    {"fn f() -> ", ""},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(doc)

BOOST_DATA_TEST_CASE(functions_of_a_text, bdata::make(kRows), row) {
  const Source source("test.omc", row.text);
  std::string out;
  for (const FunctionDoc& f : public_functions(source)) {
    out += f.signature();
    if (!f.text.empty()) out += fmt::format(" <{}>", fmt::join(f.text, "><"));
    out += '\n';
  }
  BOOST_TEST(out == row.expected);
}

BOOST_AUTO_TEST_CASE(page_of_a_module) {
  const Source source("m.omc", "# Adds.\n# All.\nfn add(a, b: int) {}\nfn zero() -> int {}");
  BOOST_TEST(module_page({"m", "lib/m.omc", public_functions(source)}) ==
             "# m\n\n*Documentation generated from `lib/m.omc`.*\n\n## Functions\n\n"
             "### `add`\n\n```\nfn add(a, b: int)\n```\n\nAdds.\nAll.\n\n**Parameters:**\n\n- `a`\n- `b: int`\n\n"
             "### `zero`\n\n```\nfn zero() -> int\n```\n\n");
  BOOST_TEST(module_page({"m", "m.omc", {}}) ==
             "# m\n\n*Documentation generated from `m.omc`.*\n\n*No public functions found.*\n");
}

BOOST_AUTO_TEST_CASE(page_of_a_folder) {
  const Source source("m.omc", "# Adds.\nfn add(a, b: int) {}\nfn zero() {}");
  const std::vector<ModuleDoc> modules = {{"m", "lib/m.omc", public_functions(source)}, {"n", "lib/n.omc", {}}};
  BOOST_TEST(folder_page("lib", modules) ==
             "# OMC API Reference\n\n*Generated from `lib/`. 2 module(s).*\n\n---\n\n"
             "## `m` — `lib/m.omc`\n\n"
             "### `m.add`\n\n```\nfn add(a, b: int)\n```\n\nAdds.\n\n**Parameters:** `a`, `b: int`\n\n"
             "### `m.zero`\n\n```\nfn zero()\n```\n\n"
             "---\n\n"
             "## `n` — `lib/n.omc`\n\n*No public functions.*\n\n---\n\n");
  BOOST_TEST(folder_page("lib", {}) == "*No .omc files found in lib.*\n");
}

BOOST_AUTO_TEST_SUITE_END()
