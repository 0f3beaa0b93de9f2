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
  vm::Closure* closure = nullptr;
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
  std::vector<Version*> calls;
  LLVMValueRef function = nullptr;
  LLVMTypeRef function_type = nullptr;
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
  Version* callee(vm::Closure* closure, const std::vector<Type>& arguments, Version& caller);
  const Site* site(const Version& v, uint32_t pc);
  const HostTable& host() const { return host_; }
  // Of a native function: the value's bits, a double when it is a float, and its tag.
  LLVMTypeRef result_type(const Version& v) const;
  bool random_exits() const { return options_.random_exits; }

 private:
  Version* add_version(vm::Closure* closure);
  bool inlines_itself(const Version& v);
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
  size_t instructions_ = 0;
};

// What a value in the VM is to native code: of arrays also the elements, as a guess.
Type type_of(const vm::Value& v);

}  // namespace omc::jit
