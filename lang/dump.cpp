#include "lang/dump.hpp"

#include <fmt/format.h>

#include <iterator>

namespace omc::lang {

namespace {

class Dumper {
 public:
  std::string module(const Module& m) {
    for (const Stmt* s : m.top_level->body.statements) {
      if (s->kind == StmtKind::Empty) continue;
      statement(*s);
      out_ += '\n';
    }
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void text(std::string_view s) {
    out_ += '"';
    for (const char c : s) {
      switch (c) {
        case '\n': out_ += "\\n"; break;
        case '\r': out_ += "\\r"; break;
        case '"': out_ += "\\\""; break;
        case '\\': out_ += "\\\\"; break;
        default: out_ += c;
      }
    }
    out_ += '"';
  }

  void spaced(const Expr* e) {
    out_ += ' ';
    expression(*e);
  }

  void list(ExprList elements) {
    for (const Expr* e : elements) spaced(e);
  }

  void block(const Block& b) {
    out_ += " {";
    const char* separator = "";
    for (const Stmt* s : b.statements) {
      if (s->kind == StmtKind::Empty) continue;
      out_ += separator;
      statement(*s);
      separator = " ";
    }
    out_ += '}';
  }

  void function(const Function& f) {
    out_ += '(';
    const char* separator = "";
    for (const Parameter& p : f.parameters) {
      put("{}{}", separator, p.name.name);
      if (!p.type.empty()) put(":{}", p.type);
      separator = " ";
    }
    out_ += ')';
    if (!f.return_type.empty()) put(" -> {}", f.return_type);
    for (const Pragma& p : f.pragmas) put(" @{}{}{}", p.name, p.value.empty() ? "" : ":", p.value);
    if (f.expression != nullptr) {
      spaced(f.expression);
    } else {
      block(f.body);
    }
  }

  // Chains of operators may be a million long: they are followed in a loop.
  void expression(const Expr& whole) {
    std::vector<const Expr*> chain;
    const Expr* e = &whole;
    for (;;) {
      if (e->kind == ExprKind::Paren) {
        e = static_cast<const ParenExpr*>(e)->inner;
      } else if (e->kind == ExprKind::Binary) {
        put("({} ", spelling(static_cast<const BinaryExpr*>(e)->op));
        chain.push_back(e);
        e = static_cast<const BinaryExpr*>(e)->left;
      } else if (e->kind == ExprKind::Logical) {
        put("({} ", spelling(static_cast<const LogicalExpr*>(e)->op));
        chain.push_back(e);
        e = static_cast<const LogicalExpr*>(e)->left;
      } else {
        break;
      }
    }
    visit(*e, [this](const auto& node) { show(node); });
    for (size_t i = chain.size(); i-- > 0;) {
      spaced(chain[i]->kind == ExprKind::Binary ? static_cast<const BinaryExpr*>(chain[i])->right
                                                : static_cast<const LogicalExpr*>(chain[i])->right);
      out_ += ')';
    }
  }

  void show(const IntExpr& e) { put("{}", e.value); }
  void show(const FloatExpr& e) { put("{}f", e.value); }
  void show(const StringExpr& e) { text(e.value); }
  void show(const FStringExpr& e) {
    out_ += "(f";
    for (const FStringPart& part : e.parts) {
      if (part.expr != nullptr) {
        spaced(part.expr);
      } else {
        out_ += ' ';
        text(part.text);
      }
    }
    out_ += ')';
  }
  void show(const ArrayExpr& e) {
    out_ += "(array";
    list(e.elements);
    out_ += ')';
  }
  void show(const DictExpr& e) {
    out_ += "(dict";
    for (const DictPair& pair : e.pairs) {
      spaced(pair.key);
      out_ += ':';
      expression(*pair.value);
    }
    out_ += ')';
  }
  void show(const NameExpr& e) { out_ += e.name; }
  void show(const UnaryExpr& e) {
    put("({} ", spelling(e.op));
    expression(*e.operand);
    out_ += ')';
  }
  void show(const BinaryExpr&) {}   // expression() has them
  void show(const LogicalExpr&) {}  // and these
  void show(const ParenExpr&) {}    // and leaves these out
  void show(const NamedCallExpr& e) {
    put("(call {}", e.callee->name);
    list(e.arguments);
    out_ += ')';
  }
  void show(const ValueCallExpr& e) {
    out_ += "(call-value";
    spaced(e.callee);
    list(e.arguments);
    out_ += ')';
  }
  void show(const MethodCallExpr& e) {
    put("(method {}", e.method.name);
    spaced(e.object);
    list(e.arguments);
    out_ += ')';
  }
  void show(const IndexExpr& e) {
    out_ += "(index";
    spaced(e.object);
    spaced(e.index);
    out_ += ')';
  }
  void show(const IfExpr& first) {
    out_ += "(if";
    for (const IfExpr* e = &first; e != nullptr; e = e->otherwise_if) {
      spaced(e->condition);
      block(e->then);
      if (e->otherwise_block != nullptr) block(*e->otherwise_block);
    }
    out_ += ')';
  }
  void show(const LambdaExpr& e) {
    out_ += "(lambda ";
    function(*e.function);
    out_ += ')';
  }
  void show(const SafeExpr& e) {
    out_ += "(safe";
    spaced(e.operand);
    out_ += ')';
  }
  void show(const ErrorExpr&) { out_ += "(error)"; }

  void statement(const Stmt& s) {
    out_ += '(';
    visit(s, [this](const auto& node) { show(node); });
    out_ += ')';
  }

  void show(const LetStmt& s) {
    put("let {}", s.name.name);
    spaced(s.value);
  }
  void show(const SizedArrayStmt& s) {
    put("let-array {}", s.name.name);
    spaced(s.size);
  }
  void show(const AssignStmt& s) {
    put("{} {}", spelling(s.op), s.name.name);
    spaced(s.value);
  }
  void show(const IndexAssignStmt& s) {
    out_ += spelling(s.op);
    spaced(s.target);
    spaced(s.value);
  }
  void show(const IfStmt& s) {
    out_ += "if";
    for (const IfArm& arm : s.arms) {
      spaced(arm.condition);
      block(arm.body);
    }
    if (s.otherwise != nullptr) block(*s.otherwise);
  }
  void show(const WhileStmt& s) {
    out_ += "while";
    spaced(s.condition);
    block(s.body);
  }
  void show(const ForRangeStmt& s) {
    put("for {} range", s.name.name);
    list(s.bounds);
    block(s.body);
  }
  void show(const ForInStmt& s) {
    put("for {} in", s.name.name);
    spaced(s.iterable);
    block(s.body);
  }
  void show(const FunctionStmt& s) {
    put("fn {} ", s.function->name.name);
    function(*s.function);
  }
  void show(const ClassStmt& s) {
    put("class {}", s.name.name);
    if (!s.parent.name.empty()) put(" extends {}", s.parent.name);
    for (const Identifier& field : s.fields) put(" {}", field.name);
    for (const Function* method : s.methods) {
      put(" (fn {} ", method->name.name);
      function(*method);
      out_ += ')';
    }
  }
  void show(const MatchStmt& s) {
    out_ += "match";
    spaced(s.subject);
    for (const MatchArm& arm : s.arms) {
      out_ += " (";
      const char* separator = "";
      for (const Pattern& p : arm.alternatives) {
        out_ += separator;
        pattern(p);
        separator = " | ";
      }
      if (arm.expression != nullptr) {
        out_ += " {(expression";
        spaced(arm.expression);
        out_ += ")}";
      } else {
        block(arm.body);
      }
      out_ += ')';
    }
  }
  void pattern(const Pattern& p) {
    switch (p.kind) {
      case PatternKind::Int: return put("{}", p.low);
      case PatternKind::Float: return put("{}f", p.number);
      case PatternKind::String: return text(p.text);
      case PatternKind::IntRange: return put("{}..{}", p.low, p.high);
      case PatternKind::StringRange: return put("U+{:04X}..U+{:04X}", p.low, p.high);
      case PatternKind::True: return put("true");
      case PatternKind::False: return put("false");
      case PatternKind::Null: return put("null");
      case PatternKind::Type: return put("type:{}", p.text);
      case PatternKind::Wildcard: return put("_");
      case PatternKind::Bind: return put("{}", p.text);
    }
  }
  void show(const TryStmt& s) {
    out_ += "try";
    block(s.body);
    if (s.handler != nullptr) {
      put(" catch {}", s.error.name);
      block(*s.handler);
    }
    if (s.finalizer != nullptr) {
      out_ += " finally";
      block(*s.finalizer);
    }
  }
  void show(const ThrowStmt& s) {
    out_ += "throw";
    spaced(s.value);
  }
  void show(const YieldStmt& s) {
    out_ += "yield";
    spaced(s.value);
  }
  void show(const AssertStmt& s) {
    out_ += "assert";
    spaced(s.condition);
    if (s.message != nullptr) spaced(s.message);
  }
  void show(const ImportStmt& s) {
    out_ += "import ";
    text(s.module);
    if (!s.alias.name.empty()) put(" as {}", s.alias.name);
  }
  void show(const FromImportStmt& s) {
    out_ += "from ";
    text(s.module);
    for (const ImportedName& n : s.names) put(" {}", n.name.name);
  }
  void show(const ReturnStmt& s) {
    out_ += "return";
    if (s.value != nullptr) spaced(s.value);
  }
  void show(const BreakStmt&) { out_ += "break"; }
  void show(const ContinueStmt&) { out_ += "continue"; }
  void show(const PrintStmt& s) {
    out_ += "print";
    spaced(s.value);
  }
  void show(const ExpressionStmt& s) {
    out_ += "expression";
    spaced(s.value);
  }
  void show(const EmptyStmt&) {}
  void show(const ErrorStmt&) { out_ += "error"; }

  std::string out_;
};

}  // namespace

std::string dump_tokens(const Source& source, const std::vector<Token>& tokens) {
  std::string out;
  for (const Token& t : tokens) {
    const Position at = source.position(t.span.begin);
    fmt::format_to(std::back_inserter(out), "{}:{} {}{}{}\n", at.line, at.column, kind_name(t.kind),
                   t.span.empty() ? "" : " ", source.text(t.span));
  }
  return out;
}

std::string dump_ast(const Module& module) { return Dumper().module(module); }

bool same_program(const Module& a, const Module& b) { return dump_ast(a) == dump_ast(b); }

}  // namespace omc::lang
