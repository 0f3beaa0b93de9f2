#pragma once
// An editor, as far as tests need one: it opens texts, asks, and lets time pass.

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include "lsp/server.hpp"
#include "memory_files.hpp"
#include "stdlib/stdlib.hpp"

using omc::lsp::Json;

inline const omc::vm::Vm& machine() {
  static omc::vm::Vm vm;
  static const bool installed = (omc::stdlib::install(vm), true);
  return installed ? vm : vm;
}

class Client {
 public:
  // A text with marks: the places of `§` in it, which the server does not see.
  struct Document {
    std::string uri, text;
    std::vector<Json> places;
    Json at(size_t i = 0) const { return {{"textDocument", {{"uri", uri}}}, {"position", places.at(i)}}; }
    Json range(size_t i = 0) const { return {{"start", places.at(i)}, {"end", places.at(i + 1)}}; }
    Json itself() const { return {{"textDocument", {{"uri", uri}}}}; }
  };

  MemoryFiles files;
  std::vector<Json> told;  // notifications and questions of the server

  explicit Client(Json capabilities = Json::object()) : server(machine(), files, [this](std::string text) { got(Json::parse(text)); }) {
    initialized = ask("initialize", {{"processId", nullptr}, {"rootUri", "file:///w"}, {"capabilities", std::move(capabilities)}});
    tell("initialized", Json::object());
  }

  Json reply(const std::string& method, Json params) {
    const int id = ++last_id_;
    receive({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}});
    run();
    for (const Json& answer : answers)
      if (answer["id"] == id) return answer;
    throw std::runtime_error("no answer to " + method);
  }
  // The result; an error of the server is one of the test.
  Json ask(const std::string& method, Json params) {
    const Json answer = reply(method, std::move(params));
    if (answer.contains("error")) throw std::runtime_error(method + ": " + answer["error"].dump());
    return answer["result"];
  }
  int error_code(const std::string& method, Json params) { return reply(method, std::move(params)).at("error").at("code"); }

  void tell(const std::string& method, Json params) {
    receive({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
    run();
  }
  void receive(const Json& message) { server.receive({message.dump()}); }

  Document open(const std::string& path, std::string_view marked) {
    Document d{"file://" + path, {}, {}};
    uint32_t line = 0, character = 0;
    for (size_t i = 0; i < marked.size(); ++i) {
      if (marked.substr(i).starts_with("§")) {
        d.places.push_back({{"line", line}, {"character", character}});
        ++i;
        continue;
      }
      const auto byte = static_cast<unsigned char>(marked[i]);
      if (byte == '\n') ++line, character = 0;
      else if ((byte & 0xC0) != 0x80) character += byte >= 0xF0 ? 2 : 1;
      d.text += marked[i];
    }
    tell("textDocument/didOpen", {{"textDocument", {{"uri", d.uri}, {"languageId", "omc"}, {"version", 1}, {"text", d.text}}}});
    return d;
  }
  void change(const std::string& uri, Json changes, int version = 2) {
    tell("textDocument/didChange", {{"textDocument", {{"uri", uri}, {"version", version}}}, {"contentChanges", std::move(changes)}});
  }

  void pass(int milliseconds) {
    now_ += omc::lsp::Time(milliseconds);
    run();
  }
  void run() {
    while (server.step(now_)) {}
  }

  // What was said last about the document; null when nothing was.
  Json diagnostics(const std::string& uri) const {
    for (auto m = told.rbegin(); m != told.rend(); ++m)
      if ((*m)["method"] == "textDocument/publishDiagnostics" && (*m)["params"]["uri"] == uri) return (*m)["params"];
    return nullptr;
  }

  omc::lsp::Server server;
  Json initialized;
  std::vector<Json> answers;

 private:
  void got(Json message) { (message.contains("method") ? told : answers).push_back(std::move(message)); }

  int last_id_ = 0;
  omc::lsp::Time now_{0};
};

// `LINE:CHARACTER-LINE:CHARACTER`.
inline std::string shown(const Json& range) {
  const auto place = [](const Json& p) { return p["line"].dump() + ":" + p["character"].dump(); };
  return place(range["start"]) + "-" + place(range["end"]);
}
