// textDocument/hover: what a name is, and how a number stands to the attractors.

#include <fmt/format.h>

#include <algorithm>

#include "lang/literals.hpp"
#include "lsp/describe.hpp"
#include "lsp/feature.hpp"
#include "substrate/resonance.hpp"

namespace omc::lsp {

namespace {

std::string about_number(std::string_view text) {
  const std::optional<uint64_t> magnitude = lang::decode_int(text);
  if (!magnitude || *magnitude > static_cast<uint64_t>(INT64_MAX)) return {};
  const auto n = static_cast<int64_t>(*magnitude);
  const substrate::Nearest nearest = substrate::nearest(n);
  return fmt::format("`{}`: attractor {}, distance {}, resonance {}", n, nearest.attractor, nearest.distance, substrate::resonance(n));
}

const lang::Token* token_at(const File& file, uint32_t offset) {
  const auto after = std::ranges::upper_bound(file.parsed.tokens, offset, {}, [](const lang::Token& t) { return t.span.begin; });
  if (after == file.parsed.tokens.begin()) return nullptr;
  const lang::Token& t = *std::prev(after);
  return offset < t.span.end ? &t : nullptr;
}

std::string about_name(Context& context, const FilePtr& file, const Occurrence& at) {
  const Symbol& symbol = file->index.symbol(at);
  const std::vector<Target> targets = definitions(context.workspace, file, symbol);
  std::string out;
  for (const Target& target : targets) {
    if (!out.empty()) out += "\n\n---\n\n";
    out += markdown(describe(target));
  }
  if (targets.empty())
    if (const vm::Builtin* builtin = builtin_of(context.workspace, file, symbol)) out = markdown(describe(*builtin));
  return out;
}

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const uint32_t offset = context.position(*file, params);
  std::string text;
  lang::Span span;
  if (const lang::Token* token = token_at(*file, offset); token && token->kind == lang::TokenKind::Int) {
    text = about_number(file->text(token->span));
    span = token->span;
  } else if (const Occurrence* at = file->index.at(offset)) {
    text = about_name(context, file, *at);
    span = at->span;
  }
  if (text.empty()) return nullptr;
  return {{"contents", context.markup(std::move(text))}, {"range", context.range(*file, span)}};
}

}  // namespace

extern const Feature kHover = {.method = "textDocument/hover", .capability = "hoverProvider", .answer = answer};

}  // namespace omc::lsp
