// textDocument/formatting and rangeFormatting: the canonical layout, as `omc fmt` writes it. Of the whole only the lines that
// change, so that cursors and folds stay where they are.

#include "lang/format.hpp"
#include "lang/unified_diff.hpp"
#include "lsp/feature.hpp"

namespace omc::lsp {

namespace {

constexpr int kMostChanges = 400;  // changed lines that are told apart; the search is quadratic in it

std::vector<lang::Edit> edits_of(const File& file) {
  if (!file.parsed.ok()) throw RequestError(ErrorCode::RequestFailed, "parse error: " + file.parsed.first_message());
  return lang::line_edits(file.source->text(), lang::format(*file.parsed.module), kMostChanges);
}

Json edit(const Context& context, const File& file, const lang::Edit& e) {
  return {{"range", context.range(file, e.span)}, {"newText", e.text}};
}

Json whole(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  Json all = Json::array();
  for (const lang::Edit& e : edits_of(*file)) all.push_back(edit(context, *file, e));
  return all;
}

// The changes that touch a line of the range. Each is whole lines, and stands for itself.
Json range(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const lang::Span wanted = context.span(*file, member(params, "range"));
  const lang::Source& source = *file->source;
  const uint32_t begin = source.line_span(source.line(wanted.begin)).begin;
  const uint32_t last = source.line(wanted.end > wanted.begin ? wanted.end - 1 : wanted.end);
  const uint32_t end = last < source.line_count() ? source.line_span(last + 1).begin : source.size();
  Json all = Json::array();
  for (const lang::Edit& e : edits_of(*file))
    if (e.span.begin < end && (e.span.end > begin || (e.span.empty() && e.span.begin >= begin))) all.push_back(edit(context, *file, e));
  return all;
}

}  // namespace

extern const Feature kFormatting = {
    .method = "textDocument/formatting", .capability = "documentFormattingProvider", .answer = whole};
extern const Feature kRangeFormatting = {
    .method = "textDocument/rangeFormatting", .capability = "documentRangeFormattingProvider", .answer = range};

}  // namespace omc::lsp
