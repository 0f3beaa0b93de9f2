#pragma once
// The syntax tree of one source file: plain structs in an arena that the Module owns.
//
// The parser makes the nodes; resolve() then fills the `binding` of every name and the variables of every Function.
// Nothing else writes to a tree. Nodes are never destroyed one by one, so they hold only trivially destructible members:
// lists are spans of the arena, texts are string views of it. Names are interned: equal names have equal data().
//
// A tree can be deep (the parser bounds it, see parser.hpp): chains of one binary operator lean to the left, so whoever
// walks expressions should loop over BinaryExpr::left instead of recursing into it.

#include <cstdint>
#include <memory>
#include <memory_resource>  // monotonic_buffer_resource: the arena
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lang/span.hpp"

namespace omc::lang {

class Source;

enum class ExprKind : uint8_t {
#define OMC_EXPR(Name) Name,
#include "lang/exprs.def"
};

enum class StmtKind : uint8_t {
#define OMC_STMT(Name) Name,
#include "lang/stmts.def"
};

using Name = std::string_view;  // interned in Module::names

struct Expr {
  ExprKind kind;
  Span span;
};

struct Stmt {
  StmtKind kind;
  Span span;
};

using ExprList = std::span<Expr* const>;
using StmtList = std::span<Stmt* const>;

struct Block {
  StmtList statements;
  Span span;  // from `{` to `}`
};

// A name as it stands in the text.
struct Identifier {
  Name name;
  Span span;
};

// What a name means at one place; set by resolve() (language reference, section 7).
struct Binding {
  enum class Kind : uint8_t {
    Global,    // looked up each time in the program's table
    Local,     // variable `index` of the function around it
    Captured,  // capture `index` of the function around it
    Late,      // a name that an evaluated snippet adds to the call it is evaluated in
  };
  Kind kind = Kind::Global;
  uint32_t index = 0;
};

// A variable of a function. `captured`: a nested function mentions it, so it outlives the call.
struct Variable {
  Name name;
  bool is_parameter = false;
  bool captured = false;
  Span declared_at;
};

// Where a closure takes capture i from when it is made: the enclosing function's variable or its own capture.
struct Capture {
  Name name;
  bool from_parent_variable = false;
  uint32_t index = 0;
};

struct Parameter {
  Identifier name;
  Name type;  // empty when absent; parsed and ignored
};

// `@name`, `@pragma[name]` before fn; `@name[:value]` after the signature.
struct Pragma {
  Name name;
  std::string_view value;  // text of the value, empty when absent
  Span span;
};

// A function: of an fn statement, a method or a lambda. The top level of a module is one too (Module::top_level).
struct Function {
  Identifier name;  // empty name: a lambda or the top level
  std::span<const Parameter> parameters;
  Name return_type;
  std::span<const Pragma> pragmas;
  Block body;               // a lambda with a bare expression has only `expression`
  Expr* expression = nullptr;
  Span span;
  bool is_lambda = false;
  bool is_generator = false;  // its own body contains `yield`

  // Set by resolve().
  Function* parent = nullptr;             // the function around it; nullptr for the top level
  std::span<Variable> variables;          // parameters first, in order
  std::span<const Capture> captures;
  // Late names (reference, section 7): a call of a function that contains an import statement or a written eval_omc(...)
  // keeps them in a scope of its own, which stands in the nameless variable `late_variable`; functions inside it reach
  // that scope through the nameless capture `late_capture`. -1: none.
  int32_t late_variable = -1;
  int32_t late_capture = -1;
  bool has_eval = false;                  // contains a written eval_omc(...) and the like: every visible name is captured

  bool sees_late_names() const { return late_variable >= 0 || late_capture >= 0; }
};

// --- expressions -------------------------------------------------------------------------------------------------------

struct IntExpr : Expr { int64_t value; };
struct FloatExpr : Expr { double value; };
struct StringExpr : Expr { std::string_view value; bool bare_key = false; };  // value: escapes replaced; bare_key: {key: 1}

// Text and holes alternate as written; a part with expr == nullptr is text.
struct FStringPart { std::string_view text; Expr* expr; Span span; };
struct FStringExpr : Expr { std::span<const FStringPart> parts; };

struct ArrayExpr : Expr { ExprList elements; };
struct DictPair { Expr* key; Expr* value; };
struct DictExpr : Expr { std::span<const DictPair> pairs; };

// name: the whole dotted text. head: the text before the first dot (equal to name when there is none); the binding is
// that of `head`.
struct NameExpr : Expr {
  Name name;
  Name head;
  Binding binding;
};

enum class UnaryOp : uint8_t { Negate, BitNot, Not };
enum class BinaryOp : uint8_t { Add, Sub, Mul, Div, Mod, Pow, BitAnd, BitOr, BitXor, ShiftLeft, ShiftRight,
                                Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
enum class LogicalOp : uint8_t { And, Or };

std::string_view spelling(UnaryOp op);
std::string_view spelling(BinaryOp op);
std::string_view spelling(LogicalOp op);

struct UnaryExpr : Expr { UnaryOp op; Expr* operand; };
struct BinaryExpr : Expr { BinaryOp op; Expr* left; Expr* right; Span op_span; };
struct LogicalExpr : Expr { LogicalOp op; Expr* left; Expr* right; };

// callee: the whole dotted name; its span is the position a call trace shows.
struct NamedCallExpr : Expr { NameExpr* callee; ExprList arguments; };
struct ValueCallExpr : Expr { Expr* callee; ExprList arguments; };
struct MethodCallExpr : Expr { Expr* object; Identifier method; ExprList arguments; };
struct IndexExpr : Expr { Expr* object; Expr* index; };
// otherwise: another IfExpr (else if, elif) or nullptr; otherwise_block is the plain else.
struct IfExpr : Expr { Expr* condition; Block then; IfExpr* otherwise_if; Block* otherwise_block; };
struct LambdaExpr : Expr { Function* function; };
struct SafeExpr : Expr { Expr* operand; };
struct ParenExpr : Expr { Expr* inner; };
struct ErrorExpr : Expr {};

// --- patterns ----------------------------------------------------------------------------------------------------------

enum class PatternKind : uint8_t { Int, Float, String, IntRange, StringRange, True, False, Null, Type, Wildcard, Bind };

// One alternative of a match arm.
struct Pattern {
  PatternKind kind;
  Span span;
  int64_t low = 0, high = 0;     // Int (low), IntRange; StringRange: the code points
  double number = 0;             // Float
  std::string_view text;         // String; Type: the type's name; Bind: the variable (interned)
  Binding binding;               // Bind
};

struct MatchArm {
  std::span<Pattern> alternatives;
  Expr* expression = nullptr;  // or
  Block body;                  // when expression is nullptr
  Span span;
};

// --- statements --------------------------------------------------------------------------------------------------------

enum class AssignOp : uint8_t { Set, Add, Sub, Mul, Div, Mod, Pow };
std::string_view spelling(AssignOp op);
BinaryOp binary_op(AssignOp op);  // of a compound assignment

struct LetStmt : Stmt { Identifier name; Expr* value; Binding binding; };
struct SizedArrayStmt : Stmt { Expr* size; Identifier name; Binding binding; };
struct AssignStmt : Stmt { Identifier name; AssignOp op; Expr* value; Binding binding; };
struct IndexAssignStmt : Stmt { IndexExpr* target; AssignOp op; Expr* value; };  // target's innermost object is a NameExpr
struct IfArm { Expr* condition; Block body; };
struct IfStmt : Stmt { std::span<const IfArm> arms; Block* otherwise; };  // if and every elif; else or nullptr
struct WhileStmt : Stmt { Expr* condition; Block body; };
struct ForRangeStmt : Stmt { Identifier name; ExprList bounds; Block body; Binding binding; };  // 1 to 3 bounds
struct ForInStmt : Stmt { Identifier name; Expr* iterable; Block body; Binding binding; };
struct FunctionStmt : Stmt { Function* function; Binding binding; };
struct ClassField { Identifier name; };
struct ClassStmt : Stmt {
  Identifier name;
  Identifier parent;                     // empty name when absent
  std::span<const Identifier> fields;    // in order
  std::span<Function* const> methods;    // in order
};
struct MatchStmt : Stmt { Expr* subject; std::span<MatchArm> arms; };
struct TryStmt : Stmt { Block body; Block* handler; Identifier error; Binding binding; Block* finalizer; };
struct ThrowStmt : Stmt { Expr* value; };
struct YieldStmt : Stmt { Expr* value; };
struct AssertStmt : Stmt { Expr* condition; Expr* message; };  // message or nullptr
struct ImportStmt : Stmt { std::string_view module; Identifier alias; Span module_span; };  // alias: empty name when absent
struct ImportedName { Identifier name; };
struct FromImportStmt : Stmt { std::string_view module; std::span<ImportedName> names; Span module_span; };
struct ReturnStmt : Stmt { Expr* value; };  // value or nullptr
struct BreakStmt : Stmt {};
struct ContinueStmt : Stmt {};
struct PrintStmt : Stmt { Expr* value; };
struct ExpressionStmt : Stmt { Expr* value; };
struct EmptyStmt : Stmt {};
struct ErrorStmt : Stmt {};

// --- the module --------------------------------------------------------------------------------------------------------

struct Comment {
  Span span;  // with its marker, without the newline
};

// Owns every node of one file. The Source must outlive it.
class Module {
 public:
  explicit Module(const Source& source) : source_(source), arena_(64 * 1024) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  const Source& source() const { return source_; }

  template <class T>
  T* make(T node) {
    return new (arena_.allocate(sizeof(T), alignof(T))) T(std::move(node));
  }

  template <class T>
  std::span<T> copy(const std::vector<T>& list) {
    if (list.empty()) return {};
    T* first = static_cast<T*>(arena_.allocate(list.size() * sizeof(T), alignof(T)));
    std::uninitialized_copy(list.begin(), list.end(), first);
    return {first, list.size()};
  }

  std::string_view copy(std::string_view text);
  Name intern(std::string_view text);

  Function* top_level = nullptr;  // its body is the whole file
  std::vector<Comment> comments;  // in source order

 private:
  const Source& source_;
  std::pmr::monotonic_buffer_resource arena_;
  std::unordered_set<std::string_view> names_;
};

// Calls f with the node as its own type; a set of overloads without one for Expr breaks the build when a kind is added.
template <class F>
decltype(auto) visit(const Expr& e, F&& f) {
  switch (e.kind) {
#define OMC_EXPR(Name) \
  case ExprKind::Name: return f(static_cast<const Name##Expr&>(e));
#include "lang/exprs.def"
  }
  __builtin_unreachable();
}

template <class F>
decltype(auto) visit(const Stmt& s, F&& f) {
  switch (s.kind) {
#define OMC_STMT(Name) \
  case StmtKind::Name: return f(static_cast<const Name##Stmt&>(s));
#include "lang/stmts.def"
  }
  __builtin_unreachable();
}

template <class F>
decltype(auto) visit(Expr& e, F&& f) {
  switch (e.kind) {
#define OMC_EXPR(Name) \
  case ExprKind::Name: return f(static_cast<Name##Expr&>(e));
#include "lang/exprs.def"
  }
  __builtin_unreachable();
}

template <class F>
decltype(auto) visit(Stmt& s, F&& f) {
  switch (s.kind) {
#define OMC_STMT(Name) \
  case StmtKind::Name: return f(static_cast<Name##Stmt&>(s));
#include "lang/stmts.def"
  }
  __builtin_unreachable();
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang before 17 does not deduce it

}  // namespace omc::lang
