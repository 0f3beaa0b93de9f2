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
constexpr int kMostAlike = 4;  // versions of a function that may differ in what dicts are expected to be like
constexpr size_t kInlineInstructions = 40;

bool fits_function(const vm::Proto& p) {
  return !p.is_top_level && !p.is_generator && p.handlers.empty() && p.parameter_count <= kMostParameters &&
         p.register_count <= kMostRegisters && p.code.size() <= kMostInstructions;
}

// Of the first few elements.
bool all_strings(const vm::Array& a) {
  return std::all_of(a.values, a.values + std::min<size_t>(a.size, 8), [](const vm::Value& v) { return v.is_string(); });
}

}  // namespace

LLVMValueRef Module::refer(const vm::Object* o) {
  auto& known = unit_.referred;
  if (std::find(known.begin(), known.end(), o) == known.end()) known.push_back(const_cast<vm::Object*>(o));
  return e_.address(o);
}

Type Module::type_of(const vm::Value& v) { return sampled(v, 0); }

Type Module::sampled(const vm::Value& v, int depth) {
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
      if (depth >= 3 || !(a->values[0].is_array() || a->values[0].is_dict())) return array_of(Leaf::Mixed);
      return with_element(array_of(Leaf::Unknown), sampled(a->values[0], depth + 1));
    }
    case Tag::Dict: return dict_like(representative(v.as_dict()));
    case Tag::Box: return any_like(v.as_box());
    case Tag::Function: {
      const vm::Function* f = v.as_function();
      if (f->kind != vm::FunctionKind::Closure) return function_like(nullptr);
      const auto* closure = static_cast<const vm::Closure*>(f);
      return function_like(representative(closure->proto, closure));
    }
    default: return kAny;
  }
}

const vm::String* Module::class_name_of(const vm::Dict* d) const {
  if (d->used == 0 || d->entries[0].key != host_.class_key || !d->entries[0].value.is_string()) return nullptr;
  const vm::String* name = d->entries[0].value.as_string();
  return name->interned() ? name : nullptr;
}

const vm::Object* Module::stands_for(const vm::Object* group, const vm::Object* o) {
  for (const auto& [known, first] : representatives_)
    if (known == group) return first;
  representatives_.emplace_back(group, o);
  return o;
}

const vm::Object* Module::representative(const vm::Proto* proto, const vm::Closure* closure) {
  return stands_for(proto, closure ? static_cast<const vm::Object*>(closure) : proto);
}

const vm::Object* Module::representative(const vm::Dict* d) {
  const vm::String* name = class_name_of(d);
  return name ? stands_for(name, d) : d;
}

const vm::Object* Module::representative(const vm::Constructor* c) { return stands_for(c->class_name, c); }

const vm::Object* Module::representative(const vm::String* class_name) const {
  for (const auto& [name, object] : representatives_)
    if (name == class_name) return object;
  return nullptr;
}

Field Module::field(const vm::Object* like, const vm::String* key) {
  Field f;
  if (!like) return f;
  if (like->tag == Tag::Function) {
    const auto* c = static_cast<const vm::Constructor*>(like);
    auto* const fields = const_cast<vm::Constructor*>(c)->fields();
    if (key == host_.class_key) f = {0, kString};
    for (uint32_t i = 0; i < c->field_count; ++i)
      if (fields[i] == key) f.entry = i + 1;
    return f;
  }
  const auto* d = static_cast<const vm::Dict*>(like);
  for (uint32_t i = 0; i < d->used; ++i) {
    if (d->entries[i].key != key) continue;
    const Type type = type_of(d->entries[i].value);
    return {i, type.kind == Kind::Null || type.kind == Kind::Unassigned ? kAny : type};
  }
  return f;
}

std::vector<Method> Module::methods(const Version& v, uint32_t pc, const vm::Object* like) {
  std::vector<Method> found;
  const auto add = [&](const vm::String* name) {
    if (!name || std::any_of(found.begin(), found.end(), [&](const Method& m) { return m.class_name == name; })) return;
    if (vm::Closure* closure = host_.method(host_.host, v.proto, pc, name)) found.push_back({name, closure});
  };
  if (like)
    add(like->tag == Tag::Function ? static_cast<const vm::Constructor*>(like)->class_name : class_name_of(static_cast<const vm::Dict*>(like)));
  // A method is compiled for its class, unless it is called by the interpreter.
  if (!found.empty() && &v != versions_.front().get() && !cautious()) return found;
  const Instruction in = v.facts->code[pc];
  const vm::MethodCache& cache = in.op == Op::CallDotted ? v.proto->dotted_sites[in.c].cache : v.proto->method_sites[in.c].cache;
  if (cache.epoch == *host_.epoch)
    for (const vm::String* name : cache.class_names) add(name);
  return found;
}

Module::Module(const HostTable& host, const CompilerOptions& options, Unit& unit, std::string entry_name)
    : host_(host), options_(options), unit_(unit), entry_name_(std::move(entry_name)), e_(entry_name_.c_str()) {}
Module::~Module() = default;

const CodeFacts& Module::facts(const vm::Proto* proto) {
  for (const auto& [p, f] : facts_)
    if (p == proto) return *f;
  facts_.emplace_back(proto, std::make_unique<CodeFacts>(*proto));
  return *facts_.back().second;
}

Version* Module::add_version(const vm::Proto* proto, vm::Closure* closure) {
  versions_.push_back(std::make_unique<Version>());
  Version& v = *versions_.back();
  refer(proto);
  v.closure = closure;
  v.proto = proto;
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

Version* Module::callee(const vm::Proto* proto, vm::Closure* closure, const std::vector<Type>& arguments, Version& caller) {
  std::vector<Type> parameters;
  for (Type t : arguments) parameters.push_back(t.kind == Kind::Null || t.kind == Kind::Unassigned || t.kind == Kind::None ? kAny : t);
  const uint8_t level = !caller.loop && caller.proto == proto && inlines_itself(caller) ? caller.level + 1 : 0;
  for (const auto& v : versions_) {
    if (v->loop || v->proto != proto || v->level != level) continue;
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
  // Different dicts are no reason for ever more versions.
  const auto versions = std::count_if(versions_.begin(), versions_.end(), [&](const auto& v) { return !v->loop && v->proto == proto; });
  const bool unlike = std::any_of(parameters.begin(), parameters.end(), [](const Type& t) { return t.like != nullptr; });
  if (versions >= kMostAlike && unlike) {
    for (Type& t : parameters) t.like = nullptr;
    return callee(proto, closure, parameters, caller);
  }
  if (versions_.size() >= kMostVersions) return nullptr;
  if (proto->never_native || !fits_function(*proto) || instructions_ + proto->code.size() > kMostInstructions) return nullptr;
  if (sealed_) {
    unforeseen_ = true;
    return nullptr;
  }
  Version* v = add_version(proto, closure);
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

Site* Module::site(const Version& v, uint32_t pc) {
  sites_.push_back(std::make_unique<Site>(Site{v.proto, pc, &unit_, false, {}}));
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
  Version& root = *add_version(unit_.closure->proto, unit_.closure);
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
  sealed_ = true;
  for (const auto& v : versions_) declare(*v);
  for (size_t i = 0; i < versions_.size(); ++i) Lowering(*this, *versions_[i], true).emit();
  if (unforeseen_) {
    reason = "mixed-type";
    return false;
  }
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
  if (v.takes_closure()) types.push_back(e_.ptr);
  v.function_type = LLVMFunctionType(v.loop ? e_.ptr : result_type(v), types.data(), static_cast<unsigned>(types.size()), false);
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
  LLVMTypeRef types[] = {e_.ptr, e_.i64, e_.ptr, e_.ptr};
  LLVMTypeRef type = LLVMFunctionType(e_.i64, types, 4, false);
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
  if (v.takes_closure()) arguments.push_back(LLVMGetParam(f, 3));
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
      case Kind::Dict: return "dict";
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
