#pragma once
// A compiled function: code, constants, and the tables its instructions refer to.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.hpp"  // PatternKind, Span
#include "vm/bytecode.hpp"
#include "vm/object.hpp"

namespace omc::lang {
class Source;
}

namespace omc::vm {

// Where a closure takes a captured variable from: a register of the function that makes it, or a capture of its own.
struct CaptureSource {
  bool from_register;
  uint32_t index;
};

// Instructions [begin, end) are covered; an error there puts its value into R[error] (a finalizer: the saved error into
// R[error], its thrown value into R[error + 1]) and goes on at `target`. Innermost first.
struct Handler {
  uint32_t begin, end;
  uint32_t target;
  uint32_t error;
  bool finalizer;
};

struct PatternSite {
  lang::PatternKind kind;
  Tag tag = Tag::Null;  // Type
  int64_t low = 0, high = 0;
  double number = 0;
  String* text = nullptr;
};

// Remembers the methods that a call found, for the last few classes it met: valid while no function was defined since.
// Class names are interned, so that addresses tell them apart.
struct MethodCache {
  static constexpr size_t kWays = 4;
  uint64_t epoch = 0;
  size_t next = 0;  // the way to be replaced
  const String* class_names[kWays] = {};
  Function* methods[kWays] = {};

  Function* find(const String* class_name) const {
    for (size_t i = 0; i < kWays; ++i)
      if (class_names[i] == class_name) return methods[i];
    return nullptr;
  }
  void remember(uint64_t now, const String* class_name, Function* method) {
    if (epoch != now) *this = {};
    epoch = now;
    class_names[next] = class_name;
    methods[next] = method;
    next = (next + 1) % kWays;
  }
};

// A call `value.method(...)`.
struct MethodSite {
  String* name;
  MethodCache cache = {};
};

// A call `R.M(...)`: the whole name, then M itself, which may hold further dots.
struct DottedSite {
  GlobalCell* whole;
  String* variable;  // R
  String* member;    // M
  GlobalCell* member_cell;
  MethodCache cache = {};
};

struct ClassSite {
  String* name;
  GlobalCell* constructor;
  String* parent;                        // or nullptr
  std::vector<String*> fields;
  std::vector<String*> method_names;
  std::vector<GlobalCell*> method_cells;  // C__m
};

struct ImportSite {
  std::string module;
  std::string alias;               // empty when absent
  bool selective = false;
  std::vector<String*> names;      // of a selective import
  bool inside_function = false;
  lang::Span span;
};

// A call written eval_omc(...) and the like: which names the snippet sees, and where they are.
struct EvalSite {
  struct Visible {
    String* name;
    bool from_register;  // a register holding the box, else a capture
    uint32_t index;
    bool own;            // of this very function
  };
  const Builtin* builtin = nullptr;
  GlobalCell* cell = nullptr;
  std::vector<Visible> visible;
  bool has_late = false;
  bool late_from_register = false;
  uint32_t late_index = 0;
};

struct Position {
  uint32_t pc;  // from this instruction on
  lang::Span span;
};

struct Proto : Object {
  String* name = nullptr;  // empty for a lambda; as the call trace shows it
  uint32_t parameter_count = 0;
  uint32_t register_count = 0;
  bool is_generator = false;
  bool is_lambda = false;
  bool is_top_level = false;
  std::vector<Instruction> code;
  std::vector<Value> constants;
  std::vector<String*> kept;  // strings that the site tables mention
  std::vector<Proto*> protos;
  std::vector<GlobalCell*> cells;
  std::vector<CaptureSource> captures;
  std::vector<String*> capture_names;
  std::vector<String*> variable_names;  // of the first registers
  std::vector<Handler> handlers;
  std::vector<PatternSite> patterns;
  std::vector<MethodSite> method_sites;
  std::vector<DottedSite> dotted_sites;
  std::vector<ClassSite> class_sites;
  std::vector<ImportSite> import_sites;
  std::vector<EvalSite> eval_sites;
  std::vector<Position> positions;
  // The variable an index instruction reads from, for its error text: pc and name, ascending.
  std::vector<std::pair<uint32_t, String*>> index_names;
  std::shared_ptr<const lang::Source> source;
  lang::Span span;
  // Calls and backward jumps until native code is asked for (native_code.hpp), and what that keeps about this function.
  bool never_native = false;   // @no_jit
  bool native_at_once = false; // @hbit
  int32_t call_heat = INT32_MAX;
  int32_t loop_heat = INT32_MAX;
  void* native_state = nullptr;

  lang::Span position(size_t pc) const;
  const String* index_name(size_t pc) const;
};

}  // namespace omc::vm
