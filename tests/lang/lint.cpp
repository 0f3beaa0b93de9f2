// The linter as a whole, and what every rule says of itself.

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "lint_helpers.hpp"

using namespace omc::lang;

const BuiltinFacts& Linted::facts() {
  static const BuiltinFacts facts = {
      {"println", {"(value?) -> null", "", 0, 1}},
      {"error", {"(value?) -> null", "", 0, 1}},
      {"abs", {"(x) -> number", "", 1, 1, true}},
      {"string", {"(value) -> string", "The same as to_string.", 1, 1, true}},
      {"to_string", {"(value) -> string", "", 1, 1, true}},
      {"to_str", {"(value) -> string", "The same as to_string.", 1, 1, true}},
      {"arr_get", {"(array, i) -> any", "", 2, 2, true}},
      {"arr_len", {"(array) -> int", "", 1, 1, true}},
      {"arr_push", {"(array, value) -> null", "", 2, 2, false, true}},
      {"arr_sort", {"(array) -> array", "", 1, 1, true}},
      {"safe_divide", {"(a, b) -> number", "", 2, 2, true}},
      {"safe_mod", {"(a, b) -> int", "", 2, 2, true}},
      {"tape_var", {"(value) -> id", "", 1, 1}},
      {"tape_value", {"(node_id) -> any", "", 1, 1}},
      {"tape_add", {"(a_id, b_id) -> id", "", 2, 2}},
      {"tape_matmul", {"(a_id, b_id) -> id", "", 2, 2}},
      {"tape_transpose", {"(a_id) -> id", "", 1, 1}},
      {"tape_relu", {"(a_id) -> id", "", 1, 1}},
      {"tape_reset", {"() -> null", "", 0, 0}},
      {"tape_embedding_lookup", {"(table_id, token_ids) -> id", "", 2, 2}},
      {"tape_cross_entropy_batch", {"(logits_id, targets) -> id", "", 2, 2}},
      {"arr_fill", {"(value, n) -> array", "", 2, 2, true}},
      {"range", {"(start, end?, step?) -> array", "", 1, 3, true}},
      {"concat_many", {"(...) -> string", "", 0, SIZE_MAX, true}},
  };
  return facts;
}

BOOST_AUTO_TEST_SUITE(linter)

BOOST_AUTO_TEST_CASE(every_rule_fires_on_its_bad_example_and_not_on_its_good_one) {
  for (const Rule& rule : rules()) {
    BOOST_TEST_CONTEXT(rule.code << " " << rule.name) {
      BOOST_TEST(!rule.check->why.empty());
      BOOST_TEST(Linted(std::string(rule.check->bad)).fires(rule.name));
      BOOST_TEST(!Linted(std::string(rule.check->good)).fires(rule.name));
    }
  }
}

BOOST_AUTO_TEST_CASE(codes_and_names_are_unique_and_found) {
  for (const Rule& rule : rules()) {
    BOOST_TEST(find_rule(rule.code) == &rule);
    BOOST_TEST(find_rule(rule.name) == &rule);
  }
  BOOST_TEST(find_rule("OMC1") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_word_chooses_rules_by_code_prefix_name_or_all) {
  RuleSet set;
  BOOST_TEST(set.set("OMC10", true));
  BOOST_TEST(set.contains(*find_rule("OMC101")));
  BOOST_TEST(!set.contains(*find_rule("OMC001")));
  BOOST_TEST(set.set("not-keyword", false));
  BOOST_TEST(!set.contains(*find_rule("OMC101")));
  BOOST_TEST(!set.set("OMC8", true));
  BOOST_TEST(!set.set("", true));
}

BOOST_AUTO_TEST_CASE(long_chains_of_operators_need_no_stack) {
  std::string text = "h x = 0";
  for (int i = 0; i < 200'000; ++i) text += " + 1";
  Linted linted(text + ";");
  BOOST_TEST(linted.heal.found.empty());
}

BOOST_AUTO_TEST_SUITE_END()
