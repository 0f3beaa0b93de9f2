#include "lang/render.hpp"

#include <fmt/format.h>
#include <unistr.h>
#include <uniwidth.h>  // columns of a character

#include <algorithm>
#include <string_view>

namespace omc::lang {

namespace {

constexpr uint32_t kTab = 4;
constexpr std::string_view kCut = "…";  // one column

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::Error: return "\x1b[1;31m";
    case Severity::Warning: return "\x1b[1;33m";
    case Severity::Hint: return "\x1b[1;36m";
  }
  return "";
}
constexpr std::string_view kNoteColour = "\x1b[1;34m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kReset = "\x1b[0m";

// A character as it is shown: control characters must not reach the terminal, and tabs must not depend on the gutter.
struct Glyph {
  std::string text;
  uint32_t columns = 0;
  uint32_t bytes = 0;  // of the source
};

Glyph glyph_at(std::string_view line, size_t i, uint32_t column) {
  const auto* p = reinterpret_cast<const uint8_t*>(line.data()) + i;
  ucs4_t c;
  const auto bytes = static_cast<uint32_t>(u8_mbtouc(&c, p, line.size() - i));
  if (c == '\t') {
    const uint32_t columns = kTab - column % kTab;
    return {std::string(columns, ' '), columns, bytes};
  }
  if (c < ' ' || c == 0x7F) {  // the Unicode block of control pictures
    const ucs4_t picture = c == 0x7F ? 0x2421 : 0x2400 + c;
    uint8_t utf8[6];
    const int n = u8_uctomb(utf8, picture, sizeof utf8);
    return {std::string(reinterpret_cast<char*>(utf8), static_cast<size_t>(n)), 1, bytes};
  }
  const int columns = uc_width(c, "UTF-8");
  if (c == 0xFFFD || columns < 0) return {"\uFFFD", 1, bytes};
  return {std::string(line.substr(i, bytes)), static_cast<uint32_t>(columns), bytes};
}

size_t previous(std::string_view line, size_t i) {
  do {
    --i;
  } while (i > 0 && (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80);
  return i;
}

// The part of a line that is shown, and the columns in it that a span takes.
struct Excerpt {
  std::string text;
  uint32_t begin = 0;
  uint32_t end = 1;
  size_t from = 0;  // the byte of the line that the part begins with
};

// Looks only at the bytes near the span: a line may have megabytes.
Excerpt excerpt(std::string_view line, size_t begin, size_t end, uint32_t width) {
  Excerpt e;
  begin = std::min(begin, line.size());
  end = std::clamp(end, begin, line.size());
  size_t from = begin;
  uint32_t back = 0;
  while (from > 0 && back < width) {
    from = previous(line, from);
    back += std::max(glyph_at(line, from, 0).columns, 1u);
  }
  if (from > 0 || back + std::min<size_t>(end - begin, width / 2) > width) {  // keep a third of the width in front of the place
    from = begin;
    for (back = 0; from > 0 && back < width / 3;) {
      from = previous(line, from);
      back += std::max(glyph_at(line, from, 0).columns, 1u);
    }
  }
  e.from = from;
  uint32_t column = 0;
  if (from > 0) {
    e.text += kCut;
    ++column;
  }
  bool began = false, ended = false;
  size_t i = from;
  while (i < line.size() && column < width) {
    if (i >= begin && !began) began = true, e.begin = column;
    if (i >= end && !ended) ended = true, e.end = column;
    const Glyph glyph = glyph_at(line, i, column);
    e.text += glyph.text;
    column += glyph.columns;
    i += glyph.bytes;
  }
  if (!began) e.begin = column;
  if (!ended) e.end = column;
  if (i < line.size()) e.text += kCut;
  e.end = std::max(e.end, e.begin + 1);
  return e;
}

class Renderer {
 public:
  Renderer(const Source& source, const RenderOptions& options) : source_(source), options_(options) {}

  std::string diagnostic(const Diagnostic& d) {
    const Position at = source_.position(d.span.begin);
    fit_gutter(d.span);
    for (const Note& note : d.notes)
      if (!note.span.empty()) fit_gutter(note.span);

    paint(colour_of(d.severity), fmt::format("{}[{}]", spelling(d.severity), d.code));
    paint(kBold, ": " + d.message);
    out_ += '\n' + std::string(gutter_, ' ');
    paint(kNoteColour, "-->");
    out_ += fmt::format(" {}:{}:{}\n", source_.path(), at.line, at.column);
    line(d.span, '^', colour_of(d.severity), {});
    for (const Note& note : d.notes)
      if (!note.span.empty()) line(note.span, '-', kNoteColour, note.message);
    for (const Note& note : d.notes)
      if (note.span.empty()) remark("note", note.message);
    for (const Fix& fix : d.fixes) remark("fix", fix.title);
    return std::move(out_);
  }

  std::string excerpt_only(Span span) {
    fit_gutter(span);
    line(span, '^', colour_of(Severity::Error), {});
    return std::move(out_);
  }

 private:
  void fit_gutter(Span span) {
    gutter_ = std::max(gutter_, fmt::formatted_size("{}", source_.line(span.begin)));
  }

  void paint(std::string_view colour, std::string_view text) {
    if (!options_.colour) return void(out_ += text);
    out_ += colour;
    out_ += text;
    out_ += kReset;
  }

  void remark(std::string_view word, std::string_view text) {
    out_.append(gutter_ + 1, ' ');
    paint(kNoteColour, fmt::format("{}:", word));
    out_ += fmt::format(" {}\n", text);
  }

  // The line of the span, unless it stands there already, and below it the underlining. Of a span of several lines the
  // first is underlined.
  void line(Span span, char mark, std::string_view colour, std::string_view label) {
    const uint32_t number = source_.line(span.begin);
    const Span whole = source_.line_span(number);
    const Excerpt e = excerpt(source_.text(whole), span.begin - whole.begin, span.end - whole.begin, options_.width);
    if (number != shown_line_ || e.from != shown_from_) {
      paint(kNoteColour, fmt::format("{:>{}} |", number, gutter_));
      out_ += ' ' + e.text + '\n';
      shown_line_ = number;
      shown_from_ = e.from;
    }
    paint(kNoteColour, fmt::format("{:{}} |", "", gutter_));
    out_.append(1 + e.begin, ' ');
    std::string below(e.end - e.begin, mark);
    if (!label.empty()) below.append(" ").append(label);
    paint(colour, below);
    out_ += '\n';
  }

  const Source& source_;
  const RenderOptions& options_;
  size_t gutter_ = 1;
  uint32_t shown_line_ = 0;
  size_t shown_from_ = 0;
  std::string out_;
};

}  // namespace

std::string render(const Source& source, const Diagnostic& diagnostic, const RenderOptions& options) {
  return Renderer(source, options).diagnostic(diagnostic);
}

std::string render_excerpt(const Source& source, Span span, const RenderOptions& options) {
  return Renderer(source, options).excerpt_only(span);
}

}  // namespace omc::lang
