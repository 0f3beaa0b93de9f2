// Shapes: what is followed, and where the rules keep silent because something is not known.

#include <boost/test/unit_test.hpp>

#include "lint_helpers.hpp"

using namespace omc::lang;

namespace {

std::vector<std::string> found(std::string text) {
  RuleSet set;
  set.set("OMC4", true);
  return Linted(std::move(text), set).lines();
}

bool silent(const std::string& text) {
  const auto lines = found(text);
  for (const std::string& line : lines) BOOST_TEST_MESSAGE(line);
  return lines.empty();
}

// A 2x3 node `a` and a 2x2 node `b`, which cannot be multiplied.
const std::string kNodes = "h a = tape_var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);\nh b = tape_var([[1.0, 2.0], [3.0, 4.0]]);\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(lint_shapes)

BOOST_AUTO_TEST_CASE(shapes_are_followed_through_operations) {
  const std::vector<std::string> expected = {"shape-product 3:1 `tape_matmul` multiplies 2x3 by 2x2: 3 columns against 2 rows"};
  BOOST_TEST(found(kNodes + "tape_matmul(a, b);") == expected, boost::test_tools::per_element());
  BOOST_TEST(silent(kNodes + "tape_matmul(tape_transpose(a), b);"));
  BOOST_TEST(!silent(kNodes + "h c = tape_relu(tape_matmul(b, a)); tape_matmul(c, a);"));
  BOOST_TEST(!silent("fn f() { h n = 2 * 2; h w = tape_var([arr_fill(0.0, n)]); return tape_add(w, tape_var([1.0, 2.0])); }"));
}

BOOST_AUTO_TEST_CASE(constants_of_the_file_are_known_inside_functions) {
  BOOST_TEST(!silent(kNodes + "fn f() { return tape_matmul(a, b); }"));
  BOOST_TEST(!silent("h n = 3;\nfn f() { return tape_add(tape_var(arr_fill(0.0, n)), tape_var([1.0, 2.0])); }"));
  // Assigned twice, or by a function: who knows.
  BOOST_TEST(silent(kNodes + "a = tape_var([[1.0, 2.0]]);\nfn f() { return tape_matmul(a, b); }"));
  BOOST_TEST(silent(kNodes + "fn g(x) { a = x; }\ntape_matmul(a, b);"));
}

BOOST_AUTO_TEST_CASE(where_ways_meet_only_what_they_agree_in_is_known) {
  const std::string f = "fn f(c) {\n h w = tape_var([[1.0], [2.0]]);\n ";
  const std::string use = "\n return tape_matmul(tape_var([[1.0, 2.0, 3.0]]), w); }";
  BOOST_TEST(!silent(f + use));
  BOOST_TEST(silent(f + "if c { w = tape_var([[1.0], [2.0], [3.0]]); }" + use));
  BOOST_TEST(!silent(f + "if c { w = tape_var([[1.0, 1.0], [2.0, 1.0]]); }" + use));  // two rows either way
  BOOST_TEST(!silent(f + "if c { w = tape_var([[1.0], [2.0], [3.0]]); return w; }" + use));
  BOOST_TEST(silent(f + "while c { w = g(w); }" + use));
  BOOST_TEST(silent(f + "for i in range(3) { w = g(w); }" + use));
  BOOST_TEST(silent(f + "match c { 1 => { w = g(w); } _ => { } }" + use));
  BOOST_TEST(silent(f + "try { w = g(w); } catch e { println(e); }" + use));
  BOOST_TEST(silent(f + "h t = if c { w = g(w); 1 } else { 2 };" + use));
}

BOOST_AUTO_TEST_CASE(a_loop_is_looked_at_with_what_it_changes_unknown) {
  BOOST_TEST(silent("fn f(n) { h x = tape_var([[1.0, 2.0]]);\n for i in range(n) { tape_matmul(x, tape_var([[1.0]])); x = g(x); } }"));
  BOOST_TEST(!silent("fn f(n) { h x = tape_var([[1.0, 2.0]]);\n for i in range(n) { tape_matmul(x, tape_var([[1.0]])); } }"));
}

BOOST_AUTO_TEST_CASE(arrays_that_others_may_change_are_unknown) {
  const std::string use = " tape_add(tape_var(xs), tape_var([1.0, 2.0, 3.0]));";
  BOOST_TEST(!silent("fn f() { h xs = [1.0, 2.0];" + use + "}"));
  BOOST_TEST(silent("fn f() { h xs = [1.0, 2.0]; arr_push(xs, 3.0);" + use + "}"));
  BOOST_TEST(silent("fn f() { h xs = [1.0, 2.0]; h ys = xs; arr_push(ys, 3.0);" + use + "}"));
  BOOST_TEST(silent("fn f() { h xs = [1.0, 2.0]; h t = {\"k\": xs}; arr_push(t[\"k\"], 3.0);" + use + "}"));
  BOOST_TEST(silent("fn f() { h xs = [1.0, 2.0]; g(xs);" + use + "}"));
  BOOST_TEST(silent("fn f() { h xs = [1.0, 2.0]; h l = fn() { arr_push(xs, 3.0); }; l();" + use + "}"));
  BOOST_TEST(silent("fn f() { h xs = [1.0, 2.0]; for i in range(1) { arr_push(xs, 3.0); }" + use + "}"));
  BOOST_TEST(silent("h xs = [1.0, 2.0];\nfn g() { arr_push(xs, 3.0); }\ng();\n" + use));
}

BOOST_AUTO_TEST_CASE(ids_are_checked_where_they_are_written_down) {
  const std::string table = "h t = tape_var([[0.1], [0.2]]);\n";
  BOOST_TEST(found(table + "tape_embedding_lookup(t, [1, 2, 0]);").size() == 1u);
  BOOST_TEST(found(table + "tape_embedding_lookup(t, [0 - 1]);").size() == 1u);
  BOOST_TEST(found(table + "tape_embedding_lookup(t, range(3));").size() == 1u);
  BOOST_TEST(silent(table + "tape_embedding_lookup(t, range(2));"));
  BOOST_TEST(silent(table + "fn f(i) { return tape_embedding_lookup(t, [i]); }"));
}

BOOST_AUTO_TEST_CASE(errors_that_are_expected_are_not_reported) {
  BOOST_TEST(silent(kNodes + "try { tape_matmul(a, b); } catch e { println(e); }"));
  BOOST_TEST(silent(kNodes + "tape_reset();\ntape_matmul(a, b);"));
  BOOST_TEST(silent(kNodes + "fn tape_matmul(x, y) { return x; }\ntape_matmul(a, b);"));
}

BOOST_AUTO_TEST_SUITE_END()
