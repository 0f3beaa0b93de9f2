#include "lsp/index.hpp"

#include <algorithm>

#include "lang/children.hpp"
#include "lang/resolve.hpp"

namespace omc::lsp {

using namespace lang;

class Indexer {
 public:
  Indexer(Index& index, const Module& module)
      : index_(index), function_(module.top_level), top_level_(module.top_level), top_level_variables_(top_level_names(module)) {
    index_.functions_.push_back(top_level_);
    find_aliases(*top_level_);
    block(module.top_level->body);
    sort();
    find_variables();
  }

  // --- called by visit_children ---

  void block(Block& b) {
    for (Stmt* s : b.statements) {
      statement(*s);
      visit_children(*s, *this);
    }
  }
  void expression(Expr*& e) {
    leaf(first_operand(*e));
    visit_operands(*e, *this);
  }
  void function(Function& f) {
    const Function* const around = function_;
    function_ = &f;
    index_.functions_.push_back(&f);
    for (uint32_t i = 0; i < f.parameters.size(); ++i) {
      const Identifier& name = f.parameters[i].name;
      const uint32_t symbol = local(f, i, name.name);
      define(symbol, {DefinitionKind::Parameter, name.span, name.span});
    }
    block(f.body);
    if (f.expression) expression(f.expression);
    function_ = around;
  }

 private:
  struct FirstValue {
    uint32_t symbol;
    Span name, whole;
    const Function* in;
  };

  // Before anything else: an import may stand behind the function that uses its alias.
  void find_aliases(Function& top) {
    struct Walk {
      Index& index;
      void expression(Expr*& e) { visit_operands(*e, *this); }
      void function(Function& f) {
        block(f.body);
        if (f.expression) expression(f.expression);
      }
      void block(Block& b) {
        for (Stmt* s : b.statements) {
          if (s->kind == StmtKind::Import) {
            const auto& import = static_cast<const ImportStmt&>(*s);
            const Name alias = import.alias.name;
            if (!alias.empty() && index.aliases_.try_emplace(alias, static_cast<uint32_t>(index.symbols_.size())).second)
              index.symbols_.push_back({SymbolKind::Alias, alias, nullptr, kNone, {}, {}});
          }
          visit_children(*s, *this);
        }
      }
    } walk{index_};
    walk.block(top.body);
  }

  uint32_t add(SymbolKind kind, std::string_view name, const Function* owner = nullptr, uint32_t alias = kNone) {
    index_.symbols_.push_back({kind, name, owner, alias, {}, {}});
    return static_cast<uint32_t>(index_.symbols_.size() - 1);
  }
  template <class Map, class Key>
  uint32_t find_or_add(Map& map, Key key, SymbolKind kind, std::string_view name, const Function* owner = nullptr, uint32_t alias = kNone) {
    const auto [at, is_new] = map.try_emplace(key, kNone);
    if (is_new) at->second = add(kind, name, owner, alias);
    return at->second;
  }
  uint32_t local(const Function& owner, uint32_t variable, std::string_view name) {
    return find_or_add(locals_, std::pair(&owner, variable), SymbolKind::Local, name, &owner);
  }
  uint32_t global(std::string_view name) { return find_or_add(index_.globals_, name, SymbolKind::Global, name); }
  uint32_t member(std::string_view name) { return find_or_add(index_.members_, name, SymbolKind::Member, name); }
  uint32_t qualified(uint32_t alias, std::string_view name) {
    return find_or_add(qualified_, std::pair(alias, name), SymbolKind::Qualified, name, nullptr, alias);
  }
  uint32_t bound(const Binding& binding, std::string_view name) {
    const VariableOwner owner = owner_of(*function_, binding);
    return owner.function ? local(*owner.function, owner.index, name) : global(name);
  }

  void occurs(uint32_t symbol, Span span, Role role) {
    if (!span.empty()) index_.occurrences_.push_back({span, symbol, role});
  }
  void define(uint32_t symbol, Definition definition) {
    definition.around = function_;
    occurs(symbol, definition.name, Role::Definition);
    index_.symbols_[symbol].definitions.push_back(definition);
  }
  void write(const Binding& binding, const Identifier& name, Span whole) {
    const uint32_t symbol = bound(binding, name.name);
    occurs(symbol, name.span, Role::Write);
    first_values_.push_back({symbol, name.span, whole, function_});
  }

  // `a.b.c` as it stands: what is before the first dot is a name of its own where it means something.
  void read(const NameExpr& e, Role role) {
    if (e.name.size() == e.head.size()) {
      if (is_constant(e.name)) return;
      occurs(bound(e.binding, e.name), e.span, role);
      return;
    }
    const Span head = {e.span.begin, e.span.begin + static_cast<uint32_t>(e.head.size())};
    const Name rest = e.name.substr(e.head.size() + 1);
    // Blanks may stand around the dot: the part behind it is found from the end.
    const Span tail = {e.span.end - std::min(e.span.size(), static_cast<uint32_t>(rest.size())), e.span.end};
    const bool plain = e.span.size() == e.name.size();
    const VariableOwner owner = owner_of(*function_, e.binding);
    if (owner.function) {
      occurs(local(*owner.function, owner.index, e.head), head, Role::Read);
      if (plain) occurs(member(rest), tail, role);
    } else if (const auto alias = index_.aliases_.find(e.head); alias != index_.aliases_.end()) {
      occurs(alias->second, head, Role::Read);
      if (plain) occurs(qualified(alias->second, rest), tail, role);
    } else if (top_level_variables_.contains(e.head)) {
      occurs(global(e.head), head, Role::Read);
      if (plain) occurs(member(rest), tail, role);
    } else if (plain) {
      occurs(global(rest), tail, role);  // the qualifier is dropped
    }
  }
  static bool is_constant(std::string_view name) { return name == "true" || name == "false" || name == "null"; }

  void leaf(Expr& e) {
    if (e.kind == ExprKind::Name) read(static_cast<NameExpr&>(e), Role::Read);
    else if (e.kind == ExprKind::NamedCall) read(*static_cast<NamedCallExpr&>(e).callee, Role::Call);
    else if (e.kind == ExprKind::MethodCall) {
      const Identifier& method = static_cast<MethodCallExpr&>(e).method;
      occurs(member(method.name), method.span, Role::Call);
    }
  }

  void statement(Stmt& s) {
    visit(s, Overloaded{
                 [&](LetStmt& x) { write(x.binding, x.name, x.span); },
                 [&](SizedArrayStmt& x) { write(x.binding, x.name, x.span); },
                 [&](AssignStmt& x) { write(x.binding, x.name, x.span); },
                 [&](IndexAssignStmt& x) {
                   Expr* target = x.target;
                   while (target->kind == ExprKind::Index) target = static_cast<IndexExpr*>(target)->object;
                   leaf(*target);
                 },
                 [&](ForRangeStmt& x) { write(x.binding, x.name, x.span); },
                 [&](ForInStmt& x) { write(x.binding, x.name, x.span); },
                 [&](FunctionStmt& x) { defines(x); },
                 [&](ClassStmt& x) { defines(x); },
                 [&](MatchStmt& x) {
                   for (const MatchArm& arm : x.arms)
                     for (const Pattern& p : arm.alternatives)
                       if (p.kind == PatternKind::Bind) write(p.binding, {p.text, p.span}, arm.span);
                 },
                 [&](TryStmt& x) { if (x.handler) write(x.binding, x.error, x.span); },
                 [&](ImportStmt& x) {
                   index_.imports_.push_back({x.module, x.module_span, !x.alias.name.empty(), false});
                   if (x.alias.name.empty()) return;
                   define(index_.aliases_.at(x.alias.name), {.kind = DefinitionKind::ModuleAlias, .name = x.alias.span, .whole = x.span, .module = x.module});
                 },
                 [&](FromImportStmt& x) {
                   index_.imports_.push_back({x.module, x.module_span, false, true});
                   for (const ImportedName& n : x.names)
                     define(global(n.name.name), {.kind = DefinitionKind::Import, .name = n.name.span, .whole = x.span, .module = x.module});
                 },
                 [](Stmt&) {},
             });
  }
  void defines(FunctionStmt& s) {
    Function& f = *s.function;
    const Definition definition = {.kind = DefinitionKind::Function, .name = f.name.span, .whole = s.span, .function = &f};
    const uint32_t symbol = bound(s.binding, f.name.name);
    define(symbol, definition);
    if (index_.symbols_[symbol].kind == SymbolKind::Local)
      index_.nested_functions_.try_emplace(f.name.name, index_.symbols_[symbol].definitions.back());
  }
  void defines(ClassStmt& s) {
    index_.classes_.push_back(&s);
    define(global(s.name.name), {.kind = DefinitionKind::Class, .name = s.name.span, .whole = s.span, .in_class = &s});
    if (!s.parent.name.empty()) occurs(global(s.parent.name), s.parent.span, Role::Read);
    for (const Function* m : s.methods)
      define(member(m->name.name), {.kind = DefinitionKind::Method, .name = m->name.span, .whole = m->span, .function = m, .in_class = &s});
  }

  void sort() {
    std::ranges::stable_sort(index_.occurrences_, {}, [](const Occurrence& o) { return o.span.begin; });
    for (uint32_t i = 0; i < index_.occurrences_.size(); ++i)
      index_.symbols_[index_.occurrences_[i].symbol].occurrences.push_back(i);
    std::ranges::stable_sort(index_.functions_, {}, [](const Function* f) { return f->span.begin; });
    std::ranges::stable_sort(first_values_, {}, [](const FirstValue& v) { return v.name.begin; });
  }

  // Where a variable gets its first value in the text of the function it belongs to, if nothing else defines its name.
  void find_variables() {
    for (const FirstValue& v : first_values_) {
      Symbol& symbol = index_.symbols_[v.symbol];
      const Function* home = symbol.kind == SymbolKind::Local ? symbol.owner : top_level_;
      if (v.in != home || !symbol.definitions.empty()) continue;
      symbol.definitions.push_back({.kind = DefinitionKind::Variable, .name = v.name, .whole = v.whole, .around = v.in});
      for (const uint32_t o : symbol.occurrences)
        if (index_.occurrences_[o].span == v.name) index_.occurrences_[o].role = Role::Definition;
    }
  }

  Index& index_;
  const Function* function_;
  Function* top_level_;
  std::unordered_set<std::string_view> top_level_variables_;
  std::map<std::pair<const Function*, uint32_t>, uint32_t> locals_;
  std::map<std::pair<uint32_t, std::string_view>, uint32_t> qualified_;
  std::vector<FirstValue> first_values_;
};

Index::Index(const Module& module) { Indexer(*this, module); }

const Occurrence* Index::at(uint32_t offset) const {
  const auto after = std::ranges::upper_bound(occurrences_, offset, {}, [](const Occurrence& o) { return o.span.begin; });
  if (after == occurrences_.begin()) return nullptr;
  const Occurrence& o = *std::prev(after);
  if (offset <= o.span.end) return &o;
  return nullptr;
}

static const Symbol* found_in(const std::unordered_map<std::string_view, uint32_t>& map, std::string_view name,
                              const std::vector<Symbol>& symbols) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &symbols[found->second];
}

const Symbol* Index::global(std::string_view name) const { return found_in(globals_, name, symbols_); }
const Symbol* Index::member(std::string_view name) const { return found_in(members_, name, symbols_); }
const Symbol* Index::alias(std::string_view name) const { return found_in(aliases_, name, symbols_); }

const Definition* Index::nested_function(std::string_view name) const {
  const auto found = nested_functions_.find(name);
  return found == nested_functions_.end() ? nullptr : &found->second;
}

const Function& Index::innermost_function(uint32_t offset) const {
  const Function* best = functions_.front();
  for (const Function* f : functions_) {
    if (f->span.begin > offset) break;
    if (offset < f->span.end) best = f;
  }
  return *best;
}

}  // namespace omc::lsp
