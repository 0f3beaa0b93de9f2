// Fixes: what each rule's does, and what none may do, on every program of the repository.

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "lang/dump.hpp"
#include "lang/lint/fix.hpp"
#include "lint_helpers.hpp"

using namespace omc::lang;

namespace {

// Round after round, until nothing is left to fix.
std::string fixed(std::string text, bool unsafe = false) {
  for (int round = 0; round < 100; ++round) {
    const Linted linted(text);
    // The parse of Linted was healed; fixes want the tree of the text.
    const ParseResult parsed = parse(linted.source);
    std::vector<const Diagnostic*> all;
    for (const auto* list : {&linted.lint, &linted.heal.found})
      for (const Diagnostic& d : *list) all.push_back(&d);
    const Fixed next = apply_fixes(linted.source, parsed, all, unsafe);
    if (next.count == 0) return text;
    text = next.text;
  }
  BOOST_ERROR("no end of fixes");
  return text;
}

std::vector<std::string> kept_texts(const Source& source) {
  Diagnostics ignored;
  const Lexed lexed = lex(source, ignored);
  std::vector<std::string> texts;
  for (const Comment& c : lexed.comments) texts.emplace_back(source.text(c.span));
  for (const Token& t : lexed.tokens)
    if (t.kind == TokenKind::String || t.kind == TokenKind::RawString || t.kind == TokenKind::FStringText) texts.emplace_back(source.text(t.span));
  return texts;
}

std::vector<std::string> programs() {
  std::vector<std::string> paths;
  for (const char* folder : {OMC_CASES, OMC_ROOT "/examples", OMC_ROOT "/stdlib/lib"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".omc") paths.push_back(entry.path().string());
  return paths;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lint_fixes)

BOOST_AUTO_TEST_CASE(not_becomes_a_bang) {
  BOOST_TEST(fixed("println(not a and not(b), not  c, not\nd);") == "println(!a and !(b), !c, !\nd);");
}

BOOST_AUTO_TEST_CASE(assignments_are_shortened) {
  BOOST_TEST(fixed("x=x+1; x  =  x * (1 + 2);") == "x +=1; x *= (1 + 2);");
  // Of a chain the rest would be added up first: other bits for floats, other texts for strings.
  BOOST_TEST(fixed("x = x + 1 + 2;") == "x = x + 1 + 2;");
  BOOST_TEST(fixed("x = # keep\n x + 1;") == "x = # keep\n x + 1;");
}

BOOST_AUTO_TEST_CASE(a_second_declaration_becomes_an_assignment) {
  BOOST_TEST(fixed("h v = 1;\nh v = 2;\nprintln(v);") == "h v = 1;\nv = 2;\nprintln(v);");
}

BOOST_AUTO_TEST_CASE(the_old_name_goes_unless_the_new_one_means_something_else) {
  BOOST_TEST(fixed("println(to_str(to_str(1)));") == "println(to_string(to_string(1)));");
  const std::string own = "fn to_string(v) { return \"mine\"; }\nprintln(to_str(1));";
  BOOST_TEST(fixed(own) == own);
}

BOOST_AUTO_TEST_CASE(a_condition_that_always_holds_goes) {
  BOOST_TEST(fixed("h a = 1;\nif true { println(a); }") == "h a = 1;\n println(a); ");
  BOOST_TEST(fixed("h a = 1; if (true) { println(a) } println(2);") == "h a = 1;  println(a) ; println(2);");
  for (const std::string text : {"h a = f if true { (println)(1); }", "h a = 1; if true { [1]; }", "if true { println(1); } else { println(2); }",
                                 "h v = if 1 == 1 { if true { 5; } };", "if true { }", "if true /* why */ { println(1); }"})
    BOOST_TEST(fixed(text) == text);
}

BOOST_AUTO_TEST_CASE(an_empty_branch_is_turned_round) {
  BOOST_TEST(fixed("h a = 0;\nif a { } else { println(1); }") == "h a = 0;\nif !a { println(1); }");
  BOOST_TEST(fixed("h a = 0;\nif a == 1 or a == 2 { } else { println(1); }") == "h a = 0;\nif !(a == 1 or a == 2) { println(1); }");
  const std::string comment = "h a = 0;\nif a {\n  # nothing to do\n} else { println(1); }";
  BOOST_TEST(fixed(comment) == comment);
}

BOOST_AUTO_TEST_CASE(typos_are_only_corrected_on_demand) {
  const std::string text = "h velocity = 3;\nprintln(velocty);";
  BOOST_TEST(fixed(text) == text);
  BOOST_TEST(fixed(text, true) == "h velocity = 3;\nprintln(velocity);");
}

BOOST_AUTO_TEST_CASE(strings_and_comments_are_never_touched) {
  const std::string text = "# not x\nh s = \"not to_str(1)\"; h t = f\"not {not s}\"; // x = x + 1\n";
  BOOST_TEST(fixed(text) == text);
}

BOOST_AUTO_TEST_CASE(every_program_of_the_repository_keeps_its_comments_and_strings) {
  size_t files = 0, changed = 0;
  for (const std::string& path : programs()) {
    const std::string text = read_file(path);
    const Source source(path, text);
    if (source.size() > 200'000 || !parse(source).ok()) continue;
    BOOST_TEST_CONTEXT(path) {
      for (const bool unsafe : {false, true}) {
        const std::string once = fixed(std::string(source.text()), unsafe);
        const Source after(path, once);
        BOOST_REQUIRE(parse(after).ok());
        BOOST_TEST(kept_texts(source) == kept_texts(after), boost::test_tools::per_element());
        BOOST_TEST(fixed(once, unsafe) == once);
        changed += once != source.text();
      }
      ++files;
    }
  }
  BOOST_TEST(files > 500u);
  BOOST_TEST(changed > 10u);
}

BOOST_AUTO_TEST_SUITE_END()
