#include "lsp/lookup.hpp"

#include <set>

namespace omc::lsp {

namespace {

class GlobalSearch {
 public:
  GlobalSearch(Workspace& workspace, std::string_view name) : workspace_(workspace), name_(name) {}

  // The file's own definitions come first; then what it imports by name, then the modules it imports as a whole.
  std::vector<Target> in(const FilePtr& file) {
    std::vector<FilePtr> queue = {file};
    std::vector<Target> found;
    for (size_t i = 0; i < queue.size() && found.empty(); ++i) {
      const FilePtr at = queue[i];
      if (!seen_.insert(at->path).second) continue;
      found = own(at, queue);
      if (!found.empty()) break;
      for (const Index::Import& import : at->index.imports()) {
        if (import.selective) continue;
        if (FilePtr module = workspace_.module(import.module, *at)) queue.push_back(std::move(module));
      }
    }
    return found;
  }

 private:
  std::vector<Target> own(const FilePtr& file, std::vector<FilePtr>& queue) {
    std::vector<Target> found;
    if (const Symbol* symbol = file->index.global(name_)) {
      for (const Definition& d : symbol->definitions) {
        if (d.kind != DefinitionKind::Import) found.push_back({file, d});
        else if (FilePtr module = workspace_.module(d.module, *file)) queue.push_back(std::move(module));
      }
    }
    if (found.empty())
      if (const Definition* d = file->index.nested_function(name_)) found.push_back({file, *d});
    return found;
  }

  Workspace& workspace_;
  std::string_view name_;
  std::set<std::string> seen_;
};

std::vector<Target> own_definitions(const FilePtr& file, const Symbol& symbol) {
  std::vector<Target> found;
  for (const Definition& d : symbol.definitions) found.push_back({file, d});
  return found;
}

}  // namespace

std::vector<FilePtr> visible_modules(Workspace& workspace, const FilePtr& file) {
  std::set<std::string> seen = {file->path};
  std::vector<FilePtr> all = {file};
  for (size_t i = 0; i < all.size(); ++i) {
    const FilePtr at = all[i];
    for (const Index::Import& import : at->index.imports())
      if (FilePtr module = workspace.module(import.module, *at); module && seen.insert(module->path).second)
        all.push_back(std::move(module));
  }
  return all;
}

std::vector<Target> global_definitions(Workspace& workspace, const FilePtr& file, std::string_view name) {
  return GlobalSearch(workspace, name).in(file);
}

std::vector<Target> definitions(Workspace& workspace, const FilePtr& file, const Symbol& symbol) {
  switch (symbol.kind) {
    case SymbolKind::Local:
    case SymbolKind::Alias: return own_definitions(file, symbol);
    case SymbolKind::Global: {
      std::vector<Target> found = global_definitions(workspace, file, symbol.name);
      return found.empty() ? own_definitions(file, symbol) : found;  // an import that is not to be found
    }
    case SymbolKind::Qualified: {
      const Symbol& alias = file->index.symbols()[symbol.alias];
      for (const Definition& d : alias.definitions)
        if (const FilePtr module = workspace.module(d.module, *file)) {
          std::vector<Target> found = global_definitions(workspace, module, symbol.name);
          if (!found.empty()) return found;
        }
      return {};
    }
    case SymbolKind::Member: break;
  }
  std::vector<Target> found;
  for (const FilePtr& f : visible_modules(workspace, file))
    if (const Symbol* member = f->index.member(symbol.name))
      for (const Definition& d : member->definitions) found.push_back({f, d});
  // An unknown method is the function of that name.
  return found.empty() ? global_definitions(workspace, file, symbol.name) : found;
}

const vm::Builtin* builtin_of(Workspace& workspace, const FilePtr& file, const Symbol& symbol) {
  if (symbol.kind != SymbolKind::Global && symbol.kind != SymbolKind::Member) return nullptr;
  const vm::Builtin* builtin = workspace.builtin(symbol.name);
  return builtin && definitions(workspace, file, symbol).empty() ? builtin : nullptr;
}

}  // namespace omc::lsp
