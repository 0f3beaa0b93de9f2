#pragma once
// What the server can be asked for: a feature is one file in features/ and its row in features.def. Its capability is told
// to the client from the row, so nothing is announced that is not there.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lsp/places.hpp"
#include "lsp/rpc.hpp"
#include "lsp/workspace.hpp"

namespace omc::lsp {

// What the client has said it understands.
struct Client {
  Encoding encoding = Encoding::Utf16;
  bool related_information = false;
  bool nested_symbols = false;
  bool markdown = false;
  bool watches_files = false;
};

// What a request finds when it runs.
class Context {
 public:
  Context(Workspace& workspace, const Client& client, std::function<bool()> cancelled)
      : workspace(workspace), client(client), cancelled_(std::move(cancelled)) {}

  Workspace& workspace;
  const Client& client;

  // Of params.textDocument; a RequestError when it is not known.
  FilePtr document(const Json& params) const;
  uint32_t offset(const File& file, const Json& position) const;
  uint32_t position(const File& file, const Json& params) const { return offset(file, member(params, "position")); }
  lang::Span span(const File& file, const Json& range) const;

  Json place(const File& file, uint32_t offset) const;
  Json range(const File& file, lang::Span span) const;
  Json location(const File& file, lang::Span span) const;
  Json markup(std::string text) const;  // of Markdown

  // Ends the request when the client no longer wants it. For every loop that may be long.
  void check_cancelled() const;

 private:
  std::function<bool()> cancelled_;
};

struct Feature {
  std::string_view method;
  std::string_view capability;                      // its key among those of the server; empty: that of another feature
  Json (*options)() = nullptr;                      // what stands there; nullptr: true
  Json (*answer)(Context& context, const Json& params) = nullptr;
};

std::span<const Feature* const> features();
const Feature* find_feature(std::string_view method);

}  // namespace omc::lsp
