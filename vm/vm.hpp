#pragma once
// One interpreter: its heap, its globals, its stack, its loaded modules. Two in one process do not see each other.
//
//   Vm vm(options);
//   stdlib::install(vm);
//   const RunResult result = vm.run_file(source);
//
// A Vm is used by one thread at a time.

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "vm/conversions.hpp"
#include "vm/error.hpp"
#include "vm/frame.hpp"
#include "vm/globals.hpp"
#include "vm/heap.hpp"
#include "vm/native.hpp"
#include "vm/native_code.hpp"
#include "vm/operators.hpp"
#include "vm/output.hpp"
#include "vm/proto.hpp"
#include "vm/root.hpp"

namespace omc::lang {
class Module;
class Source;
struct Diagnostic;
}  // namespace omc::lang

namespace omc::vm {

class ModuleLoader;

// What happens at every safepoint, for tests.
enum class GcStress : uint8_t {
  None,
  Collections,  // a whole one
  Steps,        // a tiny step of one, whose outcome is verified
};

struct VmOptions {
  size_t max_depth = 10000;  // nested calls of user functions
  HeapLimits heap;
  std::vector<std::string> arguments;             // of the program
  std::vector<std::string> module_folders;        // non-empty entries of OMC_STDLIB_PATH
  std::string standard_library;                   // folder of the installed library; may be empty
  GcStress gc_stress = GcStress::None;
  std::atomic<size_t>* lost_bytes = nullptr;      // Heap::set_leak_account
  bool specialise = true;                         // instructions rewrite themselves for the kinds they meet
  std::string tape_mode = "exact";
  size_t threads = 0;        // that builtins may use at a time; 0: one for each core
  double parallel_ms = 4;    // work below this is not spread over threads
  bool isolated = false;     // a helper of another Vm (isolation.hpp): any error ends it, nothing is caught
  size_t tape_threads = 0;  // 0: as many as the process may use
  std::function<void(lang::Module&)> rewrite_modules;  // may change the tree of an imported module before it is compiled
  Observer* observer = nullptr;  // of this Vm alone (observer.hpp); it must outlive the Vm
  // Called after each tape_substrate_sparse_scores that is not empty, for whoever reports it.
  std::function<void(size_t computed_cells, size_t cells)> on_sparse_scores;
};

// How a run ended.
struct RunResult {
  int status = 0;       // exit status; 0: all went well
  std::string message;  // of the error that nobody caught
  std::string trace;    // its call trace: lines "\n  at NAME (L:C)"
  std::shared_ptr<const lang::Source> source;  // where it was raised, if that is known
  lang::Span span;
};

// A consumer of streamed yields; false stops the generator.
using YieldConsumer = std::function<bool(Value)>;

class Vm {
 public:
  explicit Vm(VmOptions options = {});
  ~Vm();
  Vm(const Vm&) = delete;
  Vm& operator=(const Vm&) = delete;

  Heap& heap() { return heap_; }
  Globals& globals() { return globals_; }
  const VmOptions& options() const { return options_; }

  // Asked before a module is read; throws Error when the program must not read that file.
  void guard_modules(std::function<void(const std::string& path)> guard) { module_guard_ = std::move(guard); }

  // --- output ---
  void set_output(Output& output) { output_ = &output; }
  Output& output() { return *output_; }

  // --- builtins ---
  // `effect` is that of the rows that do not name one.
  void add_builtins(std::span<const Builtin> rows, std::string_view category, Effect effect = Effect::Machine);
  std::span<const Builtin* const> builtins() const { return builtins_; }  // in the order added
  const Builtin* find_builtin(std::string_view name) const;
  Effect effect_of(const Builtin& builtin) const;
  // Families in the order added: name and the position of their first row in builtins().
  struct Category {
    std::string_view name;
    size_t first;
  };
  std::span<const Category> categories() const { return categories_; }

  // --- calls, for natives ---
  // Calls a function value, or a string that names a function. Throws Error. Arguments need not be rooted.
  Value call(Value callee, std::span<const Value> arguments);
  Value call(Value callee, std::initializer_list<Value> arguments) {
    return call(callee, std::span<const Value>(arguments.begin(), arguments.size()));
  }
  // Calls `thunk` with streaming on: every yield below goes to the consumer. True: ran out; false: the consumer stopped it.
  bool stream(Value thunk, const YieldConsumer& consume);
  // A value for "NAME" of user functions and builtins; null when unknown.
  Value function_named(std::string_view name);
  bool callable(Value v) const;
  // Checks limits and interrupts inside a long native; throws Error. Cheap.
  void poll() {
    if (due_.load(std::memory_order_relaxed)) [[unlikely]] poll_slow();
  }

  // --- values ---
  Value text(std::string_view s) {
    if (s.size() == 1 && static_cast<unsigned char>(s[0]) < 128) return Value(ascii_[static_cast<unsigned char>(s[0])]);
    return Value(heap_.string(s));
  }
  bool is_instance(Value v, std::string_view class_name);
  // Parent of a class, or nullptr.
  String* parent_class(const String* name) const;

  // Who makes native code of what gets hot; it must outlive the Vm's runs. nullptr: nobody.
  void set_native_code(NativeCode* native) { native_code_ = native; }
  NativeCode* native_code() const { return native_code_; }

  // --- running code ---
  // A program. `rewrite` may change its tree before it is compiled; evaluated text stays as it is,
  // and so do imported modules, but for VmOptions::rewrite_modules.
  using Rewrite = std::function<void(lang::Module&)>;
  RunResult run(std::shared_ptr<const lang::Source> source, const Rewrite& rewrite = {});
  // The value of a snippet evaluated at top level (builtins reference, section 16). Throws Error; `what` begins the
  // message of a syntax error: "eval_omc parse error: at L:C: ...".
  Value evaluate(std::string_view text, std::string_view what);
  // The same with a table of its own, thrown away afterwards: empty, or with copies of the program's functions and of the
  // variables visible at the call.
  Value evaluate_isolated(std::string_view text, std::string_view what, bool with_program);
  // The file an import of this name stands for; throws Error.
  std::string find_module(const std::string& name, const lang::Source& importer) const;
  // A function of the program's table, or nullptr.
  Function* user_function(std::string_view name) const;
  // State that keeps Values across collections marks them here.
  void add_root_marker(std::function<void(Marker&)> marker) { root_markers_.push_back(std::move(marker)); }

  // State that a family of builtins keeps in this Vm, made on first use: vm.state<TapeState>().
  template <class T>
  T& state() {
    std::shared_ptr<void>& slot = states_[std::type_index(typeid(T))];
    if (!slot) slot = std::make_shared<T>();
    return *static_cast<T*>(slot.get());
  }

  // Source text of the running program; nullptr in the REPL.
  const lang::Source* program_source() const { return program_.get(); }

  // --- limits; safe to call from another thread or a signal handler ---
  enum class Stop : uint8_t { None, Timeout, Interrupt, Terminate };
  void request_stop(Stop why) {
    stop_.store(why, std::memory_order_relaxed);
    due_.store(true, std::memory_order_relaxed);
  }
  void clear_stop() { stop_.store(Stop::None, std::memory_order_relaxed); }

 private:
  friend class RootBase;
  friend class Callback;
  friend struct Interpreter;
  friend struct InterpreterSupport;
  friend struct NativeSupport;
  friend class ModuleLoader;
  friend class Isolation;
  friend class IsolatedVm;

  struct ClassInfo {
    String* parent = nullptr;
    std::unordered_map<const String*, GlobalCell*> methods;
  };
  // The program's table at one moment.
  struct TableCopy {
    struct Row {
      GlobalCell* cell;
      Value variable;
      Function* function;
      GlobalCell* fallback;
    };
    std::vector<Row> rows;
    std::unordered_map<const String*, ClassInfo> classes;
  };
  TableCopy copy_table();
  void restore_table(TableCopy&& copy);

  // A function that an error left: turned into a trace line only when somebody reads it.
  struct Left {
    const Proto* callee;
    const Proto* caller;  // nullptr: called by C++
    uint32_t pc;          // of the call in the caller
  };

  // While it lives, loops of this thread that know no Vm (substrate/interrupt.hpp) keep within the limits of this one.
  class Watch;

  // False: an error is pending.
  bool safepoint();
  void collect_garbage();
  // Before a handler runs: under a limit of memory, what the functions left behind may be all that it needs to go on. The
  // registers of the last of them begin at `left`, among those of the frame on top.
  void make_room(Value* left);
  void poll_slow();
  void check_stop();
  void mark_roots(Marker& marker);
  void check_native_stack() const;
  Value* native_top() const;
  Value run_closure(Closure* closure, Value* base, std::span<const Value> arguments);
  Value construct(Constructor* constructor, std::span<const Value> arguments);
  Function* resolve_callable(Value callee, const Builtin*& builtin);
  const String* class_of(Value v) const;  // the class of an instance, or nullptr
  Function* find_method(const String* class_name, const String* method) const;
  FunctionReference* reference(GlobalCell* cell);
  void define_class(const ClassSite& site, const Value* methods);
  void write_trace();  // from left_ into pending_
  RunResult uncaught(Error& e);

  VmOptions options_;
  std::atomic<bool> due_{false};  // something waits at the next safepoint: a collection, a limit, an interrupt
  std::atomic<Stop> stop_{Stop::None};
  Heap heap_;
  Globals globals_;
  Stack stack_;
  NativeCode* native_code_ = nullptr;
  Output* output_ = nullptr;
  std::vector<const Builtin*> builtins_;
  std::vector<Category> categories_;
  std::unordered_map<std::type_index, std::shared_ptr<void>> states_;
  std::vector<std::function<void(Marker&)>> root_markers_;
  std::function<void(const std::string&)> module_guard_;
  std::shared_ptr<const lang::Source> program_;
  std::unique_ptr<ModuleLoader> modules_;
  RootBase* roots_ = nullptr;

  Error pending_;              // the error being raised
  std::vector<Left> left_;     // functions it left since it was raised
  size_t left_dropped_ = 0;
  Value result_;               // of the frame that returned to C++
  uint32_t lambda_count_ = 0;
  std::unordered_map<const String*, ClassInfo> classes_;
  std::vector<const TableCopy*> table_copies_;  // put aside while an isolated snippet runs
  struct Stream {
    const YieldConsumer& consume;
    Stream* outer;
    bool stopped = false;
  };
  Stream* stream_ = nullptr;  // of the generator functions called now; nullptr: they collect
  String* class_key_ = nullptr;   // "__class__"
  String* empty_string_ = nullptr;
  String* ascii_[128] = {};       // one-character strings
  char* native_stack_end_ = nullptr;  // C++ must not recurse below this address
};

// A function that a builtin calls again and again: what each call would look up is looked up once. Holds no reference: the
// function is one of the builtin's arguments.
class Callback {
 public:
  Callback(Vm& vm, Value function);
  // As Vm::call.
  Value operator()(Value x) { return call(std::span<const Value>(&x, 1)); }
  Value operator()(Value x, Value y) {
    const Value both[] = {x, y};
    return call(both);
  }

 private:
  Value call(std::span<const Value> arguments);

  Vm& vm_;
  const Value function_;
  Closure* closure_ = nullptr;  // nullptr: something else that can be called, or nothing
  Value* base_ = nullptr;       // of its registers
};

}  // namespace omc::vm
