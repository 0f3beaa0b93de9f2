#include "lang/lexer.hpp"

#include <fmt/format.h>
#include <unictype.h>  // libunistring: exact Unicode properties from static tables
#include <unistr.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "substrate/interrupt.hpp"

namespace omc::lang {

namespace {

struct Row {
  TokenKind kind;
  std::string_view spelling;
};

constexpr Row kKeywords[] = {
#define OMC_KEYWORD(kind, spelling) {TokenKind::kind, spelling},
#include "lang/tokens.def"
};

constexpr Row kOperators[] = {
#define OMC_OPERATOR(kind, spelling) {TokenKind::kind, spelling},
#define OMC_ALIAS(kind, spelling) {TokenKind::kind, spelling},
#include "lang/tokens.def"
};

// Rows with one first byte lie together, the longest first, so the first that fits is the longest match.
template <size_t N>
class Spellings {
 public:
  constexpr explicit Spellings(const Row (&rows)[N]) {
    for (size_t i = 0; i < N; ++i) rows_[i] = rows[i];
    std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return a.spelling[0] != b.spelling[0] ? a.spelling[0] < b.spelling[0] : a.spelling.size() > b.spelling.size();
    });
    for (size_t i = N; i-- > 0;) first_[static_cast<unsigned char>(rows_[i].spelling[0])] = static_cast<uint8_t>(i);
  }

  // The row that the text begins with.
  constexpr const Row* prefix_of(std::string_view text) const {
    for (size_t i = first_[static_cast<unsigned char>(text[0])]; i < N && rows_[i].spelling[0] == text[0]; ++i)
      if (text.starts_with(rows_[i].spelling)) return &rows_[i];
    return nullptr;
  }

  // The row that the text is.
  constexpr const Row* exactly(std::string_view text) const {
    for (size_t i = first_[static_cast<unsigned char>(text[0])]; i < N && rows_[i].spelling[0] == text[0]; ++i)
      if (text == rows_[i].spelling) return &rows_[i];
    return nullptr;
  }

 private:
  std::array<Row, N> rows_{};
  std::array<uint8_t, 256> first_{};
};

constexpr Spellings kKeywordTable(kKeywords);
constexpr Spellings kOperatorTable(kOperators);
static_assert(std::size(kKeywords) == 32 && std::size(kOperators) < 256);

enum CharClass : uint8_t { kOther, kSpace, kDigit, kLetter, kHigh };  // kHigh: a byte of a non-ASCII character

constexpr std::array<CharClass, 256> kClass = [] {
  std::array<CharClass, 256> table{};
  for (int c = 0; c < 256; ++c) {
    if (c >= 0x80) table[c] = kHigh;
    else if (c == ' ' || (c >= '\t' && c <= '\r')) table[c] = kSpace;
    else if (c >= '0' && c <= '9') table[c] = kDigit;
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') table[c] = kLetter;
  }
  return table;
}();

CharClass class_of(char c) { return kClass[static_cast<unsigned char>(c)]; }

struct Scalar {
  ucs4_t code = 0;
  uint32_t size = 0;  // bytes
};

// A malformed byte sequence reads as U+FFFD, which is neither letter, number nor space.
Scalar decode(std::string_view text) {
  Scalar scalar;
  const int size = u8_mbtouc(&scalar.code, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  scalar.size = static_cast<uint32_t>(size);
  return scalar;
}

bool begins_identifier(ucs4_t c) { return uc_is_property_alphabetic(c); }
bool continues_identifier(ucs4_t c) {
  return uc_is_property_alphabetic(c) || uc_is_general_category_withtable(c, UC_CATEGORY_MASK_N);
}

// Bytes of the text that continue an identifier.
uint32_t identifier_tail(std::string_view text) {
  uint32_t i = 0;
  while (i < text.size()) {
    const CharClass c = class_of(text[i]);
    if (c == kLetter || c == kDigit) {
      ++i;
    } else if (c == kHigh) {
      const Scalar scalar = decode(text.substr(i));
      if (!continues_identifier(scalar.code)) break;
      i += scalar.size;
    } else {
      break;
    }
  }
  return i;
}

class Lexer {
 public:
  Lexer(const Source& source, Diagnostics& sink) : text_(source.text()), end_(source.size()), sink_(sink) {
    out_.tokens.reserve(text_.size() / 4 + 1);
  }

  Lexed run() {
    for (;;) {
      if (out_.tokens.size() % 4096 == 0) substrate::interrupt_point(out_.tokens.size() * sizeof(Token));
      skip_blanks();
      if (at_ < end_) {
        token();
      } else if (!fstrings_.empty()) {
        end_hole();
      } else {
        break;
      }
    }
    push(TokenKind::EndOfFile, at_);
    return std::move(out_);
  }

 private:
  // An f-string whose hole is being lexed. Meanwhile end_ is the end of the hole.
  struct FString {
    uint32_t begin;
    std::string_view quote;  // what closes it
    uint32_t limit;          // end_ of the text around it
  };

  std::string_view rest() const { return text_.substr(at_, end_ - at_); }
  char peek(uint32_t ahead = 0) const { return at_ + ahead < end_ ? text_[at_ + ahead] : '\0'; }
  void push(TokenKind kind, uint32_t begin) { out_.tokens.push_back({kind, {begin, at_}}); }
  void error(std::string_view code, Span span, std::string message) {
    sink_.add(Severity::Error, code, span, std::move(message));
  }

  void skip_blanks() {
    while (at_ < end_) {
      const char c = text_[at_];
      switch (class_of(c)) {
        case kSpace: ++at_; continue;
        case kHigh: {
          const Scalar scalar = decode(rest());
          if (!uc_is_property_white_space(scalar.code)) return;
          at_ += scalar.size;
          continue;
        }
        case kOther:
          if (c == '#' || (c == '/' && peek(1) == '/')) {
            line_comment();
            continue;
          }
          if (c == '/' && peek(1) == '*') {
            block_comment();
            continue;
          }
          return;
        default: return;
      }
    }
  }

  void line_comment() {
    const uint32_t begin = at_;
    at_ += static_cast<uint32_t>(std::min(rest().find('\n'), rest().size()));
    const bool crlf = at_ < end_ && text_[at_ - 1] == '\r';
    out_.comments.push_back({{begin, crlf ? at_ - 1 : at_}});
  }

  void block_comment() {
    const uint32_t begin = at_;
    const size_t close = rest().find("*/", 2);
    if (close == std::string_view::npos) {
      error("unterminated", {begin, begin + 2}, "Unterminated comment: `/*` without `*/`");
      at_ = end_;
    } else {
      at_ += static_cast<uint32_t>(close) + 2;
    }
    out_.comments.push_back({{begin, at_}});
  }

  void token() {
    const uint32_t begin = at_;
    const char c = text_[at_];
    switch (class_of(c)) {
      case kLetter:
        if ((c == 'f' || c == 'F') && (peek(1) == '"' || peek(1) == '\'')) return begin_fstring();
        at_ += identifier_tail(rest());
        return word(begin);
      case kDigit: return number();
      case kHigh:
        if (!begins_identifier(decode(rest()).code)) return bad_characters();
        at_ += identifier_tail(rest());
        return push(TokenKind::Identifier, begin);
      default: break;
    }
    if (c == '"' || c == '\'') return string();
    const Row* row = kOperatorTable.prefix_of(rest());
    if (row == nullptr) return bad_characters();
    at_ += static_cast<uint32_t>(row->spelling.size());
    push(row->kind, begin);
  }

  void word(uint32_t begin) {
    const Row* row = kKeywordTable.exactly(text_.substr(begin, at_ - begin));
    push(row != nullptr ? row->kind : TokenKind::Identifier, begin);
  }

  void digits() {
    while (class_of(peek()) == kDigit) ++at_;
  }

  void number() {
    const uint32_t begin = at_;
    TokenKind kind = TokenKind::Int;
    digits();
    if (peek() == '.' && class_of(peek(1)) == kDigit) {
      kind = TokenKind::Float;
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      const uint32_t sign = peek(1) == '+' || peek(1) == '-';
      if (class_of(peek(1 + sign)) == kDigit) {
        kind = TokenKind::Float;
        at_ += 1 + sign;
        digits();
      }
    }
    if (const uint32_t tail = identifier_tail(rest())) {
      at_ += tail;
      const Span span{begin, at_};
      error("bad-number", span,
            fmt::format("Invalid number `{}`: a letter or `_` directly after the digits", text_.substr(begin, at_ - begin)));
      kind = TokenKind::Int;
    }
    push(kind, begin);
  }

  // One diagnostic for neighbours: a line of junk is one mistake.
  void bad_characters() {
    const uint32_t begin = at_;
    const Scalar first = decode(rest());
    do {
      at_ += decode(rest()).size;
    } while (at_ < end_ && !begins_token());
    const bool shown = first.code > ' ' && first.code != 0x7F && first.code != 0xFFFD;
    error("bad-character", {begin, at_},
          shown ? fmt::format("Unexpected character `{}`", text_.substr(begin, first.size))
          : first.code == 0xFFFD ? std::string("Unexpected character: not valid UTF-8")
                                 : fmt::format("Unexpected character U+{:04X}", static_cast<uint32_t>(first.code)));
  }

  bool begins_token() const {
    const char c = text_[at_];
    switch (class_of(c)) {
      case kHigh: {
        const ucs4_t code = decode(rest()).code;
        return begins_identifier(code) || uc_is_property_white_space(code);
      }
      case kOther: return c == '"' || c == '\'' || c == '#' || kOperatorTable.prefix_of(rest()) != nullptr;
      default: return true;
    }
  }

  void string() {
    const uint32_t begin = at_;
    if (rest().starts_with("\"\"\"")) {
      const size_t close = rest().find("\"\"\"", 3);
      if (close == std::string_view::npos) return unterminated(TokenKind::RawString, begin, 3, "Unterminated string");
      at_ += static_cast<uint32_t>(close) + 3;
      return push(TokenKind::RawString, begin);
    }
    const char quote = text_[at_++];
    while (at_ < end_) {
      const char c = text_[at_++];
      if (c == quote) return push(TokenKind::String, begin);
      if (c == '\\' && at_ < end_) ++at_;
    }
    unterminated(TokenKind::String, begin, 1, "Unterminated string");
  }

  // Takes the rest of the text, or of the hole, as the token: what follows is most likely part of it.
  void unterminated(TokenKind kind, uint32_t begin, uint32_t opening, std::string message) {
    error("unterminated", {begin, begin + opening}, std::move(message));
    at_ = end_;
    push(kind, begin);
  }

  void begin_fstring() {
    const uint32_t begin = at_++;
    const bool triple = rest().starts_with("\"\"\"");
    const std::string_view quote = text_.substr(at_, triple ? 3 : 1);
    at_ += static_cast<uint32_t>(quote.size());
    push(TokenKind::FStringBegin, begin);
    fstrings_.push_back({begin, quote, end_});
    fstring_text();
  }

  void end_hole() {
    const uint32_t begin = at_++;
    push(TokenKind::HoleEnd, begin);
    end_ = fstrings_.back().limit;
    fstring_text();
  }

  // From at_ to the next hole, or to the end of the innermost f-string.
  void fstring_text() {
    const FString& f = fstrings_.back();
    const uint32_t begin = at_;
    const auto text_before = [&] {
      if (at_ > begin) push(TokenKind::FStringText, begin);
    };
    while (at_ < end_) {
      const char c = text_[at_];
      if (c == f.quote[0] && rest().starts_with(f.quote)) {
        text_before();
        const uint32_t quote = at_;
        at_ += static_cast<uint32_t>(f.quote.size());
        push(TokenKind::FStringEnd, quote);
        fstrings_.pop_back();
        return;
      }
      if (c == '\\' || (c == '{' && peek(1) == '{')) {
        at_ = std::min(at_ + 2, end_);
      } else if (c == '{') {
        const uint32_t close = matching_brace();
        if (close == kNoMatch) {
          at_ = end_;
          break;
        }
        text_before();
        const uint32_t open = at_++;
        push(TokenKind::HoleBegin, open);
        end_ = close;
        return;
      } else {
        ++at_;
      }
    }
    error("unterminated", {f.begin, f.begin + 1 + static_cast<uint32_t>(f.quote.size())},
          "Unterminated string: the end of this f-string, or of a hole in it, is missing");
    text_before();
    push(TokenKind::FStringEnd, at_);
    fstrings_.pop_back();
  }

  // The `}` of the hole whose `{` is at at_. Only braces count, so the braces inside an outermost hole are paired once, and
  // nested holes, however deep, find their partners in that list.
  uint32_t matching_brace() {
    if (fstrings_.size() == 1) pair_braces();
    const auto found = std::ranges::lower_bound(braces_, at_, {}, &BracePair::open);
    return found != braces_.end() && found->open == at_ ? found->close : kNoMatch;
  }

  void pair_braces() {
    braces_.clear();
    std::vector<size_t> open;
    for (uint32_t i = at_; i < end_; ++i) {
      if (text_[i] == '{') {
        open.push_back(braces_.size());
        braces_.push_back({i, kNoMatch});
      } else if (text_[i] == '}') {
        braces_[open.back()].close = i;
        open.pop_back();
        if (open.empty()) return;
      }
    }
  }

  static constexpr uint32_t kNoMatch = UINT32_MAX;
  struct BracePair {
    uint32_t open, close;
  };

  std::string_view text_;
  uint32_t at_ = 0;
  uint32_t end_;
  Diagnostics& sink_;
  Lexed out_;
  std::vector<FString> fstrings_;
  std::vector<BracePair> braces_;  // of the outermost hole, by place of the opening one
};

}  // namespace

Lexed lex(const Source& source, Diagnostics& sink) { return Lexer(source, sink).run(); }

std::string_view spelling(TokenKind kind) {
  static constexpr std::string_view kSpellings[] = {
#define OMC_TOKEN(kind, name) name,
#define OMC_KEYWORD(kind, spelling) spelling,
#define OMC_OPERATOR(kind, spelling) spelling,
#include "lang/tokens.def"
  };
  return kSpellings[static_cast<size_t>(kind)];
}

std::string_view kind_name(TokenKind kind) {
  static constexpr std::string_view kNames[] = {
#define OMC_TOKEN(kind, name) #kind,
#define OMC_KEYWORD(kind, spelling) #kind,
#define OMC_OPERATOR(kind, spelling) #kind,
#include "lang/tokens.def"
  };
  return kNames[static_cast<size_t>(kind)];
}

bool is_keyword(TokenKind kind) {
  switch (kind) {
#define OMC_KEYWORD(kind, spelling) case TokenKind::kind:
#include "lang/tokens.def"
    return true;
    default: return false;
  }
}

bool is_keyword(std::string_view text) { return !text.empty() && kKeywordTable.exactly(text) != nullptr; }

bool is_identifier(std::string_view text) {
  if (text.empty() || is_keyword(text) || class_of(text[0]) == kDigit) return false;
  if (class_of(text[0]) == kHigh && !begins_identifier(decode(text).code)) return false;
  return identifier_tail(text) == text.size();
}

}  // namespace omc::lang
