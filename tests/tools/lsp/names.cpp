// Where names are used, and what they may be called instead.

#include "edits.hpp"

static std::string places(const Json& locations) {
  std::string all;
  for (const Json& l : locations) {
    const std::string uri = l["uri"];
    all += uri.substr(uri.rfind('/') + 1) + " " + shown(l["range"]) + "; ";
  }
  return all;
}

static std::string references(Client& c, Json at, bool with_definitions = true) {
  at["context"] = {{"includeDeclaration", with_definitions}};
  return places(c.ask("textDocument/references", at));
}

// The texts after a rename, by the names of their files; an error as `!WHY`.
static std::string renamed(Client& c, Json at, const std::string& name, const std::map<std::string, std::string>& texts) {
  at["newName"] = name;
  const Json reply = c.reply("textDocument/rename", at);
  if (reply.contains("error")) return "!" + reply["error"]["message"].get<std::string>();
  std::string all;
  for (const auto& [uri, edits] : reply["result"]["changes"].items()) all += uri.substr(uri.rfind('/') + 1) + ": " + applied(texts.at(uri), edits);
  return all;
}

BOOST_AUTO_TEST_CASE(references_know_variables_apart) {
  Client c;
  const auto d = c.open("/w/a.omc",
                        "h §n = 1;\n"
                        "fn f(§n) { return fn() §n; }\n"
                        "print(§n);\n");
  BOOST_TEST(references(c, d.at(0)) == "a.omc 0:2-0:3; a.omc 2:6-2:7; ");
  BOOST_TEST(references(c, d.at(1)) == "a.omc 1:5-1:6; a.omc 1:22-1:23; ");
  BOOST_TEST(references(c, d.at(2), false) == "a.omc 1:22-1:23; ");
  BOOST_TEST(references(c, d.at(3)) == references(c, d.at(0)));
}

BOOST_AUTO_TEST_CASE(references_across_modules) {
  Client c;
  c.files.texts["/w/m.omc"] = "fn area(w) { return w; }\n";
  c.files.texts["/w/b.omc"] = "import \"m\" as m;\nprint(m.area(1));\n";
  c.files.texts["/w/other.omc"] = "fn area(w) { return w; }\nprint(area(1));\n";
  const auto d = c.open("/w/a.omc", "from \"m\" import area;\nprint(§area(1) + §arr_len([]));\n");
  BOOST_TEST(references(c, d.at(0)) == "a.omc 0:16-0:20; a.omc 1:6-1:10; b.omc 1:8-1:12; m.omc 0:3-0:7; ");
  BOOST_TEST(references(c, d.at(1)) == "a.omc 1:16-1:23; ");
}

BOOST_AUTO_TEST_CASE(highlights_tell_writes_from_reads) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn f(§n) { n = n + 1; return n; }\n");
  std::string all;
  for (const Json& one : c.ask("textDocument/documentHighlight", d.at())) all += shown(one["range"]) + (one["kind"] == 3 ? "w " : "r ");
  BOOST_TEST(all == "0:5-0:6w 0:10-0:11w 0:14-0:15r 0:28-0:29r ");
}

BOOST_AUTO_TEST_CASE(rename_changes_every_use) {
  Client c;
  c.files.texts["/w/m.omc"] = "fn area(w) { return w; }\n";
  c.files.texts["/w/b.omc"] = "import \"m\" as m;\nprint(m.area(1));\n";
  const auto d = c.open("/w/a.omc", "import \"m\";\nprint(f\"{§area(1)} area\");\n");
  std::map<std::string, std::string> texts = {{d.uri, d.text}};
  for (const auto& [path, text] : c.files.texts) texts["file://" + path] = text;
  BOOST_TEST(renamed(c, d.at(), "size", texts) ==
             "a.omc: import \"m\";\nprint(f\"{size(1)} area\");\n"
             "b.omc: import \"m\" as m;\nprint(m.size(1));\n"
             "m.omc: fn size(w) { return w; }\n");
  BOOST_TEST(c.ask("textDocument/prepareRename", d.at())["placeholder"] == "area");
}

BOOST_AUTO_TEST_CASE(rename_is_refused_where_names_would_meet) {
  Client c;
  c.files.texts["/library/np.omc"] = "fn dot(a) { return a; }\n";
  const auto d = c.open("/w/a.omc",
                        "import \"np\";\n"
                        "h taken = 1;\n"
                        "fn f(§n, k) { h inner = fn(x) x + n; return inner(taken + k); }\n"
                        "print(§f(1, 2) + §dot(3) + §arr_len([]));\n");
  const std::map<std::string, std::string> texts = {{d.uri, d.text}};
  const std::string meets = "!`{}` has a meaning already in /w/a.omc";
  for (const char* name : {"k", "x", "taken"}) BOOST_TEST(renamed(c, d.at(0), name, texts) == std::string("!`") + name + "` has a meaning already in /w/a.omc");
  for (const char* name : {"", "1a", "while", "a b", "a.b"}) BOOST_TEST(renamed(c, d.at(0), name, texts).ends_with("is not a name"), name);
  BOOST_TEST(renamed(c, d.at(1), "arr_len", texts).starts_with("!"));
  BOOST_TEST(renamed(c, d.at(1), "taken", texts).starts_with("!"));
  BOOST_TEST(renamed(c, d.at(2), "other", texts) == "!`dot` is defined outside of the workspace, in /library/np.omc");
  BOOST_TEST(renamed(c, d.at(3), "other", texts) == "!`arr_len` is not defined in a file");
  BOOST_TEST(renamed(c, d.at(0), "größe", texts).find("fn f(größe, k)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(call_hierarchy_both_ways) {
  Client c;
  c.files.texts["/w/m.omc"] = "fn leaf() { return 1; }\n";
  const auto d = c.open("/w/a.omc",
                        "import \"m\";\n"
                        "fn §middle() { return leaf() + leaf(); }\n"
                        "fn top() { return middle(); }\n"
                        "print(middle());\n");
  const Json items = c.ask("textDocument/prepareCallHierarchy", d.at());
  BOOST_TEST(items.size() == 1u);
  std::string callers, called;
  for (const Json& one : c.ask("callHierarchy/incomingCalls", {{"item", items[0]}}))
    callers += one["from"]["name"].get<std::string>() + " " + shown(one["fromRanges"][0]) + "; ";
  BOOST_TEST(callers == "a.omc 3:6-3:12; top 2:18-2:24; ");
  for (const Json& one : c.ask("callHierarchy/outgoingCalls", {{"item", items[0]}}))
    called += one["to"]["name"].get<std::string>() + " " + std::to_string(one["fromRanges"].size()) + "; ";
  BOOST_TEST(called == "leaf 2; ");
}
