#pragma once
// Builtins that become instructions instead of calls: only where a few instructions are exactly the builtin.

#include <cstdint>
#include <optional>
#include <string_view>

namespace omc::jit {

enum class Intrinsic : uint8_t { Length, Push, Get, Set, Abs, Floor, Ceil, Round, Sqrt, ToInt, ToFloat, Harmony, PhiShadow, TextBytes, Slice };

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
      {"str_len", Intrinsic::TextBytes}, {"str_slice", Intrinsic::Slice},
      // Without a second lane nothing is marked and everything is in harmony.
      {"harmony", Intrinsic::Harmony}, {"phi_shadow", Intrinsic::PhiShadow},
  };
  for (const Row& row : kRows)
    if (row.name == builtin) return row.intrinsic;
  return std::nullopt;
}

// Builtins that native code calls without the interpreter: they call nobody back and change nothing, so that one which fails
// may be done again.
inline bool calls_nobody(std::string_view builtin) {
  static constexpr std::string_view kNames[] = {
      "concat_many", "str_capitalize", "str_chars", "str_concat", "str_contains", "str_count", "str_ends_with", "str_find",
      "str_index_of", "str_is_empty", "str_join", "str_len", "str_lower", "str_lowercase", "str_pad_left", "str_pad_right",
      "str_repeat", "str_replace", "str_reverse", "str_rfind", "str_slice", "str_split", "str_starts_with", "str_strip",
      "str_to_float", "str_to_int", "str_trim", "str_upper", "str_uppercase", "to_string", "type_of",
  };
  for (const std::string_view name : kNames)
    if (name == builtin) return true;
  return false;
}

}  // namespace omc::jit
