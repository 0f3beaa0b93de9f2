#include "lsp/feature.hpp"

#include <algorithm>

namespace omc::lsp {

#define OMC_FEATURE(name) extern const Feature name;
#include "lsp/features.def"

static const Feature* const kFeatures[] = {
#define OMC_FEATURE(name) &name,
#include "lsp/features.def"
};

std::span<const Feature* const> features() { return kFeatures; }

const Feature* find_feature(std::string_view method) {
  for (const Feature* f : kFeatures)
    if (f->method == method) return f;
  return nullptr;
}

static Place place_of(const Json& position) { return {number_member(position, "line"), number_member(position, "character")}; }

static Json json_of(Place place) { return {{"line", place.line}, {"character", place.character}}; }

FilePtr Context::document(const Json& params) const {
  const std::string& uri = text_member(member(params, "textDocument"), "uri");
  FilePtr file = workspace.document(uri);
  if (!file) throw RequestError(ErrorCode::InvalidParams, "there is no document " + uri);
  return file;
}

uint32_t Context::offset(const File& file, const Json& position) const {
  return file.places.offset(place_of(position), client.encoding);
}

lang::Span Context::span(const File& file, const Json& range) const {
  const uint32_t a = offset(file, member(range, "start")), b = offset(file, member(range, "end"));
  return {std::min(a, b), std::max(a, b)};
}

Json Context::place(const File& file, uint32_t offset) const { return json_of(file.places.place(offset, client.encoding)); }

Json Context::range(const File& file, lang::Span span) const {
  return {{"start", place(file, span.begin)}, {"end", place(file, span.end)}};
}

Json Context::location(const File& file, lang::Span span) const { return {{"uri", file.uri}, {"range", range(file, span)}}; }

Json Context::markup(std::string text) const {
  return {{"kind", client.markdown ? "markdown" : "plaintext"}, {"value", std::move(text)}};
}

void Context::check_cancelled() const {
  if (cancelled_ && cancelled_()) throw RequestError(ErrorCode::RequestCancelled, "the request was cancelled");
}

}  // namespace omc::lsp
