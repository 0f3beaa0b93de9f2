#pragma once
// Builtins that become instructions instead of calls: only where a few instructions are exactly the builtin.

#include <cstdint>
#include <optional>
#include <string_view>

namespace omc::jit {

enum class Intrinsic : uint8_t { Length, Push, Get, Set, Abs, Floor, Ceil, Round, Sqrt, ToInt, ToFloat, Harmony, PhiShadow };

inline std::optional<Intrinsic> find_intrinsic(std::string_view builtin) {
  struct Row {
    std::string_view name;
    Intrinsic intrinsic;
  };
  static constexpr Row kRows[] = {
      {"arr_len", Intrinsic::Length}, {"len", Intrinsic::Length},     {"arr_push", Intrinsic::Push},
      {"arr_get", Intrinsic::Get},    {"arr_set", Intrinsic::Set},    {"abs", Intrinsic::Abs},
      {"floor", Intrinsic::Floor},    {"ceil", Intrinsic::Ceil},      {"round", Intrinsic::Round},
      {"sqrt", Intrinsic::Sqrt},      {"to_int", Intrinsic::ToInt},   {"int", Intrinsic::ToInt},
      {"to_float", Intrinsic::ToFloat}, {"float", Intrinsic::ToFloat},
      // Without a second lane, which native code has not, nothing is marked and everything is in harmony.
      {"harmony", Intrinsic::Harmony}, {"phi_shadow", Intrinsic::PhiShadow},
  };
  for (const Row& row : kRows)
    if (row.name == builtin) return row.intrinsic;
  return std::nullopt;
}

}  // namespace omc::jit
