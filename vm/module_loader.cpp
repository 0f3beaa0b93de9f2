// Loads programs and modules, evaluates snippets.

#include "vm/module_loader.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "vm/error_texts.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

namespace fs = std::filesystem;

struct ModuleLoader::Parsed {
  std::shared_ptr<const lang::Source> source;
  lang::ParseResult result;
};

GlobalCell* ModuleLoader::cell(const std::string& name) { return vm_->globals_.cell(vm_->heap_.intern(name)); }

Box* ModuleLoader::late_box(Vm& vm, LateScope& scope, String* name) {
  if (Box* box = scope.find(name)) return box;
  Box* box = vm.heap_.allocate<Box>(Tag::Box);
  scope.entries.push_back({name, box});
  vm.heap_.write_barrier(name);
  vm.heap_.write_barrier(box);
  return box;
}

int64_t ModuleLoader::first_scalar(std::string_view text) {
  if (text.empty()) return -1;
  const auto byte = [&](size_t i) { return static_cast<int64_t>(static_cast<unsigned char>(text[i])); };
  const int64_t first = byte(0);
  if (first < 0x80) return first;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (text.size() < length) return -1;
  int64_t scalar = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) scalar = scalar << 6 | (byte(i) & 0x3F);
  return scalar;
}

ModuleLoader::Parsed ModuleLoader::parse(std::shared_ptr<const lang::Source> source, const std::string& what) {
  Parsed parsed{source, lang::parse(*source)};
  if (!parsed.result.ok()) {
    Error e(what + parsed.result.first_message());
    e.source = source;
    for (const lang::Diagnostic& d : parsed.result.diagnostics) {
      if (d.severity != lang::Severity::Error) continue;
      e.span = d.span;
      break;
    }
    throw e;
  }
  return parsed;
}

Value ModuleLoader::run_closure(Closure* closure) { return vm_->run_closure(closure, vm_->native_top(), {}); }

namespace {

// What the compiler refuses is reported like a syntax error.
Proto* compiled(Vm& vm, const lang::Module& module, const std::shared_ptr<const lang::Source>& source,
                const CompileOptions& options, const std::string& what) {
  try {
    return compile(vm, module, source, options);
  } catch (const CompileError& e) {
    const lang::Position at = source->position(e.span.begin);
    Error error(what + "at " + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + e.message);
    error.source = source;
    error.span = e.span;
    throw error;
  }
}

Closure* make_closure(Vm& vm, Proto* proto, const std::vector<Value>& captures) {
  Closure* c = vm.heap().allocate<Closure>(Tag::Function, captures.size() * sizeof(Value));
  c->kind = FunctionKind::Closure;
  c->proto = proto;
  c->capture_count = static_cast<uint32_t>(captures.size());
  std::copy(captures.begin(), captures.end(), c->captures());
  return c;
}

}  // namespace

void ModuleLoader::run_program(std::shared_ptr<const lang::Source> source,
                               const std::function<void(lang::Module&)>& rewrite) {
  Parsed parsed = parse(std::move(source), "");
  std::error_code ignored;
  const std::string path = fs::weakly_canonical(parsed.source->path(), ignored).string();
  loading_.emplace(path, "");
  if (rewrite) rewrite(*parsed.result.module);
  lang::resolve(*parsed.result.module);
  Proto* proto = compiled(*vm_, *parsed.result.module, parsed.source, {}, "");
  parsed.result = {};  // the tree is not needed any more
  run_closure(make_closure(*vm_, proto, {}));
}

Value ModuleLoader::evaluate(std::string_view text, std::string_view what, const EvalScope* scope) {
  auto source = std::make_shared<const lang::Source>(std::string(what), std::string(text));
  Parsed parsed = parse(source, std::string(what) + " parse error: ");
  lang::Module& module = *parsed.result.module;
  std::unordered_set<std::string_view> existing;
  vm_->globals_.each([&](const GlobalCell& c) {
    if (!c.variable.is_unassigned()) existing.insert(c.name->view());
  });
  lang::ResolveOptions resolve_options{&existing, nullptr};
  std::vector<lang::VisibleVariable> visible;
  std::vector<Value> captures;
  if (scope) {
    for (const EvalScope::Variable& v : scope->variables) {
      visible.push_back({v.name->view(), v.own});
      captures.push_back(Value(v.box));
    }
    captures.push_back(Value(scope->late));
    resolve_options.visible = &visible;
  }
  lang::resolve(module, resolve_options);
  CompileOptions options;
  options.keep_result = true;
  Proto* proto = compiled(*vm_, module, source, options, std::string(what) + " parse error: ");
  parsed.result = {};
  return run_closure(make_closure(*vm_, proto, captures));
}

// --- import ------------------------------------------------------------------------------------------------------------

void ModuleLoader::import(const ImportSite& site, const lang::Source& importer, LateScope* scope) {
  if (site.selective) import_selected(site, importer, scope);
  else import_whole(site, importer, scope);
}

void ModuleLoader::run_top_level(Parsed& parsed, const CompileOptions& options, LateScope* scope) {
  lang::ResolveOptions resolve_options;
  const std::vector<lang::VisibleVariable> nothing;
  std::vector<Value> captures;
  if (scope) {
    resolve_options.visible = &nothing;
    captures.push_back(Value(scope));
  }
  lang::resolve(*parsed.result.module, resolve_options);
  Proto* proto = compiled(*vm_, *parsed.result.module, parsed.source, options, "");
  parsed.result = {};
  run_closure(make_closure(*vm_, proto, captures));
}

namespace {

struct LoadedSource {
  std::shared_ptr<const lang::Source> source;
  std::string identity;  // one path for all spellings
};

LoadedSource read_module(const std::function<void(const std::string&)>& guard, const std::string& path,
                         const std::string& what) {
  if (guard) guard(path);
  std::error_code why;
  std::optional<lang::Source> source = lang::read_source(path, why);
  if (!source) throw Error(what + "reading " + path + ": " + why.message());
  std::error_code ignored;
  return {std::make_shared<const lang::Source>(std::move(*source)), fs::weakly_canonical(path, ignored).string()};
}

// Marks a module as running for as long as it lives.
struct Loading {
  std::unordered_map<std::string, std::string>& running;
  std::string path;
  bool added;
  Loading(std::unordered_map<std::string, std::string>& r, std::string p, const std::string& prefix)
      : running(r), path(std::move(p)), added(running.emplace(path, prefix).second) {}
  ~Loading() {
    if (added) running.erase(path);
  }
};

}  // namespace

void ModuleLoader::import_whole(const ImportSite& site, const lang::Source& importer, LateScope* scope) {
  const std::string prefix = site.alias.empty() ? "" : site.alias + ".";
  if (const auto found = loaded_.find(site.module); found != loaded_.end()) {
    if (found->second.prefix != prefix) add_names(found->second, prefix);
    return;
  }
  const std::string what = "import " + site.module + ": ";
  const LoadedSource module = read_module(vm_->module_guard_, find_module(site.module, importer), what);
  Parsed parsed = parse(module.source, what + "parse error: ");
  if (vm_->options().rewrite_modules) vm_->options().rewrite_modules(*parsed.result.module);
  Loaded& loaded = loaded_[site.module];  // marked before it runs: cycles end, and a module that failed is not retried
  loaded.prefix = prefix;
  for (std::string& name : lang::defined_functions(*parsed.result.module)) loaded.functions.insert(std::move(name));
  const std::unordered_set<std::string_view> own(loaded.functions.begin(), loaded.functions.end());
  CompileOptions options;
  options.prefix = prefix;
  options.own_functions = prefix.empty() ? nullptr : &own;
  options.is_module = true;
  options.late_variables = scope != nullptr;
  const Loading running(loading_, module.identity, prefix);
  run_top_level(parsed, options, scope);
}

// A further alias: the names follow what the module's own ones mean.
void ModuleLoader::add_names(const Loaded& loaded, const std::string& prefix) {
  for (const std::string& name : loaded.functions) {
    GlobalCell* own = cell(loaded.prefix + name);
    GlobalCell* added = cell(prefix + name);
    if (prefix.empty()) {
      if (own->function) vm_->globals_.set_function(*added, own->function);
    } else if (!added->function) {
      added->fallback = own;
    }
  }
}

void ModuleLoader::import_selected(const ImportSite& site, const lang::Source& importer, LateScope* scope) {
  const std::string what = "from " + site.module + ": ";
  const LoadedSource module = read_module(vm_->module_guard_, find_module(site.module, importer), what);
  Parsed parsed = parse(module.source, what + "parse error: ");
  if (vm_->options().rewrite_modules) vm_->options().rewrite_modules(*parsed.result.module);
  std::unordered_set<std::string> functions;
  for (std::string& name : lang::defined_functions(*parsed.result.module)) functions.insert(std::move(name));
  if (const auto running = loading_.find(module.identity); running != loading_.end())
    return take_names(site, running->second, functions, scope, /*in_progress=*/true);
  const std::string prefix = std::string(1, kHiddenPrefix) + std::to_string(++hidden_count_) + ".";
  const std::unordered_set<std::string_view> own(functions.begin(), functions.end());
  CompileOptions options;
  options.prefix = prefix;
  options.own_functions = &own;
  options.is_module = true;
  options.late_variables = scope != nullptr;
  {
    const Loading running(loading_, module.identity, prefix);
    run_top_level(parsed, options, scope);
  }
  take_names(site, prefix, functions, scope, /*in_progress=*/false);
}

void ModuleLoader::take_names(const ImportSite& site, const std::string& prefix,
                              const std::unordered_set<std::string>& functions, LateScope* scope, bool in_progress) {
  for (const String* wanted : site.names) {
    const std::string name(wanted->view());
    if (!functions.contains(name)) {
      const Box* late = scope ? scope->find(wanted) : nullptr;
      if (in_progress || (late && !late->value.is_unassigned()) || !cell(name)->variable.is_unassigned()) continue;
      throw Error("from " + site.module + ": '" + name + "' not found in module");
    }
    if (prefix.empty()) continue;  // a cycle through a plain import: the names are the program's already
    // A class brings its methods along.
    for (const std::string& function : functions) {
      if (function != name && function.rfind(name + "__", 0) != 0) continue;
      GlobalCell* own = cell(prefix + function);
      GlobalCell* visible = cell(function);
      if (own->function) {
        vm_->globals_.set_function(*visible, own->function);
      } else if (in_progress) {
        own->fallback = nullptr;
        visible->fallback = own;
      }
    }
  }
}

// --- search ------------------------------------------------------------------------------------------------------------

namespace {

bool is_file(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat x, y;
  return stat(a.c_str(), &x) == 0 && stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

std::string joined(const std::string& folder, const std::string& name) {
  if (folder.empty() || name.starts_with('/')) return name;
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

}  // namespace

std::string ModuleLoader::find_module(const std::string& name, const lang::Source& importer) const {
  const auto find_in = [&](const std::string& folder) -> std::string {
    std::vector<std::string> candidates;
    if (name.ends_with(".omc")) candidates.push_back(joined(folder, name));
    candidates.push_back(joined(folder, name + ".omc"));
    candidates.push_back(joined(folder, name + "/init.omc"));
    candidates.push_back(joined(folder, "std/" + name + ".omc"));
    for (const std::string& path : candidates)
      if (is_file(path) && !same_file(path, importer.path())) return path;
    return {};
  };
  const size_t slash = importer.path().rfind('/');
  const std::string beside = slash == std::string::npos ? "" : importer.path().substr(0, slash);
  const bool pinned = name.starts_with('/') || name.starts_with("./") || name.starts_with("../");
  std::vector<std::string> folders{"", beside};
  if (!pinned) {
    folders.push_back("omc_modules");
    for (const std::string& folder : vm_->options_.module_folders) folders.push_back(folder);
    if (!vm_->options_.standard_library.empty()) folders.push_back(vm_->options_.standard_library);
  }
  for (const std::string& folder : folders)
    if (std::string path = find_in(folder); !path.empty()) return path;
  // Old programs name places of the standard library: examples/lib/prometheus.omc, lib/np, std/test.
  if (!vm_->options_.standard_library.empty()) {
    std::string_view rest = name;
    if (rest.ends_with(".omc")) rest.remove_suffix(4);
    const size_t last = rest.rfind('/');
    if (last != std::string_view::npos) {
      const std::string_view folder = rest.substr(0, last);
      const bool library = folder == "lib" || folder == "std" || folder.ends_with("/lib") || folder.ends_with("/std");
      const std::string base = joined(vm_->options_.standard_library, std::string(rest.substr(last + 1)));
      if (library) {
        if (is_file(base + ".omc")) return base + ".omc";
        if (is_file(base + "/init.omc")) return base + "/init.omc";
      }
    }
  }
  throw Error("Could not resolve module `" + name + "` (set OMC_STDLIB_PATH or place " + name +
              ".omc on the search path)");
}

void ModuleLoader::mark_roots(Marker& marker) {
  if (!eval_scope_) return;
  for (const EvalScope::Variable& v : eval_scope_->variables) marker.mark(Value(v.box));
  if (eval_scope_->late) marker.mark(Value(eval_scope_->late));
}

}  // namespace omc::vm
