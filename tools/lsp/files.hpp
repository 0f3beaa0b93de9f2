#pragma once
// The files the server may look at. Tests give it files of their own.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lang/source.hpp"

namespace omc::vm {
class Vm;
}

namespace omc::lsp {

class Files {
 public:
  virtual ~Files() = default;

  virtual std::shared_ptr<const lang::Source> read(const std::string& path) = 0;  // nullptr: not there, or not allowed
  // Another number when the file has changed; 0 when it is not there.
  virtual uint64_t stamp(const std::string& path) = 0;
  // The absolute path of the file an import stands for; "" when there is none.
  virtual std::string find_module(const std::string& name, const lang::Source& importer) = 0;
  // What imports of that file may name.
  virtual std::vector<std::string> module_names(const lang::Source& importer) = 0;
  virtual std::vector<std::string> programs(const std::string& folder) = 0;  // *.omc below it
  // The workspace: from now on these and no others. Imports are looked up as if omc ran in the first one.
  virtual void set_folders(const std::vector<std::string>& folders) = 0;
};

// Of the disk. Only what lies in the workspace folders, on the machine's search path for modules, or below the folder of
// the file that imports it, is ever read; larger files than kMaxFile are not.
class DiskFiles : public Files {
 public:
  static constexpr uint64_t kMaxFile = 8 << 20;  // bytes

  explicit DiskFiles(const vm::Vm& machine);

  std::shared_ptr<const lang::Source> read(const std::string& path) override;
  uint64_t stamp(const std::string& path) override;
  std::string find_module(const std::string& name, const lang::Source& importer) override;
  std::vector<std::string> module_names(const lang::Source& importer) override;
  std::vector<std::string> programs(const std::string& folder) override;
  void set_folders(const std::vector<std::string>& folders) override;

 private:
  bool allowed(const std::string& path) const;

  const vm::Vm& machine_;
  std::vector<std::string> library_, workspace_, importers_;  // canonical
};

}  // namespace omc::lsp
