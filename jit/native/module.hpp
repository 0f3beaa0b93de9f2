#pragma once
// From bytecode to LLVM IR: one module for a unit and the functions it calls directly.
//
// A version is a function for given kinds of arguments, or a loop for given kinds of registers. Abstract interpretation finds the
// types at every block; the same code then emits (Lowering with `emit` set), so that analysis and code cannot disagree. Where
// an assumption fails, a cold block stores the registers and leaves at the very instruction.

#include <memory>
#include <string>
#include <vector>

#include "jit/abi.hpp"
#include "jit/native/code_facts.hpp"
#include "jit/native/emitter.hpp"
#include "jit/native/types.hpp"

namespace omc::jit {

struct Version {
  vm::Closure* closure = nullptr;  // one of those it is for; nullptr: none is known yet
  const vm::Proto* proto = nullptr;
  bool loop = false;
  uint32_t entry_pc = 0;
  std::vector<Type> parameters;      // of a function
  State entry;                       // of a loop: registers, then globals
  const CodeFacts* facts = nullptr;
  std::vector<bool> inside;          // of a loop
  std::vector<vm::GlobalCell*> globals;  // those the code reads or writes, in slots behind the registers
  std::vector<bool> written;             // globals that it writes
  std::vector<State> in;             // at leaders; empty: not reached
  std::vector<bool> seen, steps;     // instructions that are reached; those that call the interpreter
  bool root = false, recursive = false;
  uint8_t level = 0;                 // of a function inlined into itself
  bool second_lanes = false;         // of the dual-band mode; see bands.cpp
  bool refused = false;              // its lanes cannot be followed
  bool repeats = false;              // control comes back to the entry
  Type result;                       // None: does not return, as far as is known
  bool announces_registers = false;  // writes registers outside of exits
  bool collects = false;             // the collector may run before it returns
  std::vector<Version*> calls;
  LLVMValueRef function = nullptr;
  LLVMTypeRef function_type = nullptr;

  // Its last argument is the closure that runs: that has captures, or is not known yet.
  bool takes_closure() const { return !closure || !proto->captures.empty(); }
};

// Where the dicts at some place are expected to have a key, and the kind of its value.
struct Field {
  uint32_t entry = vm::Dict::kMissing;
  Type type = kAny;
  bool known() const { return entry != vm::Dict::kMissing; }
};

// What a method call of instances of a class calls.
struct Method {
  const vm::String* class_name;
  vm::Closure* closure;
};

class Module {
 public:
  Module(const HostTable& host, const CompilerOptions& options, Unit& unit, std::string entry_name);
  ~Module();

  // False: refused, and why.
  bool build(const vm::Value* registers, std::string& reason);
  Emitter& emitter() { return e_; }
  std::string signature() const;
  // Sites and the like, which the code refers to: they must outlive it.
  std::vector<std::unique_ptr<Site>> take_sites() { return std::move(sites_); }

  // For Lowering.
  Version* callee(const vm::Proto* proto, vm::Closure* closure, const std::vector<Type>& arguments, Version& caller);
  Site* site(const Version& v, uint32_t pc);
  const HostTable& host() const { return host_; }
  // Of a native function: the value's bits, a double when it is a float, and its tag.
  LLVMTypeRef result_type(const Version& v) const;
  bool random_exits() const { return options_.random_exits; }
  // Code for the same place has been thrown away: its guesses were wrong.
  bool cautious() const { return unit_.cautious; }
  // Code was wanted for a version that analysis did not meet: the unit is refused.
  bool unforeseen() const { return unforeseen_; }
  // The object's address is in the code.
  LLVMValueRef refer(const vm::Object* o);
  // What a value in the VM is to native code: of containers also what is in them, as a guess.
  Type type_of(const vm::Value& v);
  // One dict, or Constructor, stands for all instances of a class: so types are equal when classes are. nullptr: none is known.
  const vm::Object* representative(const vm::Dict* d);
  const vm::Object* representative(const vm::Constructor* c);
  const vm::Object* representative(const vm::String* class_name) const;
  // The same for closures of a Proto, one of which may be known.
  const vm::Object* representative(const vm::Proto* proto, const vm::Closure* closure);
  Field field(const vm::Object* like, const vm::String* key);
  // For the method call at `pc`: of the class that the object is expected to have and, where that is not all there is to know,
  // of those the interpreter met.
  std::vector<Method> methods(const Version& v, uint32_t pc, const vm::Object* like);

 private:
  bool inlines_itself(const Version& v);
  Type sampled(const vm::Value& v, int depth);
  const vm::String* class_name_of(const vm::Dict* d) const;
  const vm::Object* stands_for(const vm::Object* group, const vm::Object* o);
  Version* add_version(const vm::Proto* proto, vm::Closure* closure);
  const CodeFacts& facts(const vm::Proto* proto);
  static void add_call(Version& caller, Version& callee);
  bool reaches(const Version& from, const Version& to) const;
  bool worthwhile() const;
  void declare(Version& v);
  void emit_entry(Version& v);

  const HostTable& host_;
  const CompilerOptions& options_;
  Unit& unit_;
  std::string entry_name_;
  Emitter e_;
  std::vector<std::unique_ptr<Version>> versions_;
  std::vector<std::pair<const vm::Proto*, std::unique_ptr<CodeFacts>>> facts_;
  std::vector<std::unique_ptr<Site>> sites_;
  std::vector<std::pair<const vm::Object*, const vm::Object*>> representatives_;  // of names of classes, and of Protos
  bool sealed_ = false;  // the versions are all there
  bool unforeseen_ = false;
  size_t instructions_ = 0;
};

}  // namespace omc::jit
