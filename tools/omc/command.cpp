// The list of modes and subcommands.

#include "omc/command.hpp"

#include <algorithm>

namespace omc::tools {

namespace {
std::vector<const Command*>& rows() {
  static std::vector<const Command*> all;
  return all;
}
}  // namespace

Command::Command(std::string_view f, std::string_view a, std::string_view p, std::string_view s, Run r)
    : flag(f), aliases(a), positionals(p), summary(s), run(r) {
  auto& all = rows();
  all.insert(std::upper_bound(all.begin(), all.end(), this, [](const Command* x, const Command* y) { return x->flag < y->flag; }),
             this);
}

bool Command::named(std::string_view word) const {
  if (word == flag) return true;
  std::string_view rest = aliases;
  while (!rest.empty()) {
    const size_t blank = rest.find(' ');
    if (rest.substr(0, blank) == word) return true;
    rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
  }
  return false;
}

const std::vector<const Command*>& commands() { return rows(); }

const Command* find_command(std::string_view word) {
  for (const Command* c : rows())
    if (c->named(word)) return c;
  return nullptr;
}

}  // namespace omc::tools
