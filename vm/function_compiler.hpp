#pragma once
// The compiler of one function: registers, jumps, and what both halves (expressions, statements) share. Private to vm/.
//
// Registers: variables first (parameters in order), then hidden ones, then temporaries as a stack. An expression is
// compiled either into a given register or "anywhere": then a variable that already lives in a register costs nothing.

#include <optional>
#include <unordered_map>
#include <vector>

#include "vm/compiler.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

using Register = uint32_t;

struct ModuleContext {
  Vm& vm;
  const lang::Module& module;
  std::shared_ptr<const lang::Source> source;
  const CompileOptions& options;
  std::unordered_set<std::string_view> top_level_names;
};

// Thrown when a jump does not fit its 16 bits: the function is compiled again with long jumps.
struct NeedsLongJumps {};

class FunctionCompiler {
 public:
  FunctionCompiler(ModuleContext& context, FunctionCompiler* parent, const lang::Function& function, bool long_jumps);

  // With long jumps when it must be.
  static Proto* compile(ModuleContext& context, FunctionCompiler* parent, const lang::Function& function);

 private:
  using Jumps = std::vector<size_t>;  // instructions whose target is still open

  struct Loop {
    Jumps breaks, continues;
    size_t finalizers;  // how many were open outside it
  };

  // A `finally` whose protected part is being compiled. `state` tells the end of the finalizer how to go on:
  // 0 normally, 1 the error in `error` again, 2 and up the exits.
  struct Finalizer {
    enum class ExitKind { Return, Break, Continue };
    struct Exit {
      ExitKind kind;
      Loop* loop;
    };
    Register state, error, result;
    std::vector<Exit> exits;
    Jumps to_finalizer;
  };

  using Assigned = std::vector<bool>;

  // --- frame of the function ---
  void prologue();
  void finish();
  void remove_first_instruction();

  // --- statements (compiler_statements.cpp) ---
  void block(const lang::Block& b);
  void list(lang::StmtList statements);
  void statement(const lang::Stmt& s);
  void let_statement(const lang::Identifier& name, const lang::Binding& binding, const lang::Expr* value);
  void assign_statement(const lang::AssignStmt& s);
  void index_assign_statement(const lang::IndexAssignStmt& s);
  void if_statement(const lang::IfStmt& s);
  void while_statement(const lang::WhileStmt& s);
  void for_range_statement(const lang::ForRangeStmt& s);
  void for_in_statement(const lang::ForInStmt& s);
  void function_statement(const lang::FunctionStmt& s);
  void class_statement(const lang::ClassStmt& s);
  void match_statement(const lang::MatchStmt& s);
  void try_statement(const lang::TryStmt& s);
  void try_and_catch(const lang::TryStmt& s);
  void import_statement(const lang::ImportStmt& s);
  void from_import_statement(const lang::FromImportStmt& s);
  void return_statement(const lang::ReturnStmt& s);
  void leave(Register result);  // through the open finalizers
  void leave_loop(Finalizer::ExitKind kind, Loop& loop, lang::Span span);
  void emit_return(Register result);
  void assert_statement(const lang::AssertStmt& s);
  uint32_t pattern_site(const lang::Pattern& p);

  // --- expressions (compiler_expressions.cpp) ---
  Register any(const lang::Expr* e);
  void into(const lang::Expr* e, Register dest);
  void binary_into(const lang::BinaryExpr& e, Register dest);
  void emit_binary(lang::BinaryOp op, Register dest, Register left, const lang::Expr* right, lang::Span span);
  void logical_into(const lang::LogicalExpr& e, Register dest);
  void name_into(const lang::NameExpr& e, Register dest, bool variable_only);
  void fstring_into(const lang::FStringExpr& e, Register dest);
  void array_into(const lang::ArrayExpr& e, Register dest);
  void dict_into(const lang::DictExpr& e, Register dest);
  void index_into(const lang::IndexExpr& e, Register dest);
  void if_into(const lang::IfExpr& e, Register dest);
  void branch_into(const lang::Block& b, Register dest);
  void safe_into(const lang::SafeExpr& e, Register dest);
  void named_call_into(const lang::NamedCallExpr& e, Register dest, bool result_unused, bool lends = false);
  const Builtin* builtin_called(const lang::NamedCallExpr& e);
  bool lent_arguments(lang::ExprList list, uint8_t takes);
  bool short_call_into(const lang::NamedCallExpr& e, Register dest, bool result_unused);
  void dotted_call_into(const lang::NamedCallExpr& e, Register dest);
  void eval_call_into(const lang::NamedCallExpr& e, Register dest);
  void call_builtin_into(std::string_view name, lang::ExprList arguments, Register dest, lang::Span span);
  void value_call_into(const lang::ValueCallExpr& e, Register dest);
  void method_call_into(const lang::MethodCallExpr& e, Register dest);
  Register arguments(lang::ExprList list);         // into consecutive registers; the first of them
  Register spread_arguments(lang::ExprList list);  // into an array
  void jump_if(const lang::Expr* e, bool sense, Jumps& jumps);
  Register object_of(const lang::Expr* e);  // of an index: a name there must be a variable
  void note_object_name(const lang::Expr* object);
  // The value of the variable before a call, which may be unassigned.
  void load_candidate(const lang::Binding& binding, std::string_view name, Register dest);
  void closure_into(const lang::Function& function, Register dest);
  std::optional<uint32_t> constant_operand(const lang::Expr* e);
  // The constant of a division by an int that has a reciprocal (DivIntK, ModIntK).
  std::optional<uint32_t> divisor_operand(lang::BinaryOp op, const lang::Expr* e);
  bool is_constant_name(std::string_view name) const { return name == "true" || name == "false" || name == "null"; }
  // Whether the value only reaches its register with the last instruction, so that it may be a variable's.
  static bool written_last(const lang::Expr* e);
  static bool has_statements(const lang::Expr* e);

  // --- variables ---
  bool in_register(const lang::Binding& b) const {
    return b.kind == lang::Binding::Kind::Local && !function_.variables[b.index].captured;
  }
  void store(const lang::Binding& binding, std::string_view name, Register value, lang::Span span);
  void mark_assigned(const lang::Binding& b);
  bool is_assigned(const lang::Binding& b) const;
  // The register that holds the scope of late names; a temporary when it is a capture.
  Register late_scope();
  void intersect(const Assigned& other);

  // --- emission ---
  size_t emit(Instruction i, lang::Span span);
  size_t emit(Instruction i) { return emit(i, here_); }
  size_t emit_jump(Op op, uint32_t a, uint32_t b, uint8_t n, lang::Span span);  // target open
  size_t emit_jump(Op op, uint32_t a = 0, uint32_t b = 0, uint8_t n = 0) { return emit_jump(op, a, b, n, here_); }
  void patch(size_t jump, size_t target);
  void patch_here(const Jumps& jumps);
  void patch_to(const Jumps& jumps, size_t target);
  size_t pc() const { return proto_->code.size(); }

  Register temporary();
  uint32_t constant(Value v);
  uint32_t constant_string(std::string_view text);
  uint32_t divisor_constant(int64_t divisor);  // the reciprocal in the one behind it
  uint32_t cell_index(GlobalCell* cell);
  GlobalCell* cell_named(std::string_view name);  // as code of this module means it
  GlobalCell* plain_cell(std::string_view name);
  GlobalCell* own_cell(std::string_view name);    // where a function or class of this module is defined
  String* keep(std::string_view text);            // an interned string that lives as long as the proto
  [[noreturn]] void too_large(const char* what, lang::Span span);

  // Temporaries made in its scope are free again afterwards.
  class Temporaries {
   public:
    explicit Temporaries(FunctionCompiler& c) : compiler_(c), mark_(c.next_register_) {}
    ~Temporaries() { compiler_.next_register_ = mark_; }

   private:
    FunctionCompiler& compiler_;
    Register mark_;
  };

  ModuleContext& context_;
  FunctionCompiler* parent_;
  const lang::Function& function_;
  Proto* proto_;
  bool long_jumps_;
  Register next_register_ = 0;
  Register collector_ = 0;      // of a generator
  int64_t result_register_ = -1;  // receives expression statements: of a snippet, or of an if-expression's branch
  bool result_unused_ = false;    // of the expression that is compiled next: a statement of its own
  bool needs_clearing_ = false;   // some variable may be read before it is assigned
  Assigned assigned_;
  std::vector<Loop*> loops_;
  std::vector<Finalizer*> finalizers_;
  std::unordered_map<uint64_t, uint32_t> int_constants_, float_constants_;
  std::unordered_map<int64_t, uint32_t> divisor_constants_;
  std::unordered_map<const String*, uint32_t> string_constants_;
  std::unordered_map<GlobalCell*, uint32_t> cell_indices_;
  lang::Span here_;
};

}  // namespace omc::vm
