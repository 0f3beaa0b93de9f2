#pragma once
// The files of a session, as the editor has them or as they lie on the disk, each parsed and indexed when somebody asks.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/file_check.hpp"
#include "lang/parser.hpp"
#include "lsp/files.hpp"
#include "lsp/index.hpp"
#include "lsp/places.hpp"
#include "vm/vm.hpp"

namespace omc::lsp {

struct FunctionHash {
  int64_t hash;  // of its canonical text, as `omc grep` compares functions
  lang::Span span;
};

class Workspace;

// One text of one file; never changes.
struct File {
  File(std::string path, std::string uri, std::shared_ptr<const lang::Source> source);

  std::string path, uri;
  std::shared_ptr<const lang::Source> source;
  PlaceMap places;
  lang::ParseResult parsed;  // resolved; parts with errors are left out
  Index index;

  std::string_view text(lang::Span span) const { return source->text(span); }
  const std::vector<FunctionHash>& function_hashes(const Workspace& workspace) const;  // made when asked for

 private:
  mutable std::optional<std::vector<FunctionHash>> hashes_;
};
using FilePtr = std::shared_ptr<const File>;

// Replaces a part of a text, or all of it.
struct TextChange {
  std::optional<std::pair<Place, Place>> range;
  std::string text;
};

class Workspace {
 public:
  static constexpr size_t kMaxFiles = 5000;
  static constexpr size_t kMaxText = 256 << 20;  // bytes of one document

  Workspace(const vm::Vm& machine, Files& files);

  // --- what the client says ---
  void set_folders(std::vector<std::string> folders);
  const std::vector<std::string>& folders() const { return folders_; }
  void open(const std::string& uri, int64_t version, std::string text);
  void change(const std::string& uri, int64_t version, const std::vector<TextChange>& changes, Encoding encoding);
  void close(const std::string& uri);
  bool is_open(const std::string& uri) const { return documents_.contains(key_of(uri)); }
  void changed_on_disk(const std::string& uri);

  // --- what features ask ---
  FilePtr document(const std::string& uri);         // nullptr: not open, and not to be read
  FilePtr file(const std::string& path);
  FilePtr module(std::string_view name, const File& importer);
  std::vector<std::string> module_names(const File& importer) { return files_.module_names(*importer.source); }
  std::vector<FilePtr> programs(const std::function<void()>& between = {});  // of the workspace, and all that is open
  std::optional<int64_t> version(const std::string& uri) const;
  std::vector<std::string> open_uris() const;

  std::span<const vm::Builtin* const> builtins() const { return machine_.builtins(); }
  const vm::Builtin* builtin(std::string_view name) const { return machine_.find_builtin(name); }

  // Of the present text of what is open; remembered until that or a module it imports changes.
  bool is_checked(const std::string& uri) const;
  std::shared_ptr<const analysis::CheckedFile> check(const std::string& uri);

 private:
  struct Document {
    std::string uri;
    int64_t version;
    std::shared_ptr<const lang::Source> source;
    FilePtr file;                                          // made of the source when somebody asks
    std::shared_ptr<const analysis::CheckedFile> checked;  // likewise
  };
  struct OnDisk {
    uint64_t stamp;
    FilePtr file;
  };
  static std::string key_of(const std::string& uri);  // its path; the URI itself when it has none
  static const FilePtr& file_of(const std::string& key, Document& document);
  void replace(Document& document, std::string text);
  void forget(const std::string& path);

  const vm::Vm& machine_;
  Files& files_;
  analysis::FileChecker checker_;
  std::vector<std::string> folders_;
  std::map<std::string, Document> documents_;  // by key
  std::map<std::string, OnDisk> on_disk_;      // by path
};

}  // namespace omc::lsp
