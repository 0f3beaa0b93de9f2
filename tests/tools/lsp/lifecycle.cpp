// The rules of the protocol itself: who may say what when, and what becomes of messages that are none.

#include "client.hpp"

using omc::lsp::ErrorCode;

static int code(ErrorCode c) { return static_cast<int>(c); }

BOOST_AUTO_TEST_CASE(initialize_says_who_and_what) {
  Client c;
  BOOST_TEST(c.initialized["serverInfo"]["name"] == "omnimcode-lsp");
  const Json& offered = c.initialized["capabilities"];
  BOOST_TEST(offered["positionEncoding"] == "utf-16");
  BOOST_TEST(offered["textDocumentSync"]["change"] == 2);
  for (const omc::lsp::Feature* f : omc::lsp::features())
    if (!f->capability.empty()) BOOST_TEST(offered.contains(std::string(f->capability)), f->method);
  BOOST_TEST(c.error_code("initialize", {{"capabilities", Json::object()}}) == code(ErrorCode::InvalidRequest));
}

BOOST_AUTO_TEST_CASE(utf8_positions_when_the_client_takes_them) {
  Client c(Json::parse(R"({"general": {"positionEncodings": ["utf-16", "utf-8"]}})"));
  BOOST_TEST(c.initialized["capabilities"]["positionEncoding"] == "utf-8");
  const auto d = c.open("/w/a.omc", "h s = \"😀\"; h x = 5; print(x);");
  Json at = d.itself();
  at["position"] = {{"line", 0}, {"character", 29}};
  BOOST_TEST(shown(c.ask("textDocument/definition", at)[0]["range"]) == "0:16-0:17");
}

BOOST_AUTO_TEST_CASE(nothing_before_initialize_and_nothing_after_shutdown) {
  std::vector<Json> out;
  MemoryFiles files;
  omc::lsp::Server server(machine(), files, [&](std::string text) { out.push_back(Json::parse(text)); });
  const auto say = [&](const char* text) {
    server.receive({text});
    while (server.step(omc::lsp::Time(0))) {}
  };
  say(R"({"jsonrpc":"2.0","id":1,"method":"shutdown"})");
  BOOST_TEST(out.back()["error"]["code"] == code(ErrorCode::NotInitialized));
  say(R"({"jsonrpc":"2.0","id":2,"method":"initialize","params":{"capabilities":{}}})");
  say(R"({"jsonrpc":"2.0","id":3,"method":"shutdown"})");
  BOOST_TEST(out.back()["result"].is_null());
  say(R"({"jsonrpc":"2.0","id":4,"method":"textDocument/hover"})");
  BOOST_TEST(out.back()["error"]["code"] == code(ErrorCode::InvalidRequest));
  BOOST_TEST(!server.exited());
  say(R"({"jsonrpc":"2.0","method":"exit"})");
  BOOST_TEST(server.exited());
  BOOST_TEST(server.status() == 0);
}

BOOST_AUTO_TEST_CASE(exit_without_shutdown_is_a_failure) {
  Client c;
  c.tell("exit", nullptr);
  BOOST_TEST(c.server.exited());
  BOOST_TEST(c.server.status() == 1);
}

BOOST_AUTO_TEST_CASE(messages_that_are_none_get_the_error_of_json_rpc) {
  struct Row {
    const char* text;
    ErrorCode code;
    const char* id;
  };
  const Row rows[] = {
      {"{", ErrorCode::ParseError, "null"},
      {"\"\xFF\"", ErrorCode::ParseError, "null"},
      {"\"\\ud800\"", ErrorCode::ParseError, "null"},
      {"[]", ErrorCode::InvalidRequest, "null"},
      {"5", ErrorCode::InvalidRequest, "null"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"shutdown"}])", ErrorCode::InvalidRequest, "null"},
      {R"({"id":7,"method":"shutdown"})", ErrorCode::InvalidRequest, "7"},
      {R"({"jsonrpc":"1.0","id":7,"method":"shutdown"})", ErrorCode::InvalidRequest, "7"},
      {R"({"jsonrpc":"2.0","id":{},"method":"shutdown"})", ErrorCode::InvalidRequest, "null"},
      {R"({"jsonrpc":"2.0","id":null,"method":"shutdown"})", ErrorCode::InvalidRequest, "null"},
      {R"({"jsonrpc":"2.0","id":"a","method":5})", ErrorCode::InvalidRequest, "\"a\""},
      {R"({"jsonrpc":"2.0","id":"a"})", ErrorCode::InvalidRequest, "\"a\""},
      {R"({"jsonrpc":"2.0","id":7,"method":"shutdown","params":5})", ErrorCode::InvalidRequest, "7"},
      {R"({"jsonrpc":"2.0","id":7,"method":"omc/none"})", ErrorCode::MethodNotFound, "7"},
      {R"({"jsonrpc":"2.0","id":7,"method":"textDocument/hover"})", ErrorCode::InvalidParams, "7"},
      {R"({"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":[1]})", ErrorCode::InvalidParams, "7"},
  };
  Client c;
  for (const Row& row : rows) {
    c.server.receive({row.text});
    c.run();
    BOOST_TEST(c.answers.back()["error"]["code"] == code(row.code), row.text);
    BOOST_TEST(c.answers.back()["id"].dump() == row.id, row.text);
  }
  c.server.receive({std::string(1'000'000, '[')});
  c.run();
  BOOST_TEST(c.answers.back()["error"]["code"] == code(ErrorCode::ParseError));
  c.server.receive({{}, "the header is too long"});
  c.run();
  BOOST_TEST(c.answers.back()["error"]["message"] == "the header is too long");
  BOOST_TEST(c.ask("shutdown", nullptr).is_null());
}

BOOST_AUTO_TEST_CASE(wrong_places_are_errors_of_the_request_alone) {
  Client c;
  const auto d = c.open("/w/a.omc", "h x = 5;");
  for (const char* position : {R"({"line":-1,"character":0})", R"({"line":1e300,"character":0})", R"({"line":"a","character":0})", "5", "{}"}) {
    Json params = d.itself();
    params["position"] = Json::parse(position);
    BOOST_TEST(c.error_code("textDocument/hover", params) == code(ErrorCode::InvalidParams), position);
  }
  Json params = d.itself();
  params["position"] = {{"line", 4294967295000u}, {"character", 18446744073709551615u}};
  BOOST_TEST(c.ask("textDocument/hover", params).is_null());
  params["textDocument"]["uri"] = "file:///w/none.omc";
  BOOST_TEST(c.error_code("textDocument/hover", params) == code(ErrorCode::InvalidParams));
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_that_waits_is_not_run) {
  Client c;
  c.open("/w/a.omc", "h x = 5;");
  const size_t before = c.answers.size();
  c.receive({{"jsonrpc", "2.0"}, {"id", "q"}, {"method", "workspace/symbol"}, {"params", {{"query", ""}}}});
  c.receive({{"jsonrpc", "2.0"}, {"method", "$/cancelRequest"}, {"params", {{"id", "q"}}}});
  c.run();
  BOOST_TEST(c.answers.size() == before + 1);
  BOOST_TEST(c.answers.back()["error"]["code"] == code(ErrorCode::RequestCancelled));
  // The id is free again, and one that nobody asked with means nothing.
  c.tell("$/cancelRequest", {{"id", "q"}});
  c.receive({{"jsonrpc", "2.0"}, {"id", "q"}, {"method", "workspace/symbol"}, {"params", {{"query", ""}}}});
  c.run();
  BOOST_TEST(c.answers.back()["result"].size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_that_runs_ends) {
  Client c;
  c.open("/w/a.omc", "h x = 5;");
  c.receive({{"jsonrpc", "2.0"}, {"id", 77}, {"method", "workspace/symbol"}, {"params", {{"query", ""}}}});
  c.server.set_pump([&] { c.receive({{"jsonrpc", "2.0"}, {"method", "$/cancelRequest"}, {"params", {{"id", 77}}}}); });
  c.run();
  BOOST_TEST(c.answers.back()["error"]["code"] == code(ErrorCode::RequestCancelled));
}

BOOST_AUTO_TEST_CASE(a_notification_that_fails_is_told_and_forgotten) {
  Client c;
  c.change("file:///w/none.omc", {{{"text", "x"}}});
  BOOST_TEST(c.told.back()["method"] == "window/logMessage");
  const size_t before = c.told.size();
  c.tell("$/unknown", {{"x", 1}});
  BOOST_TEST(c.told.size() == before);
}
