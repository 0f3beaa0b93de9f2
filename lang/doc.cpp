#include "lang/doc.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "lang/lexer.hpp"

namespace omc::lang {

namespace {

class Reader {
 public:
  explicit Reader(const Source& source) : source_(source), lexed_(lex(source, ignored_)) {}

  std::vector<FunctionDoc> functions() {
    std::vector<FunctionDoc> found;
    int depth = 0;  // of open braces: definitions stand in no other brackets, and a mistake leaves some of those open
    while (!at(TokenKind::EndOfFile)) {
      switch (token().kind) {
        case TokenKind::LeftBrace:
        case TokenKind::HoleBegin: ++depth; break;
        case TokenKind::RightBrace:
        case TokenKind::HoleEnd: depth = std::max(depth - 1, 0); break;
        case TokenKind::At:
        case TokenKind::Fn:
          if (depth == 0) {
            if (std::optional<FunctionDoc> function = definition()) found.push_back(std::move(*function));
            continue;
          }
          break;
        default: break;
      }
      ++at_;
    }
    return found;
  }

 private:
  const Token& token() const { return lexed_.tokens[at_]; }
  bool at(TokenKind kind) const { return token().kind == kind; }
  std::string text() const { return std::string(source_.text(token().span)); }

  bool accept(TokenKind kind) {
    if (!at(kind)) return false;
    ++at_;
    return true;
  }

  std::optional<std::string> identifier() {
    if (!at(TokenKind::Identifier)) return std::nullopt;
    std::string name = text();
    ++at_;
    return name;
  }

  // From the first pragma or `fn` on. Takes the tokens it understands, at least one.
  std::optional<FunctionDoc> definition() {
    const uint32_t first = token().span.begin;
    while (accept(TokenKind::At)) {
      if (!identifier()) return std::nullopt;
      if (accept(TokenKind::LeftBracket) && (!identifier() || !accept(TokenKind::RightBracket))) return std::nullopt;
    }
    if (!accept(TokenKind::Fn)) return std::nullopt;
    FunctionDoc function;
    function.span = token().span;
    const std::optional<std::string> name = identifier();
    if (!name || !accept(TokenKind::LeftParen)) return std::nullopt;
    function.name = *name;
    while (!accept(TokenKind::RightParen)) {
      std::optional<std::string> parameter = identifier();
      if (!parameter) return std::nullopt;
      if (accept(TokenKind::Colon)) {
        const std::optional<std::string> type = identifier();
        if (!type) return std::nullopt;
        *parameter += ": " + *type;
      }
      function.parameters.push_back(std::move(*parameter));
      accept(TokenKind::Comma);
    }
    if (accept(TokenKind::Arrow)) {
      const std::optional<std::string> type = identifier();
      if (!type) return std::nullopt;
      function.return_type = *type;
    }
    const Position place = source_.position(first);
    if (place.column != 1 || function.name.starts_with('_')) return std::nullopt;
    function.text = comment_above(source_, lexed_.comments, first);
    return function;
  }

  const Source& source_;
  Diagnostics ignored_;
  Lexed lexed_;
  size_t at_ = 0;
};

// Signature and text, as every page shows them.
void append_function(std::string& out, const FunctionDoc& function) {
  fmt::format_to(std::back_inserter(out), "```\n{}\n```\n\n", function.signature());
  for (const std::string& line : function.text) out += line + '\n';
  if (!function.text.empty()) out += '\n';
}

}  // namespace

std::string FunctionDoc::signature() const {
  return fmt::format("fn {}({}){}{}", name, fmt::join(parameters, ", "), return_type.empty() ? "" : " -> ", return_type);
}

FunctionDoc documentation(const Module& module, const Function& function) {
  FunctionDoc doc;
  doc.name = function.name.name;
  doc.span = function.span;
  for (const Parameter& p : function.parameters)
    doc.parameters.push_back(p.type.empty() ? std::string(p.name.name) : fmt::format("{}: {}", p.name.name, p.type));
  doc.return_type = function.return_type;
  uint32_t first = function.span.begin;
  if (!function.pragmas.empty()) first = std::min(first, function.pragmas.front().span.begin);
  doc.text = comment_above(module.source(), module.comments, first);
  return doc;
}

std::vector<std::string> comment_above(const Source& source, std::span<const Comment> comments, uint32_t offset) {
  auto comment = std::ranges::lower_bound(comments, offset, {}, [](const Comment& c) { return c.span.begin; });
  uint32_t line = source.line(offset);
  std::vector<std::string> lines;
  while (comment != comments.begin()) {
    --comment;
    --line;
    std::string_view text = source.text(comment->span);
    if (source.line(comment->span.begin) != line || !text.starts_with('#')) break;
    const std::string_view before = source.line_text(line).substr(0, comment->span.begin - source.line_span(line).begin);
    if (before.find_first_not_of(" \t") != std::string_view::npos) break;
    text.remove_prefix(std::min(text.find_first_not_of('#'), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    lines.emplace_back(text.substr(0, text.find_last_not_of(" \t") + 1));
  }
  if (std::ranges::all_of(lines, &std::string::empty)) return {};
  std::ranges::reverse(lines);
  return lines;
}

std::vector<FunctionDoc> public_functions(const Source& source) { return Reader(source).functions(); }

std::string module_page(const ModuleDoc& module) {
  std::string out = fmt::format("# {}\n\n*Documentation generated from `{}`.*\n\n", module.name, module.path);
  if (module.functions.empty()) return out + "*No public functions found.*\n";
  out += "## Functions\n\n";
  for (const FunctionDoc& function : module.functions) {
    out += fmt::format("### `{}`\n\n", function.name);
    append_function(out, function);
    if (function.parameters.empty()) continue;
    out += "**Parameters:**\n\n";
    for (const std::string& parameter : function.parameters) out += fmt::format("- `{}`\n", parameter);
    out += '\n';
  }
  return out;
}

std::string folder_page(const std::string& folder, std::span<const ModuleDoc> modules) {
  if (modules.empty()) return fmt::format("*No .omc files found in {}.*\n", folder);
  std::string out =
      fmt::format("# OMC API Reference\n\n*Generated from `{}/`. {} module(s).*\n\n---\n\n", folder, modules.size());
  for (const ModuleDoc& module : modules) {
    out += fmt::format("## `{}` — `{}`\n\n", module.name, module.path);
    if (module.functions.empty()) out += "*No public functions.*\n\n";
    for (const FunctionDoc& function : module.functions) {
      out += fmt::format("### `{}.{}`\n\n", module.name, function.name);
      append_function(out, function);
      if (!function.parameters.empty())
        out += fmt::format("**Parameters:** `{}`\n\n", fmt::join(function.parameters, "`, `"));
    }
    out += "---\n\n";
  }
  return out;
}

}  // namespace omc::lang
