// textDocument/completion and completionItem/resolve: what may stand at the cursor. The text is half written there, so the
// place is judged by its tokens, and names come from whatever of the file does parse.

#include <algorithm>
#include <set>

#include "lang/children.hpp"
#include "lsp/describe.hpp"
#include "lsp/feature.hpp"

namespace omc::lsp {

namespace {

// Numbers of the protocol.
enum class Kind : uint8_t { Method = 2, Function = 3, Variable = 6, Class = 7, Module = 9, Property = 10, Keyword = 14 };

using lang::TokenKind;

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// As editors match: the characters in their order, the first one first.
bool matches(std::string_view name, std::string_view typed) {
  if (typed.empty()) return true;
  if (name.empty() || lower(name.front()) != lower(typed.front())) return false;
  for (const char c : name)
    if (!typed.empty() && lower(c) == lower(typed.front())) typed.remove_prefix(1);
  return typed.empty();
}

class Completion {
 public:
  Completion(Context& context, FilePtr file, uint32_t offset)
      : context_(context), workspace_(context.workspace), file_(std::move(file)), offset_(offset), word_(offset) {
    const std::string_view text = file_->source->text();
    while (word_ > 0 && is_word(text[word_ - 1])) --word_;
    const auto& tokens = file_->parsed.tokens;
    before_ = static_cast<size_t>(std::ranges::lower_bound(tokens, word_, {}, [](const lang::Token& t) { return t.span.begin; }) - tokens.begin());
  }

  Json items() {
    if (in_comment()) return std::move(items_);
    if (const lang::Token* s = string_around()) {
      text_completion(*s);
      return std::move(items_);
    }
    if (const std::string_view module = module_of_line(); !module.empty()) {
      names_of_module(module, false);
    } else if (behind(TokenKind::Import) || behind(TokenKind::Load) || behind(TokenKind::From)) {
      modules();
    } else if (behind(TokenKind::Dot)) {
      members();
    } else {
      everything();
    }
    return std::move(items_);
  }

 private:
  std::string_view typed() const { return file_->text({word_, offset_}); }
  const lang::Token* token_before(size_t n = 1) const { return before_ >= n ? &file_->parsed.tokens[before_ - n] : nullptr; }
  bool behind(TokenKind kind) const { return token_before() && token_before()->kind == kind; }

  bool in_comment() const {
    for (const lang::Comment& c : file_->parsed.module->comments) {
      const bool line = !file_->text(c.span).starts_with("/*");
      if (c.span.begin < offset_ && (offset_ < c.span.end || (line && offset_ == c.span.end))) return true;
    }
    return false;
  }
  const lang::Token* string_around() const {
    for (const lang::Token& t : file_->parsed.tokens) {
      if (t.span.begin >= offset_) break;
      const bool text = t.kind == TokenKind::String || t.kind == TokenKind::RawString || t.kind == TokenKind::FStringText || t.kind == TokenKind::FStringBegin;
      if (text && offset_ < t.span.end) return &t;
      // One that is not closed ends with its line, or the file.
      const std::string_view s = file_->text(t.span);
      if (t.kind == TokenKind::String && offset_ == t.span.end && (s.size() < 2 || s.back() != s.front())) return &t;
    }
    return nullptr;
  }

  // The module of the `from` statement that the line holds in front of the cursor; empty: none.
  std::string_view module_of_line() const {
    for (size_t n = 1; const lang::Token* t = token_before(n); ++n) {
      if (t->kind == TokenKind::Comma || t->kind == TokenKind::Identifier) continue;
      const lang::Token *name = token_before(n + 1), *from = token_before(n + 2);
      if (t->kind != TokenKind::Import || !name || !from || from->kind != TokenKind::From) return {};
      const std::string_view text = file_->text(name->span);
      return name->kind == TokenKind::String && text.size() >= 2 ? text.substr(1, text.size() - 2) : text;
    }
    return {};
  }

  void add(std::string_view label, Kind kind, std::string detail = {}, Json data = nullptr) {
    if (!matches(label, typed_ ? *typed_ : typed()) || !seen_.insert(std::string(label)).second) return;
    Json item = {{"label", label}, {"kind", kind}};
    if (!detail.empty()) item["detail"] = std::move(detail);
    if (!data.is_null()) item["data"] = std::move(data);
    items_.push_back(std::move(item));
  }
  void add(const FilePtr& file, const Definition& d) {
    const Kind kind = d.kind == DefinitionKind::Method     ? Kind::Method
                      : d.kind == DefinitionKind::Class    ? Kind::Class
                      : d.kind == DefinitionKind::Function ? Kind::Function
                      : d.kind == DefinitionKind::ModuleAlias ? Kind::Module
                                                              : Kind::Variable;
    const bool has_more = kind != Kind::Variable && kind != Kind::Module;
    add(file->text(d.name), kind, has_more ? describe(Target{file, d}).signature : std::string(),
        has_more ? Json{{"uri", file->uri}, {"at", d.name.begin}} : Json());
  }

  // --- in a string: the name of a module, or a key ---
  void text_completion(const lang::Token& s) {
    const std::string_view all = file_->text(s.span);
    const uint32_t begin = s.span.begin + 1;
    if (s.kind != TokenKind::String || all.empty() || offset_ < begin) return;
    typed_ = file_->text({begin, offset_});
    const auto& tokens = file_->parsed.tokens;
    const size_t i = static_cast<size_t>(&s - tokens.data());
    if (i == 0) return;
    const TokenKind before = tokens[i - 1].kind;
    if (before == TokenKind::Import || before == TokenKind::Load || before == TokenKind::From) modules();
    else if (before == TokenKind::LeftBracket && i >= 2 && tokens[i - 2].span.end == tokens[i - 1].span.begin) keys();
  }
  void modules() {
    for (const std::string& name : workspace_.module_names(*file_)) add(name, Kind::Module);
  }
  // Of dicts and instances that the file mentions: strings in front of a colon or in an index, fields of classes.
  void keys() {
    const auto& tokens = file_->parsed.tokens;
    for (size_t i = 1; i + 1 < tokens.size(); ++i) {
      if (tokens[i].kind != TokenKind::String || tokens[i].span.contains(offset_ - 1)) continue;
      const bool key = tokens[i + 1].kind == TokenKind::Colon || (tokens[i - 1].kind == TokenKind::LeftBracket && tokens[i + 1].kind == TokenKind::RightBracket);
      const std::string_view text = file_->text(tokens[i].span);
      if (key && text.size() > 2 && text.find('\\') == std::string_view::npos) add(text.substr(1, text.size() - 2), Kind::Property);
    }
    for (const FilePtr& f : visible_modules(workspace_, file_))
      for (const lang::ClassStmt* c : f->index.classes())
        for (const lang::Identifier& field : c->fields) add(field.name, Kind::Property);
  }

  // --- names ---
  void names_of_module(std::string_view name, bool functions_only) {
    const FilePtr module = workspace_.module(name, *file_);
    if (!module) return;
    for (const Symbol& s : module->index.symbols()) {
      if (s.kind != SymbolKind::Global) continue;
      for (const Definition& d : s.definitions)
        if (d.kind == DefinitionKind::Function || d.kind == DefinitionKind::Class || (!functions_only && d.kind == DefinitionKind::Variable)) add(module, d);
    }
  }
  void members() {
    const lang::Token* head = token_before(2);
    const std::string_view name = head && head->kind == TokenKind::Identifier ? file_->text(head->span) : std::string_view();
    if (const Symbol* alias = file_->index.alias(name)) {
      for (const Definition& d : alias->definitions) names_of_module(d.module, true);
      return;
    }
    for (const FilePtr& f : visible_modules(workspace_, file_))
      for (const Symbol& s : f->index.symbols())
        if (s.kind == SymbolKind::Member)
          for (const Definition& d : s.definitions) add(f, d);
  }
  // The statement at the cursor does not parse: what it has said so far are names, the parameters of a lambda perhaps.
  void words_of_broken_statement() {
    struct Walk {
      uint32_t offset;
      lang::Span found = {};
      void block(lang::Block& b) {
        for (lang::Stmt* s : b.statements) {
          if (s->span.begin > offset || s->span.end < offset) continue;
          if (s->kind == lang::StmtKind::Error) found = s->span;
          lang::visit_children(*s, *this);
        }
      }
      void expression(lang::Expr*& e) { lang::visit_operands(*e, *this); }
      void function(lang::Function& f) { block(f.body); }
    } walk{offset_};
    walk.block(file_->parsed.module->top_level->body);
    const auto& tokens = file_->parsed.tokens;
    for (size_t i = before_; i > 0 && tokens[i - 1].span.begin >= walk.found.begin && !walk.found.empty(); --i)
      if (tokens[i - 1].kind == TokenKind::Identifier) add(file_->text(tokens[i - 1].span), Kind::Variable);
  }
  void everything() {
    words_of_broken_statement();
    const lang::Function& here = file_->index.innermost_function(offset_);
    for (const Symbol& s : file_->index.symbols()) {
      if (s.kind == SymbolKind::Alias) add(s.name, Kind::Module);
      if (s.kind != SymbolKind::Local) continue;
      for (const lang::Function* f = &here; f; f = f->parent)
        if (f == s.owner && !s.definitions.empty()) add(file_, s.definitions[0]);
    }
    for (const FilePtr& f : visible_modules(workspace_, file_)) {
      context_.check_cancelled();
      for (const Symbol& s : f->index.symbols())
        if (s.kind == SymbolKind::Global && !s.definitions.empty()) add(f, s.definitions[0]);
    }
    for (const vm::Builtin* b : workspace_.builtins())
      add(b->name, Kind::Function, std::string(b->name) + std::string(b->signature), {{"builtin", b->name}});
    for (const char* constant : {"true", "false", "null"}) add(constant, Kind::Keyword);
    for (const std::string_view keyword : kKeywords) add(keyword, Kind::Keyword);
  }

  static constexpr std::string_view kKeywords[] = {
#define OMC_KEYWORD(kind, spelling) spelling,
#include "lang/tokens.def"
  };

  Context& context_;
  Workspace& workspace_;
  FilePtr file_;
  uint32_t offset_;
  uint32_t word_;   // where the word at the cursor begins
  size_t before_;   // tokens in front of it
  std::optional<std::string_view> typed_;  // in a string, where words are no names
  std::set<std::string> seen_;
  Json items_ = Json::array();
};

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  return {{"isIncomplete", false}, {"items", Completion(context, file, context.position(*file, params)).items()}};
}

// The documentation, when somebody looks at the item.
Json resolve(Context& context, const Json& params) {
  Json item = params;
  const Json* data = optional_member(params, "data");
  if (!data) return item;
  std::string text;
  if (const Json* name = optional_member(*data, "builtin"); name && name->is_string()) {
    if (const vm::Builtin* b = context.workspace.builtin(name->get_ref<const std::string&>())) text = markdown(describe(*b));
  } else if (const FilePtr file = context.workspace.document(text_member(*data, "uri"))) {
    const uint32_t at = number_member(*data, "at");
    for (const Symbol& s : file->index.symbols())
      for (const Definition& d : s.definitions)
        if (d.name.begin == at) text = markdown(describe(Target{file, d}));
  }
  if (!text.empty()) item["documentation"] = context.markup(std::move(text));
  return item;
}

Json options() { return {{"triggerCharacters", {".", "\""}}, {"resolveProvider", true}}; }

}  // namespace

extern const Feature kCompletion = {
    .method = "textDocument/completion", .capability = "completionProvider", .options = options, .answer = answer};
extern const Feature kCompletionResolve = {.method = "completionItem/resolve", .capability = "", .answer = resolve};

}  // namespace omc::lsp
