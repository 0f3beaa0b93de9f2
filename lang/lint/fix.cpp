#include "lang/lint/fix.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace omc::lang {

namespace {

bool is_text(TokenKind kind) {
  return kind == TokenKind::String || kind == TokenKind::RawString || kind == TokenKind::FStringText;
}

// What fixes leave alone, in source order: the spans of comments and strings.
std::vector<Span> kept_spans(const ParseResult& parsed) {
  std::vector<Span> spans;
  for (const Comment& c : parsed.module->comments) spans.push_back(c.span);
  for (const Token& t : parsed.tokens)
    if (is_text(t.kind)) spans.push_back(t.span);
  std::ranges::sort(spans, {}, &Span::begin);
  return spans;
}

bool overlaps(Span a, Span b) { return a.begin < b.end && b.begin < a.end; }

// Also an insertion inside a span touches it.
bool touches(Span edit, const std::vector<Span>& spans) {
  auto at = std::ranges::lower_bound(spans, edit.begin, {}, [](Span s) { return s.end; });
  for (; at != spans.end() && at->begin < std::max(edit.end, edit.begin + 1); ++at)
    if (overlaps(edit, *at) || (edit.empty() && at->begin < edit.begin && edit.begin < at->end)) return true;
  return false;
}

bool same_texts(const Source& a, const std::vector<Span>& in_a, const Source& b, const std::vector<Span>& in_b) {
  return std::ranges::equal(in_a, in_b, [&](Span x, Span y) { return a.text(x) == b.text(y); });
}

}  // namespace

Fixed apply_fixes(const Source& source, const ParseResult& parsed, std::span<const Diagnostic* const> diagnostics, bool unsafe) {
  const std::vector<Span> kept = kept_spans(parsed);
  std::multimap<uint32_t, Edit> edits;  // accepted, by where they begin; those of one place in the order of their fix
  Fixed fixed;
  for (const Diagnostic* d : diagnostics) {
    if (d->fixes.empty() || (d->fixes[0].safety != Safety::Safe && !unsafe)) continue;
    const auto clashes = [&](const Edit& e) {
      // Two edits that meet could depend on each other: the next round has its turn.
      const auto next = edits.upper_bound(e.span.end);
      return touches(e.span, kept) || (next != edits.begin() && std::prev(next)->second.span.end >= e.span.begin);
    };
    if (std::ranges::any_of(d->fixes[0].edits, clashes)) continue;
    for (const Edit& e : d->fixes[0].edits) edits.emplace(e.span.begin, e);
    ++fixed.count;
  }
  uint32_t done = 0;
  for (const auto& [begin, e] : edits) {
    fixed.text += source.text({done, begin});
    fixed.text += e.text;
    done = e.span.end;
  }
  fixed.text += source.text({done, source.size()});
  if (fixed.count == 0) return fixed;
  const Source after(source.path(), fixed.text);
  const ParseResult again = parse(after);
  if (!again.ok() || !same_texts(source, kept, after, kept_spans(again))) return {std::string(source.text()), 0};
  return fixed;
}

}  // namespace omc::lang
