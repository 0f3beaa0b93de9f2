// Texts that change, and what is said about them when.

#include "client.hpp"

static std::string names(const Json& symbols) {
  std::string all;
  for (const Json& s : symbols) all += s["name"].get<std::string>() + " ";
  return all;
}

static std::string codes(const Json& published) {
  std::string all;
  for (const Json& d : published["diagnostics"]) all += d["source"].get<std::string>() + ":" + d["code"].get<std::string>() + "@" + shown(d["range"]) + " ";
  return all;
}

BOOST_AUTO_TEST_CASE(changes_apply_one_after_the_other) {
  Client c;
  const auto d = c.open("/w/a.omc", "h s = \"😀\";\r\nh b = 2;\n");
  c.change(d.uri, {{{"range", {{"start", {{"line", 0}, {"character", 7}}}, {"end", {{"line", 0}, {"character", 9}}}}}, {"text", "x\ny"}},
                   {{"range", {{"start", {{"line", 2}, {"character", 2}}}, {"end", {{"line", 2}, {"character", 3}}}}}, {"text", "c"}}});
  // h s = "x / y"; / h c = 2;
  BOOST_TEST(names(c.ask("textDocument/documentSymbol", d.itself())) == "s c ");
  c.change(d.uri, {{{"text", "fn f() { return 1; }"}}}, 3);
  BOOST_TEST(names(c.ask("textDocument/documentSymbol", d.itself())) == "f ");
}

BOOST_AUTO_TEST_CASE(diagnostics_wait_until_typing_pauses) {
  Client c;
  const auto d = c.open("/w/a.omc", "h x = 1;");
  BOOST_TEST(c.diagnostics(d.uri)["diagnostics"].empty());
  c.told.clear();
  c.change(d.uri, {{{"text", "h x = ;"}}}, 2);
  c.pass(149);
  BOOST_TEST(c.told.empty());
  c.change(d.uri, {{{"text", "h x = ;;"}}}, 3);
  c.pass(149);
  BOOST_TEST(c.told.empty());
  c.pass(1);
  BOOST_TEST(c.told.size() == 1u);
  BOOST_TEST(c.diagnostics(d.uri)["version"] == 3);
  BOOST_TEST(codes(c.diagnostics(d.uri)) == "omc-parse:unexpected-token@0:6-0:7 ");
  BOOST_TEST(c.diagnostics(d.uri)["diagnostics"][0]["severity"] == 1);
}

BOOST_AUTO_TEST_CASE(findings_are_those_of_check) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn f() {\n    h total = 1;\n    h total = not 2;\n    return totla / 0;\n}\n");
  const Json said = c.diagnostics(d.uri);
  BOOST_TEST(codes(said) == "omc-heal:OMC002@3:11-3:16 omc-heal:OMC004@3:11-3:20 omc-lint:OMC101@2:14-2:17 omc-lint:OMC104@2:6-2:11 ");
  BOOST_TEST(said["diagnostics"][0]["severity"] == 3);
  BOOST_TEST(said["diagnostics"][2]["severity"] == 2);
}

BOOST_AUTO_TEST_CASE(a_changed_module_changes_what_is_known_of_its_importers) {
  Client c;
  c.files.texts["/w/m.omc"] = "";  // what is open counts, not what lies on the disk
  const auto m = c.open("/w/m.omc", "fn area(w, d) { return w * d; }\n");
  const auto d = c.open("/w/a.omc", "import \"m\";\nprint(aera(1, 2));\nprint(area(1, 2));\n");
  BOOST_TEST(codes(c.diagnostics(d.uri)) == "omc-heal:OMC001@1:6-1:10 ");
  c.change(m.uri, {{{"text", "fn aera(w, d) { return w * d; }\nfn area(w, d) { return w * d; }\n"}}});
  c.pass(150);
  BOOST_TEST(codes(c.diagnostics(d.uri)) == "");
}

BOOST_AUTO_TEST_CASE(a_closed_document_has_no_findings) {
  Client c;
  const auto d = c.open("/w/a.omc", "h x = ;");
  BOOST_TEST(c.diagnostics(d.uri)["diagnostics"].size() == 1u);
  c.tell("textDocument/didClose", d.itself());
  BOOST_TEST(c.diagnostics(d.uri)["diagnostics"].empty());
  BOOST_TEST(c.error_code("textDocument/documentSymbol", d.itself()) == -32602);
  // What lies on the disk can still be asked about.
  c.files.texts["/w/a.omc"] = "h y = 1;";
  BOOST_TEST(names(c.ask("textDocument/documentSymbol", d.itself())) == "y ");
  c.files.texts["/w/a.omc"] = "h z = 1;";
  BOOST_TEST(names(c.ask("textDocument/documentSymbol", d.itself())) == "z ");
}

BOOST_AUTO_TEST_CASE(a_document_without_a_file_is_a_document) {
  Client c;
  c.tell("textDocument/didOpen", {{"textDocument", {{"uri", "untitled:1"}, {"version", 1}, {"text", "h x = 1;"}}}});
  BOOST_TEST(names(c.ask("textDocument/documentSymbol", {{"textDocument", {{"uri", "untitled:1"}}}})) == "x ");
}
