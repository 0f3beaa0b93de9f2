#include "lsp/workspace.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "lang/canonical.hpp"
#include "lang/extract.hpp"
#include "lang/resolve.hpp"
#include "lsp/uri.hpp"
#include "substrate/hash.hpp"

namespace omc::lsp {

static lang::ParseResult parse_and_resolve(const lang::Source& source) {
  lang::ParseResult parsed = lang::parse(source);
  lang::resolve(*parsed.module);
  return parsed;
}

File::File(std::string p, std::string u, std::shared_ptr<const lang::Source> s)
    : path(std::move(p)), uri(std::move(u)), source(std::move(s)), places(source->text()), parsed(parse_and_resolve(*source)),
      index(*parsed.module) {}

Workspace::Workspace(const vm::Vm& machine, Files& files)
    : machine_(machine), files_(files),
      checker_(machine, {[&files](const std::string& name, const lang::Source& importer) { return files.find_module(name, importer); },
                         [this](const std::string& path) {
                           const FilePtr found = file(path);
                           return found ? found->source : nullptr;
                         }}) {}

const std::vector<FunctionHash>& File::function_hashes(const Workspace& workspace) const {
  if (hashes_) return *hashes_;
  hashes_.emplace();
  lang::CanonicalOptions options;
  options.is_builtin = [&workspace](std::string_view name) { return workspace.builtin(name) != nullptr; };
  for (const lang::ExtractedFunction& f : lang::extract_functions(*source)) {
    const lang::Source alone("function", std::string(source->text(f.span)));
    const lang::ParseResult function = lang::parse(alone);
    if (function.ok()) hashes_->push_back({substrate::fnv(lang::canonical(*function.module, options)), f.span});
  }
  return *hashes_;
}

std::string Workspace::key_of(const std::string& uri) {
  std::optional<std::string> path = path_of(uri);
  return path ? std::move(*path) : uri;
}

void Workspace::set_folders(std::vector<std::string> folders) {
  folders_ = std::move(folders);
  files_.set_folders(folders_);
}

// What others know of it is out of date, and so is what was found in those that import it.
void Workspace::forget(const std::string& path) {
  checker_.names().forget(path);
  for (auto& [key, document] : documents_)
    if (key == path || !document.file || !document.file->index.imports().empty()) document.checked.reset();
}

const FilePtr& Workspace::file_of(const std::string& key, Document& document) {
  if (!document.file) document.file = std::make_shared<const File>(key, document.uri, document.source);
  return document.file;
}

void Workspace::replace(Document& document, std::string text) {
  if (text.size() > kMaxText) throw std::length_error("the document is too large");
  const std::string key = key_of(document.uri);
  document.source = std::make_shared<const lang::Source>(key, std::move(text));
  document.file.reset();
  forget(key);
}

void Workspace::open(const std::string& uri, int64_t version, std::string text) {
  Document& document = documents_[key_of(uri)];
  document.uri = uri;
  document.version = version;
  replace(document, std::move(text));
}

void Workspace::change(const std::string& uri, int64_t version, const std::vector<TextChange>& changes, Encoding encoding) {
  const auto found = documents_.find(key_of(uri));
  if (found == documents_.end()) throw std::invalid_argument("the document is not open: " + uri);
  std::string text(found->second.source->text());
  for (const TextChange& change : changes) {
    if (!change.range) {
      text = change.text;
      continue;
    }
    const PlaceMap places(text);
    const uint32_t a = places.offset(change.range->first, encoding), b = places.offset(change.range->second, encoding);
    text.replace(std::min(a, b), std::max(a, b) - std::min(a, b), change.text);
    if (text.size() > kMaxText) throw std::length_error("the document is too large");
  }
  found->second.version = version;
  replace(found->second, std::move(text));
}

void Workspace::close(const std::string& uri) {
  const std::string key = key_of(uri);
  if (documents_.erase(key) > 0) forget(key);
}

void Workspace::changed_on_disk(const std::string& uri) {
  const std::string key = key_of(uri);
  on_disk_.erase(key);
  if (!documents_.contains(key)) forget(key);
}

FilePtr Workspace::document(const std::string& uri) {
  const std::string key = key_of(uri);
  const auto found = documents_.find(key);
  if (found != documents_.end()) return file_of(key, found->second);
  return key == uri ? nullptr : file(key);
}

FilePtr Workspace::file(const std::string& path) {
  if (const auto open = documents_.find(path); open != documents_.end()) return file_of(path, open->second);
  const uint64_t stamp = files_.stamp(path);
  OnDisk& slot = on_disk_[path];
  if (stamp != 0 && slot.stamp == stamp) return slot.file;
  if (slot.file) checker_.names().forget(path);
  slot = {stamp, nullptr};
  if (stamp != 0)
    if (std::shared_ptr<const lang::Source> source = files_.read(path))
      slot.file = std::make_shared<const File>(path, uri_of(path), std::move(source));
  return slot.file;
}

FilePtr Workspace::module(std::string_view name, const File& importer) {
  const std::string path = files_.find_module(std::string(name), *importer.source);
  return path.empty() ? nullptr : file(path);
}

std::vector<FilePtr> Workspace::programs(const std::function<void()>& between) {
  std::set<std::string> paths;
  for (const std::string& folder : folders_)
    for (std::string& path : files_.programs(folder))
      if (paths.size() < kMaxFiles) paths.insert(std::move(path));
  for (const auto& [key, document] : documents_) paths.insert(key);
  std::vector<FilePtr> all;
  for (const std::string& path : paths) {
    if (between) between();
    if (FilePtr f = file(path)) all.push_back(std::move(f));
  }
  return all;
}

std::optional<int64_t> Workspace::version(const std::string& uri) const {
  const auto found = documents_.find(key_of(uri));
  return found == documents_.end() ? std::nullopt : std::optional(found->second.version);
}

std::vector<std::string> Workspace::open_uris() const {
  std::vector<std::string> uris;
  for (const auto& [key, document] : documents_) uris.push_back(document.uri);
  return uris;
}

bool Workspace::is_checked(const std::string& uri) const {
  const auto found = documents_.find(key_of(uri));
  return found != documents_.end() && found->second.checked;
}

std::shared_ptr<const analysis::CheckedFile> Workspace::check(const std::string& uri) {
  const auto found = documents_.find(key_of(uri));
  if (found == documents_.end()) return nullptr;
  if (!found->second.checked)
    found->second.checked = std::make_shared<const analysis::CheckedFile>(
        checker_.check(found->second.source, lang::RuleSet::defaults()).file);
  return found->second.checked;
}

}  // namespace omc::lsp
