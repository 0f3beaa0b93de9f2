// textDocument/codeAction: the fixes of findings, "extract function", and imports put in order.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "lsp/diagnostics.hpp"
#include "lsp/extract.hpp"
#include "lsp/lookup.hpp"

namespace omc::lsp {

namespace {

constexpr const char* kQuickFix = "quickfix";
constexpr const char* kExtract = "refactor.extract";
constexpr const char* kOrganize = "source.organizeImports";

// A client that names kinds wants those and what lies below them.
class Wanted {
 public:
  explicit Wanted(const Json& params) {
    const Json* context = optional_member(params, "context");
    const Json* only = context ? optional_member(*context, "only") : nullptr;
    if (!only || !only->is_array()) return;
    all_ = false;
    for (const Json& kind : *only)
      if (kind.is_string()) kinds_.insert(kind.get<std::string>());
  }
  bool operator()(std::string_view kind) const {
    return all_ || std::ranges::any_of(kinds_, [&](const std::string& k) { return k == kind || kind.starts_with(k + "."); });
  }

 private:
  bool all_ = true;
  std::set<std::string> kinds_;
};

Json action(const Context& context, const File& file, std::string title, const char* kind, const std::vector<lang::Edit>& edits) {
  Json list = Json::array();
  for (const lang::Edit& e : edits) list.push_back({{"range", context.range(file, e.span)}, {"newText", e.text}});
  return {{"title", std::move(title)}, {"kind", kind}, {"edit", {{"changes", {{file.uri, std::move(list)}}}}}};
}

void fixes(const Context& context, const File& file, lang::Span wanted, Json& all) {
  const auto checked = context.workspace.check(file.uri);
  if (!checked) return;
  for (const Finding& finding : findings(*checked)) {
    const lang::Diagnostic& d = *finding.diagnostic;
    if (d.span.begin > wanted.end || d.span.end < wanted.begin) continue;
    for (const lang::Fix& fix : d.fixes) {
      Json one = action(context, file, fix.title, kQuickFix, fix.edits);
      one["diagnostics"] = {diagnostic_of(context, file, finding)};
      one["isPreferred"] = fix.safety == lang::Safety::Safe;
      all.push_back(std::move(one));
    }
  }
}

// --- imports ---

// Importing it does nothing but define: then it does not matter when that happens.
bool only_defines(const File& module) {
  return module.parsed.ok() && std::ranges::all_of(module.parsed.module->top_level->body.statements, [](const lang::Stmt* s) {
           return s->kind == lang::StmtKind::Function || s->kind == lang::StmtKind::Class;
         });
}

class Imports {
 public:
  Imports(Workspace& workspace, const FilePtr& file) : workspace_(workspace), file_(file) {}

  // The run of imports at the head of the file, sorted, each module named once; nothing when that could change what the
  // program does, or nothing changes.
  std::optional<lang::Edit> organized() {
    std::optional<lang::Span> all;
    for (const lang::Stmt* s : file_->parsed.module->top_level->body.statements) {
      if (s->kind == lang::StmtKind::Import) plain(static_cast<const lang::ImportStmt&>(*s));
      else if (s->kind == lang::StmtKind::FromImport) selective(static_cast<const lang::FromImportStmt&>(*s));
      else break;
      all = all ? cover(*all, s->span) : s->span;
    }
    if (!all || !safe_ || !file_->parsed.ok()) return std::nullopt;
    for (const lang::Comment& c : file_->parsed.module->comments)
      if (all->contains(c.span.begin)) return std::nullopt;
    const std::string text = made();
    return text == file_->text(*all) ? std::nullopt : std::optional(lang::Edit{*all, text});
  }

 private:
  void plain(const lang::ImportStmt& s) {
    use(s.module);
    plain_.insert(fmt::format("import \"{}\"{}{};", s.module, s.alias.name.empty() ? "" : " as ", s.alias.name));
  }
  void selective(const lang::FromImportStmt& s) {
    use(s.module);
    for (const lang::ImportedName& n : s.names) selective_[s.module].insert(n.name.name);
  }

  void use(std::string_view name) {
    if (!modules_.insert(name).second) return;
    const FilePtr module = workspace_.module(name, *file_);
    safe_ &= module && only_defines(*module);
    if (!safe_) return;
    // Of two modules that define the same, the later one counts.
    for (const FilePtr& f : visible_modules(workspace_, module)) {
      safe_ &= only_defines(*f) || f == module;
      if (!files_.insert(f->path).second) continue;
      for (const Symbol& s : f->index.symbols())
        if (s.kind == SymbolKind::Global && !s.definitions.empty()) safe_ &= names_.insert(std::string(s.name)).second;
    }
  }

  std::string made() const {
    std::vector<std::string> lines(plain_.begin(), plain_.end());
    for (const auto& [module, names] : selective_) lines.push_back(fmt::format("from \"{}\" import {};", module, fmt::join(names, ", ")));
    return fmt::format("{}", fmt::join(lines, "\n"));
  }

  Workspace& workspace_;
  FilePtr file_;
  bool safe_ = true;
  std::set<std::string_view> modules_;
  std::set<std::string> files_, names_, plain_;
  std::map<std::string_view, std::set<std::string_view>> selective_;
};

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const lang::Span wanted = context.span(*file, member(params, "range"));
  const Wanted kinds(params);
  Json all = Json::array();
  if (kinds(kQuickFix)) fixes(context, *file, wanted, all);
  if (kinds(kExtract) && !wanted.empty())
    if (const std::optional<Extraction> e = extract_function(context.workspace, *file, wanted))
      all.push_back(action(context, *file, fmt::format("extract function `{}`", e->name), kExtract, e->edits));
  if (kinds(kOrganize))
    if (const std::optional<lang::Edit> e = Imports(context.workspace, file).organized())
      all.push_back(action(context, *file, "organize imports", kOrganize, {*e}));
  return all;
}

Json options() { return {{"codeActionKinds", {kQuickFix, kExtract, kOrganize}}}; }

}  // namespace

extern const Feature kCodeAction = {
    .method = "textDocument/codeAction", .capability = "codeActionProvider", .options = options, .answer = answer};

}  // namespace omc::lsp
