#include "lang/lint/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_set>

#include "lang/children.hpp"
#include "lang/lint/context.hpp"
#include "lang/lint/usage.hpp"

namespace omc::lang {

namespace {

using Dim = std::optional<int64_t>;
constexpr int64_t kLargestDim = 1 << 30;  // beyond it nothing is followed: sums of dimensions cannot overflow

Dim meet(Dim a, Dim b) { return a == b ? a : std::nullopt; }

struct Shape {
  Dim rows, cols;
  friend bool operator==(const Shape&, const Shape&) = default;
};

std::string text(Dim d) { return d ? std::to_string(*d) : "?"; }
std::string text(const Shape& s) { return text(s.rows) + "x" + text(s.cols); }

struct Thing;

// A layer of prometheus, by its constructor: what its dimensions are.
struct Layer {
  enum class Kind : uint8_t { Linear, Embedding, LayerNorm, Attention, Pointwise, Sequential };
  Kind kind;
  Dim in, out;              // Embedding: vocabulary and width; Attention: width and sequence length
  std::vector<Thing> parts;  // of Sequential
};

// What is known of a value.
struct Thing {
  enum class Kind : uint8_t { Unknown, Scalar, List, Matrix, Node, Layer };
  Kind kind = Kind::Unknown;
  Dim number = {};                                    // Scalar: an int of known value
  Shape shape = {};                                   // List: its length is cols; Matrix, Node
  std::shared_ptr<const std::vector<Dim>> elements = nullptr;  // List: ints, where they are written down
  Dim least = {}, most = {};                          // List: of ints in this range
  std::shared_ptr<const Layer> layer = nullptr;

  bool is(Kind k) const { return kind == k; }
};

Thing scalar(Dim n = {}) { return {.kind = Thing::Kind::Scalar, .number = n}; }
Thing node(Dim rows, Dim cols) { return {.kind = Thing::Kind::Node, .shape = {rows, cols}}; }
Thing node(const Shape& s) { return node(s.rows, s.cols); }
Thing list(Dim length) { return {.kind = Thing::Kind::List, .shape = {Dim(1), length}}; }
Thing matrix(Dim rows, Dim cols) { return {.kind = Thing::Kind::Matrix, .shape = {rows, cols}}; }
Thing layer(Layer::Kind kind, Dim in, Dim out) {
  return {.kind = Thing::Kind::Layer, .layer = std::make_shared<const Layer>(Layer{kind, in, out, {}})};
}

Dim dimension(const Thing& t) {
  return t.is(Thing::Kind::Scalar) && t.number && *t.number >= 0 && *t.number <= kLargestDim ? t.number : Dim();
}

Thing join(const Thing& a, const Thing& b) {
  if (a.kind != b.kind) return {};
  Thing t = a;
  t.number = meet(a.number, b.number);
  t.shape = {meet(a.shape.rows, b.shape.rows), meet(a.shape.cols, b.shape.cols)};
  if (a.elements != b.elements) t.elements = nullptr;
  t.least = meet(a.least, b.least);
  t.most = meet(a.most, b.most);
  if (a.layer != b.layer) return {};
  return t;
}

using Variables = std::map<std::string_view, Thing>;  // by name; only what is known

struct State {
  Variables known;
  bool alive = true;  // control can be here
};

State join(const State& a, const State& b) {
  if (!a.alive) return b;
  if (!b.alive) return a;
  State both;
  for (const auto& [name, thing] : a.known)
    if (const auto other = b.known.find(name); other != b.known.end())
      if (Thing t = join(thing, other->second); !t.is(Thing::Kind::Unknown)) both.known.emplace(name, std::move(t));
  return both;
}

class Analysis {
 public:
  explicit Analysis(const LintContext& lint) : lint_(lint) {
    for (const Stmt* s : lint.module().top_level->body.statements) {
      if (s->kind != StmtKind::Import) continue;
      const auto& import = static_cast<const ImportStmt&>(*s);
      if (import.module.ends_with("prometheus") || import.module.ends_with("prometheus.omc")) {
        if (import.alias.name.empty()) plain_ = true;
        else aliases_.insert(import.alias.name);
      }
    }
  }

  std::vector<ShapeFinding> run() {
    if (lint_.usage().evaluates()) return {};
    body(*lint_.module().top_level);
    std::ranges::stable_sort(found_, {}, [](const ShapeFinding& f) { return f.span.begin; });
    return std::move(found_);
  }

 private:
  // --- functions ---

  void body(Function& f) {
    Function* const outer = function_;
    const int tries = tries_;
    State* const outer_state = state_;
    State state;
    function_ = &f;
    tries_ = 0;
    state_ = &state;
    block(f.body);
    if (f.expression) value(*f.expression);
    function_ = outer;
    tries_ = tries;
    state_ = outer_state;
  }

  bool at_top_level() const { return function_ == lint_.module().top_level; }

  // Variables whose values this function alone decides.
  bool is_followed(std::string_view name, const Binding& binding) const {
    if (binding.kind == Binding::Kind::Local) return !function_->variables[binding.index].captured;
    return at_top_level() && binding.kind == Binding::Kind::Global && !lint_.usage().writes_in_functions(name) &&
           !lint_.scopes().known().imported.contains(name);
  }

  void assign(const Identifier& name, const Binding& binding, Thing thing) {
    if (thing.is(Thing::Kind::Unknown) || !is_followed(name.name, binding)) state_->known.erase(name.name);
    else if ((thing.is(Thing::Kind::List) || thing.is(Thing::Kind::Matrix)) && at_top_level() && lint_.usage().mentions_in_functions(name.name))
      state_->known.erase(name.name);  // who changes the array is not known
    else state_->known.insert_or_assign(name.name, std::move(thing));
  }

  // A top-level variable with one value in the whole file: numbers, nodes and layers do not change.
  Thing constant(const NameExpr& e) {
    const VariableUse* v = lint_.usage().top_level_variable(e.name);
    if (!v || v->writes != 1 || !v->only_value || e.binding.kind != Binding::Kind::Global) return {};
    if (lint_.scopes().known().imported.contains(e.name) || !depth_left_) return {};
    --depth_left_;
    Function* const around = function_;
    State* const outer = state_;
    State nothing;
    function_ = lint_.module().top_level;
    state_ = &nothing;
    const bool quiet = std::exchange(quiet_, true);
    Thing t = value(*const_cast<Expr*>(v->only_value));
    quiet_ = quiet;
    state_ = outer;
    function_ = around;
    ++depth_left_;
    return t.is(Thing::Kind::Scalar) || t.is(Thing::Kind::Node) || t.is(Thing::Kind::Layer) ? t : Thing();
  }

  // --- statements ---

  void branch(State& result, const State& before, Block* b) {
    State inner = before;
    State* const outer = std::exchange(state_, &inner);
    if (b) block(*b);
    state_ = outer;
    result = join(result, inner);
  }

  // Forgets what the statement assigns, or may change, anywhere in it.
  void forget(Stmt& s) {
    struct Names {
      Analysis& analysis;
      void expression(Expr*& e) { visit_operands(*e, *this); }
      void block(Block& b) {
        for (Stmt* s : b.statements) statement(*s);
      }
      void function(Function&) {}
      void name(std::string_view n) { analysis.state_->known.erase(n); }
      void statement(Stmt& s) {
        visit(s, Overloaded{[&](LetStmt& x) { name(x.name.name); }, [&](SizedArrayStmt& x) { name(x.name.name); },
                            [&](AssignStmt& x) { name(x.name.name); }, [&](ForRangeStmt& x) { name(x.name.name); },
                            [&](ForInStmt& x) { name(x.name.name); }, [&](TryStmt& x) { name(x.error.name); },
                            [&](MatchStmt& x) {
                              for (const MatchArm& arm : x.arms)
                                for (const Pattern& p : arm.alternatives)
                                  if (p.kind == PatternKind::Bind) name(p.text);
                            },
                            [](Stmt&) {}});
        visit_children(s, *this);
      }
    } names{*this};
    names.statement(s);
    // Arrays may grow in it.
    std::erase_if(state_->known, [](const auto& v) { return v.second.is(Thing::Kind::List) || v.second.is(Thing::Kind::Matrix); });
  }

  void loop(Stmt& s, Block& b) {
    forget(s);
    const State before = *state_;
    block(b);
    *state_ = before;
  }

  void statement(Stmt& s) {
    if (!state_->alive) *state_ = {};  // not reached, but looked at: with nothing known
    visit(s, Overloaded{
                 [&](LetStmt& x) { assign(x.name, x.binding, kept(*x.value)); },
                 [&](SizedArrayStmt& x) { assign(x.name, x.binding, list(dimension(value(*x.size)))); },
                 [&](AssignStmt& x) {
                   Thing t = kept(*x.value);
                   assign(x.name, x.binding, x.op == AssignOp::Set ? std::move(t) : Thing());
                 },
                 [&](IndexAssignStmt& x) {
                   visit_children(s, *this);
                   const Expr* object = x.target->object;
                   while (object->kind == ExprKind::Index) object = static_cast<const IndexExpr*>(object)->object;
                   if (object->kind == ExprKind::Name) state_->known.erase(static_cast<const NameExpr*>(object)->name);
                 },
                 [&](IfStmt& x) {
                   State result;
                   result.alive = false;
                   for (const IfArm& arm : x.arms) {
                     value(*arm.condition);
                     branch(result, *state_, const_cast<Block*>(&arm.body));
                   }
                   branch(result, *state_, x.otherwise);
                   *state_ = std::move(result);
                 },
                 [&](WhileStmt& x) {
                   forget(s);
                   value(*x.condition);
                   loop(s, x.body);
                 },
                 [&](ForRangeStmt& x) {
                   for (Expr* b : x.bounds) value(*b);
                   loop(s, x.body);
                 },
                 [&](ForInStmt& x) {
                   value(*x.iterable);
                   loop(s, x.body);
                 },
                 [&](FunctionStmt& x) { body(*x.function); },
                 [&](ClassStmt& x) { for (Function* m : x.methods) body(*m); },
                 [&](MatchStmt& x) {
                   value(*x.subject);
                   forget(s);
                   State result = *state_;
                   for (MatchArm& arm : x.arms) {
                     State inner = *state_;
                     State* const outer = std::exchange(state_, &inner);
                     if (arm.expression) value(*arm.expression);
                     else block(arm.body);
                     state_ = outer;
                     result = join(result, inner);
                   }
                   *state_ = std::move(result);
                 },
                 [&](TryStmt& x) {
                   const State before = *state_;
                   tries_ += x.handler != nullptr;
                   block(x.body);
                   tries_ -= x.handler != nullptr;
                   *state_ = before;
                   forget(s);
                   const State unknown = *state_;
                   if (x.handler) block(*x.handler);
                   *state_ = unknown;
                   if (x.finalizer) block(*x.finalizer);
                   *state_ = unknown;
                   forget(s);
                 },
                 [&](ExpressionStmt& x) { value(*x.value); },
                 [&](PrintStmt& x) { value(*x.value); },
                 [&](ReturnStmt& x) { if (x.value) value(*x.value); state_->alive = false; },
                 [&](ThrowStmt& x) { value(*x.value); state_->alive = false; },
                 [&](BreakStmt&) { state_->alive = false; },
                 [&](ContinueStmt&) { state_->alive = false; },
                 [&](Stmt&) { visit_children(s, *this); },
             });
  }

 public:
  // --- called by visit_children ---
  void block(Block& b) {
    for (Stmt* s : b.statements) statement(*s);
  }
  void expression(Expr*& e) { value(*e); }
  void function(Function& f) { body(f); }

 private:
  // --- expressions ---

  // A value that gets a second name: an array with two names may grow by the other one.
  Thing kept(Expr& e) {
    Thing t = value(e);
    const Expr* inner = bare(&e);
    if (inner->kind == ExprKind::Name && (t.is(Thing::Kind::List) || t.is(Thing::Kind::Matrix))) {
      state_->known.erase(static_cast<const NameExpr*>(inner)->name);
      return {};
    }
    return t;
  }

  Thing value(Expr& e) {
    switch (e.kind) {
      case ExprKind::Int: return scalar(static_cast<IntExpr&>(e).value);
      case ExprKind::Float: return scalar();
      case ExprKind::Paren: return value(*bare(&e));
      case ExprKind::Name: return name(static_cast<NameExpr&>(e));
      case ExprKind::Array: return array(static_cast<ArrayExpr&>(e));
      case ExprKind::NamedCall: return call(static_cast<NamedCallExpr&>(e));
      case ExprKind::Index: return index(static_cast<IndexExpr&>(e));
      case ExprKind::Binary:
      case ExprKind::Logical: return chain(e);
      case ExprKind::If: {
        // Its branches are statements: what they assign is unknown from here on.
        for (IfExpr* i = static_cast<IfExpr*>(&e); i; i = i->otherwise_if) {
          value(*i->condition);
          State before = *state_;
          for (Block* b : {&i->then, i->otherwise_block}) {
            if (!b) continue;
            *state_ = before;
            block(*b);
            *state_ = before;
            for (Stmt* s : b->statements) forget(*s);
            before = *state_;
          }
        }
        return {};
      }
      default: escape_arrays(e); visit_children(e, *this); return {};
    }
  }

  Thing name(const NameExpr& e) {
    if (e.name == "null" || e.name == "true" || e.name == "false") return scalar();
    if (is_followed(e.name, e.binding)) {
      const auto found = state_->known.find(e.name);
      if (found != state_->known.end()) return found->second;
      if (at_top_level()) return {};
    }
    return constant(e);
  }

  Thing array(const ArrayExpr& e) {
    if (e.elements.empty()) return list(0);
    std::vector<Thing> things;
    bool names = false;
    for (Expr* i : e.elements) {
      things.push_back(value(*i));
      names |= bare(i)->kind == ExprKind::Name && !things.back().is(Thing::Kind::Scalar);
    }
    escape_arrays(*const_cast<ArrayExpr*>(&e));
    const auto count = static_cast<int64_t>(things.size());
    const Thing& first = things[0];
    if (first.is(Thing::Kind::List)) {
      // A row that has a name may change its length.
      const bool alike = !names && std::ranges::all_of(things, [&](const Thing& t) { return t.is(Thing::Kind::List) && t.shape == first.shape; });
      return matrix(count, alike ? first.shape.cols : Dim());
    }
    if (!first.is(Thing::Kind::Scalar)) return {};
    Thing t = list(count);
    auto elements = std::make_shared<std::vector<Dim>>();
    for (const Thing& i : things) elements->push_back(i.is(Thing::Kind::Scalar) ? i.number : Dim());
    t.elements = std::move(elements);
    return t;
  }

  // A chain of operators, without recursion into left operands.
  Thing chain(Expr& e) {
    std::vector<Expr*> up;
    Expr* at = &e;
    while (at->kind == ExprKind::Binary || at->kind == ExprKind::Logical) {
      up.push_back(at);
      at = at->kind == ExprKind::Binary ? static_cast<BinaryExpr*>(at)->left : static_cast<LogicalExpr*>(at)->left;
    }
    Thing left = value(*at);
    for (auto i = up.rbegin(); i != up.rend(); ++i) {
      if ((*i)->kind == ExprKind::Logical) {
        value(*static_cast<LogicalExpr*>(*i)->right);
        left = scalar();
      } else {
        auto& b = static_cast<BinaryExpr&>(**i);
        left = arithmetic(b.op, left, value(*b.right));
      }
    }
    return left;
  }

  static Thing arithmetic(BinaryOp op, const Thing& a, const Thing& b) {
    const Dim x = dimension(a), y = dimension(b);
    if (!x || !y) return {};
    switch (op) {
      case BinaryOp::Add: return scalar(*x + *y);
      case BinaryOp::Sub: return scalar(*x - *y);
      case BinaryOp::Mul: return scalar(*x * *y);
      case BinaryOp::Div: return *y ? scalar(*x / *y) : Thing();
      case BinaryOp::Mod: return *y ? scalar(*x % *y) : Thing();
      default: return {};
    }
  }

  // layer["W"] and its like.
  Thing index(IndexExpr& e) {
    const Thing object = value(*e.object);
    value(*e.index);
    if (!object.is(Thing::Kind::Layer) || e.index->kind != ExprKind::String) return {};
    const std::string_view field = static_cast<const StringExpr*>(e.index)->value;
    const Layer& l = *object.layer;
    switch (l.kind) {
      case Layer::Kind::Linear:
        if (field == "W") return node(l.in, l.out);
        if (field == "b") return node(1, l.out);
        if (field == "in_dim") return scalar(l.in);
        if (field == "out_dim") return scalar(l.out);
        break;
      case Layer::Kind::Embedding:
        if (field == "table") return node(l.in, l.out);
        if (field == "vocab") return scalar(l.in);
        if (field == "d_model") return scalar(l.out);
        break;
      case Layer::Kind::LayerNorm:
        if (field == "gamma" || field == "beta") return node(1, l.in);
        if (field == "d_model") return scalar(l.in);
        break;
      case Layer::Kind::Attention:
        if (field == "Q" || field == "K" || field == "V") return node(l.in, l.in);
        if (field == "d_model") return scalar(l.in);
        if (field == "seq_len") return scalar(l.out);
        break;
      default: break;
    }
    return {};
  }

  // --- calls ---

  static bool is_list(const Thing& t) { return t.is(Thing::Kind::List) || t.is(Thing::Kind::Matrix); }

  // Arrays that stand as values inside e get into other hands.
  void escape_arrays(Expr& e) {
    struct Escapes {
      Analysis& analysis;
      void expression(Expr*& x) {
        const Expr* inner = bare(x);
        if (inner->kind != ExprKind::Name) return;
        const auto found = analysis.state_->known.find(static_cast<const NameExpr*>(inner)->name);
        if (found != analysis.state_->known.end() && is_list(found->second)) analysis.state_->known.erase(found);
      }
      void block(Block&) {}
      void function(Function&) {}
    } escapes{*this};
    visit_children(e, escapes);
  }

  // The name of a function of prometheus that the call is sure to reach, or "".
  std::string_view prometheus(const NamedCallExpr& e) const {
    const NameExpr& callee = *e.callee;
    if (callee.name == callee.head) {
      const bool selected = !lint_.scopes().introduces(callee.name) && plain_ && lint_.scopes().known().imported.contains(callee.name);
      return selected && callee.name.starts_with("prom_") ? callee.name : std::string_view();
    }
    const std::string_view rest = callee.name.substr(callee.head.size() + 1);
    return aliases_.contains(callee.head) && rest.starts_with("prom_") ? rest : std::string_view();
  }

  Thing call(NamedCallExpr& e) {
    std::vector<Thing> arguments;
    for (Expr* a : e.arguments) arguments.push_back(value(*a));
    if (const std::string_view name = prometheus(e); !name.empty()) return prometheus_call(name, e, arguments);
    const BuiltinFact* fact = lint_.builtin(e);
    if (!fact) {
      escape_arrays(e);
      return {};
    }
    const Name name = e.callee->name;
    if (name.starts_with("tape_")) return tape_call(name, e, arguments);
    if (!fact->pure || fact->signature.find("function") != std::string_view::npos) escape_arrays(e);
    return array_builtin(name, arguments);
  }

  const Thing& at(const std::vector<Thing>& arguments, size_t i) const {
    static const Thing unknown;
    return i < arguments.size() ? arguments[i] : unknown;
  }

  Thing array_builtin(std::string_view name, const std::vector<Thing>& arguments) {
    if (name == "arr_fill" && arguments.size() == 2 && at(arguments, 0).is(Thing::Kind::Scalar)) return list(dimension(arguments[1]));
    if (name == "arr_new" && arguments.size() == 2 && at(arguments, 1).is(Thing::Kind::Scalar)) return list(dimension(arguments[0]));
    if (name == "arr_zeros" || name == "arr_ones") return arguments.size() == 1 ? list(dimension(arguments[0])) : Thing();
    if (name == "arr_zeros_2d" && arguments.size() == 2) return matrix(dimension(arguments[0]), dimension(arguments[1]));
    if ((name == "range" || name == "arr_range" || name == "arr_from_range") && (arguments.size() == 1 || arguments.size() == 2)) {
      const Dim from = arguments.size() == 2 ? dimension(arguments[0]) : Dim(0), to = dimension(arguments.back());
      if (!from || !to) return list({});
      Thing t = list(std::max<int64_t>(0, *to - *from));
      if (*to > *from) {
        t.least = *from;
        t.most = *to - 1;
      }
      return t;
    }
    return {};
  }

  // --- what the tape does ---

  void report(ShapeFinding::Kind kind, Span span, std::string message) {
    if (quiet_ || tries_ > 0) return;
    if (std::ranges::any_of(found_, [&](const ShapeFinding& f) { return f.span == span && f.message == message; })) return;
    found_.push_back({kind, span, std::move(message)});
  }

  // The node that a value becomes.
  static Thing lifted(const Thing& t) {
    if (t.is(Thing::Kind::Scalar)) return node(1, 1);
    if (t.is(Thing::Kind::List)) return t.shape.cols == 0 ? node(0, 0) : node(1, t.shape.cols);
    if (t.is(Thing::Kind::Matrix)) return node(t.shape);
    return {};
  }

  Thing read_back(const Thing& t) {
    if (!t.is(Thing::Kind::Node) || !t.shape.rows || !t.shape.cols) return {};
    if (t.shape.rows != 1) return *t.shape.rows == 0 ? Thing() : matrix(t.shape.rows, t.shape.cols);
    return t.shape.cols == 1 ? scalar() : list(t.shape.cols);
  }

  Thing product(std::string_view name, Span span, const Thing& a, const Thing& b) {
    if (!a.is(Thing::Kind::Node) || !b.is(Thing::Kind::Node)) {
      return node(a.is(Thing::Kind::Node) ? a.shape.rows : Dim(), b.is(Thing::Kind::Node) ? b.shape.cols : Dim());
    }
    if (a.shape.cols && b.shape.rows && a.shape.cols != b.shape.rows)
      report(ShapeFinding::Kind::Product, span,
             fmt::format("`{}` multiplies {} by {}: {} columns against {} rows", name, text(a.shape), text(b.shape), *a.shape.cols, *b.shape.rows));
    return node(a.shape.rows, b.shape.cols);
  }

  static bool is_one(Dim d) { return d && *d == 1; }

  // False: they cannot be broadcast. Otherwise what comes out, where it is known.
  static bool broadcast(Dim a, Dim b, Dim& result) {
    if (a && b) {
      if (*a != *b && *a != 1 && *b != 1) return false;
      result = *a == 1 ? b : a;
      return true;
    }
    const Dim known = a ? a : b;
    result = known && *known > 1 ? known : Dim();  // the other one is that, or 1
    return true;
  }

  Thing elementwise(std::string_view name, Span span, const Thing& a, const Thing& b) {
    if (!a.is(Thing::Kind::Node) || !b.is(Thing::Kind::Node)) return {};
    Shape result;
    const bool rows = broadcast(a.shape.rows, b.shape.rows, result.rows), cols = broadcast(a.shape.cols, b.shape.cols, result.cols);
    if (rows && cols) return node(result);
    report(ShapeFinding::Kind::Broadcast, span,
           fmt::format("`{}` cannot broadcast {} and {}: {} and {} {} are neither equal nor 1", name, text(a.shape), text(b.shape),
                       text(rows ? a.shape.cols : a.shape.rows), text(rows ? b.shape.cols : b.shape.rows), rows ? "columns" : "rows"));
    return {};
  }

  // Token ids or classes against the number there are.
  void check_ids(std::string_view name, std::string_view what, const NamedCallExpr& e, size_t argument, const Thing& ids, Dim count) {
    if (!count || !ids.is(Thing::Kind::List) || argument >= e.arguments.size()) return;
    const Span span = e.arguments[argument]->span;
    const auto say = [&](int64_t id, Span where) {
      report(ShapeFinding::Kind::Index, where, fmt::format("`{}`: {} {} is outside 0 to {}", name, what, id, *count - 1));
    };
    if (ids.elements) {
      const Expr* written = bare(e.arguments[argument]);
      for (size_t i = 0; i < ids.elements->size(); ++i) {
        const Dim id = (*ids.elements)[i];
        if (!id || (*id >= 0 && *id < *count)) continue;
        return say(*id, written->kind == ExprKind::Array ? static_cast<const ArrayExpr*>(written)->elements[i]->span : span);
      }
    } else if (ids.most && *ids.most >= *count) {
      say(*ids.most, span);
    } else if (ids.least && *ids.least < 0) {
      say(*ids.least, span);
    }
  }

  Thing lookup(std::string_view name, const NamedCallExpr& e, const Thing& table, const Thing& ids) {
    if (!table.is(Thing::Kind::Node)) return {};
    check_ids(name, "token id", e, 1, ids, table.shape.rows);
    return node(ids.is(Thing::Kind::List) ? ids.shape.cols : Dim(), table.shape.cols);
  }

  Thing normalised(std::string_view name, Span span, const Thing& x, const Thing& gamma, const Thing& beta) {
    if (!x.is(Thing::Kind::Node)) return {};
    for (const Thing* g : {&gamma, &beta}) {
      if (!g->is(Thing::Kind::Node)) continue;
      if (x.shape.cols && g->shape.cols && x.shape.cols != g->shape.cols) {
        report(ShapeFinding::Kind::Width, span,
               fmt::format("`{}`: {} columns of x against {} of gamma and beta", name, *x.shape.cols, *g->shape.cols));
        break;
      }
    }
    return x;
  }

  Thing cross_entropy(std::string_view name, const NamedCallExpr& e, const Thing& logits, const Thing& targets) {
    if (logits.is(Thing::Kind::Node) && targets.is(Thing::Kind::List)) {
      if (logits.shape.rows && targets.shape.cols && logits.shape.rows != targets.shape.cols)
        report(ShapeFinding::Kind::Width, e.span,
               fmt::format("`{}`: {} targets for {} rows of logits", name, *targets.shape.cols, *logits.shape.rows));
      check_ids(name, "target", e, 1, targets, logits.shape.cols);
    }
    return node(1, 1);
  }

  Thing tape_call(std::string_view name, const NamedCallExpr& e, const std::vector<Thing>& arguments) {
    const Thing &a = at(arguments, 0), &b = at(arguments, 1), &c = at(arguments, 2);
    if (name == "tape_var" || name == "tape_const") return lifted(a);
    if (name == "tape_value") return read_back(a);
    if (name == "tape_grad") return read_back(a);
    if (name == "tape_matmul") return product(name, e.span, a, b);
    if (name == "tape_add" || name == "tape_sub" || name == "tape_mul" || name == "tape_div") return elementwise(name, e.span, a, b);
    if (name == "tape_embedding_lookup") return lookup(name, e, a, b);
    if (name == "tape_layernorm") return normalised(name, e.span, a, b, c);
    if (name == "tape_cross_entropy_batch") return cross_entropy(name, e, a, b);
    if (name == "tape_sum" || name == "tape_mean") return node(1, 1);
    if (name == "tape_reset") {
      // The ids that variables hold name other nodes from now on, or none.
      std::erase_if(state_->known, [](const auto& v) { return v.second.is(Thing::Kind::Node) || v.second.is(Thing::Kind::Layer); });
      return {};
    }
    if (!a.is(Thing::Kind::Node)) return {};
    if (name == "tape_row_sum" || name == "tape_row_mean") return node(a.shape.rows, 1);
    if (name == "tape_transpose") return node(a.shape.cols, a.shape.rows);
    if (name == "tape_substrate_sparse_scores") {
      if (b.is(Thing::Kind::Node) && a.shape.cols && b.shape.cols && a.shape.cols != b.shape.cols)
        report(ShapeFinding::Kind::Product, e.span, fmt::format("`{}`: queries are {}, keys {}", name, text(a.shape), text(b.shape)));
      return b.is(Thing::Kind::Node) ? node(a.shape.rows, b.shape.rows) : Thing();
    }
    if (name == "tape_set_value") {
      const Thing given = lifted(b);
      const auto differ = [](Dim x, Dim y) { return x && y && *x != *y; };
      if (given.is(Thing::Kind::Node) && (differ(given.shape.rows, a.shape.rows) || differ(given.shape.cols, a.shape.cols)))
        report(ShapeFinding::Kind::Width, e.span, fmt::format("`{}`: the node is {}, the new value {}", name, text(a.shape), text(given.shape)));
      return {};
    }
    constexpr std::string_view kSameShape[] = {
        "tape_neg",     "tape_pow_int", "tape_exp",     "tape_log",                "tape_abs",                 "tape_sin",        "tape_cos",
        "tape_relu",    "tape_sigmoid", "tape_tanh",    "tape_phi_log",            "tape_substrate_grad_mod",  "tape_add_scalar", "tape_mul_scalar",
        "tape_div_scalar", "tape_softmax", "tape_smod_softmax", "tape_substrate_resample"};
    return std::ranges::find(kSameShape, name) != std::end(kSameShape) ? a : Thing();
  }

  // --- what prometheus does ---

  Thing forward(std::string_view name, const NamedCallExpr& e, const Thing& model, const Thing& x) {
    if (!model.is(Thing::Kind::Layer)) return {};
    const Layer& l = *model.layer;
    const bool known = x.is(Thing::Kind::Node);
    const auto columns = [&](Dim wanted, std::string_view what) {
      if (known && wanted && x.shape.cols && x.shape.cols != wanted)
        report(ShapeFinding::Kind::Product, e.span,
               fmt::format("`{}`: the input is {}, but the {} layer takes {} columns", name, text(x.shape), what, *wanted));
    };
    switch (l.kind) {
      case Layer::Kind::Linear: columns(l.in, "linear"); return node(known ? x.shape.rows : Dim(), l.out);
      case Layer::Kind::LayerNorm: columns(l.in, "layernorm"); return known ? x : node({}, l.in);
      case Layer::Kind::Attention: columns(l.in, "attention"); return node({}, l.in);
      case Layer::Kind::Embedding:
        if (x.is(Thing::Kind::Scalar) && x.number && l.in && (*x.number < 0 || *x.number >= *l.in))
          report(ShapeFinding::Kind::Index, e.span, fmt::format("`{}`: token {} is outside 0 to {}, so its row is all zeros", name, *x.number, *l.in - 1));
        return node(1, l.out);
      case Layer::Kind::Pointwise: return x;
      case Layer::Kind::Sequential: {
        Thing at = x;
        for (const Thing& part : l.parts) at = forward(name, e, part, at);
        return at;
      }
    }
    return {};
  }

  // The elements of a literal array of layers.
  Thing sequential(const NamedCallExpr& e) {
    if (e.arguments.empty()) return {};
    const Expr* written = bare(e.arguments[0]);
    if (written->kind != ExprKind::Array) return {};
    Layer l{Layer::Kind::Sequential, {}, {}, {}};
    const bool quiet = std::exchange(quiet_, true);
    for (Expr* i : static_cast<const ArrayExpr*>(written)->elements) {
      Thing part = value(*i);
      if (!part.is(Thing::Kind::Layer)) part = {};
      l.parts.push_back(std::move(part));
    }
    quiet_ = quiet;
    return {.kind = Thing::Kind::Layer, .layer = std::make_shared<const Layer>(std::move(l))};
  }

  Thing prometheus_call(std::string_view name, const NamedCallExpr& e, const std::vector<Thing>& arguments) {
    const Thing &a = at(arguments, 0), &b = at(arguments, 1);
    if (name == "prom_linear_new") return layer(Layer::Kind::Linear, dimension(a), dimension(b));
    if (name == "prom_embedding_new") return layer(Layer::Kind::Embedding, dimension(a), dimension(b));
    if (name == "prom_layernorm_new") return layer(Layer::Kind::LayerNorm, dimension(a), dimension(a));
    if (name == "prom_attention_new") return layer(Layer::Kind::Attention, dimension(a), dimension(b));
    if (name == "prom_relu_layer" || name == "prom_sigmoid_layer") return layer(Layer::Kind::Pointwise, {}, {});
    if (name == "prom_sequential") return sequential(e);
    if (name == "prom_embedding_batch")
      return a.is(Thing::Kind::Layer) && a.layer->kind == Layer::Kind::Embedding ? lookup(name, e, node(a.layer->in, a.layer->out), b) : Thing();
    if (name == "prom_sequential_forward") return forward(name, e, a, b);
    constexpr std::pair<std::string_view, Layer::Kind> kForward[] = {
        {"prom_linear_forward", Layer::Kind::Linear}, {"prom_embedding_forward", Layer::Kind::Embedding},
        {"prom_layernorm_forward", Layer::Kind::LayerNorm}, {"prom_attention_forward", Layer::Kind::Attention}};
    for (const auto& [function, kind] : kForward)
      if (name == function) return a.is(Thing::Kind::Layer) && a.layer->kind == kind ? forward(name, e, a, b) : Thing();
    if (name == "prom_relu" || name == "prom_sigmoid" || name == "prom_substrate_softmax" || name == "prom_substrate_resample" ||
        name == "prom_q6_modulate")
      return a;
    if (name == "prom_one_hot") return node(1, dimension(b));
    if (name == "prom_crt_pe_matrix") return matrix(dimension(a), dimension(b));
    if (name == "prom_geodesic_bias_matrix") return matrix(dimension(a), dimension(a));
    if (name == "prom_mse_loss") {
      elementwise(name, e.span, a, b);
      return node(1, 1);
    }
    if (name == "prom_cross_entropy_batch") return cross_entropy(name, e, a, b);
    if (name == "prom_cross_entropy_loss") return node(1, 1);
    escape_arrays(*const_cast<NamedCallExpr*>(&e));
    return {};
  }

  const LintContext& lint_;
  std::vector<ShapeFinding> found_;
  std::unordered_set<std::string_view> aliases_;  // of prometheus
  bool plain_ = false;                            // imported without one
  Function* function_ = nullptr;
  State* state_ = nullptr;
  int tries_ = 0;
  bool quiet_ = false;
  int depth_left_ = 16;  // constants that name constants
};

}  // namespace

std::vector<ShapeFinding> find_shape_errors(const LintContext& lint) { return Analysis(lint).run(); }

}  // namespace omc::lang
