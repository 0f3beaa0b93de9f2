#include "omc/code_identity.hpp"

#include <fmt/format.h>

#include "lang/canonical.hpp"
#include "lang/parser.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/hash.hpp"

namespace omc::tools {

CodeIdentity::CodeIdentity(const Options& options) {
  vm::Vm machine(options.vm);
  stdlib::install(machine);
  for (const vm::Builtin* b : machine.builtins()) builtins_.emplace(b->name);
}

std::optional<std::string> CodeIdentity::text(std::string_view code, bool legacy) const {
  const lang::Source source("code", std::string(code));
  const lang::ParseResult parsed = lang::parse(source);
  if (!parsed.ok()) return std::nullopt;
  lang::CanonicalOptions options;
  options.is_builtin = [this](std::string_view name) { return builtins_.contains(std::string(name)); };
  options.legacy = legacy;
  return lang::canonical(*parsed.module, options);
}

int64_t CodeIdentity::hash(std::string_view code) const {
  const std::optional<std::string> text = canonical(code);
  return substrate::fnv(text ? *text : code);
}

std::string hex(int64_t hash) { return fmt::format("{:016x}", static_cast<uint64_t>(hash)); }

}  // namespace omc::tools
