// What makes two programs the same (language reference, chapter 10, section 1): canonical text and its hash.

#include <fmt/format.h>

#include "lang/canonical.hpp"
#include "lang/parser.hpp"
#include "stdlib/record.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/attractors.hpp"
#include "substrate/hash.hpp"
#include "substrate/resonance.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

// The canonical text, or why there is none: `at L:C: MESSAGE`.
struct Canonical {
  std::string text, failure;
};

static Canonical canonical_text(Vm& vm, std::string_view code) {
  const lang::Source source("code", std::string(code));
  const lang::ParseResult parsed = lang::parse(source);
  if (!parsed.ok()) return {{}, parsed.first_message()};
  lang::CanonicalOptions options;
  options.is_builtin = [&vm](std::string_view name) { return vm.find_builtin(name) != nullptr; };
  return {lang::canonical(*parsed.module, options), {}};
}

static std::string required_canonical(Vm& vm, const Args& args, size_t i) {
  Canonical c = canonical_text(vm, args.text(i).view());
  if (!c.failure.empty()) throw vm::Error(fmt::format("{}: parse error: {}", args.name(), c.failure));
  return std::move(c.text);
}

static Value hash_record(Vm& vm, std::string_view bytes) {
  const int64_t raw = substrate::fnv(bytes);
  const substrate::Nearest nearest = substrate::nearest(raw);
  return record(vm, {{"raw", Value::integer(raw)},
                     {"attractor", Value::integer(nearest.attractor)},
                     {"distance", Value::integer(static_cast<int64_t>(nearest.distance))},
                     {"resonance", Value::real(substrate::resonance(raw))}});
}

static Value omc_code_canonical(Vm& vm, Args args) { return vm.text(required_canonical(vm, args, 0)); }

static Value omc_code_equivalent(Vm& vm, Args args) {
  const Canonical a = canonical_text(vm, args.text(0).view()), b = canonical_text(vm, args.text(1).view());
  return Value::integer(a.failure.empty() && b.failure.empty() && a.text == b.text);
}

static Value omc_code_hash(Vm& vm, Args args) { return hash_record(vm, args.text(0).view()); }

static Value omc_canonical_hash(Vm& vm, Args args) { return hash_record(vm, required_canonical(vm, args, 0)); }

constexpr Builtin kBuiltins[] = {
    {"omc_code_canonical", "(code: string) -> string",
     "The canonical text of a program: core forms, locals numbered, one layout.",
     "str_trim(omc_code_canonical(\"x=1\"))  # x = 1;", omc_code_canonical},
    {"omc_code_equivalent", "(code_a: string, code_b: string) -> int",
     "Whether two programs have the same canonical text; 0 when one does not parse.",
     "omc_code_equivalent(\"fn f(a) { return a; }\", \"fn f(b) { return b }\")  # 1", omc_code_equivalent},
    {"omc_code_hash", "(code: string) -> dict", "Hash of a text as given, with its attractor, distance and resonance.",
     "omc_code_hash(\"\")[\"raw\"]  # 5472609002491880229", omc_code_hash},
    {"omc_canonical_hash", "(code: string) -> dict",
     "Hash of the canonical text of a program, with its attractor, distance and resonance.",
     "omc_canonical_hash(\"x=1\")[\"raw\"] == omc_canonical_hash(\"x = 1;\")[\"raw\"]  # true", omc_canonical_hash},
};

constinit const std::span<const Builtin> code_identity_builtins = kBuiltins;

}  // namespace omc::stdlib
