#include "lsp/extract.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lang/children.hpp"

namespace omc::lsp {

namespace {

using namespace lang;

// What is selected: statements of one list, or one expression.
struct Selected {
  std::vector<const Stmt*> statements;
  const Expr* expression = nullptr;
};

class Finder {
 public:
  explicit Finder(Span selection) : wanted_(selection) {}

  Selected found;
  bool in_loop = false;  // of the function that holds the selection

  void block(Block& b) { list(b.statements); }
  void list(StmtList statements) {
    size_t first = statements.size();
    for (size_t i = 0; i < statements.size() && found.statements.empty() && !found.expression; ++i) {
      const Span s = statements[i]->span;
      if (s.begin == wanted_.begin) first = i;
      if (s.end == wanted_.end && first <= i) {
        for (size_t k = first; k <= i; ++k) found.statements.push_back(statements[k]);
        return;
      }
      if (!holds(s)) continue;
      const StmtKind kind = statements[i]->kind;
      in_loop |= kind == StmtKind::While || kind == StmtKind::ForIn || kind == StmtKind::ForRange;
      visit_children(*statements[i], *this);
    }
  }
  void expression(Expr*& e) {
    for (Expr* at = e; holds(at->span);) {
      if (at->span == wanted_) {
        found.expression = at;
        return;
      }
      if (at->kind == ExprKind::Binary) {
        auto& x = static_cast<BinaryExpr&>(*at);
        at = holds(x.left->span) ? x.left : x.right;
      } else if (at->kind == ExprKind::Logical) {
        auto& x = static_cast<LogicalExpr&>(*at);
        at = holds(x.left->span) ? x.left : x.right;
      } else {
        visit_children(*at, *this);
        return;
      }
    }
  }
  void function(Function& f) {
    if (!holds(f.span)) return;
    in_loop = false;
    list(f.body.statements);
    if (f.expression) expression(f.expression);
  }

 private:
  bool holds(Span s) const { return s.begin <= wanted_.begin && wanted_.end <= s.end; }

  Span wanted_;
};

// Whether the statements can stand in a function of their own: no jump leads out, nothing is defined for others.
class Movable {
 public:
  static bool all(const std::vector<const Stmt*>& statements) {
    Movable walk;
    for (const Stmt* s : statements) walk.statement(const_cast<Stmt&>(*s));
    return walk.good_;
  }
  void block(Block& b) {
    for (Stmt* s : b.statements) statement(*s);
  }
  void expression(Expr*& e) { visit_operands(*e, *this); }
  void function(Function&) {}

 private:
  void statement(Stmt& s) {
    switch (s.kind) {
      case StmtKind::Return:
      case StmtKind::Yield:
      case StmtKind::Function:
      case StmtKind::Class:
      case StmtKind::Import:
      case StmtKind::FromImport:
      case StmtKind::Error: good_ = false; return;
      case StmtKind::Break:
      case StmtKind::Continue: good_ &= loops_ > 0; return;
      default: break;
    }
    const bool loop = s.kind == StmtKind::While || s.kind == StmtKind::ForIn || s.kind == StmtKind::ForRange;
    loops_ += loop;
    visit_children(s, *this);
    loops_ -= loop;
  }

  int loops_ = 0;
  bool good_ = true;
};

class Extractor {
 public:
  Extractor(Workspace& workspace, const File& file, Span selection) : workspace_(workspace), file_(file), index_(file.index), inside_(selection) {}

  std::optional<Extraction> run() {
    Finder finder(inside_);
    finder.block(file_.parsed.module->top_level->body);
    selected_ = std::move(finder.found);
    in_loop_ = finder.in_loop;
    if (selected_.expression ? selected_.expression->kind == ExprKind::Name : selected_.statements.empty()) return std::nullopt;
    if (!Movable::all(selected_.statements)) return std::nullopt;
    function_ = &index_.innermost_function(inside_.begin);
    for (const Function* f = function_; f; f = f->parent)
      if (f->has_eval) return std::nullopt;
    for (const Symbol& s : index_.symbols())
      if (!variable(s)) return std::nullopt;
    return make();
  }

 private:
  const Occurrence& occurrence(uint32_t i) const { return index_.occurrences()[i]; }
  bool in(const Occurrence& o) const { return inside_.begin <= o.span.begin && o.span.end <= inside_.end; }
  static bool writes(const Occurrence& o) { return o.role == Role::Definition || o.role == Role::Write; }

  // False: what happens to this one cannot be kept.
  bool variable(const Symbol& s) {
    const bool local = s.kind == SymbolKind::Local, at_top = function_->parent == nullptr;
    if (!local && s.kind != SymbolKind::Global) return true;
    if (local && inside_.begin <= s.owner->span.begin && s.owner->span.end <= inside_.end) return true;  // of a lambda in the selection
    bool read = false, written = false, before = false, elsewhere = false, shared = false, rewritten = false, in_lambda = false;
    for (const uint32_t i : s.occurrences) {
      const Occurrence& o = occurrence(i);
      const Function* around = &index_.innermost_function(o.span.begin);
      rewritten |= o.role == Role::Write;
      if (in(o)) {
        (writes(o) ? written : read) = true;
        in_lambda |= around != function_;
      } else {
        elsewhere = true;
        before |= o.span.begin < inside_.begin;
        shared |= local && around != s.owner;
      }
    }
    if (!read && !written) return true;
    if (selected_.expression && written) return false;
    if (!local) {
      if (!written) return true;
      if (!at_top) return true;  // a function assigns a top-level variable here and there alike
      return result(s);
    }
    // A closure would keep the parameter of the new function, not the variable.
    if (in_lambda && rewritten) return false;
    if (written && (shared || s.owner != function_)) return false;
    if (!elsewhere && lives_inside(s)) return true;
    const bool first_set = sets_first(s);
    if (read && !first_set) {
      if (!before) return false;
      parameters_.push_back(s.name);
    }
    if (!written || !elsewhere) return true;
    return result(s);
  }

  // Of a variable that nothing outside mentions: whether no value from before can reach it. In a loop only one of a `for`, a
  // `catch` or a match is sure to begin anew each time.
  bool lives_inside(const Symbol& s) const {
    if (!writes(occurrence(s.occurrences[0])) || s.definitions.empty()) return false;
    const Span whole = s.definitions[0].whole;
    return !in_loop_ || std::ranges::all_of(s.occurrences, [&](uint32_t i) { return whole.contains(occurrence(i).span.begin); });
  }

  // A statement of the selection itself gives the variable its value before anything there reads it.
  bool sets_first(const Symbol& s) const {
    for (const Stmt* statement : selected_.statements) {
      size_t here = 0;
      for (const uint32_t i : s.occurrences) {
        const Span span = occurrence(i).span;
        here += statement->span.begin <= span.begin && span.end <= statement->span.end;
      }
      if (here == 0) continue;
      if (here != 1) return false;
      if (statement->kind == StmtKind::Let || statement->kind == StmtKind::SizedArray) return true;
      return statement->kind == StmtKind::Assign && static_cast<const AssignStmt*>(statement)->op == AssignOp::Set;
    }
    return false;
  }

  bool result(const Symbol& s) {
    const bool has_value = sets_first(s) || std::ranges::find(parameters_, s.name) != parameters_.end();
    if (!result_.empty() || !has_value) return false;
    result_ = s.name;
    return true;
  }

  std::string new_name() const {
    for (int n = 1;; ++n) {
      std::string name = n == 1 ? "extracted" : fmt::format("extracted_{}", n);
      const bool taken = std::ranges::any_of(index_.symbols(), [&](const Symbol& s) { return s.name == name; });
      if (!taken && !workspace_.builtin(name)) return name;
    }
  }

  // Where the statement of the top level begins that holds the selection, with the comments above it.
  uint32_t place() const {
    uint32_t at = 0;
    for (const Stmt* s : file_.parsed.module->top_level->body.statements)
      if (s->span.begin <= inside_.begin) at = s->span.begin;
    uint32_t line = file_.source->line(at);
    const std::vector<Comment>& comments = file_.parsed.module->comments;
    for (auto c = comments.rbegin(); c != comments.rend(); ++c) {
      if (c->span.begin >= at) continue;
      const uint32_t first = file_.source->line(c->span.begin);
      const bool alone = file_.source->line_text(first).substr(0, c->span.begin - file_.source->line_span(first).begin).find_first_not_of(" \t") == std::string_view::npos;
      if (file_.source->line(c->span.end) + 1 != line || !alone) break;
      line = first;
    }
    return std::min(at, file_.source->line_span(line).begin);
  }

  // The selection with the indentation of a function's body; a text over several lines stays as it is.
  std::string body() const {
    const std::string_view text = file_.text(inside_);
    const uint32_t line_begin = file_.source->line_span(file_.source->line(inside_.begin)).begin;
    const std::string_view before = file_.text({line_begin, inside_.begin});
    bool texts = false;
    for (const Token& t : file_.parsed.tokens)
      texts |= inside_.contains(t.span.begin) && (t.kind == TokenKind::RawString || t.kind == TokenKind::FStringText || t.kind == TokenKind::String) &&
               file_.text(t.span).find('\n') != std::string_view::npos;
    std::string out = "    ";
    for (size_t i = 0; i < text.size(); ++i) {
      out += text[i];
      if (text[i] != '\n' || texts) continue;
      size_t skip = 0;
      while (skip < before.size() && i + 1 + skip < text.size() && (text[i + 1 + skip] == ' ' || text[i + 1 + skip] == '\t')) ++skip;
      i += skip;
      if (i + 1 < text.size() && text[i + 1] != '\n' && text[i + 1] != '\r') out += "    ";
    }
    return out;
  }

  Extraction make() const {
    Extraction e{new_name(), {}};
    const std::string call = fmt::format("{}({})", e.name, fmt::join(parameters_, ", "));
    std::string function = fmt::format("fn {}({}) {{\n", e.name, fmt::join(parameters_, ", "));
    std::string instead;
    if (selected_.expression) {
      function += fmt::format("    return {};\n", file_.text(inside_));
      instead = call;
    } else {
      function += body() + "\n";
      if (!result_.empty()) function += fmt::format("    return {};\n", result_);
      instead = result_.empty() ? call + ";" : fmt::format("h {} = {};", result_, call);
    }
    const uint32_t at = place();
    e.edits = {{{at, at}, function + "}\n\n"}, {inside_, instead}};
    return e;
  }

  Workspace& workspace_;
  const File& file_;
  const Index& index_;
  Span inside_;
  Selected selected_;
  bool in_loop_ = false;
  const Function* function_ = nullptr;
  std::vector<std::string_view> parameters_;
  std::string_view result_;
};

}  // namespace

std::optional<Extraction> extract_function(Workspace& workspace, const File& file, Span selection) {
  if (!file.parsed.ok()) return std::nullopt;
  const std::string_view text = file.text(selection);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  const size_t last = text.find_last_not_of(" \t\r\n");
  return Extractor(workspace, file, {selection.begin + static_cast<uint32_t>(first), selection.begin + static_cast<uint32_t>(last) + 1}).run();
}

}  // namespace omc::lsp
