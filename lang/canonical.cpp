// Two passes over the tree in one order, by the same code. The first prints nothing: it finds the frames, what each binds,
// and which bindings reach every occurrence of a name; from that follows which names are kept. The second prints, with
// every name that is not kept replaced by its number.
//
// Terms as in the reference: a frame is a function with its parameters, or a lambda; a binding reaches later text of its
// block, of the blocks in it and of the lambdas in it; an occurrence is a place that names a variable.

#include "lang/canonical.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/format.hpp"  // quoted
#include "lang/resolve.hpp"  // is_eval_name

namespace omc::lang {

namespace {

using Names = std::unordered_set<Name>;

struct Frame {
  Frame* around = nullptr;      // of a lambda: the frame whose numbering it continues
  Frame* enclosing = nullptr;   // of a nested function: the frame it stands in
  Names bound, kept;
  bool has_eval = false;
  Names printed;                // of a function or outermost lambda: names that stand in its text as written

  Frame& root() {
    Frame* f = this;
    while (f->around) f = f->around;
    return *f;
  }
};

struct Occurrence {
  Name name;
  Frame* frame;
  bool called, receiver;
  std::vector<const Frame*> reached_by;  // frames with a binding that reaches it
};

const Expr& bare(const Expr* e) {
  while (e->kind == ExprKind::Paren) e = static_cast<const ParenExpr*>(e)->inner;
  return *e;
}

bool is_not(const Expr& e) { return e.kind == ExprKind::Unary && static_cast<const UnaryExpr&>(e).op == UnaryOp::Not; }

bool is_loose(const Expr& e) {
  return e.kind == ExprKind::Lambda || e.kind == ExprKind::If || e.kind == ExprKind::Safe;
}

// The shortest digits that read back as the same number, without an exponent.
std::string float_text(double value) {
  if (value > 1.7976931348623157e308) return "1" + std::string(309, '0') + ".0";  // a literal too large for a double
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  std::string digits, sign;
  for (const char c : text.substr(0, e)) {
    if (c == '-') sign = "-";
    else if (c != '.') digits += c;
  }
  const int point = exponent + 1;  // digits before the point
  if (point <= 0) return sign + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  if (static_cast<size_t>(point) >= digits.size()) return sign + digits + std::string(static_cast<size_t>(point) - digits.size(), '0') + ".0";
  return sign + digits.substr(0, static_cast<size_t>(point)) + "." + digits.substr(static_cast<size_t>(point));
}

std::string utf8(int64_t scalar) {
  const auto c = static_cast<uint32_t>(scalar);
  const auto byte = [](uint32_t b) { return static_cast<char>(b); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

class Canonicaliser {
 public:
  Canonicaliser(const Module& module, const CanonicalOptions& options) : module_(module), options_(options) {}

  std::string text() {
    pass();
    decide();
    printing_ = true;
    next_frame_ = 0;
    pass();
    return std::move(out_);
  }

 private:
  // --- names ---------------------------------------------------------------------------------------------------------

  struct Bound {
    const Frame* frame;
    size_t block;  // serial number of the block that holds the binding
    uint32_t number;
  };
  // What the walk knows at one place of a frame.
  struct State {
    Frame* frame = nullptr;
    std::unordered_map<Name, std::vector<Bound>> visible;  // innermost last
    std::vector<Name> order;                               // of binding, to take them back
    std::vector<size_t> blocks;                            // open ones
    uint32_t counter = 0;
  };

  template <class Body>
  void in_block(Body body) {
    const size_t mark = state_.order.size();
    const uint32_t counter = state_.counter;
    state_.blocks.push_back(++block_count_);
    body();
    state_.blocks.pop_back();
    while (state_.order.size() > mark) {
      state_.visible[state_.order.back()].pop_back();
      state_.order.pop_back();
    }
    state_.counter = counter;
  }

  Frame& next_frame() {
    if (!printing_) return frames_.emplace_back();
    return frames_[next_frame_++];
  }

  // A function starts with nothing in sight.
  template <class Body>
  void in_function(Body body) {
    Frame& frame = next_frame();
    frame.enclosing = state_.frame;
    State outside;
    std::swap(outside, state_);
    state_.frame = &frame;
    in_block(body);
    std::swap(outside, state_);
  }

  template <class Body>
  void in_lambda(Body body) {
    Frame& frame = next_frame();
    frame.around = state_.frame;
    state_.frame = &frame;
    in_block(body);
    state_.frame = frame.around;
  }

  // A binding; gives the name to print.
  std::string bind(Name name) {
    if (!state_.frame) return std::string(name);  // of the top level
    state_.frame->bound.insert(name);
    if (printing_ && state_.frame->kept.contains(name)) return std::string(name);
    std::vector<Bound>& all = state_.visible[name];
    std::optional<uint32_t> number;
    if (!options_.legacy)
      for (auto b = all.rbegin(); b != all.rend() && b->frame == state_.frame && !number; ++b)
        if (b->block != state_.blocks.back()) number = b->number;
    if (!number) number = fresh_number();
    all.push_back({state_.frame, state_.blocks.back(), *number});
    state_.order.push_back(name);
    return numbered(*number);
  }

  uint32_t fresh_number() {
    const Names& printed = state_.frame->root().printed;
    while (printing_ && printed.contains(numbered(state_.counter))) ++state_.counter;
    return state_.counter++;
  }

  static std::string numbered(uint32_t number) { return "__v" + std::to_string(number); }

  // An occurrence; gives the name to print.
  std::string occurs(Name name, bool called = false, bool receiver = false) {
    if (!state_.frame || name == "true" || name == "false" || name == "null") return std::string(name);
    const auto found = state_.visible.find(name);
    if (!printing_) {
      Occurrence o{name, state_.frame, called, receiver, {}};
      if (found != state_.visible.end())
        for (const Bound& b : found->second) o.reached_by.push_back(b.frame);
      occurrences_.push_back(std::move(o));
      return {};
    }
    if (state_.frame->kept.contains(name) || found == state_.visible.end() || found->second.empty()) return std::string(name);
    if (options_.legacy && receiver) return std::string(name);
    return numbered(found->second.back().number);
  }

  // A function inside a function has the name.
  void defines(Name name) {
    if (!printing_) known_functions_.insert(name);
    if (!printing_ && state_.frame) nested_names_.push_back({name, state_.frame});
  }

  void decide() {
    if (options_.legacy) return;
    for (const Occurrence& o : occurrences_) {
      Frame* owner = o.frame;
      bool through_function = false;
      while (owner && !owner->bound.contains(o.name)) {
        if (!owner->around) owner->printed.insert(o.name);  // free in this function
        through_function |= owner->around == nullptr;
        owner = owner->around ? owner->around : owner->enclosing;
      }
      if (!owner) continue;
      const bool reached = std::find(o.reached_by.begin(), o.reached_by.end(), owner) != o.reached_by.end();
      const bool ambiguous = (o.called && (options_.is_builtin(o.name) || known_functions_.contains(o.name))) ||
                             (o.receiver && aliases_.contains(o.name));
      if (through_function || !reached || ambiguous) owner->kept.insert(o.name);
    }
    for (const auto& [name, frame] : nested_names_) {
      Frame* owner = frame;
      while (owner && !owner->bound.contains(name)) {
        owner->root().printed.insert(name);
        owner = owner->around ? owner->around : owner->enclosing;
      }
      if (owner) owner->kept.insert(name);
    }
    for (Frame& f : frames_)
      if (f.has_eval)
        for (Frame* outer = &f; outer; outer = outer->around ? outer->around : outer->enclosing)
          outer->kept.insert(outer->bound.begin(), outer->bound.end());
    // Frames stand in text order, so the one around a lambda is complete before it.
    for (Frame& f : frames_) {
      if (f.around) f.kept.insert(f.around->kept.begin(), f.around->kept.end());
      f.root().printed.insert(f.kept.begin(), f.kept.end());
    }
  }

  // --- text ----------------------------------------------------------------------------------------------------------

  template <class... Texts>
  void put(const Texts&... texts) {
    if (printing_) ((out_ += texts), ...);
  }

  void indent() {
    if (printing_) out_.append(4 * level_, ' ');
  }

  // What `body` prints, for a place further on.
  template <class Body>
  std::string captured(Body body) {
    std::string outside;
    std::swap(outside, out_);
    body();
    std::swap(outside, out_);
    return outside;
  }

  void pass() {
    for (const Stmt* s : module_.top_level->body.statements) {
      const bool own_names = s->kind == StmtKind::Function || s->kind == StmtKind::Class;
      if (options_.legacy && !own_names) in_function([&] { statement(*s); });
      else statement(*s);
    }
  }

  void list(StmtList statements) {
    for (const Stmt* s : statements) statement(*s);
  }

  void statement(const Stmt& s) {
    if (s.kind == StmtKind::Empty) return;
    indent();
    visit(s, [this](const auto& node) { print(node); });
    put("\n");
  }

  // `{`, the statements one level deeper, `}`. `first` makes the bindings that belong to the block.
  template <class First>
  void block(const Block& b, First first) {
    in_block([&] {
      first();
      braces(b.statements);
    });
  }
  void block(const Block& b) {
    block(b, [] {});
  }
  void braces(StmtList statements) {
    put("{\n");
    ++level_;
    list(statements);
    --level_;
    indent();
    put("}");
  }

  // A body inside an expression: its statements at level 1, wherever the expression stands.
  template <class Body>
  void inner_braces(Body body) {
    const size_t outside = std::exchange(level_, 1);
    put("{\n");
    body();
    put("}");
    level_ = outside;
  }

  void print(const LetStmt& s) {
    const std::string value = captured([&] { expression(s.value); });
    put("h ", bind(s.name.name), " = ", value, ";");
  }
  void print(const SizedArrayStmt& s) {
    const std::string size = captured([&] { expression(s.size); });
    put("h ", bind(s.name.name), " = arr_new(", size, ", 0);");
  }
  void print(const AssignStmt& s) {
    const std::string name = occurs(s.name.name);
    put(name, " = ");
    if (s.op == AssignOp::Set) {
      expression(s.value);
    } else {
      put("(", name, " ", spelling(binary_op(s.op)), " ");
      operand(bare(s.value), false);
      put(")");
    }
    put(";");
  }
  void print(const IndexAssignStmt& s) {
    const std::string target = captured([&] { expression(s.target); });
    put(target, " = ");
    if (s.op == AssignOp::Set) {
      expression(s.value);
    } else {
      put("(", target, " ", spelling(binary_op(s.op)), " ");
      operand(bare(s.value), false);
      put(")");
    }
    put(";");
  }
  void print(const IfStmt& s) {
    for (const IfArm& arm : s.arms) {
      put(&arm == &s.arms.front() ? "if " : " else if ");
      expression(arm.condition);
      put(" ");
      block(arm.body);
    }
    if (s.otherwise) {
      put(" else ");
      block(*s.otherwise);
    }
  }
  void print(const WhileStmt& s) {
    put("while ");
    expression(s.condition);
    put(" ");
    block(s.body);
  }
  void loop(Name name, const std::string& iterable, const Block& body) {
    block(body, [&] { put("for ", bind(name), " in ", iterable, " "); });
  }
  void print(const ForRangeStmt& s) { loop(s.name.name, captured([&] { range(s.bounds); }), s.body); }
  void print(const ForInStmt& s) {
    const Expr& iterable = bare(s.iterable);
    loop(s.name.name, captured([&] {
           // `(range(n))` is the same loop, and would be read as one without its parentheses.
           const auto* call = iterable.kind == ExprKind::NamedCall ? static_cast<const NamedCallExpr*>(&iterable) : nullptr;
           if (call && call->callee->name == "range" && call->arguments.size() == 1) range(call->arguments);
           else expression(&iterable);
         }),
         s.body);
  }
  void range(ExprList bounds) {
    put(bounds.size() == 1 ? "range(0, " : "range(");
    arguments(bounds);
    put(")");
  }
  void print(const FunctionStmt& s) {
    defines(s.function->name.name);
    function(*s.function);
  }
  void function(const Function& f) {
    in_function([&] {
      put("fn ", f.name.name);
      parameters(f);
      if (!f.return_type.empty()) put(" -> ", f.return_type);
      put(" ");
      braces(f.body.statements);
    });
  }
  void parameters(const Function& f) {
    const char* separator = "(";
    for (const Parameter& p : f.parameters) {
      put(separator, bind(p.name.name));
      separator = ", ";
    }
    put(f.parameters.empty() ? "()" : ")");
  }
  void print(const ClassStmt& s) {
    defines(s.name.name);
    put("class ", s.name.name);
    if (!s.parent.name.empty()) put(" extends ", s.parent.name);
    put(" {\n");
    ++level_;
    for (const Identifier& field : s.fields) {
      indent();
      put(field.name, ";\n");
    }
    for (const Function* method : s.methods) {
      indent();
      function(*method);
      put("\n");
    }
    --level_;
    indent();
    put("}");
  }
  void print(const MatchStmt& s) {
    put("match ");
    expression(s.subject);
    put(" {\n");
    ++level_;
    for (const MatchArm& arm : s.arms) {
      indent();
      in_block([&] {
        const char* separator = "";
        for (const Pattern& p : arm.alternatives) {
          put(separator);
          pattern(p);
          separator = " | ";
        }
        put(" => ");
        if (!arm.expression) return braces(arm.body.statements);
        put("{\n");
        ++level_;
        indent();
        expression_statement(arm.expression);
        put("\n");
        --level_;
        indent();
        put("}");
      });
      put("\n");
    }
    --level_;
    indent();
    put("}");
  }
  void pattern(const Pattern& p) {
    switch (p.kind) {
      case PatternKind::Int: return put(std::to_string(p.low));
      case PatternKind::Float: {
        std::string number = float_text(p.number);
        if (options_.legacy && number.ends_with(".0")) number.resize(number.size() - 2);
        return put(number);
      }
      case PatternKind::String: return put(quoted(p.text));
      case PatternKind::IntRange: return put(std::to_string(p.low), "..", std::to_string(p.high));
      case PatternKind::StringRange: return put(quoted(utf8(p.low)), "..", quoted(utf8(p.high)));
      case PatternKind::True: return put("true");
      case PatternKind::False: return put("false");
      case PatternKind::Null: return put("null");
      case PatternKind::Type: return put(p.text);
      case PatternKind::Wildcard: return put("_");
      case PatternKind::Bind: return put(bind(p.text));
    }
  }
  void print(const TryStmt& s) {
    put("try ");
    block(s.body);
    if (s.handler) block(*s.handler, [&] { put(" catch ", bind(s.error.name), " "); });
    if (s.finalizer) {
      put(" finally ");
      block(*s.finalizer);
    }
  }
  void print(const ThrowStmt& s) { keyword("throw ", s.value); }
  void print(const YieldStmt& s) { keyword("yield ", s.value); }
  void print(const AssertStmt& s) {
    put("if not ");
    const Expr& condition = bare(s.condition);
    parenthesised(condition, condition.kind == ExprKind::Safe || condition.kind == ExprKind::Lambda);
    put(" {\n");
    ++level_;
    indent();
    if (s.message) keyword("throw ", s.message);
    else put("throw \"Assertion failed\";");
    --level_;
    put("\n");
    indent();
    put("}");
  }
  void print(const ImportStmt& s) {
    put("import ", quoted(s.module));
    if (!s.alias.name.empty()) {
      put(" as ", s.alias.name);
      if (!printing_) aliases_.insert(s.alias.name);
    }
    put(";");
  }
  void print(const FromImportStmt& s) {
    put("from ", quoted(s.module));
    const char* separator = " import ";
    for (const ImportedName& imported : s.names) {
      put(separator, imported.name.name);
      separator = ", ";
      if (!printing_) known_functions_.insert(imported.name.name);
    }
    put(";");
  }
  void print(const ReturnStmt& s) {
    if (s.value) keyword("return ", s.value);
    else put("return;");
  }
  void print(const BreakStmt&) { put("break;"); }
  void print(const ContinueStmt&) { put("continue;"); }
  void print(const PrintStmt& s) {
    put("print(");
    expression(s.value);
    put(");");
  }
  void print(const ExpressionStmt& s) { expression_statement(s.value); }
  void print(const EmptyStmt&) {}
  void print(const ErrorStmt&) {}

  void keyword(std::string_view word, const Expr* value) {
    put(word);
    expression(value);
    put(";");
  }

  // At the start of a statement, `if` and `fn` would be read as statements.
  void expression_statement(const Expr* value) {
    const Expr& e = bare(value);
    parenthesised(e, e.kind == ExprKind::If || e.kind == ExprKind::Lambda);
    put(";");
  }

  void parenthesised(const Expr& e, bool yes) {
    yes = yes && !options_.legacy;
    if (yes) put("(");
    expression(&e);
    if (yes) put(")");
  }

  void operand(const Expr& e, bool logical) { parenthesised(e, is_loose(e) || (is_not(e) && !logical)); }

  // In front of `[`, `(` or `.`.
  void object(const Expr* e, bool name_in_parentheses) {
    const Expr& inner = bare(e);
    const bool prefix = inner.kind == ExprKind::Unary && static_cast<const UnaryExpr&>(inner).op != UnaryOp::Negate;
    parenthesised(inner, is_loose(inner) || prefix || (name_in_parentheses && inner.kind == ExprKind::Name));
  }

  void expression(const Expr* e) {
    const Expr& inner = bare(e);
    if (inner.kind == ExprKind::Binary || inner.kind == ExprKind::Logical) return chain(inner);
    visit(inner, [this](const auto& node) { show(node); });
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
    for (;;) {
      left = &bare(left);
      if (left->kind == ExprKind::Binary) {
        const auto& e = static_cast<const BinaryExpr&>(*left);
        links.push_back({spelling(e.op), e.right, false});
        left = e.left;
      } else if (left->kind == ExprKind::Logical) {
        const auto& e = static_cast<const LogicalExpr&>(*left);
        links.push_back({spelling(e.op), e.right, true});
        left = e.left;
      } else {
        break;
      }
    }
    put(std::string(links.size(), '('));
    operand(*left, links.back().logical);
    for (size_t i = links.size(); i-- > 0;) {
      put(" ", links[i].op, " ");
      operand(bare(links[i].right), links[i].logical);
      put(")");
    }
  }

  void arguments(ExprList list_of_them) {
    const char* separator = "";
    for (const Expr* e : list_of_them) {
      put(separator);
      expression(e);
      separator = ", ";
    }
  }

  void show(const IntExpr& e) { put(std::to_string(e.value)); }
  void show(const FloatExpr& e) { put(float_text(e.value)); }
  void show(const StringExpr& e) { put(quoted(e.value)); }
  void show(const FStringExpr& e) {
    if (e.parts.empty()) return put("\"\"");
    const size_t start = out_.size();
    put("concat_many(");
    const char* separator = "";
    for (const FStringPart& part : e.parts) {
      if (!part.expr && part.text.empty()) continue;
      put(separator);
      if (part.expr) expression(part.expr);
      else put(quoted(part.text));
      separator = ", ";
    }
    if (*separator) return put(")");
    out_.resize(start);
    put("\"\"");
  }
  void show(const ArrayExpr& e) {
    put("[");
    arguments(e.elements);
    put("]");
  }
  void show(const DictExpr& e) {
    const char* separator = "{";
    for (const DictPair& pair : e.pairs) {
      put(separator);
      const Expr& key = bare(pair.key);
      // A name directly in front of the colon would be a text.
      const bool plain_name = key.kind == ExprKind::Name && static_cast<const NameExpr&>(key).name == static_cast<const NameExpr&>(key).head;
      parenthesised(key, plain_name);
      put(": ");
      expression(pair.value);
      separator = ", ";
    }
    put(e.pairs.empty() ? "{}" : "}");
  }
  void show(const NameExpr& e) { dotted(e, false); }
  void dotted(const NameExpr& e, bool called) {
    const bool has_dot = e.name.size() != e.head.size();
    put(occurs(e.head, called && !has_dot, has_dot), e.name.substr(e.head.size()));
  }
  void show(const UnaryExpr& e) {
    const Expr& inner = bare(e.operand);
    if (e.op == UnaryOp::Not) {
      put("not ");
      return parenthesised(inner, inner.kind == ExprKind::Safe || inner.kind == ExprKind::Lambda);
    }
    if (e.op == UnaryOp::BitNot) {
      put("~");
      return operand(inner, false);
    }
    // Its magnitude alone is no int.
    if (inner.kind == ExprKind::Int && static_cast<const IntExpr&>(inner).value == INT64_MIN) return put("-9223372036854775808");
    put("(0 - ");
    operand(inner, false);
    put(")");
  }
  void show(const BinaryExpr& e) { chain(e); }
  void show(const LogicalExpr& e) { chain(e); }
  void show(const ParenExpr& e) { expression(e.inner); }
  void show(const NamedCallExpr& e) {
    if (!printing_ && state_.frame && is_eval_name(e.callee->name)) state_.frame->has_eval = true;
    dotted(*e.callee, true);
    put("(");
    arguments(e.arguments);
    put(")");
  }
  void show(const ValueCallExpr& e) {
    const Expr& callee = bare(e.callee);
    if (callee.kind == ExprKind::Name) dotted(static_cast<const NameExpr&>(callee), true);
    else object(e.callee, false);
    put("(");
    arguments(e.arguments);
    put(")");
  }
  void show(const MethodCallExpr& e) {
    object(e.object, true);
    put(".", e.method.name, "(");
    arguments(e.arguments);
    put(")");
  }
  void show(const IndexExpr& e) {
    object(e.object, false);
    put("[");
    expression(e.index);
    put("]");
  }
  void branch(const Block& b) {
    inner_braces([&] {
      in_block([&] {
        for (const Stmt* s : b.statements) {
          if (options_.legacy) in_block([&] { statement(*s); });
          else statement(*s);
        }
      });
    });
  }
  // `else if` is an else branch that holds one more if-expression as its statement; there may be many.
  void show(const IfExpr& whole) {
    size_t open = 0;
    for (const IfExpr* e = &whole; e; e = e->otherwise_if) {
      put("if ");
      expression(e->condition);
      put(" ");
      branch(e->then);
      if (e->otherwise_block) {
        put(" else ");
        branch(*e->otherwise_block);
      } else if (e->otherwise_if) {
        put(" else {\n    ", options_.legacy ? "" : "(");
        ++open;
      }
    }
    while (open-- > 0) put(options_.legacy ? "" : ")", ";\n}");
  }
  void show(const LambdaExpr& e) {
    const Function& f = *e.function;
    in_lambda([&] {
      put("fn");
      parameters(f);
      if (!f.return_type.empty()) put(" -> ", f.return_type);
      put(" ");
      inner_braces([&] {
        if (!f.expression) return list(f.body.statements);
        indent();
        keyword("return ", f.expression);
        put("\n");
      });
    });
  }
  void show(const SafeExpr& e) {
    const Expr& inner = bare(e.operand);
    put("safe ");
    parenthesised(inner, inner.kind == ExprKind::Lambda || inner.kind == ExprKind::Safe);
  }
  void show(const ErrorExpr&) {}

  const Module& module_;
  const CanonicalOptions& options_;
  bool printing_ = false;
  std::deque<Frame> frames_;  // in text order
  size_t next_frame_ = 0;
  std::vector<Occurrence> occurrences_;
  struct NestedName {
    Name name;
    Frame* frame;
  };
  std::vector<NestedName> nested_names_;
  Names known_functions_, aliases_;
  State state_;
  size_t block_count_ = 0;
  size_t level_ = 0;
  std::string out_;
};

}  // namespace

std::string canonical(const Module& module, const CanonicalOptions& options) { return Canonicaliser(module, options).text(); }

}  // namespace omc::lang
