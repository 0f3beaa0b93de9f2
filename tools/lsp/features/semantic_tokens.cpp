// textDocument/semanticTokens: the kind of every word, so that an editor needs no grammar of the language.

#include <algorithm>

#include "lsp/feature.hpp"
#include "lsp/lookup.hpp"

namespace omc::lsp {

namespace {

constexpr const char* kTypes[] = {"namespace", "class", "parameter", "variable", "function", "method",
                                  "keyword",   "comment", "string",  "number",   "operator", "decorator"};
enum class Type : uint8_t { Namespace, Class, Parameter, Variable, Function, Method, Keyword, Comment, String, Number, Operator, Decorator };
constexpr const char* kModifiers[] = {"declaration", "defaultLibrary"};
enum Modifier : uint8_t { kPlain = 0, kDeclaration = 1, kDefaultLibrary = 2 };

class Painter {
 public:
  Painter(Context& context, FilePtr file, lang::Span wanted) : context_(context), file_(std::move(file)), wanted_(wanted) {}

  Json data() {
    const std::vector<lang::Token>& tokens = file_->parsed.tokens;
    const std::vector<lang::Comment>& comments = file_->parsed.module->comments;
    auto comment = comments.begin();
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (i % 4096 == 0) context_.check_cancelled();
      for (; comment != comments.end() && comment->span.begin < tokens[i].span.begin; ++comment) add(comment->span, Type::Comment);
      token(i);
    }
    for (; comment != comments.end(); ++comment) add(comment->span, Type::Comment);
    return std::move(data_);
  }

 private:
  void token(size_t i) {
    const lang::Token& t = file_->parsed.tokens[i];
    switch (t.kind) {
      case lang::TokenKind::Identifier: return identifier(i);
      case lang::TokenKind::Int:
      case lang::TokenKind::Float: return add(t.span, Type::Number);
      case lang::TokenKind::String:
      case lang::TokenKind::RawString:
      case lang::TokenKind::FStringBegin:
      case lang::TokenKind::FStringText:
      case lang::TokenKind::FStringEnd: return add(t.span, Type::String);
      case lang::TokenKind::At: return add(t.span, Type::Decorator);
      default: break;
    }
    if (lang::is_keyword(t.kind) && lang::is_keyword(file_->text(t.span))) {
      // res(x) and the like are calls of builtins.
      const Occurrence* o = occurrence(t.span);
      return o ? add(t.span, Type::Function, kDefaultLibrary) : add(t.span, Type::Keyword);
    }
    switch (t.kind) {
      case lang::TokenKind::EndOfFile:
      case lang::TokenKind::LeftParen:
      case lang::TokenKind::RightParen:
      case lang::TokenKind::LeftBracket:
      case lang::TokenKind::RightBracket:
      case lang::TokenKind::LeftBrace:
      case lang::TokenKind::RightBrace:
      case lang::TokenKind::HoleBegin:
      case lang::TokenKind::HoleEnd:
      case lang::TokenKind::Comma:
      case lang::TokenKind::Colon:
      case lang::TokenKind::Semicolon:
      case lang::TokenKind::Dot: return;
      default: return add(t.span, Type::Operator);
    }
  }

  const Occurrence* occurrence(lang::Span span) {
    const std::vector<Occurrence>& all = file_->index.occurrences();
    while (next_ < all.size() && all[next_].span.begin < span.begin) ++next_;
    return next_ < all.size() && all[next_].span.begin == span.begin ? &all[next_] : nullptr;
  }

  void identifier(size_t i) {
    const lang::Span span = file_->parsed.tokens[i].span;
    if (i > 0 && file_->parsed.tokens[i - 1].kind == lang::TokenKind::At) return add(span, Type::Decorator);
    const Occurrence* o = occurrence(span);
    if (!o) {
      const std::string_view text = file_->text(span);
      return text == "true" || text == "false" || text == "null" ? add(span, Type::Keyword) : void();
    }
    const auto [type, modifier] = meaning(o->symbol);
    const bool called = o->role == Role::Call && type == Type::Variable;
    add(span, called ? Type::Function : type, static_cast<Modifier>(modifier | (o->role == Role::Definition ? kDeclaration : kPlain)));
  }

  // Asked once for each symbol: a name across modules is a search.
  std::pair<Type, Modifier> meaning(uint32_t symbol) {
    if (meanings_.empty()) meanings_.resize(file_->index.symbols().size(), {Type::Keyword, kPlain});
    std::pair<Type, Modifier>& known = meanings_[symbol];
    if (known.first == Type::Keyword) known = find_meaning(file_->index.symbols()[symbol]);
    return known;
  }
  std::pair<Type, Modifier> find_meaning(const Symbol& symbol) {
    const std::vector<Target> targets = definitions(context_.workspace, file_, symbol);
    if (targets.empty()) {
      if (context_.workspace.builtin(symbol.name)) return {Type::Function, kDefaultLibrary};
      return {symbol.kind == SymbolKind::Member ? Type::Method : Type::Variable, kPlain};
    }
    switch (targets[0].definition.kind) {
      case DefinitionKind::Variable: return {Type::Variable, kPlain};
      case DefinitionKind::Parameter: return {Type::Parameter, kPlain};
      case DefinitionKind::Function:
      case DefinitionKind::Import: return {Type::Function, kPlain};
      case DefinitionKind::Class: return {Type::Class, kPlain};
      case DefinitionKind::Method: return {Type::Method, kPlain};
      case DefinitionKind::ModuleAlias: return {Type::Namespace, kPlain};
    }
    return {Type::Variable, kPlain};
  }

  // A token is told line by line, each place relative to the one before.
  void add(lang::Span span, Type type, Modifier modifier = kPlain) {
    if (span.end <= wanted_.begin || span.begin >= wanted_.end) return;
    uint32_t begin = span.begin;
    for (uint32_t line = file_->places.place(begin, context_.client.encoding).line; begin < span.end; ++line) {
      const lang::Span whole = file_->places.line(line);
      const uint32_t end = std::min(span.end, whole.end);
      if (begin < end) {
        const uint32_t character = file_->places.place(begin, context_.client.encoding).character;
        const uint32_t length = units(file_->text({begin, end}), context_.client.encoding);
        for (const uint32_t n : {line - line_, line == line_ ? character - character_ : character, length, static_cast<uint32_t>(type),
                                 static_cast<uint32_t>(modifier)})
          data_.push_back(n);
        line_ = line;
        character_ = character;
      }
      if (line + 1 >= file_->places.line_count()) break;
      begin = file_->places.line(line + 1).begin;
    }
  }

  Context& context_;
  FilePtr file_;
  lang::Span wanted_;
  size_t next_ = 0;
  std::vector<std::pair<Type, Modifier>> meanings_;  // Keyword: not yet known
  uint32_t line_ = 0, character_ = 0;
  Json data_ = Json::array();
};

Json full(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  return {{"data", Painter(context, file, {0, UINT32_MAX}).data()}};
}

Json range(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  return {{"data", Painter(context, file, context.span(*file, member(params, "range"))).data()}};
}

Json options() {
  return {{"legend", {{"tokenTypes", kTypes}, {"tokenModifiers", kModifiers}}}, {"full", true}, {"range", true}};
}

}  // namespace

extern const Feature kSemanticTokens = {
    .method = "textDocument/semanticTokens/full", .capability = "semanticTokensProvider", .options = options, .answer = full};
extern const Feature kSemanticTokensRange = {.method = "textDocument/semanticTokens/range", .capability = "", .answer = range};

}  // namespace omc::lsp
