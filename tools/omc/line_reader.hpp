#pragma once
// Lines for the interactive session: with editing, history and completion on a terminal, plain otherwise.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace omc::tools {

class LineReader {
 public:
  // `complete` gives the names that begin with a text.
  explicit LineReader(std::function<std::vector<std::string>(const std::string&)> complete);
  // Nothing at the end of input. The prompt is written also when input is no terminal.
  std::optional<std::string> read(const std::string& prompt);
  void remember(const std::string& entry);
  bool interactive() const { return interactive_; }

 private:
  bool interactive_;
};

}  // namespace omc::tools
