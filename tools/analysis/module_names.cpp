#include "analysis/module_names.hpp"

#include "lang/children.hpp"
#include "lang/parser.hpp"
#include "lang/resolve.hpp"

namespace omc::analysis {

ModuleAccess modules_on_disk(const vm::Vm& machine) {
  return {[&machine](const std::string& name, const lang::Source& importer) -> std::string {
            try {
              return machine.find_module(name, importer);
            } catch (const vm::Error&) {
              return {};
            }
          },
          [](const std::string& path) -> std::shared_ptr<const lang::Source> {
            std::error_code why;
            std::optional<lang::Source> source = lang::read_source(path, why);
            return source ? std::make_shared<const lang::Source>(std::move(*source)) : nullptr;
          }};
}

ModuleNames::ModuleNames(std::span<const vm::Builtin* const> builtins, ModuleAccess access) : access_(std::move(access)) {
  for (const vm::Builtin* b : builtins) builtins_.insert(b->name);
}

std::vector<ModuleNames::Import> ModuleNames::imports_of(const lang::Module& module) {
  // Those inside functions too: their names are known to the whole file, rather than none of them to anybody.
  struct Walk {
    std::vector<Import> found;
    void expression(lang::Expr*& e) { lang::visit_operands(*e, *this); }
    void function(lang::Function& f) {
      block(f.body);
      if (f.expression) expression(f.expression);
    }
    void block(lang::Block& b) {
      for (lang::Stmt* s : b.statements) {
        if (s->kind == lang::StmtKind::Import) {
          const auto& import = static_cast<const lang::ImportStmt&>(*s);
          found.push_back({std::string(import.module), !import.alias.name.empty()});
        }
        lang::visit_children(*s, *this);
      }
    }
  } walk;
  walk.block(module.top_level->body);
  return std::move(walk.found);
}

const ModuleNames::Names& ModuleNames::names_of(const std::string& path) {
  std::unique_ptr<Names>& slot = modules_[path];
  if (slot) return *slot;
  slot = std::make_unique<Names>();
  slot->source = access_.read(path);
  if (!slot->source) return *slot;
  const lang::ParseResult parsed = lang::parse(*slot->source);
  if (!parsed.ok()) return *slot;
  slot->readable = true;
  for (const std::string_view name : lang::top_level_names(*parsed.module)) slot->variables.emplace(name);
  for (std::string& name : lang::defined_functions(*parsed.module)) slot->functions.insert(std::move(name));
  slot->imports = imports_of(*parsed.module);
  return *slot;
}

void ModuleNames::add(const Import& import, const lang::Source& importer, lang::KnownNames& known,
                      std::unordered_set<std::string>& seen) {
  const std::string path = access_.find(import.name, importer);
  if (path.empty()) {
    known.complete = false;
    return;
  }
  // Functions of an aliased module are known by dotted names alone, its variables by their own.
  const Names& names = names_of(path);
  known.complete &= names.readable;
  if (!names.readable) return;
  for (const std::string& name : names.variables) known.imported.insert(name);
  if (!import.aliased)
    for (const std::string& name : names.functions) known.imported.insert(name);
  if (!seen.insert(path).second) return;
  for (const Import& further : names.imports) add(further, *names.source, known, seen);
}

lang::KnownNames ModuleNames::known(const lang::Module& module) {
  lang::KnownNames known;
  known.builtins = &builtins_;
  for (const Import& import : imports_of(module)) {
    lang::KnownNames one;
    std::unordered_set<std::string> seen;
    add(import, module.source(), one, seen);
    known.complete &= one.complete;
    known.imported.insert(one.imported.begin(), one.imported.end());
    const auto at = import_texts_.insert(import.name).first;
    known.modules[*at].merge(one.imported);
  }
  return known;
}

}  // namespace omc::analysis
