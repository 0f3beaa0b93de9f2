// Passes over the tree until one finds nothing new. Each is one walk in source order, operands before their operator.

#include "lang/heal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "lang/children.hpp"
#include "substrate/attractors.hpp"

namespace omc::lang {

namespace {

// What @no_heal... pragmas switch off: for the function and all inside it.
struct OptOut {
  bool typo = false, arity = false, div = false, mod = false, index = false, returns = false;
  bool others = false;  // the classes without a pragma of their own

  void add(Name pragma) {
    if (pragma == "no_heal") *this = {true, true, true, true, true, true, true};
    typo |= pragma == "no_heal_typo";
    arity |= pragma == "no_heal_arity";
    div |= pragma == "no_heal_div";
    mod |= pragma == "no_heal_mod";
    index |= pragma == "no_heal_index";
    returns |= pragma == "no_heal_return";
  }
};

bool is_null(const Expr* e) {
  return e->kind == ExprKind::Name && static_cast<const NameExpr*>(e)->name == "null";
}

bool is_int(const Expr* e, int64_t value) {
  return e->kind == ExprKind::Int && static_cast<const IntExpr*>(e)->value == value;
}

bool is_number(const Expr* e) { return e->kind == ExprKind::Int || e->kind == ExprKind::Float; }

bool is_arithmetic(BinaryOp op) {
  return op == BinaryOp::Add || op == BinaryOp::Sub || op == BinaryOp::Mul || op == BinaryOp::Div || op == BinaryOp::Mod;
}

class Healer {
 public:
  Healer(Module& module, const KnownNames& known) : module_(module), scopes_(module, known) {
    OwnStatements functions([this](Stmt& s) {
      if (s.kind != StmtKind::Function) return;
      Function* f = static_cast<FunctionStmt&>(s).function;
      top_level_.push_back(f);
      by_name_[f->name.name].push_back(f);
    });
    functions.block(module.top_level->body);
    find_hidden(*module.top_level);
  }

  HealReport run() {
    bool found = true;
    for (unsigned pass = 1; pass <= kHealPasses && found; ++pass) {
      found = once();
      report_.iterations += found;
    }
    report_.exhausted = found;
    return std::move(report_);
  }

  // --- the walk, called by visit_children ---

  void expression(Expr*& e) {
    // Chains of operators lean to the left and can be long: a loop, not recursion.
    std::vector<Expr**> chain;
    Expr** at = &e;
    for (;;) {
      if ((*at)->kind == ExprKind::Binary) {
        chain.push_back(at);
        at = &static_cast<BinaryExpr*>(*at)->left;
      } else if ((*at)->kind == ExprKind::Logical) {
        chain.push_back(at);
        at = &static_cast<LogicalExpr*>(*at)->left;
      } else {
        break;
      }
    }
    operand(*at);
    for (; !chain.empty(); chain.pop_back()) {
      Expr*& slot = *chain.back();
      if (slot->kind == ExprKind::Logical) {
        expression(static_cast<LogicalExpr*>(slot)->right);
      } else {
        expression(static_cast<BinaryExpr*>(slot)->right);
        binary(slot);
      }
    }
  }

  void block(Block& b) {
    for (Stmt* s : b.statements) {
      if (s->kind == StmtKind::If) constant_if(static_cast<IfStmt&>(*s));
      visit_children(*s, *this);
    }
  }

  void function(Function& f) {
    const OptOut outer = out_;
    const NameScope* const outer_scope = scope_;
    scope_ = &scopes_.of(f);
    for (const Pragma& p : f.pragmas) out_.add(p.name);
    block(f.body);
    if (f.expression) expression(f.expression);
    out_ = outer;
    scope_ = outer_scope;
  }

 private:
  // Calls of a top-level function are checked only where nothing else can be meant: no variable, and no other function of
  // the name that enters the table when it is defined further in.
  void find_hidden(Function& f) {
    struct Inner {
      Healer& healer;
      bool top;
      void expression(Expr*& e) { visit_operands(*e, *this); }
      void block(Block& b) {
        for (Stmt* s : b.statements) {
          if (s->kind == StmtKind::Function && !top) healer.hidden_.insert(static_cast<FunctionStmt*>(s)->function->name.name);
          if (s->kind == StmtKind::Class) healer.hidden_.insert(static_cast<ClassStmt*>(s)->name.name);
          visit_children(*s, *this);
        }
      }
      void function(Function& g) {
        const bool outer = top;
        top = false;
        block(g.body);
        if (g.expression) expression(g.expression);
        top = outer;
      }
    } inner{*this, true};
    inner.block(f.body);
  }

  bool once() {
    found_ = false;
    function(*module_.top_level);
    for (Function* f : top_level_) missing_return(*f);
    return found_;
  }

  // False when this was said before.
  Diagnostic* say(Severity severity, std::string_view name, Span span, std::string message) {
    if (!said_.emplace(name, span.begin, span.end).second) return nullptr;
    found_ = true;
    return &report_.found.add(severity, name, span, std::move(message));
  }
  Diagnostic* warn(std::string_view name, Span span, std::string message) {
    return say(Severity::Warning, name, span, std::move(message));
  }
  static void offer(Diagnostic* d, std::string title, std::vector<Edit> edits) {
    if (d) d->fixes.push_back({std::move(title), Safety::ChangesMeaning, std::move(edits)});
  }

  void operand(Expr*& e) {
    if (e->kind == ExprKind::Name) return variable(static_cast<NameExpr&>(*e));
    if (e->kind == ExprKind::NamedCall) {
      auto& call = static_cast<NamedCallExpr&>(*e);
      typo(*call.callee, NameScopes::Use::Call, "call-typo", "call");
      visit_children(*e, *this);
      arity(call);
      return;
    }
    visit_children(*e, *this);
    if (e->kind == ExprKind::Index) harmonic_index(static_cast<IndexExpr&>(*e));
  }

  void variable(NameExpr& e) { typo(e, NameScopes::Use::Read, "variable-typo", "var"); }

  void typo(NameExpr& e, NameScopes::Use use, std::string_view name, std::string_view word) {
    if (out_.typo || !scopes_.known().complete || scopes_.is_known(e.name, *scope_)) return;
    const std::string_view near = scopes_.closest(e.name, use, *scope_);
    if (near.empty()) return;
    Diagnostic* d = warn(name, e.span, fmt::format("{}: '{}' unknown → '{}'", word, e.name, near));
    offer(d, fmt::format("use `{}`", near), {{e.span, std::string(near)}});
    e.name = e.head = module_.intern(near);
  }

  // The top-level function whose arity the call misses; nullptr when it fits, or when something else may be called.
  const Function* certain_function(std::string_view name, size_t arguments) const {
    if (scopes_.is_variable(name, *scope_) || hidden_.contains(name) || scopes_.known().imported.contains(name))
      return nullptr;
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    for (const Function* f : found->second)
      if (f->parameters.size() == arguments) return nullptr;  // any of them may be the one in force
    return found->second.back();
  }

  void arity(NamedCallExpr& call) {
    if (out_.arity) return;
    const size_t n = call.arguments.size();
    const Function* f = certain_function(call.callee->name, n);
    if (!f) return;
    const size_t arity = f->parameters.size();
    std::vector<Expr*> arguments(call.arguments.begin(), call.arguments.end());
    std::string what = n < arity ? fmt::format("padded with {} zeros", arity - n) : fmt::format("truncated {} excess", n - arity);
    if (n > arity) arguments.resize(arity);
    while (arguments.size() < arity) arguments.push_back(zero({call.span.end, call.span.end}));
    const auto list = module_.copy(arguments);
    call.arguments = {list.data(), list.size()};
    warn("arity", call.span,
         fmt::format("arity: {}() called with {} args, {} to match arity {}", call.callee->name, n, what, arity));
  }

  void harmonic_index(IndexExpr& e) {
    if (out_.index || e.object->kind != ExprKind::Name || e.index->kind != ExprKind::Int) return;
    const auto& object = static_cast<const NameExpr&>(*e.object);
    if (object.name != object.head) return;
    const int64_t n = static_cast<const IntExpr*>(e.index)->value;
    const substrate::Nearest near = substrate::nearest(n);
    if (near.distance < 1 || near.distance > 3) return;
    Diagnostic* d = warn("harmonic-index", e.span,
                         fmt::format("harmonic-index: {0}[{1}] → {0}[{2}] (|Δ|={3})", object.name, n, near.attractor, near.distance));
    offer(d, fmt::format("use index {}", near.attractor), {{e.index->span, std::to_string(near.attractor)}});
    e.index = module_.make(IntExpr{{ExprKind::Int, e.index->span}, near.attractor});
  }

  void binary(Expr*& slot) {
    auto& e = static_cast<BinaryExpr&>(*slot);
    if (!is_arithmetic(e.op)) return;
    Expr* const left = bare(e.left);
    Expr* const right = bare(e.right);
    if (!out_.others && e.op == BinaryOp::Add && ((left->kind == ExprKind::String && is_number(right)) || (is_number(left) && right->kind == ExprKind::String))) {
      warn("str-concat", e.span, "str-concat: 'str + num' rewritten to concat_many(str, to_string(num))");
      Expr*& number = is_number(left) ? e.left : e.right;
      number = call("to_string", {number}, number->span);
      slot = call("concat_many", {e.left, e.right}, e.span);
      return;
    }
    if (!out_.arity && (is_null(left) || is_null(right))) {
      warn("null-arith", e.span, fmt::format("null-arith: 'null {} x' rewritten with 0 (null → 0)", spelling(e.op)));
      if (is_null(left)) e.left = zero(e.left->span);
      if (is_null(right)) e.right = zero(e.right->span);
    }
    if (e.op == BinaryOp::Div && !out_.div && is_int(bare(e.right), 0)) {
      warn("divide-by-zero", e.span, "divide-by-zero: rewriting to safe_divide(...)");
      slot = call("safe_divide", {e.left, e.right}, e.span);
    } else if (e.op == BinaryOp::Mod && !out_.mod && is_int(bare(e.right), 0)) {
      warn("mod-by-zero", e.span, "mod-by-zero: rewriting to safe_mod(...)");
      slot = call("safe_mod", {e.left, e.right}, e.span);
    }
  }

  void constant_if(const IfStmt& s) {
    const Expr* condition = bare(s.arms[0].condition);
    if (out_.others || condition->kind != ExprKind::Int) return;
    warn("if-numeric", condition->span,
         fmt::format("if-numeric: 'if {}' is a constant branch — did you forget a comparison?",
                     static_cast<const IntExpr*>(condition)->value));
  }

  void missing_return(Function& f) {
    OptOut out;
    for (const Pragma& p : f.pragmas) out.add(p.name);
    if (out.returns) return;
    bool leaves = false;
    OwnStatements look([&leaves](Stmt& s) {
      leaves |= s.kind == StmtKind::Return || s.kind == StmtKind::Throw || s.kind == StmtKind::Yield;
    });
    look.block(f.body);
    if (leaves) return;
    say(Severity::Hint, "missing-return", f.name.span,
        fmt::format("missing-return: '{}' has no return — appending `return null;`", f.name.name));
    const Span end = {f.body.span.end - 1, f.body.span.end - 1};
    std::vector<Stmt*> body(f.body.statements.begin(), f.body.statements.end());
    body.push_back(module_.make(ReturnStmt{{StmtKind::Return, end}, name("null", end)}));
    const auto list = module_.copy(body);
    f.body.statements = {list.data(), list.size()};
  }

  Expr* zero(Span span) { return module_.make(IntExpr{{ExprKind::Int, span}, 0}); }
  NameExpr* name(std::string_view text, Span span) {
    const Name interned = module_.intern(text);
    return module_.make(NameExpr{{ExprKind::Name, span}, interned, interned, {}});
  }
  Expr* call(std::string_view builtin, const std::vector<Expr*>& arguments, Span span) {
    const auto list = module_.copy(arguments);
    return module_.make(NamedCallExpr{{ExprKind::NamedCall, span}, name(builtin, span), {list.data(), list.size()}});
  }

  Module& module_;
  NameScopes scopes_;
  const NameScope* scope_ = nullptr;
  OptOut out_;
  std::vector<Function*> top_level_;  // functions defined outside functions, in order
  std::unordered_map<std::string_view, std::vector<const Function*>> by_name_;  // of top_level_
  NameSet hidden_;                    // names of functions defined inside functions, and of classes
  std::set<std::tuple<std::string_view, uint32_t, uint32_t>> said_;
  bool found_ = false;
  HealReport report_;
};

}  // namespace

HealReport heal(Module& module, const KnownNames& known) { return Healer(module, known).run(); }

}  // namespace omc::lang
