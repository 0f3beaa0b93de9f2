// What each request answers.

#include "edits.hpp"

// The places an answer leads to: `NAME LINE:CHARACTER-...`, of the files of /w.
static std::string places(const Json& locations) {
  std::string all;
  for (const Json& l : locations) {
    const std::string uri = l["uri"];
    all += uri.substr(uri.rfind('/') + 1) + " " + shown(l["range"]) + "; ";
  }
  return all;
}

static std::string hover(Client& c, const Client::Document& d, size_t mark = 0) {
  const Json result = c.ask("textDocument/hover", d.at(mark));
  return result.is_null() ? "" : result["contents"]["value"].get<std::string>();
}

BOOST_AUTO_TEST_CASE(definition_of_what_a_function_sees) {
  Client c;
  const auto d = c.open("/w/a.omc",
                        "h n = 1;\n"
                        "fn outer(n, k) {\n"
                        "    h inner = fn(x) x + §n + §k;\n"
                        "    return §inner(§n);\n"
                        "}\n"
                        "print(§n + §outer(1, 2) + §missing);\n");
  const auto at = [&](size_t i) { return places(c.ask("textDocument/definition", d.at(i))); };
  BOOST_TEST(at(0) == "a.omc 1:9-1:10; ");
  BOOST_TEST(at(1) == "a.omc 1:12-1:13; ");
  BOOST_TEST(at(2) == "a.omc 2:6-2:11; ");
  BOOST_TEST(at(3) == "a.omc 1:9-1:10; ");
  BOOST_TEST(at(4) == "a.omc 0:2-0:3; ");
  BOOST_TEST(at(5) == "a.omc 1:3-1:8; ");
  BOOST_TEST(at(6) == "");
}

BOOST_AUTO_TEST_CASE(definition_across_modules) {
  Client c;
  c.files.texts["/w/shapes.omc"] = "fn area(w, d) { return w * d; }\nh unit = 1;\n";
  c.files.texts["/w/more.omc"] = "import \"shapes\";\nclass Box { w; fn size(self) { return 1; } }\n";
  const auto d = c.open("/w/a.omc",
                        "import \"§more\";\n"
                        "import \"shapes\" as §s;\n"
                        "from \"shapes\" import §area;\n"
                        "print(§area(1, 2) + s.§area(1, 2) + §unit);\n"
                        "h b = §Box(1);\n"
                        "print(b.§size());\n");
  const auto at = [&](size_t i) { return places(c.ask("textDocument/definition", d.at(i))); };
  BOOST_TEST(at(0) == "more.omc 0:0-0:0; ");
  BOOST_TEST(at(1) == "shapes.omc 0:0-0:0; ");
  for (const size_t i : {2u, 3u, 4u}) BOOST_TEST(at(i) == "shapes.omc 0:3-0:7; ");
  BOOST_TEST(at(5) == "shapes.omc 1:2-1:6; ");
  BOOST_TEST(at(6) == "more.omc 1:6-1:9; ");
  BOOST_TEST(at(7) == "more.omc 1:18-1:22; ");
}

BOOST_AUTO_TEST_CASE(modules_that_import_each_other) {
  Client c;
  c.files.texts["/w/b.omc"] = "import \"a\";\nh from_b = 1;\n";
  const auto d = c.open("/w/a.omc", "import \"b\";\nprint(§from_b + §none);\n");
  BOOST_TEST(places(c.ask("textDocument/definition", d.at(0))) == "b.omc 1:2-1:8; ");
  BOOST_TEST(places(c.ask("textDocument/definition", d.at(1))) == "");
}

BOOST_AUTO_TEST_CASE(hover_tells_what_a_name_is) {
  Client c;
  const auto d = c.open("/w/a.omc",
                        "# The area of a field.\n"
                        "# In square metres.\n"
                        "fn area(w: int, d) -> int { return §w * d; }\n"
                        "print(§area(2, 3) + §arr_len([§12]) + §1.5);\n"
                        "h §total = 3;\n");
  BOOST_TEST(hover(c, d, 0) == "```omc\nw  # parameter\n```");
  BOOST_TEST(hover(c, d, 1) == "```omc\nfn area(w: int, d) -> int\n```\n\nThe area of a field.\nIn square metres.");
  const omc::vm::Builtin& row = *machine().find_builtin("arr_len");
  const std::string shown_row = hover(c, d, 2);
  BOOST_TEST(shown_row.starts_with("```omc\narr_len" + std::string(row.signature) + "\n```"));
  BOOST_TEST(shown_row.find(row.summary) != std::string::npos);
  BOOST_TEST(shown_row.find(row.example) != std::string::npos);
  BOOST_TEST(hover(c, d, 3) == "`12`: attractor 8, distance 4, resonance 0.6923076923076923");
  BOOST_TEST(hover(c, d, 4) == "");
  BOOST_TEST(hover(c, d, 5) == "```omc\nh total = 3;\n```");
}

BOOST_AUTO_TEST_CASE(a_function_of_the_program_hides_the_builtin_of_its_name) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn arr_len(x) { return 1; }\nprint(§arr_len([]));\n");
  BOOST_TEST(hover(c, d) == "```omc\nfn arr_len(x)\n```");
}

BOOST_AUTO_TEST_CASE(symbols_of_a_document_are_nested) {
  Client c(Json::parse(R"({"textDocument": {"documentSymbol": {"hierarchicalDocumentSymbolSupport": true}}})"));
  const auto d = c.open("/w/a.omc", "h top = 1;\nclass Box extends Thing {\n    w;\n    fn size(self, k) { h local = 1; return local; }\n}\nfn f() { fn g() { return 1; } return g; }\n");
  const Json all = c.ask("textDocument/documentSymbol", d.itself());
  BOOST_TEST(all.size() == 3u);
  BOOST_TEST(all[0]["name"] == "top");
  BOOST_TEST(all[1]["name"] == "Box");
  BOOST_TEST(all[1]["kind"] == 5);
  BOOST_TEST(shown(all[1]["range"]) == "1:0-4:1");
  BOOST_TEST(shown(all[1]["selectionRange"]) == "1:6-1:9");
  BOOST_TEST(all[1]["children"][0]["name"] == "w");
  BOOST_TEST(all[1]["children"][1]["name"] == "size");
  BOOST_TEST(all[1]["children"][1]["detail"] == "(self, k)");
  BOOST_TEST(all[2]["children"][0]["name"] == "g");
}

BOOST_AUTO_TEST_CASE(symbols_of_the_workspace) {
  Client c;
  c.files.texts["/w/sub/b.omc"] = "fn compute_area() { return 1; }\nfn other() { return 2; }\n";
  c.files.texts["/elsewhere/c.omc"] = "fn compute_area() { return 1; }\n";
  c.open("/w/a.omc", "class ComputeAll { fn area(self) { return 1; } }\n");
  const Json all = c.ask("workspace/symbol", {{"query", "cpa"}});
  BOOST_TEST(all.size() == 2u);
  BOOST_TEST(all[0]["name"] == "ComputeAll");
  BOOST_TEST(all[1]["name"] == "compute_area");
  BOOST_TEST(all[1]["location"]["uri"] == "file:///w/sub/b.omc");
  BOOST_TEST(c.ask("workspace/symbol", {{"query", "area"}})[0]["containerName"] == "ComputeAll");
}

BOOST_AUTO_TEST_CASE(formatting_gives_the_canonical_text) {
  Client c;
  const auto d = c.open("/w/a.omc", "# 😀\nh x=1\nh y = 2;\nif x>1{print('a')}");
  const std::string wanted = "# 😀\nh x = 1;\nh y = 2;\nif (x > 1) {\n    print(\"a\");\n}\n";
  BOOST_TEST(applied(d.text, c.ask("textDocument/formatting", d.itself())) == wanted);
  const auto formatted = c.open("/w/b.omc", wanted);
  BOOST_TEST(c.ask("textDocument/formatting", formatted.itself()).empty());
  const auto broken = c.open("/w/c.omc", "h x = ;");
  BOOST_TEST(c.error_code("textDocument/formatting", broken.itself()) == -32803);
}

BOOST_AUTO_TEST_CASE(formatting_of_a_range_leaves_the_rest) {
  Client c;
  const auto d = c.open("/w/a.omc", "h x=1\nh y = 2;\n§h z=3§\nh u=4\n");
  Json params = d.itself();
  params["range"] = d.range();
  BOOST_TEST(applied(d.text, c.ask("textDocument/rangeFormatting", params)) == "h x=1\nh y = 2;\nh z = 3;\nh u=4\n");
}
