// What the editor offers to change, and what is left when that is done.

#include "edits.hpp"

static Json actions(Client& c, const Client::Document& d, Json range, const char* only = nullptr) {
  Json params = d.itself();
  params["range"] = std::move(range);
  params["context"] = {{"diagnostics", Json::array()}};
  if (only) params["context"]["only"] = {only};
  return c.ask("textDocument/codeAction", params);
}

static std::string done(const Client::Document& d, const Json& action) { return applied(d.text, action["edit"]["changes"][d.uri]); }

BOOST_AUTO_TEST_CASE(fixes_of_findings) {
  Client c;
  const auto d = c.open("/w/a.omc", "h value = 1;\nprint(§valeu§);\n");
  const Json all = actions(c, d, d.range(), "quickfix");
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0]["kind"] == "quickfix");
  BOOST_TEST(all[0]["diagnostics"][0]["code"] == "OMC002");
  BOOST_TEST(done(d, all[0]) == "h value = 1;\nprint(value);\n");
  BOOST_TEST(actions(c, d, {{"start", {{"line", 0}, {"character", 0}}}, {"end", {{"line", 0}, {"character", 3}}}}).empty());
}

// The text after "extract function"; empty when it is not offered.
static std::string extracted(Client& c, std::string_view marked) {
  static int count = 0;
  const auto d = c.open("/w/extract" + std::to_string(++count) + ".omc", marked);
  const Json all = actions(c, d, d.range(), "refactor");
  return all.empty() ? "" : done(d, all[0]);
}

BOOST_AUTO_TEST_CASE(an_expression_becomes_a_function) {
  Client c;
  BOOST_TEST(extracted(c, "# Adds.\nfn f(a, b) {\n    return 1 + §(a * b)§;\n}\n") ==
             "fn extracted(a, b) {\n    return (a * b);\n}\n\n# Adds.\nfn f(a, b) {\n    return 1 + extracted(a, b);\n}\n");
  BOOST_TEST(extracted(c, "h g = 2;\nh x = §g * 3§ + 1;\n") == "h g = 2;\nfn extracted() {\n    return g * 3;\n}\n\nh x = extracted() + 1;\n");
  BOOST_TEST(extracted(c, "h x = 1 + §2 * 3§ + 1;\nfn extracted() { return 1; }\n").find("fn extracted_2()") == 0u);
}

BOOST_AUTO_TEST_CASE(statements_become_a_function) {
  Client c;
  BOOST_TEST(extracted(c,
                       "fn f(xs) {\n"
                       "    h sum = 0;\n"
                       "    §for x in xs {\n"
                       "        sum += x;\n"
                       "    }\n"
                       "    print(sum);§\n"
                       "    return sum;\n"
                       "}\n") ==
             "fn extracted(xs, sum) {\n"
             "    for x in xs {\n"
             "        sum += x;\n"
             "    }\n"
             "    print(sum);\n"
             "    return sum;\n"
             "}\n\n"
             "fn f(xs) {\n"
             "    h sum = 0;\n"
             "    h sum = extracted(xs, sum);\n"
             "    return sum;\n"
             "}\n");
  BOOST_TEST(extracted(c, "§print(1);\nprint(2);§\n") == "fn extracted() {\n    print(1);\n    print(2);\n}\n\nextracted();\n");
}

BOOST_AUTO_TEST_CASE(no_function_where_the_program_could_change) {
  Client c;
  for (const char* text : {
           "fn f(a) { §return a;§ }\n",                                          // leaves the function
           "while true { §break;§ }\n",                                          // leaves the loop
           "fn f() { §h a = 1; h b = 2;§ return a + b; }\n",                     // two results
           "fn f(k) { §if k { h a = 1; }§ return a; }\n",                        // a may have no value
           "fn f() { h a = 1; h g = fn() a; §a = 2;§ return g(); }\n",           // the closure shares a
           "fn f() { h a = 1; h g = null; §g = fn() a;§ a = 2; return g(); }\n",
           "fn f(c) { §eval_omc(c);§ }\n",
           "§fn g() { return 1; }§\n",
           "h x = 1 + §2 + 3§;\n",                                               // no part of the tree
           "h x = 1; h y = 2§;§\n",
           "h a = ; §print(1);§\n",
       })
    BOOST_TEST(extracted(c, text) == "", text);
}

BOOST_AUTO_TEST_CASE(imports_in_order) {
  Client c;
  c.files.texts["/w/m.omc"] = "fn area(w) { return w; }\nfn bulk(w) { return w; }\n";
  c.files.texts["/w/a_first.omc"] = "fn first(w) { return w; }\n";
  c.files.texts["/w/prints.omc"] = "print(1);\n";
  const auto d = c.open("/w/a.omc", "§from \"m\" import bulk, area;\nfrom \"m\" import area;\nimport a_first;§\nprint(area(1));\n");
  const Json all = actions(c, d, d.range(), "source.organizeImports");
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(done(d, all[0]) == "import \"a_first\";\nfrom \"m\" import area, bulk;\nprint(area(1));\n");
  // It prints: when that happens matters.
  const auto e = c.open("/w/b.omc", "§import \"prints\";\nimport \"a_first\";§\n");
  BOOST_TEST(actions(c, e, e.range(), "source.organizeImports").empty());
  const auto sorted = c.open("/w/c.omc", "§import \"a_first\";\nfrom \"m\" import area;§\n");
  BOOST_TEST(actions(c, sorted, sorted.range(), "source").empty());
}

BOOST_AUTO_TEST_CASE(lenses) {
  Client c;
  c.files.texts["/w/m.omc"] = "\nfn area(x, y) {\n    return x * y;\n}\n";
  const auto d = c.open("/w/a.omc", "fn area(w, d) { return w * d; }\nfn test_area() { return 1; }\n");
  const Json all = c.ask("textDocument/codeLens", d.itself());
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0]["command"]["title"] == "run test");
  BOOST_TEST(all[0]["command"]["arguments"] == Json({d.uri, "test_area"}));
  BOOST_TEST(all[1]["command"]["title"] == "the same as m.omc:2");
  BOOST_TEST(shown(all[1]["range"]) == "0:0-0:31");
}
