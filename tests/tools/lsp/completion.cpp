// What is offered where, and what the call being written wants.

#include "client.hpp"

// The labels offered at a mark, but for builtins and keywords unless they are asked for.
static std::string offered(Client& c, const Client::Document& d, size_t mark = 0, bool all = false) {
  std::string labels;
  const Json result = c.ask("textDocument/completion", d.at(mark));
  for (const Json& item : result["items"])
    if (all || (item["kind"] != 14 && !(item.contains("data") && item["data"].contains("builtin")))) labels += item["label"].get<std::string>() + " ";
  return labels;
}

BOOST_AUTO_TEST_CASE(names_in_scope) {
  Client c;
  c.files.texts["/w/m.omc"] = "fn from_module() { return 1; }\n";
  const auto d = c.open("/w/a.omc",
                        "import \"m\";\n"
                        "h top = 1;\n"
                        "fn outer(param) {\n"
                        "    h local = 2;\n"
                        "    h f = fn(x) x + §;\n"
                        "    return p§;\n"
                        "}\n"
                        "fn other(hidden) { return 1; }\n"
                        "§\n");
  BOOST_TEST(offered(c, d, 0) == "x f param local top outer other from_module ");
  BOOST_TEST(offered(c, d, 1) == "param ");
  BOOST_TEST(offered(c, d, 2) == "top outer other from_module ");
  const std::string everything = offered(c, d, 2, true);
  for (const char* name : {" arr_len ", " while ", " true "}) BOOST_TEST(everything.find(name) != std::string::npos, name);
}

BOOST_AUTO_TEST_CASE(half_written_text) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn area(w) { return w; }\nfn f(number) {\n    h x = (nu§\n}\nprint(ar§");
  BOOST_TEST(offered(c, d, 1).starts_with("area "));
  const auto comment = c.open("/w/b.omc", "h x = 1; # ar§\nprint(\"ar§\");\n");
  BOOST_TEST(offered(c, comment, 0, true) == "");
  BOOST_TEST(offered(c, comment, 1, true) == "");
}

BOOST_AUTO_TEST_CASE(behind_a_dot) {
  Client c;
  c.files.texts["/w/m.omc"] = "fn area(w) { return w; }\nh unit = 1;\nclass Box { w; fn size(self) { return 1; } }\n";
  const auto d = c.open("/w/a.omc", "import \"m\" as m;\nclass Dog { name; fn bark(self) { return 1; } }\nh d = Dog(1);\nprint(m.§);\nprint(d.§);\nprint(d.b§());\n");
  BOOST_TEST(offered(c, d, 0) == "area Box ");
  BOOST_TEST(offered(c, d, 1) == "bark size ");
  BOOST_TEST(offered(c, d, 2) == "bark ");
}

BOOST_AUTO_TEST_CASE(modules_and_keys) {
  Client c;
  c.files.texts["/w/shapes.omc"] = "fn area(w) { return w; }\n";
  c.files.texts["/w/solids.omc"] = "fn volume(w) { return w; }\nfn mass() { return 1; }\n";
  const auto d = c.open("/w/a.omc",
                        "import \"s§\";\n"
                        "from \"solids\" import §;\n"
                        "h box = {\"width\": 1, \"depth\": 2};\n"
                        "print(box[\"§\"] + box[\"w§\"]);\n"
                        "import §\n");
  BOOST_TEST(offered(c, d, 0) == "shapes solids ");
  BOOST_TEST(offered(c, d, 1) == "volume mass ");
  BOOST_TEST(offered(c, d, 2) == "width depth w ");
  BOOST_TEST(offered(c, d, 3) == "width ");
  BOOST_TEST(offered(c, d, 4) == "shapes solids ");
}

BOOST_AUTO_TEST_CASE(resolve_adds_documentation) {
  Client c;
  const auto d = c.open("/w/a.omc", "# Twice as much.\nfn twice(n) { return n * 2; }\nprint(§);\n");
  const Json result = c.ask("textDocument/completion", d.at());
  for (const Json& item : result["items"]) {
    if (item["label"] == "twice") {
      BOOST_TEST(item["detail"] == "fn twice(n)");
      BOOST_TEST(c.ask("completionItem/resolve", item)["documentation"]["value"] == "```omc\nfn twice(n)\n```\n\nTwice as much.");
    }
    if (item["label"] == "arr_len") BOOST_TEST(c.ask("completionItem/resolve", item)["documentation"]["value"].get<std::string>().starts_with("```omc\narr_len("));
    if (item["label"] == "while") BOOST_TEST(!c.ask("completionItem/resolve", item).contains("documentation"));
  }
}

static std::string signature(Client& c, const Client::Document& d, size_t mark) {
  const Json result = c.ask("textDocument/signatureHelp", d.at(mark));
  if (result.is_null()) return "";
  const Json& one = result["signatures"][0];
  const std::string label = one["label"];
  const size_t active = result["activeParameter"];
  if (active >= one["parameters"].size()) return label;
  const Json& part = one["parameters"][active]["label"];
  return label + " | " + label.substr(part[0], part[1].get<size_t>() - part[0].get<size_t>());
}

BOOST_AUTO_TEST_CASE(signature_of_the_call_being_written) {
  Client c;
  const auto d = c.open("/w/a.omc",
                        "fn area(w, wide) { return w; }\n"
                        "class Dog { name; fn bark(self, n) { return n; } }\n"
                        "h x = area(§1, [2, §3], §(4));\n"
                        "h y = Dog(§);\n"
                        "h z = y.bark(§);\n"
                        "h n = (§1);\n"
                        "arr_get(x, §");
  BOOST_TEST(signature(c, d, 0) == "fn area(w, wide) | w");
  BOOST_TEST(signature(c, d, 1) == "fn area(w, wide) | wide");
  BOOST_TEST(signature(c, d, 2) == "fn area(w, wide)");
  BOOST_TEST(signature(c, d, 3) == "class Dog(name) | name");
  BOOST_TEST(signature(c, d, 4) == "fn bark(self, n)  # method of Dog | n");
  BOOST_TEST(signature(c, d, 5) == "");
  BOOST_TEST(signature(c, d, 6).starts_with("arr_get("));
}

BOOST_AUTO_TEST_CASE(hints_name_the_parameters_of_literals) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn area(w, d) { return w * d; }\nh k = 3;\nprint(area(2, k) + area(-1, [1]));\n");
  Json params = d.itself();
  params["range"] = {{"start", {{"line", 0}, {"character", 0}}}, {"end", {{"line", 9}, {"character", 0}}}};
  std::string all;
  for (const Json& hint : c.ask("textDocument/inlayHint", params)) all += hint["position"]["character"].dump() + hint["label"].get<std::string>() + " ";
  BOOST_TEST(all == "11w: 24w: 28d: ");
}
