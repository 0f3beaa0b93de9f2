#pragma once
// Which lines and branches of programs ran. The tree of a file gets counting calls before it is compiled: one before each
// statement, one at the start of each branch. The counters outlive the machines, so those of many tests add up.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lang/ast.hpp"
#include "omc/options.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

struct CoveragePoint {
  enum class Kind : uint8_t { Statement, Branch, Function };
  Kind kind;
  uint32_t line;
  uint32_t group = 0;  // Branch: those of one if, match, loop or try have the same
  std::string name = {};  // Function
};

struct FileCoverage {
  std::string text;
  std::vector<CoveragePoint> points;
  size_t first = 0;  // of its counters
};

class Coverage {
 public:
  explicit Coverage(std::string library) : library_(std::move(library)) {}

  // Puts the calls into a tree that resolve() has not seen. Files of the standard library stay as they are.
  void instrument(lang::Module& module);
  // Lets a machine make the calls.
  void attach(vm::Vm& machine);

  // Counters as they stand, by path; and the way back, for those of another process.
  std::map<std::string, std::vector<uint64_t>> counts() const;
  void add(const std::map<std::string, std::vector<uint64_t>>& counts);
  void clear_counts();

  std::string table() const;
  std::string lcov() const;
  // index.html and a page a file. False, with the reason, when the folder cannot be written.
  bool write_html(const std::string& folder, std::string& reason) const;

 private:
  std::string library_;
  std::map<std::string, FileCoverage> files_;  // by path
  std::vector<uint64_t> hits_;
};

}  // namespace omc::tools
