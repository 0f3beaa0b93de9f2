#include "lang/format.hpp"

#include "lang/diagnostic.hpp"
#include "lang/lexer.hpp"
#include "lang/literals.hpp"
#include "lang/source.hpp"

namespace omc::lang {

namespace {

const Expr& without_parentheses(const Expr* e) {
  while (e->kind == ExprKind::Paren) e = static_cast<const ParenExpr*>(e)->inner;
  return *e;
}

bool is_unary(const Expr& e, UnaryOp op) {
  return e.kind == ExprKind::Unary && static_cast<const UnaryExpr&>(e).op == op;
}

// Prints the tree, and between its parts the comments, which are only known by their places in the text.
//
// The comments are taken strictly in order: `next_` is the first that is not printed yet. Whoever prints a piece of the
// tree has three places for those in front of it: a line of their own (between items), the end of the line being printed
// (line_end_), or the lines above the item being printed (strays_), for what stood inside something that now is one line.
class Formatter {
 public:
  explicit Formatter(const Module& module) : source_(module.source()), comments_(module.comments) {
    const Block& body = module.top_level->body;
    statements(body.statements, 0, body.span.end);
  }

  std::string take() { return std::move(out_); }

 private:
  bool comment_before(uint32_t offset) const { return next_ < comments_.size() && comments_[next_].span.begin < offset; }

  std::string_view between(uint32_t begin, uint32_t end) const {
    return begin < end ? source_.text({begin, end}) : std::string_view();
  }

  bool same_line(uint32_t begin, uint32_t end) const { return between(begin, end).find('\n') == std::string_view::npos; }

  bool blank_line(uint32_t begin, uint32_t end) const {
    bool after_newline = false;
    for (const char c : between(begin, end)) {
      if (c == '\n') {
        if (after_newline) return true;
        after_newline = true;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        after_newline = false;
      }
    }
    return false;
  }

  // The text of a piece of the file, with LF for CRLF. A CR in front of a CRLF is left with it: alone in front of the LF
  // it would be taken for part of the line end the next time.
  std::string verbatim(Span span) const {
    std::string text(source_.text(span));
    for (size_t crlf = text.find("\r\n"); crlf != std::string::npos; crlf = text.find("\r\n", crlf + 1))
      if (crlf == 0 || text[crlf - 1] != '\r') text.erase(crlf, 1);
    return text;
  }

  std::string comment_text(const Comment& comment) const {
    std::string text;
    const auto trim = [&text] { text.erase(text.find_last_not_of(" \t\r") + 1); };
    for (const char c : source_.text(comment.span)) {
      if (c == '\n') trim();
      text += c;
    }
    trim();
    return text;
  }

  // Comments in front of the place go where comments go at the moment.
  void flush_comments(uint32_t offset) {
    while (comment_before(offset)) sink_->push_back(comments_[next_++]);
  }

  // Those behind `last` on its line go to the end of the line being printed. Returns where the last of them ends.
  uint32_t take_same_line(uint32_t last, uint32_t limit) {
    while (comment_before(limit) && same_line(last, comments_[next_].span.begin)) {
      last = comments_[next_].span.end;
      line_end_.push_back(comments_[next_++]);
    }
    return last;
  }

  void indent() { out_.append(4 * static_cast<size_t>(level_), ' '); }

  void end_line() {
    bool after_line_comment = false;
    for (const Comment& comment : line_end_) {
      const std::string text = comment_text(comment);
      // Behind a line comment, the second line of a block comment would be code.
      if (after_line_comment && text.find('\n') != std::string::npos) {
        out_ += '\n';
        indent();
      } else {
        out_ += "  ";
      }
      out_ += text;
      after_line_comment = text[0] == '#' || text[1] == '/';
    }
    line_end_.clear();
    out_ += '\n';
  }

  // Statements, arms or members, one after the other, with the comments and single blank lines between them. `begin` is
  // behind what stands in front of the first, `end` in front of what closes the last.
  template <class Item, class Print>
  void items(const std::vector<Item>& list, uint32_t begin, uint32_t end, Print print) {
    uint32_t last = begin;
    bool first = true;
    const auto separate = [&](uint32_t next) {
      if (!first && blank_line(last, next)) out_ += '\n';
      first = false;
    };
    const auto own_line_comments = [&](uint32_t limit) {
      while (comment_before(limit)) {
        const Comment& comment = comments_[next_++];
        separate(comment.span.begin);
        indent();
        out_ += comment_text(comment);
        out_ += '\n';
        last = comment.span.end;
      }
    };
    for (size_t i = 0; i < list.size(); ++i) {
      const Span span = list[i].span;
      own_line_comments(span.begin);
      separate(span.begin);
      const size_t start = out_.size();
      std::vector<Comment> strays;
      std::vector<Comment>* const outer = sink_;
      sink_ = &strays;
      indent();
      print(list[i]);
      flush_comments(span.end);
      sink_ = outer;
      last = take_same_line(span.end, i + 1 < list.size() ? list[i + 1].span.begin : end);
      end_line();
      if (!strays.empty()) {
        std::string above;
        for (const Comment& comment : strays) {
          above.append(4 * static_cast<size_t>(level_), ' ');
          above += comment_text(comment);
          above += '\n';
        }
        out_.insert(start, above);
      }
    }
    own_line_comments(end);
  }

  struct StatementItem {
    Span span;
    const Stmt* statement;
  };

  void statements(StmtList list, uint32_t begin, uint32_t end) {
    std::vector<StatementItem> shown;
    shown.reserve(list.size());
    for (const Stmt* s : list)
      if (s->kind != StmtKind::Empty) shown.push_back({s->span, s});
    items(shown, begin, end, [this](const StatementItem& item) {
      visit(*item.statement, [this](const auto& s) { print(s); });
    });
  }

  // `{`, a body one level deeper, and `}`, which has no line end yet. The braces stand at span.
  template <class Body>
  void braces(Span span, Body body) {
    flush_comments(span.begin);
    out_ += '{';
    const uint32_t begin = take_same_line(span.begin + 1, span.end);
    ++level_;
    end_line();
    body(begin, span.end - 1);
    --level_;
    indent();
    out_ += '}';
  }

  void block(const Block& b) {
    braces(b.span, [&](uint32_t begin, uint32_t end) { statements(b.statements, begin, end); });
  }

  // A block of an expression: what follows on the line of its `}` still belongs to the statement.
  void inner_block(const Block& b) {
    block(b);
    take_same_line(b.span.end, source_.size());
  }

  // What joins two blocks of one statement; comments in it go to the end of its line.
  template <class Header>
  void continued(Header header, const Block& b) {
    std::vector<Comment>* const outer = sink_;
    sink_ = &line_end_;
    header();
    flush_comments(b.span.begin);
    sink_ = outer;
    block(b);
  }

  void end_simple() { out_ += ';'; }

  void print(const LetStmt& s) {
    put("h ", s.name.name, " = ");
    expression(s.value);
    end_simple();
  }
  void print(const SizedArrayStmt& s) {
    out_ += "h[";
    expression(s.size);
    put("] ", s.name.name);
    end_simple();
  }
  void print(const AssignStmt& s) {
    put(s.name.name, " ", spelling(s.op), " ");
    expression(s.value);
    end_simple();
  }
  void print(const IndexAssignStmt& s) {
    expression(s.target);
    put(" ", spelling(s.op), " ");
    expression(s.value);
    end_simple();
  }
  void print(const IfStmt& s) {
    for (const IfArm& arm : s.arms) {
      const auto header = [&] {
        out_ += "if ";
        expression(arm.condition);
        out_ += ' ';
      };
      if (&arm == &s.arms.front()) {
        header();
        block(arm.body);
      } else {
        out_ += " else ";
        continued(header, arm.body);
      }
    }
    if (s.otherwise != nullptr) continued([&] { out_ += " else "; }, *s.otherwise);
  }
  void print(const WhileStmt& s) {
    out_ += "while ";
    expression(s.condition);
    out_ += ' ';
    block(s.body);
  }
  void print(const ForRangeStmt& s) {
    put("for ", s.name.name, " in range(");
    list(s.bounds);
    out_ += ") ";
    block(s.body);
  }
  void print(const ForInStmt& s) {
    put("for ", s.name.name, " in ");
    // Without its parentheses, `(range(n))` would become the other kind of loop.
    const Expr& iterable = without_parentheses(s.iterable);
    const bool is_range = s.iterable->kind == ExprKind::Paren && iterable.kind == ExprKind::NamedCall &&
                          static_cast<const NamedCallExpr&>(iterable).callee->name == "range";
    parenthesized(iterable, is_range);
    out_ += ' ';
    block(s.body);
  }
  void print(const FunctionStmt& s) { function(*s.function); }
  void print(const ClassStmt& s) {
    put("class ", s.name.name);
    if (!s.parent.name.empty()) put(" extends ", s.parent.name);
    out_ += ' ';
    struct Member {
      Span span;
      const Function* method;  // or a field
    };
    std::vector<Member> members;
    size_t field = 0;
    const auto fields_before = [&](uint32_t offset) {
      for (; field < s.fields.size() && s.fields[field].span.begin < offset; ++field)
        members.push_back({s.fields[field].span, nullptr});
    };
    for (const Function* method : s.methods) {
      fields_before(method->span.begin);
      members.push_back({method->span, method});
    }
    fields_before(s.span.end);
    const uint32_t open = brace_behind((s.parent.name.empty() ? s.name : s.parent).span.end);
    braces({open, s.span.end}, [&](uint32_t begin, uint32_t end) {
      items(members, begin, end, [this](const Member& m) {
        if (m.method != nullptr) return function(*m.method);
        put(source_.text(m.span), ";");
      });
    });
  }
  void print(const MatchStmt& s) {
    out_ += "match ";
    expression(s.subject);
    out_ += ' ';
    std::vector<MatchArm> arms(s.arms.begin(), s.arms.end());
    braces({brace_behind(s.subject->span.end), s.span.end}, [&](uint32_t begin, uint32_t end) {
      items(arms, begin, end, [this](const MatchArm& arm) { match_arm(arm); });
    });
  }
  void print(const TryStmt& s) {
    out_ += "try ";
    block(s.body);
    if (s.handler != nullptr) continued([&] { put(" catch ", s.error.name, " "); }, *s.handler);
    if (s.finalizer != nullptr) continued([&] { put(" finally "); }, *s.finalizer);
  }
  void print(const ThrowStmt& s) { keyword("throw ", s.value); }
  void print(const YieldStmt& s) { keyword("yield ", s.value); }
  void print(const AssertStmt& s) {
    out_ += "assert ";
    expression(s.condition);
    if (s.message != nullptr) {
      out_ += ", ";
      expression(s.message);
    }
    end_simple();
  }
  void print(const ImportStmt& s) {
    put("import ");
    module_name(s.module, s.module_span);
    if (!s.alias.name.empty()) put(" as ", s.alias.name);
    end_simple();
  }
  void print(const FromImportStmt& s) {
    put("from ");
    module_name(s.module, s.module_span);
    const char* separator = " import ";
    for (const ImportedName& imported : s.names) {
      put(separator, imported.name.name);
      separator = ", ";
    }
    end_simple();
  }
  void print(const ReturnStmt& s) {
    if (s.value != nullptr) return keyword("return ", s.value);
    out_ += "return;";
  }
  void print(const BreakStmt&) { out_ += "break;"; }
  void print(const ContinueStmt&) { out_ += "continue;"; }
  void print(const PrintStmt& s) {
    out_ += "print(";
    expression(s.value);
    out_ += ");";
  }
  void print(const ExpressionStmt& s) {
    expression_statement(s.value);
    end_simple();
  }
  void print(const EmptyStmt&) {}
  void print(const ErrorStmt& s) { out_ += verbatim(s.span); }

  void keyword(std::string_view word, const Expr* value) {
    out_ += word;
    expression(value);
    end_simple();
  }

  // At the start of a statement, `if` and `fn` would be read as statements.
  void expression_statement(const Expr* value) {
    const Expr& e = without_parentheses(value);
    parenthesized(e, e.kind == ExprKind::If || e.kind == ExprKind::Lambda);
  }

  void module_name(std::string_view name, Span span) {
    if (source_.text(span).starts_with("\"\"\"")) {
      out_ += verbatim(span);
    } else {
      out_ += quoted(name);
    }
  }

  void match_arm(const MatchArm& arm) {
    const char* separator = "";
    for (const Pattern& p : arm.alternatives) {
      out_ += separator;
      pattern(p);
      separator = " | ";
    }
    out_ += " => ";
    if (arm.expression == nullptr) return block(arm.body);
    out_ += '{';
    ++level_;
    end_line();
    indent();
    expression_statement(arm.expression);
    end_simple();
    flush_comments(arm.span.end);
    take_same_line(arm.span.end, source_.size());
    end_line();
    --level_;
    indent();
    out_ += '}';
  }

  // Numbers keep their spelling, so a pattern is printed from its tokens.
  void pattern(const Pattern& p) {
    const Source text(std::string(), std::string(source_.text(p.span)));
    Diagnostics none;
    for (const Token& token : lex(text, none).tokens) {
      if (token.kind == TokenKind::String) {
        const std::string_view literal = text.text(token.span);
        out_ += quoted(decode_string(literal.substr(1, literal.size() - 2)));
      } else {
        out_ += text.text(token.span);
      }
    }
  }

  void function(const Function& f) {
    size_t prefix = 0;
    while (prefix < f.pragmas.size() && f.pragmas[prefix].span.begin < f.span.begin) ++prefix;
    for (size_t i = 0; i < prefix; ++i) {
      const Pragma& p = f.pragmas[i];
      const bool bracketed = source_.text(p.span).find('[') != std::string_view::npos;
      put(bracketed ? "@pragma[" : "@", p.name, bracketed ? "]" : "");
      const uint32_t next = i + 1 < prefix ? f.pragmas[i + 1].span.begin : f.span.begin;
      take_same_line(p.span.end, next);
      end_line();
      while (comment_before(next)) {
        indent();
        out_ += comment_text(comments_[next_++]);
        out_ += '\n';
      }
      indent();
    }
    put("fn ", f.name.name);
    signature(f);
    for (size_t i = prefix; i < f.pragmas.size(); ++i) {
      const Pragma& p = f.pragmas[i];
      put(" @", p.name, p.value.empty() ? "" : ":", p.value);
    }
    out_ += ' ';
    block(f.body);
  }

  void signature(const Function& f) {
    const char* separator = "(";
    for (const Parameter& p : f.parameters) {
      put(separator, p.name.name, p.type.empty() ? "" : ": ", p.type);
      separator = ", ";
    }
    out_ += f.parameters.empty() ? "()" : ")";
    if (!f.return_type.empty()) put(" -> ", f.return_type);
  }

  // Of a class or match, whose node does not say where it is.
  uint32_t brace_behind(uint32_t offset) const {
    size_t comment = next_;
    for (;; ++offset) {
      while (comment < comments_.size() && comments_[comment].span.begin < offset) ++comment;
      if (comment < comments_.size() && comments_[comment].span.begin == offset) offset = comments_[comment].span.end;
      if (offset >= source_.size() || source_.text()[offset] == '{') return offset;
    }
  }

  template <class... Texts>
  void put(const Texts&... texts) {
    ((out_ += texts), ...);
  }

  void parenthesized(const Expr& e, bool yes) {
    if (yes) out_ += '(';
    expression(&e);
    if (yes) out_ += ')';
  }

  void expression(const Expr* e) {
    const Expr& inner = without_parentheses(e);
    if (inner.kind == ExprKind::Binary || inner.kind == ExprKind::Logical) return chain(inner);
    visit(inner, [this](const auto& node) { show(node); });
  }

  void list(ExprList elements) {
    const char* separator = "";
    for (const Expr* e : elements) {
      out_ += separator;
      expression(e);
      separator = ", ";
    }
  }

  // What begins with a word or a sign and so does not hold together beside an operator.
  static bool is_loose(const Expr& e) {
    return e.kind == ExprKind::Lambda || e.kind == ExprKind::If || e.kind == ExprKind::Safe;
  }

  // A chain of operators leans to the left and may be long, so it is printed in a loop.
  void chain(const Expr& whole) {
    struct Link {
      std::string_view op;
      const Expr* right;
      bool logical;
    };
    std::vector<Link> links;
    const Expr* left = &whole;
    bool left_of_power = false;
    for (;;) {
      left = &without_parentheses(left);
      if (left->kind == ExprKind::Binary) {
        const auto& e = static_cast<const BinaryExpr&>(*left);
        left_of_power = e.op == BinaryOp::Pow;
        links.push_back({spelling(e.op), e.right, false});
        left = e.left;
      } else if (left->kind == ExprKind::Logical) {
        const auto& e = static_cast<const LogicalExpr&>(*left);
        left_of_power = false;
        links.push_back({spelling(e.op), e.right, true});
        left = e.left;
      } else {
        break;
      }
    }
    const auto operand = [this](const Expr& e, bool logical, bool negate) {
      parenthesized(e, is_loose(e) || (is_unary(e, UnaryOp::Not) && !logical) || (is_unary(e, UnaryOp::Negate) && negate));
    };
    out_.append(links.size(), '(');
    operand(*left, links.back().logical, left_of_power);
    for (size_t i = links.size(); i-- > 0;) {
      put(" ", links[i].op, " ");
      operand(without_parentheses(links[i].right), links[i].logical, false);
      out_ += ')';
    }
  }

  // In front of `[`, `(` or `.`.
  void object(const Expr* e, bool names_need_parentheses) {
    const Expr& inner = without_parentheses(e);
    parenthesized(inner, is_loose(inner) || inner.kind == ExprKind::Unary ||
                             (names_need_parentheses && inner.kind == ExprKind::Name));
  }

  void show(const IntExpr& e) { out_ += source_.text(e.span); }
  void show(const FloatExpr& e) { out_ += source_.text(e.span); }
  void show(const StringExpr& e) {
    if (source_.text(e.span).starts_with("\"\"\"")) {
      out_ += verbatim(e.span);
    } else {
      out_ += quoted(e.value);
    }
  }
  void show(const FStringExpr& e) {
    flush_comments(e.span.begin);
    while (comment_before(e.span.end)) ++next_;  // they are printed as part of the text
    out_ += verbatim(e.span);
  }
  void show(const ArrayExpr& e) {
    out_ += '[';
    list(e.elements);
    out_ += ']';
  }
  void show(const DictExpr& e) {
    const char* separator = "{";
    for (const DictPair& pair : e.pairs) {
      out_ += separator;
      // A name directly in front of the colon would be a string.
      const Expr& key = without_parentheses(pair.key);
      parenthesized(key, key.kind == ExprKind::Name && static_cast<const NameExpr&>(key).name ==
                                                           static_cast<const NameExpr&>(key).head);
      out_ += ": ";
      expression(pair.value);
      separator = ", ";
    }
    out_ += e.pairs.empty() ? "{}" : "}";
  }
  void show(const NameExpr& e) { out_ += e.name; }
  void show(const UnaryExpr& e) {
    const Expr& operand = without_parentheses(e.operand);
    out_ += e.op == UnaryOp::Not ? "!" : spelling(e.op);
    parenthesized(operand, is_loose(operand) || (is_unary(operand, UnaryOp::Not) && e.op != UnaryOp::Not) ||
                               (is_unary(operand, UnaryOp::Negate) && e.op == UnaryOp::Negate));
  }
  void show(const BinaryExpr& e) { chain(e); }
  void show(const LogicalExpr& e) { chain(e); }
  void show(const ParenExpr& e) { expression(e.inner); }
  void show(const NamedCallExpr& e) {
    out_ += e.callee->name;
    arguments(e.arguments);
  }
  void show(const ValueCallExpr& e) {
    object(e.callee, true);
    arguments(e.arguments);
  }
  void show(const MethodCallExpr& e) {
    object(e.object, true);
    put(".", e.method.name);
    arguments(e.arguments);
  }
  void show(const IndexExpr& e) {
    object(e.object, false);
    out_ += '[';
    expression(e.index);
    out_ += ']';
  }
  void arguments(ExprList list_of_them) {
    out_ += '(';
    list(list_of_them);
    out_ += ')';
  }
  void show(const IfExpr& whole) {
    for (const IfExpr* e = &whole; e != nullptr; e = e->otherwise_if) {
      const auto header = [&] {
        out_ += "if ";
        expression(e->condition);
        out_ += ' ';
      };
      const bool last = e->otherwise_if == nullptr && e->otherwise_block == nullptr;
      if (e == &whole) {
        header();
        last ? inner_block(e->then) : block(e->then);
      } else {
        out_ += " else ";
        continued(header, e->then);
        if (last) take_same_line(e->then.span.end, source_.size());
      }
      if (e->otherwise_block != nullptr) {
        continued([&] { out_ += " else "; }, *e->otherwise_block);
        take_same_line(e->otherwise_block->span.end, source_.size());
      }
    }
  }
  void show(const LambdaExpr& e) {
    const Function& f = *e.function;
    out_ += "fn";
    signature(f);
    out_ += ' ';
    if (f.expression == nullptr) return inner_block(f.body);
    // A dict at the start of the body would be read as a block.
    const size_t start = out_.size();
    expression(f.expression);
    if (out_[start] == '{') {
      out_.insert(start, 1, '(');
      out_ += ')';
    }
  }
  void show(const SafeExpr& e) {
    const Expr& operand = without_parentheses(e.operand);
    out_ += "safe ";
    parenthesized(operand, operand.kind == ExprKind::Lambda || operand.kind == ExprKind::Safe);
  }
  void show(const ErrorExpr& e) { out_ += verbatim(e.span); }

  const Source& source_;
  const std::vector<Comment>& comments_;
  size_t next_ = 0;
  std::vector<Comment> line_end_;
  std::vector<Comment>* sink_ = &line_end_;
  int level_ = 0;
  std::string out_;
};

}  // namespace

std::string format(const Module& module) { return Formatter(module).take(); }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default: out += c;
    }
  }
  return out += '"';
}

}  // namespace omc::lang
