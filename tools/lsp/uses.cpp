#include "lsp/uses.hpp"

#include <algorithm>

namespace omc::lsp {

namespace {

bool same_place(const Target& a, const Target& b) { return a.file->path == b.file->path && a.definition.name == b.definition.name; }

bool stays_in_file(const Symbol& symbol) { return symbol.kind == SymbolKind::Local || symbol.kind == SymbolKind::Alias; }

void add(std::vector<Use>& all, const FilePtr& file, const Symbol& symbol, const std::vector<Target>& targets) {
  for (const uint32_t i : symbol.occurrences) {
    const Occurrence& o = file->index.occurrences()[i];
    const bool defines = std::ranges::any_of(targets, [&](const Target& t) { return t.file->path == file->path && t.definition.name == o.span; });
    all.push_back({file, o, defines});
  }
}

// What the symbol of another file leads to is what ours leads to; without a definition both are the same builtin.
bool means_the_same(Workspace& workspace, const FilePtr& file, const Symbol& symbol, const std::vector<Target>& wanted) {
  const std::vector<Target> targets = definitions(workspace, file, symbol);
  if (wanted.empty()) return targets.empty();
  return std::ranges::any_of(targets, [&](const Target& t) {
    return std::ranges::any_of(wanted, [&](const Target& w) { return same_place(t, w); });
  });
}

}  // namespace

std::vector<Use> uses(Context& context, const FilePtr& file, const Symbol& symbol) {
  std::vector<Use> all;
  const std::vector<Target> targets = definitions(context.workspace, file, symbol);
  if (stays_in_file(symbol) || (targets.empty() && !context.workspace.builtin(symbol.name))) {
    add(all, file, symbol, targets);
    return all;
  }
  std::vector<FilePtr> files = context.workspace.programs([&] { context.check_cancelled(); });
  const auto include = [&](const FilePtr& f) {
    if (std::ranges::none_of(files, [&](const FilePtr& g) { return g->path == f->path; })) files.push_back(f);
  };
  include(file);
  for (const Target& t : targets) include(t.file);
  for (const FilePtr& f : files) {
    context.check_cancelled();
    for (const Symbol& s : f->index.symbols())
      if (s.name == symbol.name && !stays_in_file(s) && means_the_same(context.workspace, f, s, targets)) add(all, f, s, targets);
  }
  std::ranges::stable_sort(all, [](const Use& a, const Use& b) {
    return a.file != b.file ? a.file->path < b.file->path : a.occurrence.span.begin < b.occurrence.span.begin;
  });
  return all;
}

}  // namespace omc::lsp
