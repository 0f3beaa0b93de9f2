// Comments that suppress findings.

#include <boost/test/unit_test.hpp>

#include "lint_helpers.hpp"

using namespace omc::lang;

namespace {

// Found by the rules named and those of suppressions.
std::vector<std::string> found(std::string text, std::string_view rules = "OMC104") {
  RuleSet set;
  set.set(rules, true);
  set.set("OMC9", true);
  return Linted(std::move(text), set).lines();
}
using Lines = std::vector<std::string>;

void check_lines(const Lines& got, const Lines& expected) { BOOST_TEST(got == expected, boost::test_tools::per_element()); }

const char* const kShadow = "`h v` re-declares a variable already declared in `<top-level>` — use assignment `v = ...` instead";

}  // namespace

BOOST_AUTO_TEST_SUITE(lint_suppressions)

BOOST_AUTO_TEST_CASE(a_comment_behind_a_line_covers_it) {
  check_lines(found("h v = 1;\nh v = 2; # omc: ignore[OMC104]\nh v = 3; // omc:ignore[shadow-var]\nh v = 4;"),
              {"shadow-var 4:3 " + std::string(kShadow)});
  check_lines(found("h v = 1;\nh v = 2; # omc: ignore"), {});
  check_lines(found("h v = 1;\nh v = 2; # omc: ignore[OMC1]"), {});
}

BOOST_AUTO_TEST_CASE(a_comment_above_a_statement_covers_it_and_what_is_in_it) {
  check_lines(found("# omc: ignore[OMC104]\nfn f() {\n  h v = 1;\n  h v = 2;\n}\nh v = 1;\nh v = 2;"),
              {"shadow-var 7:3 " + std::string(kShadow)});
  check_lines(found("fn f() {\n  h v = 1;\n  # omc: ignore[OMC104]\n  h v = 2;\n  return v;\n}"), {});
}

BOOST_AUTO_TEST_CASE(a_whole_file_is_covered) {
  check_lines(found("h v = 1;\nh v = 2;\n# omc: ignore-file[OMC104]\nh v = 3;"), {});
}

BOOST_AUTO_TEST_CASE(the_heal_walk_is_covered_too) {
  RuleSet set = RuleSet::defaults();
  BOOST_TEST(Linted("println(1 / 0);", set).heal.found.size() == 1u);
  BOOST_TEST(Linted("println(1 / 0); # omc: ignore[OMC004]", set).heal.found.empty());
}

BOOST_AUTO_TEST_CASE(comments_of_no_use_are_reported) {
  check_lines(found("h v = 1; # omc: ignore[OMC104]"), {"unused-suppression 1:24 `OMC104` suppresses nothing here"});
  // The rule is off, so nobody knows.
  check_lines(found("h v = 1; # omc: ignore[OMC101]"), {});
  check_lines(found("h v = 1; # omc: ignore", "all"), {"unused-suppression 1:10 nothing is suppressed here"});
  check_lines(found("h v = 1; # omc: ignore[OMC104x]"), {"unknown-rule 1:24 `OMC104x` is no rule"});
}

BOOST_AUTO_TEST_CASE(other_comments_are_only_comments) {
  check_lines(found("h v = 1;\nh v = 2; # omc ignore[OMC104]"), {"shadow-var 2:3 " + std::string(kShadow)});
  check_lines(found("h v = 1;\nh v = 2; # see omc: ignore[OMC104]"), {"shadow-var 2:3 " + std::string(kShadow)});
  check_lines(found("h v = 1;\nh s = \"# omc: ignore\"; h v = 2;"), {"shadow-var 2:26 " + std::string(kShadow)});
}

BOOST_AUTO_TEST_SUITE_END()
