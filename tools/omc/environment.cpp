// The list of environment variables.

#include "omc/environment.hpp"

#include <algorithm>
#include <cstdlib>

namespace omc::tools {

static std::vector<const Variable*>& rows() {
  static std::vector<const Variable*> all;
  return all;
}

Variable::Variable(std::string_view n, std::string_view text) : name(n), summary(text) {
  if (const char* value = std::getenv(std::string(n).c_str())) value_ = value;
  auto& all = rows();
  all.insert(std::upper_bound(all.begin(), all.end(), this, [](const Variable* x, const Variable* y) { return x->name < y->name; }),
             this);
}

const std::vector<const Variable*>& all_variables() { return rows(); }

}  // namespace omc::tools
