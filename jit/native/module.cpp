// Versions, their callees and limits, and the function that C++ calls.

#include "jit/native/module.hpp"

#include <algorithm>

#include "jit/native/lowering.hpp"
#include "vm/bands.hpp"

namespace omc::jit {

namespace {

// Limits of a unit.
constexpr size_t kMostInstructions = 3000;  // of all functions in a module
constexpr size_t kMostRegisters = 250;
constexpr size_t kMostParameters = 16;
constexpr size_t kMostVersions = 24;
constexpr size_t kInlineInstructions = 40;

bool fits_function(const vm::Proto& p) {
  return !p.is_top_level && !p.is_generator && p.captures.empty() && p.handlers.empty() && p.parameter_count <= kMostParameters &&
         p.register_count <= kMostRegisters && p.code.size() <= kMostInstructions;
}

// Of the first few elements.
bool all_strings(const vm::Array& a) {
  return std::all_of(a.values, a.values + std::min<size_t>(a.size, 8), [](const vm::Value& v) { return v.is_string(); });
}

Type sampled(const vm::Value& v, int depth) {
  switch (v.tag()) {
    case Tag::Null: return kNull;
    case Tag::Bool: return kBool;
    case Tag::Int: return kInt;
    case Tag::Float: return kFloat;
    case Tag::String: return kString;
    case Tag::Unassigned: return kUnassigned;
    case Tag::Array: {
      const vm::Array* a = v.as_array();
      if (a->empty()) return array_of(Leaf::Unknown);
      if (a->kind == ElementKind::Ints) return array_of(Leaf::Int);
      if (a->kind == ElementKind::Floats) return array_of(Leaf::Float);
      if (all_strings(*a)) return array_of(Leaf::String);
      if (depth >= 3 || !a->values[0].is_array()) return array_of(Leaf::Mixed);
      return with_element(array_of(Leaf::Unknown), sampled(a->values[0], depth + 1));
    }
    default: return kAny;
  }
}

}  // namespace

Type type_of(const vm::Value& v) { return sampled(v, 0); }

Module::Module(const HostTable& host, const CompilerOptions& options, Unit& unit, std::string entry_name)
    : host_(host), options_(options), unit_(unit), entry_name_(std::move(entry_name)), e_(entry_name_.c_str()) {}
Module::~Module() = default;

const CodeFacts& Module::facts(const vm::Proto* proto) {
  for (const auto& [p, f] : facts_)
    if (p == proto) return *f;
  facts_.emplace_back(proto, std::make_unique<CodeFacts>(*proto));
  return *facts_.back().second;
}

Version* Module::add_version(vm::Closure* closure) {
  versions_.push_back(std::make_unique<Version>());
  Version& v = *versions_.back();
  v.closure = closure;
  v.proto = closure->proto;
  v.facts = &facts(v.proto);
  v.second_lanes = options_.dual_band && vm::has_second_lanes(*v.proto);
  instructions_ += v.proto->code.size();
  for (const Instruction in : v.facts->code) {
    if (in.op != Op::GetGlobal && in.op != Op::GetVariable && in.op != Op::SetGlobal) continue;
    vm::GlobalCell* cell = v.proto->cells[static_cast<uint32_t>(in.bx())];
    auto at = static_cast<size_t>(std::find(v.globals.begin(), v.globals.end(), cell) - v.globals.begin());
    if (at == v.globals.size()) {
      v.globals.push_back(cell);
      v.written.push_back(false);
    }
    if (in.op == Op::SetGlobal) v.written[at] = true;
  }
  return &v;
}

Version* Module::callee(vm::Closure* closure, const std::vector<Type>& arguments, Version& caller) {
  std::vector<Type> parameters;
  for (Type t : arguments) parameters.push_back(t.kind == Kind::Null || t.kind == Kind::Unassigned || t.kind == Kind::None ? kAny : t);
  const uint8_t level = !caller.loop && caller.closure == closure && inlines_itself(caller) ? caller.level + 1 : 0;
  for (const auto& v : versions_) {
    if (v->loop || v->closure != closure || v->level != level) continue;
    bool same = v->parameters.size() == parameters.size();
    for (size_t i = 0; same && i < parameters.size(); ++i) {
      const bool fresh = parameters[i] == array_of(Leaf::Unknown);
      same = fresh ? v->parameters[i].is_array() : v->parameters[i] == parameters[i];
    }
    if (same) {
      add_call(caller, *v);
      return v.get();
    }
  }
  if (versions_.size() >= kMostVersions) return nullptr;
  if (closure->proto->never_native || !fits_function(*closure->proto) || instructions_ + closure->proto->code.size() > kMostInstructions) return nullptr;
  Version* v = add_version(closure);
  v->parameters = std::move(parameters);
  v->level = level;
  add_call(caller, *v);
  return v;
}

// A tiny recursive function is unrolled: its calls go to copies of it that are inlined, those of the last copies to itself. Each
// call still counts against the depth.
bool Module::inlines_itself(const Version& v) {
  constexpr uint8_t kLevels = 1;  // two make fib(39) a sixth faster and take 10 ms more to compile
  constexpr size_t kTiny = 20;
  if (v.level >= kLevels || v.proto->code.size() > kTiny) return false;
  return std::all_of(v.facts->code.begin(), v.facts->code.end(), [](Instruction in) {
    return in.op <= Op::JumpGreaterEqualK || in.op == Op::CallGlobal || in.op == Op::Return || in.op == Op::ReturnNull;
  });
}

void Module::add_call(Version& caller, Version& callee) {
  if (std::find(caller.calls.begin(), caller.calls.end(), &callee) == caller.calls.end()) caller.calls.push_back(&callee);
}

// Whether `from` calls `to`, at whatever distance.
bool Module::reaches(const Version& from, const Version& to) const {
  std::vector<const Version*> seen = {&from};
  for (size_t i = 0; i < seen.size(); ++i)
    for (const Version* next : seen[i]->calls) {
      if (next == &to) return true;
      if (std::find(seen.begin(), seen.end(), next) == seen.end()) seen.push_back(next);
    }
  return false;
}

const Site* Module::site(const Version& v, uint32_t pc) {
  sites_.push_back(std::make_unique<Site>(Site{v.closure, pc, &unit_}));
  return sites_.back().get();
}

bool Module::build(const vm::Value* registers, std::string& reason) {
  const vm::Proto& proto = *unit_.closure->proto;
  if (proto.register_count > kMostRegisters || proto.code.size() > kMostInstructions) {
    reason = "too-large";
    return false;
  }
  if (!unit_.loop && !fits_function(proto)) {
    reason = proto.parameter_count > kMostParameters ? "too-many-params"
             : !proto.handlers.empty()               ? "try"
             : proto.is_generator                    ? "yield"
                                                     : "lambda";
    return false;
  }
  Version& root = *add_version(unit_.closure);
  root.entry_pc = unit_.entry_pc;
  root.loop = unit_.loop;
  if (root.loop) {
    root.inside = root.facts->loop(root.entry_pc);
    root.entry.resize(proto.register_count + root.globals.size() + 1);
    for (size_t r = 0; r < root.entry.size(); ++r) {
      Slot& s = root.entry[r];
      if (r >= proto.register_count) s.type = kCell;
      else if (root.facts->live[root.entry_pc][r]) s = {type_of(registers[r]), true, static_cast<uint32_t>(r + 1)};
    }
  } else {
    for (size_t i = 0; i < proto.parameter_count; ++i) {
      const Type t = type_of(registers[i]);
      root.parameters.push_back(t.kind == Kind::Null || t.kind == Kind::Unassigned ? kAny : t);
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < versions_.size(); ++i) changed |= Lowering(*this, *versions_[i], false).analyse();
  }
  if (std::any_of(versions_.begin(), versions_.end(), [](const auto& v) { return v->refused; })) {
    reason = "mixed-type";
    return false;
  }
  if (root.loop ? !root.repeats : root.result.kind == Kind::None) {
    reason = "too-many-exits";
    return false;
  }
  if (options_.selective && !worthwhile()) {
    reason = "calls";
    return false;
  }
  // Types are final; a function that is never returned from stays so.
  for (const auto& v : versions_) v->recursive = reaches(*v, *v);
  root.root = true;
  for (const auto& v : versions_) declare(*v);
  for (size_t i = 0; i < versions_.size(); ++i) Lowering(*this, *versions_[i], true).emit();
  for (const auto& v : versions_) unit_.callees.push_back(v->closure);
  if (!root.loop) emit_entry(root);
  return true;
}

// A step costs more than the interpreter's own dispatch, which the other instructions must make good.
// Entering native code costs what a few dozen instructions do: a small function without loops and calls is left to the
// interpreter, and to its native callers, which inline it.
bool Module::worthwhile() const {
  const Version& root = *versions_.front();
  if (!root.loop && versions_.size() == 1 && root.calls.empty() && root.proto->code.size() <= kInlineInstructions) {
    bool loops = false;
    for (size_t pc = 0; pc < root.facts->code.size(); ++pc) {
      const Successors s = successors(root.facts->code, pc);
      loops = loops || (s.jump >= 0 && s.jump <= static_cast<int64_t>(pc));
    }
    if (!loops) return false;
  }
  size_t seen = 0, steps = 0;
  for (const auto& v : versions_) {
    seen += static_cast<size_t>(std::count(v->seen.begin(), v->seen.end(), true));
    steps += static_cast<size_t>(std::count(v->steps.begin(), v->steps.end(), true));
  }
  return steps * kWorthwhile <= seen;
}

LLVMTypeRef Module::result_type(const Version& v) const {
  LLVMTypeRef both[] = {v.result.kind == Kind::Float ? e_.f64 : e_.i64, e_.i64};
  return LLVMStructTypeInContext(e_.context, both, 2, false);
}

void Module::declare(Version& v) {
  std::vector<LLVMTypeRef> types = {e_.ptr, e_.i64};
  for (const Type t : v.parameters) {
    if (t.kind == Kind::Any) {
      types.push_back(e_.i64);
      types.push_back(e_.i64);
    } else {
      types.push_back(t.kind == Kind::Float ? e_.f64 : t.is_pointer() ? e_.ptr : e_.i64);
    }
  }
  v.function_type = LLVMFunctionType(v.loop ? e_.i64 : result_type(v), types.data(), static_cast<unsigned>(types.size()), false);
  const bool root = &v == versions_.front().get();
  const std::string name = root && v.loop ? entry_name_ : std::string(v.proto->name->view());
  v.function = LLVMAddFunction(e_.module, name.c_str(), v.function_type);
  if (!(root && v.loop)) LLVMSetLinkage(v.function, LLVMInternalLinkage);
  const auto at = static_cast<unsigned>(LLVMAttributeFunctionIndex);
  e_.add_attribute(v.function, at, "nounwind");
  if (!root && (v.level > 0 || !v.recursive) && v.proto->code.size() <= kInlineInstructions) e_.add_attribute(v.function, at, "alwaysinline");
}

// The function as C++ calls it: arguments in registers of the VM, their kinds checked.
void Module::emit_entry(Version& v) {
  LLVMTypeRef types[] = {e_.ptr, e_.i64, e_.ptr};
  LLVMTypeRef type = LLVMFunctionType(e_.i64, types, 3, false);
  LLVMValueRef f = LLVMAddFunction(e_.module, entry_name_.c_str(), type);
  e_.add_attribute(f, static_cast<unsigned>(LLVMAttributeFunctionIndex), "nounwind");
  const auto block = [&] { return LLVMAppendBasicBlockInContext(e_.context, f, ""); };
  LLVMBasicBlockRef first = block(), miss = block();
  LLVMPositionBuilderAtEnd(e_.b, miss);
  LLVMBuildRet(e_.b, e_.constant(int64_t{0}));
  LLVMPositionBuilderAtEnd(e_.b, first);
  LLVMValueRef base = LLVMGetParam(f, 0);
  std::vector<LLVMValueRef> arguments = {base, LLVMGetParam(f, 1)};
  for (size_t i = 0; i < v.parameters.size(); ++i) {
    const Type t = v.parameters[i];
    LLVMValueRef at = e_.offset(base, static_cast<int64_t>(i) * kValueBytes);
    LLVMValueRef tag = LLVMBuildZExt(e_.b, e_.load(e_.i8, e_.offset(at, kTagOffset), Memory::Register), e_.i64, "");
    if (t.kind == Kind::Any) {
      arguments.push_back(e_.load(e_.i64, at, Memory::Register));
      arguments.push_back(tag);
      continue;
    }
    LLVMBasicBlockRef on = block();
    LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, tag, e_.tag(tag_of(t.kind)), ""), on, miss);
    LLVMPositionBuilderAtEnd(e_.b, on);
    arguments.push_back(e_.load(t.kind == Kind::Float ? e_.f64 : t.is_pointer() ? e_.ptr : e_.i64, at, Memory::Register));
    // Arrays with elements of another kind are better off with code of their own.
    if (t == array_of(Leaf::Int) || t == array_of(Leaf::Float)) {
      LLVMValueRef kind = e_.load(e_.i8, e_.offset(arguments.back(), kArrayKind), Memory::Header);
      LLVMBasicBlockRef same = block();
      const auto wanted = static_cast<uint64_t>(t.leaf == Leaf::Int ? ElementKind::Ints : ElementKind::Floats);
      LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, kind, LLVMConstInt(e_.i8, wanted, false), ""), same, miss);
      LLVMPositionBuilderAtEnd(e_.b, same);
    }
  }
  LLVMValueRef result =
      LLVMBuildCall2(e_.b, v.function_type, v.function, arguments.data(), static_cast<unsigned>(arguments.size()), "");
  LLVMValueRef tag = LLVMBuildExtractValue(e_.b, result, 1, "");
  LLVMBasicBlockRef good = block(), failed = block();
  LLVMBuildCondBr(e_.b, LLVMBuildICmp(e_.b, LLVMIntEQ, tag, e_.constant(static_cast<int64_t>(kErrorTag)), ""), failed, good);
  LLVMPositionBuilderAtEnd(e_.b, failed);
  LLVMBuildRet(e_.b, e_.constant(int64_t{2}));
  LLVMPositionBuilderAtEnd(e_.b, good);
  LLVMValueRef to = LLVMGetParam(f, 2);
  e_.store(LLVMBuildExtractValue(e_.b, result, 0, ""), to, Memory::Register);
  e_.store(tag, e_.offset(to, kTagOffset), Memory::Register);
  LLVMBuildRet(e_.b, e_.constant(int64_t{1}));
}

std::string Module::signature() const {
  static constexpr const char* kLeaves[] = {"any", "int", "float", "string", "any"};
  const auto name = [](Type t) -> std::string {
    switch (t.kind) {
      case Kind::Bool: return "bool";
      case Kind::Int: return "int";
      case Kind::Float: return "float";
      case Kind::String: return "string";
      case Kind::Null: return "null";
      case Kind::Array: {
        std::string s = kLeaves[static_cast<int>(t.leaf)];
        for (int i = 0; i < t.depth; ++i) s += "[]";
        return s;
      }
      default: return "any";
    }
  };
  const Version& root = *versions_.front();
  if (root.loop) return "";
  std::string s = "(";
  for (size_t i = 0; i < root.parameters.size(); ++i) s += (i ? "," : "") + name(root.parameters[i]);
  return s + ")->" + name(root.result);
}

}  // namespace omc::jit
