// Properties of canonical texts over every program of the repository; what the text of each construct is, the conformance
// cases intel/canonical_* say.

#include "lang/canonical.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "lang/extract.hpp"
#include "lang/format.hpp"
#include "lang/parser.hpp"

using namespace omc::lang;

namespace {

std::string canon(const std::string& text, bool legacy = false) {
  const Source source("text", text);
  const ParseResult parsed = parse(source);
  if (!parsed.ok()) return "does not parse: " + parsed.first_message();
  CanonicalOptions options;
  options.is_builtin = [](std::string_view name) { return name.starts_with("arr_") || name == "len"; };
  options.legacy = legacy;
  return canonical(*parsed.module, options);
}

struct Extracted {
  const char* text;
  const char* expected;  // the functions found, one a line
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_canonical_text_is_its_own_and_that_of_the_formatted_program) {
  size_t programs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(OMC_ROOT)) {
    const auto& path = entry.path();
    if (path.extension() != ".omc" || path.string().find("/build/") != std::string::npos) continue;
    std::error_code why;
    const auto source = read_source(path.string(), why);
    if (!source) continue;
    const ParseResult parsed = parse(*source);
    if (!parsed.ok()) continue;
    ++programs;
    const std::string once = canon(std::string(source->text()));
    BOOST_TEST(canon(once) == once, path);
    BOOST_TEST(canon(format(*parsed.module)) == once, path);
  }
  BOOST_TEST(programs > 1000);
}

BOOST_AUTO_TEST_CASE(old_texts_rename_more_and_keep_nothing) {
  BOOST_TEST(canon("h x = 1; h y = x;", true) == "h __v0 = 1;\nh __v0 = x;\n");
  BOOST_TEST(canon("fn f(len) { return len(p.q()); }", true) == "fn f(__v0) {\n    return __v0(p.q());\n}\n");
  BOOST_TEST(canon("fn f(a) { h a = (not a) == 1; return a; }", true) ==
             "fn f(__v0) {\n    h __v1 = (not __v0 == 1);\n    return __v1;\n}\n");
}

BOOST_AUTO_TEST_CASE(the_least_int_and_numbers_without_exponents) {
  BOOST_TEST(canon("x = -9223372036854775808;") == "x = -9223372036854775808;\n");
  BOOST_TEST(canon("x = 1e999;") == "x = 1" + std::string(309, '0') + ".0;\n");
  BOOST_TEST(canon("x = 12.5e1 + 0.00012;") == "x = (125.0 + 0.00012);\n");
}

BOOST_AUTO_TEST_CASE(functions_are_found_in_source_order_and_whole) {
  const Extracted rows[] = {
      {"", ""},
      {"fn f(a) { return \"}\"; } h x = fn(y) { fn inner() {} };", "fn f(a) { return \"}\"; }\n"},
      {"class A { x; fn m(self) -> int @hot:3 { if 1 { fn n() {} } } }", "fn m(self) -> int @hot:3 { if 1 { fn n() {} } }\n"},
      {"if 1 { fn g() {} } fn h2(a: int, b) {}", "fn g() {}\nfn h2(a: int, b) {}\n"},
      {"fn f() { ( } fn g() {} =", "fn f() { ( }\nfn g() {}\n"},  // does not parse
      {"fn f() { fn g() {}", ""},
      {"# fn c() {}\nh s = \"fn s() {}\";", ""},
  };
  for (const Extracted& row : rows) {
    const Source source("text", row.text);
    std::string found;
    for (const ExtractedFunction& f : extract_functions(source)) found += std::string(source.text(f.span)) + "\n";
    BOOST_TEST(found == row.expected);
  }
}
