#include "lang/parser.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>

#include "lang/literals.hpp"
#include "lang/native_stack.hpp"
#include "substrate/interrupt.hpp"

namespace omc::lang {

namespace {

// The kind that belongs to a node's type.
template <class Node>
constexpr auto kKindOf = nullptr;
#define OMC_EXPR(Kind) \
  template <>          \
  constexpr auto kKindOf<Kind##Expr> = ExprKind::Kind;
#include "lang/exprs.def"
#define OMC_STMT(Kind) \
  template <>          \
  constexpr auto kKindOf<Kind##Stmt> = StmtKind::Kind;
#include "lang/stmts.def"

// Binding strength of the binary operators, loosest first. `not` stands between `and` and `|`.
enum Level : uint8_t { kNone, kOr, kAnd, kNot, kBitOr, kBitXor, kBitAnd, kCompare, kShift, kAdditive, kMultiplicative, kPower };

struct Infix {
  Level level = kNone;
  BinaryOp op = BinaryOp::Add;  // without meaning for `and` and `or`
};

constexpr std::array<Infix, 256> kInfix = [] {
  std::array<Infix, 256> table{};
  const auto set = [&table](TokenKind kind, Level level, BinaryOp op) { table[static_cast<size_t>(kind)] = {level, op}; };
  table[static_cast<size_t>(TokenKind::Or)].level = kOr;
  table[static_cast<size_t>(TokenKind::And)].level = kAnd;
  set(TokenKind::Pipe, kBitOr, BinaryOp::BitOr);
  set(TokenKind::Caret, kBitXor, BinaryOp::BitXor);
  set(TokenKind::Ampersand, kBitAnd, BinaryOp::BitAnd);
  set(TokenKind::Equal, kCompare, BinaryOp::Equal);
  set(TokenKind::NotEqual, kCompare, BinaryOp::NotEqual);
  set(TokenKind::Less, kCompare, BinaryOp::Less);
  set(TokenKind::LessEqual, kCompare, BinaryOp::LessEqual);
  set(TokenKind::Greater, kCompare, BinaryOp::Greater);
  set(TokenKind::GreaterEqual, kCompare, BinaryOp::GreaterEqual);
  set(TokenKind::ShiftLeft, kShift, BinaryOp::ShiftLeft);
  set(TokenKind::ShiftRight, kShift, BinaryOp::ShiftRight);
  set(TokenKind::Plus, kAdditive, BinaryOp::Add);
  set(TokenKind::Minus, kAdditive, BinaryOp::Sub);
  set(TokenKind::Star, kMultiplicative, BinaryOp::Mul);
  set(TokenKind::Slash, kMultiplicative, BinaryOp::Div);
  set(TokenKind::Percent, kMultiplicative, BinaryOp::Mod);
  set(TokenKind::StarStar, kPower, BinaryOp::Pow);
  return table;
}();

std::optional<AssignOp> assign_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::Assign: return AssignOp::Set;
    case TokenKind::PlusAssign: return AssignOp::Add;
    case TokenKind::MinusAssign: return AssignOp::Sub;
    case TokenKind::StarAssign: return AssignOp::Mul;
    case TokenKind::SlashAssign: return AssignOp::Div;
    case TokenKind::PercentAssign: return AssignOp::Mod;
    case TokenKind::StarStarAssign: return AssignOp::Pow;
    default: return std::nullopt;
  }
}

constexpr std::string_view kPatternTypes[] = {"int",  "float",    "string",      "bool",  "array",
                                              "dict", "function", "singularity", "null_t"};

constexpr size_t kMaxErrors = 100;  // of one file; who has more will not read them
constexpr uint32_t kShallow = 64;   // levels that fit any stack, so that most files never ask how large it is

// Thrown behind a reported error to where parsing can go on. Nothing else is thrown.
struct SyntaxError {};

class Parser {
 public:
  Parser(const Source& source, ParseResult& result)
      : source_(source), module_(*result.module), sink_(result.diagnostics), tokens_(result.tokens) {
    for (const Diagnostic& d : sink_) quiet_at_end_ |= d.code == "unterminated";
  }

  void file() {
    Function* top = module_.make(Function{});
    top->span = {0, source_.size()};
    function_ = top;
    std::vector<Stmt*> statements;
    while (!at(TokenKind::EndOfFile)) statements.push_back(statement_or_error());
    top->body = {module_.copy(statements), top->span};
    module_.top_level = top;
  }

 private:
  const Token& token() const { return tokens_[at_]; }
  const Token& ahead(size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  bool at(TokenKind kind) const { return token().kind == kind; }
  std::string_view text(Span span) const { return source_.text(span); }

  const Token& next() {
    const Token& taken = tokens_[at_];
    if (taken.kind != TokenKind::EndOfFile) ++at_;
    return taken;
  }

  bool accept(TokenKind kind) {
    if (!at(kind)) return false;
    next();
    return true;
  }

  const Token& expect(TokenKind kind) {
    if (!at(kind)) expected_kind(kind);
    return next();
  }

  [[noreturn, gnu::noinline]] void expected_kind(TokenKind kind) { expected(fmt::format("`{}`", spelling(kind)), kind); }

  // Everything since a token or node, as far as tokens have been taken.
  Span since(Span first) const { return {first.begin, at_ > 0 ? std::max(first.end, tokens_[at_ - 1].span.end) : first.end}; }

  // The token follows the one before it with nothing between.
  bool adjacent() const { return at_ > 0 && tokens_[at_ - 1].span.end == token().span.begin; }

  bool first_on_line() const {
    return at_ == 0 || text({tokens_[at_ - 1].span.end, token().span.begin}).find('\n') != std::string_view::npos;
  }

  template <class Node, class... Members>
  Node* make(Span span, Members... members) {
    return module_.make(Node{{kKindOf<Node>, span}, members...});
  }

  std::string describe(const Token& t) const {
    switch (t.kind) {
      case TokenKind::Identifier: return fmt::format("`{}`", text(t.span));
      case TokenKind::Int:
      case TokenKind::Float: return fmt::format("{} `{}`", spelling(t.kind), text(t.span));
#define OMC_KEYWORD(kind, spelling) case TokenKind::kind:
#define OMC_OPERATOR(kind, spelling) case TokenKind::kind:
#include "lang/tokens.def"
        return fmt::format("`{}`", text(t.span));
      default: return std::string(spelling(t.kind));
    }
  }

  // One error a token, and none where an unterminated string or comment has swallowed the rest.
  Diagnostic* report(std::string_view code, Span span, std::string message) {
    if (at_ == last_error_ || (quiet_at_end_ && at(TokenKind::EndOfFile))) return nullptr;
    if (sink_.error_count() >= kMaxErrors) {
      at_ = tokens_.size() - 1;
      quiet_at_end_ = true;
      return nullptr;
    }
    last_error_ = at_;
    return &sink_.add(Severity::Error, code, span, std::move(message));
  }

  [[noreturn, gnu::noinline]] void fail(std::string_view code, Span span, std::string message) {
    report(code, span, std::move(message));
    throw SyntaxError();
  }

  [[noreturn, gnu::noinline]] void expected(std::string_view what, TokenKind kind = TokenKind::EndOfFile) {
    std::string message = fmt::format("Expected {}, got {}", what, describe(token()));
    const bool after_expression = kind == TokenKind::LeftBrace || kind == TokenKind::RightParen ||
                                  kind == TokenKind::RightBracket || kind == TokenKind::RightBrace;
    if (after_expression && at(TokenKind::Assign)) message += ". Did you mean `==`?";
    fail("unexpected-token", token().span, std::move(message));
  }

  // "'h' is a reserved keyword. Try `hval`", with the fix.
  [[noreturn, gnu::noinline]] void reserved(std::string_view what) {
    const std::string word(text(token().span));
    Diagnostic* d = report("reserved-word", token().span,
                           fmt::format("{}: '{}' is a reserved keyword. Try `{}val`", what, word, word));
    if (d != nullptr) d->fixes.push_back({fmt::format("use `{}val`", word), Safety::ChangesMeaning, {{d->span, word + "val"}}});
    throw SyntaxError();
  }

  bool at_word() const { return is_keyword(token().kind) && is_keyword(text(token().span)); }  // `and`, but not `&&`

  // What may only begin an expression.
  [[noreturn, gnu::noinline]] void misplaced(std::string_view what) {
    fail("unexpected-token", token().span,
         fmt::format("Unexpected token in expression: {}. Put the {} in parentheses", describe(token()), what));
  }

  [[noreturn, gnu::noinline]] void unexpected_in_expression() {
    if (at_word()) reserved("Unexpected token in expression");
    std::string message = fmt::format("Unexpected token in expression: {}", describe(token()));
    if (at(TokenKind::Assign)) message += ". Did you mean `==`?";
    fail("unexpected-token", token().span, std::move(message));
  }

  Identifier identifier(std::string_view what) {
    if (!at(TokenKind::Identifier)) expected_word(what);
    const Span span = next().span;
    return {module_.intern(text(span)), span};
  }

  // Programs have a variable `res`, so that word alone becomes a name once it is declared; `res(x)` stays the form.
  Identifier variable_name() {
    if (!at(TokenKind::Res) || ahead(1).kind != TokenKind::Assign) return identifier("a variable name");
    res_is_a_name_ = true;
    const Span span = next().span;
    return {module_.intern(text(span)), span};
  }

  [[noreturn, gnu::noinline]] void expected_word(std::string_view what) {
    if (at_word()) reserved(fmt::format("Expected {}", what));
    expected(what);
  }

  // Skips what belongs to a statement with an error in it. Braces that it has opened are closed first; then a `;`, the end
  // of the block around it, or what looks like the first token of a statement on a line of its own ends it.
  void skip_statement(size_t first) {
    int braces = 0, parens = 0;
    const auto count = [&](TokenKind kind) {
      braces += kind == TokenKind::LeftBrace || kind == TokenKind::HoleBegin;
      braces -= kind == TokenKind::RightBrace || kind == TokenKind::HoleEnd;
      parens += kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket;
      parens -= kind == TokenKind::RightParen || kind == TokenKind::RightBracket;
    };
    for (size_t i = first; i < at_; ++i) count(tokens_[i].kind);
    for (; !at(TokenKind::EndOfFile); next()) {
      const TokenKind kind = token().kind;
      if (braces <= 0 && at_ > first) {
        if (kind == TokenKind::RightBrace || kind == TokenKind::HoleEnd) return;
        if (kind == TokenKind::Semicolon) return void(next());
        if (first_on_line() && begins_statement(kind) && (parens <= 0 || kind != TokenKind::Identifier)) return;
      }
      count(kind);
      if (kind == TokenKind::RightBrace && braces == 0 && parens <= 0 && !continues_statement(ahead(1).kind)) {
        next();
        accept(TokenKind::Semicolon);
        return;
      }
    }
  }

  static bool begins_statement(TokenKind kind) {
    switch (kind) {
      case TokenKind::Identifier:
      case TokenKind::At:
      case TokenKind::H:
      case TokenKind::If:
      case TokenKind::While:
      case TokenKind::For:
      case TokenKind::Fn:
      case TokenKind::Return:
      case TokenKind::Break:
      case TokenKind::Continue:
      case TokenKind::Print:
      case TokenKind::Import:
      case TokenKind::From:
      case TokenKind::Load:
      case TokenKind::Try:
      case TokenKind::Throw:
      case TokenKind::Class:
      case TokenKind::Yield:
      case TokenKind::Assert:
      case TokenKind::Match: return true;
      default: return false;
    }
  }

  // Behind a `}`.
  static bool continues_statement(TokenKind kind) {
    switch (kind) {
      case TokenKind::Else:
      case TokenKind::Elif:
      case TokenKind::Catch:
      case TokenKind::Finally:
      case TokenKind::Comma:
      case TokenKind::Colon:
      case TokenKind::Dot:
      case TokenKind::RightParen:
      case TokenKind::RightBracket: return true;
      default: return kInfix[static_cast<size_t>(kind)].level != kNone;
    }
  }

  // Levels of nesting. The native stack is watched as well: a thread may have a small one, and a build with sanitizers
  // needs several times as much.
  class Nested {
   public:
    explicit Nested(Parser& parser, uint32_t levels = kExpressionDepth) : parser_(parser), levels_(levels) {
      if (parser.depth_ >= kShallow && parser.stack_floor_ == nullptr) parser.stack_floor_ = native_stack_floor();
      const bool full = static_cast<const char*>(__builtin_frame_address(0)) < parser.stack_floor_;
      if (parser.depth_ + levels > kMaxDepth || full) parser.too_deep();
      parser.depth_ += levels;
    }
    ~Nested() { parser_.depth_ -= levels_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
    uint32_t levels_;
  };

  [[noreturn, gnu::noinline]] void too_deep() {
    fail("too-deep", token().span, "Nested too deeply");
  }

  Stmt* statement_or_error() {
    const size_t first = at_;
    try {
      return statement();
    } catch (const SyntaxError&) {
      skip_statement(first);
      return make<ErrorStmt>(since(tokens_[first].span));
    }
  }

  Block block() {
    const Nested nested(*this, kBlockDepth);
    const Span open = expect(TokenKind::LeftBrace).span;
    std::vector<Stmt*> statements;
    while (!at(TokenKind::RightBrace) && !at(TokenKind::EndOfFile) && !at(TokenKind::HoleEnd))
      statements.push_back(statement_or_error());
    if (!at(TokenKind::RightBrace)) {
      Diagnostic* d = report("unexpected-token", token().span, fmt::format("Expected `}}`, got {}", describe(token())));
      if (d != nullptr) d->notes.push_back({open, "the block begins here"});
      throw SyntaxError();
    }
    next();
    return {module_.copy(statements), since(open)};
  }

  Block loop_body() {
    struct Leave {
      uint32_t& loops;
      ~Leave() { --loops; }
    } leave{++loops_};
    return block();
  }

  Stmt* statement() {
    substrate::interrupt_point();
    const Span first = token().span;
    switch (token().kind) {
      case TokenKind::H: return let_statement();
      case TokenKind::If: return if_statement();
      case TokenKind::While: {
        next();
        Expr* condition = expression();
        const Block body = loop_body();
        return make<WhileStmt>(since(first), condition, body);
      }
      case TokenKind::For: return for_statement();
      case TokenKind::At: return function_statement();
      case TokenKind::Fn:
        if (ahead(1).kind == TokenKind::LeftParen) return expression_statement();
        return function_statement();
      case TokenKind::Class: return class_statement();
      case TokenKind::Match: return match_statement();
      case TokenKind::Try: return try_statement();
      case TokenKind::Throw: {
        next();
        Expr* value = expression();
        return make<ThrowStmt>(end_of_statement(first), value);
      }
      case TokenKind::Yield: {
        next();
        if (functions_ > 0) function_->is_generator = true;
        Expr* value = expression();
        return make<YieldStmt>(end_of_statement(first), value);
      }
      case TokenKind::Assert: {
        next();
        Expr* condition = expression();
        Expr* message = accept(TokenKind::Comma) ? expression() : nullptr;
        return make<AssertStmt>(end_of_statement(first), condition, message);
      }
      case TokenKind::Import:
      case TokenKind::Load: return import_statement();
      case TokenKind::From: return from_statement();
      case TokenKind::Return: {
        next();
        const bool bare = at(TokenKind::Semicolon) || at(TokenKind::RightBrace) || at(TokenKind::EndOfFile);
        Expr* value = bare ? nullptr : expression();
        return make<ReturnStmt>(end_of_statement(first), value);
      }
      case TokenKind::Break:
        check_in_loop();
        next();
        return make<BreakStmt>(end_of_statement(first));
      case TokenKind::Continue:
        check_in_loop();
        next();
        return make<ContinueStmt>(end_of_statement(first));
      case TokenKind::Print: {
        next();
        expect(TokenKind::LeftParen);
        Expr* value = expression();
        expect(TokenKind::RightParen);
        return make<PrintStmt>(end_of_statement(first), value);
      }
      case TokenKind::Semicolon: next(); return make<EmptyStmt>(first);
      case TokenKind::RightBrace: fail("unexpected-token", first, "Unexpected `}`: no block is open");
      case TokenKind::Else:
      case TokenKind::Elif:
        fail("unexpected-token", first, fmt::format("Unexpected {}: no `if` before it", describe(token())));
      case TokenKind::Catch:
      case TokenKind::Finally:
        fail("unexpected-token", first, fmt::format("Unexpected {}: no `try` before it", describe(token())));
      default: return expression_statement();
    }
  }

  Span end_of_statement(Span first) {
    accept(TokenKind::Semicolon);
    return since(first);
  }

  void check_in_loop() {
    if (loops_ == 0)
      report("outside-loop", token().span, fmt::format("`{}` outside of any loop", text(token().span)));
  }

  Stmt* let_statement() {
    const Span first = next().span;
    if (accept(TokenKind::LeftBracket)) {
      Expr* size = expression();
      expect(TokenKind::RightBracket);
      const Identifier name = identifier("a variable name");
      return make<SizedArrayStmt>(end_of_statement(first), size, name, Binding());
    }
    if (!at(TokenKind::Identifier) && !at_word()) {  // `h = 5`: somebody takes h for a name
      fail("reserved-word", token().span,
           fmt::format("Expected a variable name, got {}: 'h' is a reserved keyword. Try `hval`", describe(token())));
    }
    const Identifier name = variable_name();
    expect(TokenKind::Assign);
    Expr* value = expression();
    return make<LetStmt>(end_of_statement(first), name, value, Binding());
  }

  Stmt* if_statement() {
    const Span first = next().span;
    std::vector<IfArm> arms;
    Block* otherwise = nullptr;
    Expr* condition = expression();
    arms.push_back({condition, block()});
    while (at(TokenKind::Elif) || at(TokenKind::Else)) {
      const bool has_condition = next().kind == TokenKind::Elif || accept(TokenKind::If);
      if (!has_condition) {
        otherwise = module_.make(block());
        break;
      }
      condition = expression();
      arms.push_back({condition, block()});
    }
    return make<IfStmt>(since(first), std::span<const IfArm>(module_.copy(arms)), otherwise);
  }

  Stmt* for_statement() {
    const Span first = next().span;
    const Identifier name = identifier("a loop variable");
    expect(TokenKind::In);
    const bool is_range = at(TokenKind::Range);
    Expr* iterable = expression();
    if (is_range && iterable->kind == ExprKind::NamedCall) {
      const ExprList bounds = static_cast<NamedCallExpr*>(iterable)->arguments;
      if (!bounds.empty() && bounds.size() <= 3) {
        const Block body = loop_body();
        return make<ForRangeStmt>(since(first), name, bounds, body, Binding());
      }
    }
    const Block body = loop_body();
    return make<ForInStmt>(since(first), name, iterable, body, Binding());
  }

  Stmt* function_statement() {
    const Span first = token().span;
    std::vector<Pragma> pragmas;
    while (at(TokenKind::At)) {
      const Span begin = next().span;
      Identifier name = identifier("a pragma name");
      if (name.name == "pragma" && accept(TokenKind::LeftBracket)) {
        name = identifier("a pragma name");
        expect(TokenKind::RightBracket);
      }
      pragmas.push_back({name.name, {}, since(begin)});
    }
    if (!at(TokenKind::Fn)) expected("`fn` after a pragma");
    Function* function = function_definition(std::move(pragmas));
    return make<FunctionStmt>(since(first), function, Binding());
  }

  Function* function_definition(std::vector<Pragma> pragmas) {
    Function* function = module_.make(Function{});
    function->span = expect(TokenKind::Fn).span;
    function->name = identifier("a function name");
    function->parameters = parameters();
    if (accept(TokenKind::Arrow)) function->return_type = identifier("a type name").name;
    while (at(TokenKind::At)) {
      const Span begin = next().span;
      const Identifier name = identifier("a pragma name");
      std::string_view value;
      if (accept(TokenKind::Colon)) {
        if (!at(TokenKind::Int) && !at(TokenKind::Identifier)) expected("an integer or a name");
        value = text(next().span);
      }
      pragmas.push_back({name.name, value, since(begin)});
    }
    function->pragmas = module_.copy(pragmas);
    function_body(function);
    return function;
  }

  std::span<const Parameter> parameters() {
    expect(TokenKind::LeftParen);
    std::vector<Parameter> list;
    while (!accept(TokenKind::RightParen)) {
      const Identifier name = identifier("a parameter name or `)`");
      Name type;
      if (accept(TokenKind::Colon)) type = identifier("a type name").name;
      if (at(TokenKind::Assign)) fail("unexpected-token", token().span, "Unexpected `=`: parameters have no default values");
      list.push_back({name, type});
      accept(TokenKind::Comma);
    }
    return module_.copy(list);
  }

  // Of a function or lambda: loops around it do not count, and a `yield` in it is its own.
  void function_body(Function* function) {
    struct Restore {
      Parser& parser;
      Function* function;
      uint32_t loops;
      ~Restore() {
        parser.function_ = function;
        parser.loops_ = loops;
        --parser.functions_;
      }
    } restore{*this, function_, loops_};
    function_ = function;
    loops_ = 0;
    ++functions_;
    if (function->is_lambda && !at(TokenKind::LeftBrace)) {
      function->expression = expression(kBlockDepth);
    } else {
      function->body = block();
    }
    function->span = since(function->span);
  }

  Stmt* class_statement() {
    const Span first = next().span;
    const Identifier name = identifier("a class name");
    Identifier parent;
    if (accept(TokenKind::Extends)) parent = identifier("the name of a class");
    expect(TokenKind::LeftBrace);
    std::vector<Identifier> fields;
    std::vector<Function*> methods;
    while (!accept(TokenKind::RightBrace)) {
      if (at(TokenKind::Fn)) {
        methods.push_back(function_definition({}));
      } else {
        fields.push_back(identifier("a field, a method or `}`"));
        accept(TokenKind::Semicolon);
      }
    }
    return make<ClassStmt>(since(first), name, parent, std::span<const Identifier>(module_.copy(fields)),
                           std::span<Function* const>(module_.copy(methods)));
  }

  Stmt* match_statement() {
    const Span first = next().span;
    Expr* subject = expression();
    expect(TokenKind::LeftBrace);
    std::vector<MatchArm> arms;
    while (!accept(TokenKind::RightBrace)) {
      MatchArm arm;
      const Span begin = token().span;
      std::vector<Pattern> alternatives;
      do {
        alternatives.push_back(pattern());
      } while (accept(TokenKind::Pipe));
      arm.alternatives = module_.copy(alternatives);
      expect(TokenKind::FatArrow);
      if (at(TokenKind::LeftBrace)) {
        arm.body = block();
      } else {
        arm.expression = expression();
      }
      arm.span = since(begin);
      if (!accept(TokenKind::Comma)) accept(TokenKind::Semicolon);
      arms.push_back(arm);
    }
    return make<MatchStmt>(since(first), subject, module_.copy(arms));
  }

  Pattern pattern() {
    Pattern p{};
    p.span = token().span;
    switch (token().kind) {
      case TokenKind::Minus:
      case TokenKind::Int:
      case TokenKind::Float: {
        const bool negative = accept(TokenKind::Minus);
        if (at(TokenKind::Float)) {
          const double value = decode_float(text(next().span));
          p.kind = PatternKind::Float;
          p.number = negative ? -value : value;
          break;
        }
        p.kind = PatternKind::Int;
        p.low = int_pattern(negative);
        if (accept(TokenKind::DotDot)) {
          p.kind = PatternKind::IntRange;
          p.high = int_pattern(accept(TokenKind::Minus));
        }
        break;
      }
      case TokenKind::String:
      case TokenKind::RawString: {
        const Token& low = next();
        p.kind = PatternKind::String;
        p.text = string_value(low);
        if (accept(TokenKind::DotDot)) {
          if (!at(TokenKind::String) && !at(TokenKind::RawString)) expected("a string");
          p.kind = PatternKind::StringRange;
          p.low = bound(low.span, p.text);
          const Token& high = next();
          p.high = bound(high.span, string_value(high));
        }
        break;
      }
      case TokenKind::Identifier: {
        const Identifier name = identifier("a pattern");
        p.text = name.name;
        p.kind = PatternKind::Bind;
        if (p.text == "true") p.kind = PatternKind::True;
        if (p.text == "false") p.kind = PatternKind::False;
        if (p.text == "null") p.kind = PatternKind::Null;
        if (p.text == "_") p.kind = PatternKind::Wildcard;
        for (const std::string_view type : kPatternTypes)
          if (p.text == type) p.kind = PatternKind::Type;
        break;
      }
      default: expected_word("a pattern");
    }
    p.span = since(p.span);
    return p;
  }

  int64_t int_pattern(bool negative) {
    if (!at(TokenKind::Int)) expected("an integer");
    const int64_t value = int_value(token(), negative);
    next();
    return negative ? static_cast<int64_t>(-static_cast<uint64_t>(value)) : value;
  }

  // The bound of a string range: its one scalar.
  int64_t bound(Span span, std::string_view value) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(value[i]); };
    const size_t size = value.empty() ? 0 : byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    if (value.empty() || value.size() != size) {
      fail("bad-range", span, "A bound of a string range must be one character");
    }
    if (size == 1) return byte(0);
    int64_t scalar = byte(0) & (0x7F >> size);
    for (size_t i = 1; i < size; ++i) scalar = scalar << 6 | (byte(i) & 0x3F);
    return scalar;
  }

  Stmt* try_statement() {
    const Span first = next().span;
    const Block body = block();
    Block* handler = nullptr;
    Block* finalizer = nullptr;
    Identifier error;
    if (accept(TokenKind::Catch)) {
      error = identifier("a name for the error");
      handler = module_.make(block());
    }
    if (accept(TokenKind::Finally)) finalizer = module_.make(block());
    if (handler == nullptr && finalizer == nullptr) expected("`catch` or `finally`");
    return make<TryStmt>(since(first), body, handler, error, Binding(), finalizer);
  }

  // A module's name and where it stands.
  std::pair<std::string_view, Span> module_name() {
    if (at(TokenKind::String) || at(TokenKind::RawString)) {
      const Token& t = next();
      return {string_value(t), t.span};
    }
    const Identifier name = identifier("the name of a module");
    return {name.name, name.span};
  }

  Stmt* import_statement() {
    const Span first = next().span;
    const auto [module, span] = module_name();
    Identifier alias;
    if (accept(TokenKind::As)) alias = identifier("a name for the module");
    return make<ImportStmt>(end_of_statement(first), module, alias, span);
  }

  Stmt* from_statement() {
    const Span first = next().span;
    const auto [module, span] = module_name();
    expect(TokenKind::Import);
    std::vector<ImportedName> names;
    do {
      names.push_back({identifier("a name to import")});
    } while (accept(TokenKind::Comma));
    return make<FromImportStmt>(end_of_statement(first), module, module_.copy(names), span);
  }

  // An assignment begins like an expression: it is one when an assignment operator follows.
  Stmt* expression_statement() {
    const Token first = token();
    Expr* e = expression();
    const std::optional<AssignOp> op = assign_op(token().kind);
    if (!op) return make<ExpressionStmt>(end_of_statement(first.span), e);
    check_target(first, *e);
    next();
    Expr* value = expression();
    const Span span = end_of_statement(first.span);
    if (e->kind == ExprKind::Index) return make<IndexAssignStmt>(span, static_cast<IndexExpr*>(e), *op, value);
    return make<AssignStmt>(span, Identifier{static_cast<NameExpr*>(e)->name, e->span}, *op, value, Binding());
  }

  // A plain name, or a plain name with indices behind it, may stand left of an assignment operator.
  void check_target(const Token& first, const Expr& target) {
    const Expr* base = &target;
    while (base->kind == ExprKind::Index) base = static_cast<const IndexExpr*>(base)->object;
    if ((first.kind == TokenKind::Identifier || first.kind == TokenKind::Res) && base->kind == ExprKind::Name) {
      const auto& name = static_cast<const NameExpr&>(*base);
      if (name.name == name.head) return;
      const std::string_view field = name.name.substr(name.head.size() + 1);
      fail("bad-target", token().span,
           fmt::format("Cannot assign to `{}`: a field is written `{}[\"{}\"]`", name.name, name.head, field));
    }
    fail("bad-target", token().span,
         fmt::format("Cannot assign to this expression{}", at(TokenKind::Assign) ? ". Did you mean `==`?" : ""));
  }

  Expr* expression(uint32_t levels = kExpressionDepth) {
    const Nested nested(*this, levels);
    const Span first = token().span;
    if (at(TokenKind::Fn)) return lambda();
    if (!accept(TokenKind::Safe)) return binary(kOr);
    Expr* operand = binary(kOr);
    return make<SafeExpr>(since(first), operand);
  }

  // Operators of the level and tighter ones: precedence climbing, so that a chain of one level is a loop.
  Expr* binary(Level loosest) {
    Expr* left = at(TokenKind::Not) && loosest <= kNot ? negation() : operand();
    for (;;) {
      const Infix infix = kInfix[static_cast<size_t>(token().kind)];
      if (infix.level == kNone || infix.level < loosest) return left;
      const Token& op = next();
      Expr* right = infix.level == kPower ? power() : binary(static_cast<Level>(infix.level + 1));
      const Span span = cover(left->span, right->span);
      if (infix.level <= kAnd) {
        left = make<LogicalExpr>(span, infix.level == kAnd ? LogicalOp::And : LogicalOp::Or, left, right);
      } else {
        left = make<BinaryExpr>(span, infix.op, left, right, op.span);
      }
    }
  }

  Expr* power() {  // right of `**`, which leans to the right
    const Nested nested(*this);
    return binary(kPower);
  }

  Expr* negation() {
    const Nested nested(*this);
    const Span first = next().span;
    Expr* operand = binary(kNot);
    return make<UnaryExpr>(since(first), UnaryOp::Not, operand);
  }

  // The reference calls it primary: with its prefixes and postfixes.
  Expr* operand() {
    if (!at(TokenKind::Minus) && !at(TokenKind::Tilde)) return postfix();
    const Nested nested(*this);
    const Token& op = next();
    if (op.kind == TokenKind::Minus && at(TokenKind::Int)) negated_ = at_;
    Expr* inner = operand();
    return make<UnaryExpr>(since(op.span), op.kind == TokenKind::Minus ? UnaryOp::Negate : UnaryOp::BitNot, inner);
  }

  Expr* postfix() {
    bool binds_across_blanks = false;  // a name, call or index does; a literal or a parenthesis only what touches it
    Expr* e = primary(binds_across_blanks);
    if (e->kind == ExprKind::If) return e;
    for (uint32_t links = depth_; binds_across_blanks || adjacent(); binds_across_blanks = true) {
      const bool is_name = e->kind == ExprKind::Name;
      if (at(TokenKind::LeftParen)) {
        const ExprList list = arguments();
        e = is_name ? static_cast<Expr*>(make<NamedCallExpr>(since(e->span), static_cast<NameExpr*>(e), list))
                    : make<ValueCallExpr>(since(e->span), e, list);
      } else if (at(TokenKind::LeftBracket)) {
        next();
        Expr* index = expression();
        expect(TokenKind::RightBracket);
        e = make<IndexExpr>(since(e->span), e, index);
      } else if (at(TokenKind::Dot)) {
        next();
        const Identifier method = name_after_dot("a method name");
        if (!at(TokenKind::LeftParen)) not_a_method(method.name);
        const ExprList list = arguments();
        e = make<MethodCallExpr>(since(e->span), e, method, list);
      } else {
        break;
      }
      if ((links += kExpressionDepth) > kMaxDepth) too_long();
    }
    return e;
  }

  [[noreturn, gnu::noinline]] void not_a_method(Name name) {
    expected(fmt::format("`(` after `.{}`: only methods are reached with a dot, fields with [\"{}\"]", name, name));
  }

  [[noreturn, gnu::noinline]] void too_long() {
    fail("too-deep", token().span, fmt::format("Chained too long: more than {} links", kMaxDepth / kExpressionDepth));
  }

  Identifier name_after_dot(std::string_view what) {
    if (!at(TokenKind::Res) && !at(TokenKind::Fold)) return identifier(what);
    const Span span = next().span;
    return {module_.intern(text(span)), span};
  }

  Expr* primary(bool& binds_across_blanks) {
    const Token& t = token();
    switch (t.kind) {
      case TokenKind::Identifier: binds_across_blanks = true; return name();
      case TokenKind::Int: {
        const int64_t value = int_value(t, negated_ == at_);
        next();
        return make<IntExpr>(t.span, value);
      }
      case TokenKind::Float: next(); return make<FloatExpr>(t.span, decode_float(text(t.span)));
      case TokenKind::String:
      case TokenKind::RawString: next(); return make<StringExpr>(t.span, string_value(t), false);
      case TokenKind::FStringBegin: return fstring();
      case TokenKind::LeftParen: {
        next();
        Expr* inner = expression(1);
        expect(TokenKind::RightParen);
        return make<ParenExpr>(since(t.span), inner);
      }
      case TokenKind::LeftBracket: {
        next();
        const ExprList elements = list(TokenKind::RightBracket);
        return make<ArrayExpr>(since(t.span), elements);
      }
      case TokenKind::LeftBrace: return dict();
      case TokenKind::If: return if_expression();
      case TokenKind::Res:
      case TokenKind::Fold:
      case TokenKind::Range:
        if (ahead(1).kind == TokenKind::LeftParen) return form_call();
        if (t.kind == TokenKind::Res && res_is_a_name_) return name();
        break;
      case TokenKind::Fn: misplaced("function");
      case TokenKind::Safe: misplaced("`safe` expression");
      case TokenKind::Not: misplaced("negation");
      default: break;
    }
    unexpected_in_expression();
  }

  NameExpr* name() {
    const Span first = next().span;
    const Name head = module_.intern(text(first));
    if (!at(TokenKind::Dot)) return make<NameExpr>(first, head, head, Binding());
    return dotted_name(first, head);
  }

  [[gnu::noinline]] NameExpr* dotted_name(Span first, Name head) {
    std::string full(head);
    while (accept(TokenKind::Dot)) {
      full += '.';
      full += name_after_dot("a name").name;
    }
    return make<NameExpr>(since(first), module_.intern(full), head, Binding());
  }

  [[gnu::noinline]] Expr* form_call() {  // res(x), fold(x), range(x)
    const Span first = next().span;
    const Name word = module_.intern(text(first));
    NameExpr* callee = make<NameExpr>(first, word, word, Binding());
    const ExprList list = arguments();
    return make<NamedCallExpr>(since(first), callee, list);
  }

  ExprList arguments() {
    expect(TokenKind::LeftParen);
    return list(TokenKind::RightParen);
  }

  // Commas are optional separators and one may trail. A leading or doubled one fails as an expression.
  ExprList list(TokenKind close) {
    std::vector<Expr*> elements;
    while (!accept(close)) {
      if (at(TokenKind::EndOfFile)) expected_kind(close);
      elements.push_back(expression());
      if (!accept(TokenKind::Comma) && !at(close) && ends_list()) expect(close);
    }
    return module_.copy(elements);
  }

  // The token cannot go on in a list: better "Expected `)`" than "Unexpected token in expression".
  bool ends_list() const {
    switch (token().kind) {
      case TokenKind::EndOfFile:
      case TokenKind::HoleEnd:
      case TokenKind::Semicolon:
      case TokenKind::RightParen:
      case TokenKind::RightBracket:
      case TokenKind::RightBrace: return true;
      case TokenKind::Identifier:
      case TokenKind::If: return false;
      default: return begins_statement(token().kind) && first_on_line() && ahead(1).kind != TokenKind::LeftParen;
    }
  }

  Expr* dict() {
    const Span first = next().span;
    std::vector<DictPair> pairs;
    while (!accept(TokenKind::RightBrace)) {
      Expr* key;
      const Token& t = token();
      if (ahead(1).kind == TokenKind::Colon && t.kind == TokenKind::Identifier) {
        next();
        key = make<StringExpr>(t.span, std::string_view(module_.intern(text(t.span))), true);
      } else if (ahead(1).kind == TokenKind::Colon && at_word()) {
        reserved("Expected a key");
      } else if (at(TokenKind::EndOfFile)) {
        expected("`}`");
      } else {
        key = expression();
      }
      expect(TokenKind::Colon);
      Expr* value = expression();
      pairs.push_back({key, value});
      if (!accept(TokenKind::Comma) && !at(TokenKind::RightBrace) && ends_list()) expect(TokenKind::RightBrace);
    }
    return make<DictExpr>(since(first), std::span<const DictPair>(module_.copy(pairs)));
  }

  // A chain of else-ifs becomes nested nodes, but in a loop.
  Expr* if_expression() {
    IfExpr* whole = nullptr;
    IfExpr* last = nullptr;
    do {
      const Span first = next().span;  // `if` or `elif`
      Expr* condition = expression();
      const Block then = block();
      IfExpr* node = make<IfExpr>(since(first), condition, then, static_cast<IfExpr*>(nullptr), static_cast<Block*>(nullptr));
      (whole == nullptr ? whole : last->otherwise_if) = node;
      last = node;
      if (at(TokenKind::Else)) {
        next();
        if (!at(TokenKind::If)) {
          last->otherwise_block = module_.make(block());
          break;
        }
      } else if (!at(TokenKind::Elif)) {
        break;
      }
    } while (true);
    const uint32_t end = since(whole->span).end;
    for (IfExpr* node = whole; node != nullptr; node = node->otherwise_if) node->span.end = end;
    return whole;
  }

  Expr* lambda() {
    const Span first = next().span;
    Function* function = module_.make(Function{});
    function->span = first;
    function->name.span = first;
    function->is_lambda = true;
    function->parameters = parameters();
    if (accept(TokenKind::Arrow)) function->return_type = identifier("a type name").name;
    function_body(function);
    return make<LambdaExpr>(since(first), function);
  }

  Expr* fstring() {
    const Span first = next().span;
    std::vector<FStringPart> parts;
    while (!at(TokenKind::FStringEnd) && !at(TokenKind::EndOfFile)) {  // the end of the file: too many errors
      const Token& t = next();
      if (t.kind == TokenKind::FStringText) {
        const std::string_view body = text(t.span);
        parts.push_back({is_verbatim(body) ? body : module_.copy(decode_fstring_text(body)), nullptr, t.span});
      } else {
        Expr* value = hole(t.span);
        parts.push_back({{}, value, since(t.span)});
      }
    }
    next();
    return make<FStringExpr>(since(first), std::span<const FStringPart>(module_.copy(parts)));
  }

  // An error stays in its hole: where the hole ends is known.
  Expr* hole(Span open) {
    const size_t first = at_;
    try {
      if (at(TokenKind::HoleEnd)) fail("empty-hole", open, "Expected an expression: a hole of this f-string is empty");
      Expr* value = expression();
      if (!at(TokenKind::HoleEnd)) {
        fail("unexpected-token", token().span,
             fmt::format("Unexpected {} after the expression in an f-string hole", describe(token())));
      }
      next();
      return value;
    } catch (const SyntaxError&) {
      const Span error = token().span;
      int depth = 1;
      for (size_t i = first; i < at_; ++i) depth += hole_depth(tokens_[i].kind);
      while (!at(TokenKind::EndOfFile) && (depth += hole_depth(token().kind)) > 0) next();
      // `{x:.2f}`: that 2f is no number is not worth a word any more.
      if (token().span.begin > error.end) drop_lexical_errors({error.end, token().span.begin});
      accept(TokenKind::HoleEnd);
      return make<ErrorExpr>(since(open));
    }
  }

  static int hole_depth(TokenKind kind) { return (kind == TokenKind::HoleBegin) - (kind == TokenKind::HoleEnd); }

  void drop_lexical_errors(Span span) { sink_.drop_within(span); }

  // Of the token itself; below a minus the magnitude of the least integer reads as that integer, which is its own negative.
  [[gnu::noinline]] int64_t int_value(const Token& t, bool negated) {
    const std::string_view digits = text(t.span);
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return 0;  // the lexer has complained
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    const std::optional<uint64_t> value = decode_int(digits);
    if (value && *value <= kMax + negated) return static_cast<int64_t>(*value);
    report("int-range", t.span, fmt::format("Integer literal out of range: the largest is {}", kMax));
    return 0;
  }

  [[gnu::noinline]] std::string_view string_value(const Token& t) {
    std::string_view body = text(t.span);
    const bool raw = t.kind == TokenKind::RawString;
    const size_t quote = raw ? 3 : 1;
    body.remove_prefix(quote);
    body.remove_suffix(std::min(quote, body.size()));  // an unterminated one may have none
    if (is_verbatim(body)) return body;
    return module_.copy(raw ? decode_raw_string(body) : decode_string(body));
  }

  const Source& source_;
  Module& module_;
  Diagnostics& sink_;
  const std::vector<Token>& tokens_;

  const char* stack_floor_ = nullptr;  // not known yet
  size_t at_ = 0;
  size_t last_error_ = SIZE_MAX;  // the token of the last reported error
  size_t negated_ = SIZE_MAX;     // an integer token directly behind a minus
  bool quiet_at_end_ = false;     // the end of the file says nothing new
  uint32_t depth_ = 0;
  uint32_t loops_ = 0;      // around this place, in this function
  bool res_is_a_name_ = false;
  uint32_t functions_ = 0;  // around this place
  Function* function_ = nullptr;
};

}  // namespace

std::string ParseResult::first_message() const {
  for (const Diagnostic& d : diagnostics)
    if (d.severity == Severity::Error) return at_position(module->source(), d);
  return {};
}

bool ParseResult::wants_more() const {
  for (const Diagnostic& d : diagnostics)
    if (d.code == "unterminated") return true;
  int64_t open = 0;
  int fstrings = 0;  // around the token: brackets in strings do not count
  for (const Token& token : tokens) {
    switch (token.kind) {
      case TokenKind::FStringBegin: ++fstrings; break;
      case TokenKind::FStringEnd: --fstrings; break;
      case TokenKind::LeftParen:
      case TokenKind::LeftBracket:
      case TokenKind::LeftBrace: open += fstrings == 0; break;
      case TokenKind::RightParen:
      case TokenKind::RightBracket:
      case TokenKind::RightBrace: open -= fstrings == 0; break;
      default: break;
    }
  }
  if (open > 0) return true;
  for (const Diagnostic& d : diagnostics)
    if (d.severity == Severity::Error) return d.span.begin == tokens.back().span.begin;
  return false;
}

ParseResult parse(const Source& source) {
  ParseResult result{std::make_unique<Module>(source), {}, {}};
  Lexed lexed = lex(source, result.diagnostics);
  result.tokens = std::move(lexed.tokens);
  result.module->comments = std::move(lexed.comments);
  Parser(source, result).file();
  result.diagnostics.sort();
  return result;
}

}  // namespace omc::lang
