// Answers about the shape of a text: folds, selections, the kinds of words.

#include "client.hpp"

BOOST_AUTO_TEST_CASE(folds) {
  Client c;
  const auto d = c.open("/w/a.omc",
                        "import \"a\";\n"
                        "import \"b\";\n"
                        "# One.\n"
                        "# Two.\n"
                        "fn f(x) {\n"
                        "    h list = [\n"
                        "        1,\n"
                        "    ];\n"
                        "    if x { print(1); }\n"
                        "}\n"
                        "/* long\n"
                        "   comment */\n"
                        "h open = (1\n");
  std::string all;
  for (const Json& fold : c.ask("textDocument/foldingRange", d.itself()))
    all += fold["startLine"].dump() + "-" + fold["endLine"].dump() + fold.value("kind", "") + " ";
  BOOST_TEST(all == "5-6 4-8 2-3comment 10-11comment 0-1imports ");
}

BOOST_AUTO_TEST_CASE(selections_grow) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn f(x) {\n    return 1 + g(§x * 2);\n}\n");
  Json params = d.itself();
  params["positions"] = {d.places[0]};
  std::string all;
  for (Json at = c.ask("textDocument/selectionRange", params)[0]; !at.is_null(); at = Json(at.value("parent", Json()))) all += shown(at["range"]) + " ";
  BOOST_TEST(all == "1:17-1:18 1:17-1:22 1:15-1:23 1:11-1:23 1:4-1:24 0:8-2:1 0:0-2:1 0:0-3:0 ");
}

// The words of a text with their kinds, as the numbers tell them.
static std::string kinds(Client& c, const Client::Document& d) {
  const Json& types = c.initialized["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"];
  const Json data = c.ask("textDocument/semanticTokens/full", d.itself())["data"];
  const omc::lsp::PlaceMap map(d.text);
  std::string all;
  uint32_t line = 0, character = 0;
  for (size_t i = 0; i + 4 < data.size(); i += 5) {
    const uint32_t down = data[i], right = data[i + 1], length = data[i + 2], modifiers = data[i + 4];
    line += down;
    character = down == 0 ? character + right : right;
    const uint32_t begin = map.offset({line, character}, omc::lsp::Encoding::Utf16), end = map.offset({line, character + length}, omc::lsp::Encoding::Utf16);
    all += d.text.substr(begin, end - begin) + ":" + types[data[i + 3].get<size_t>()].get<std::string>() + (modifiers & 1 ? "!" : "") + (modifiers & 2 ? "*" : "") + " ";
  }
  return all;
}

BOOST_AUTO_TEST_CASE(kinds_of_words) {
  Client c;
  const auto d = c.open("/w/a.omc", "fn f(p) { return arr_len(p) + res(12); } # 😀 note\nh s = \"😀\"; print(s);\n@no_heal fn g() { return true; }\nclass D { fn m(self) { return f(1); } }\n");
  BOOST_TEST(kinds(c, d) ==
             "fn:keyword f:function! p:parameter! return:keyword arr_len:function* p:parameter +:operator res:function* 12:number "
             "# 😀 note:comment h:keyword s:variable! =:operator \"😀\":string print:keyword s:variable @:decorator no_heal:decorator "
             "fn:keyword g:function! return:keyword true:keyword class:keyword D:class! fn:keyword m:method! self:parameter! "
             "return:keyword f:function 1:number ");
}

BOOST_AUTO_TEST_CASE(texts_over_lines_are_told_line_by_line) {
  Client c;
  const auto d = c.open("/w/a.omc", "/* a\n\n b */ h t = \"\"\"x\ny\"\"\";\n");
  BOOST_TEST(kinds(c, d) == "/* a:comment  b */:comment h:keyword t:variable! =:operator \"\"\"x:string y\"\"\":string ");
}
