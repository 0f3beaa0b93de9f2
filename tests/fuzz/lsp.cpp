// Any bytes as what an editor says to the language server: one answer to each question, nothing but well-formed messages, and
// a server that still answers afterwards. An input that begins with `{` is one message a line, each given its header; any
// other is taken as the stream itself.
#include <map>
#include <string>
#include <vector>

#include "check.hpp"
#include "lsp/server.hpp"
#include "memory_files.hpp"
#include "stdlib/stdlib.hpp"

using namespace omc;
using lsp::Json;

namespace {

const vm::Vm& machine() {
  static vm::Vm* const vm = [] {
    auto* made = new vm::Vm;
    stdlib::install(*made);
    return made;
  }();
  return *vm;
}

struct Session {
  MemoryFiles files;
  lsp::Framer framer;
  std::map<Json, int> open;  // how often each id was asked with, less the answers to it
  lsp::Server server{machine(), files, [this](std::string text) { said(Json::parse(text)); }};
  lsp::Time now{0};

  Session() {
    files.texts["/w/shapes.omc"] = "# The area.\nfn area(w, d) { return w * d; }\nclass Box { w; fn size(self) { return 1; } }\nh unit = 1;\n";
    files.texts["/library/np.omc"] = "fn dot(a, b) { return a; }\n";
  }

  void said(const Json& message) {
    OMC_CHECK(message.is_object() && message["jsonrpc"] == "2.0");
    OMC_CHECK(message.contains("method") != (message.contains("result") || message.contains("error")));
    if (!message.contains("method") && !message["id"].is_null()) --open[message["id"]];
  }

  void bytes(std::string_view some) {
    framer.feed(some);
    while (std::optional<lsp::Frame> frame = framer.next()) {
      OMC_CHECK(frame->body.size() <= lsp::kMaxBody);
      const Json message = Json::parse(frame->body, nullptr, /*allow_exceptions=*/false);
      // What has an id and is no answer is a question, however wrong.
      if (message.is_object() && message.contains("id") && lsp::is_id(message["id"]) &&
          (message.contains("method") || (!message.contains("result") && !message.contains("error")) || !message.contains("jsonrpc") ||
           message["jsonrpc"] != "2.0"))
        ++open[message["id"]];
      server.receive(std::move(*frame));
      now += lsp::Time(40);
      while (server.step(now)) {}
    }
  }
};

void end(Session& session) {
  session.now += lsp::Time(1000);
  while (session.server.step(session.now)) {}
  if (session.server.exited()) return;
  for (const auto& [id, count] : session.open) OMC_CHECK(count == 0);
  const Json id = "the last one";
  session.server.receive({Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", "omc/none"}}.dump()});
  session.open[id] = 1;
  while (session.server.step(session.now)) {}
  OMC_CHECK(session.open[id] == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Session session;
  if (!input.starts_with('{')) {
    session.bytes(input);
  } else {
    for (size_t begin = 0; begin < input.size();) {
      const size_t line_end = std::min(input.find('\n', begin), input.size());
      session.bytes(lsp::framed(input.substr(begin, line_end - begin)));
      begin = line_end + 1;
    }
  }
  end(session);
  return 0;
}
