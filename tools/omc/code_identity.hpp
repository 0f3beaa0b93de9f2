#pragma once
// The identity of pieces of code: what `omc grep` and `omc kernel` share.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "omc/options.hpp"

namespace omc::tools {

class CodeIdentity {
 public:
  explicit CodeIdentity(const Options& options);

  // Nothing when the text does not parse.
  std::optional<std::string> canonical(std::string_view code) const { return text(code, false); }
  std::optional<std::string> legacy_canonical(std::string_view code) const { return text(code, true); }
  // H: of the canonical text, of the text itself when it does not parse.
  int64_t hash(std::string_view code) const;

 private:
  std::optional<std::string> text(std::string_view code, bool legacy) const;
  std::unordered_set<std::string> builtins_;
};

std::string hex(int64_t hash);  // 16 digits

}  // namespace omc::tools
