// Conversions between ints, floats and text, and what a value is (core builtins, section 2).

#include <limits>
#include <optional>

#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

Value to_int(Vm&, Args args) { return Value::integer(args.integer(0)); }
Value to_float(Vm&, Args args) { return Value::real(args.number(0)); }
Value to_string(Vm& vm, Args args) { return string_argument(vm, args, 0); }
Value type_of(Vm& vm, Args args) { return vm.heap().intern(type_name(args[0])); }
Value is_singularity(Vm&, Args args) { return Value::integer(args[0].is_singularity()); }

Value len(Vm&, Args args) {
  const Value v = args[0];
  switch (v.tag()) {
    case Tag::String: return Value::integer(v.as_string()->count_characters());
    case Tag::Array: return Value::integer(static_cast<int64_t>(v.as_array()->size));
    case Tag::Dict: return Value::integer(v.as_dict()->size);
    case Tag::Null: return Value::integer(0);
    default: throw args.error("requires array, string, or dict, got " + std::string(type_name(v)));
  }
}

// Text that is no number is a value of its own, not an error.
Value not_parseable(Vm& vm, const Args& args, std::string_view text) {
  const std::string name(args.name());
  const std::string why = name.starts_with("str_to_") ? quoted(text) + " not parseable"
                                                      : "cannot parse '" + std::string(text) + "'";
  return vm.heap().singularity(0, 0, name + ": " + why);
}

Value parse_int(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  if (const auto n = vm::parse_int(trim(text))) return Value::integer(*n);
  return not_parseable(vm, args, text);
}

Value parse_float(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  if (const auto x = vm::parse_float(trim(text))) return Value::real(*x);
  return not_parseable(vm, args, text);
}

Value to_hex(Vm& vm, Args args) {
  const int64_t n = args.integer(0);
  uint64_t magnitude = n < 0 ? 0 - static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
  std::string digits;
  do digits += "0123456789abcdef"[magnitude % 16];
  while (magnitude /= 16);
  std::string out = n < 0 ? "-0x" : "0x";
  return vm.text(out.append(digits.rbegin(), digits.rend()));
}

std::optional<int64_t> parse_hex(std::string_view s) {
  const bool negative = s.starts_with('-');
  if (negative) s.remove_prefix(1);
  if (s.starts_with("0x") || s.starts_with("0X")) s.remove_prefix(2);
  if (s.empty()) return std::nullopt;
  int64_t n = 0;
  for (const char c : s) {
    const int digit = hex_digit(c);
    if (digit < 0 || n > std::numeric_limits<int64_t>::max() / 16) return std::nullopt;
    n = n * 16 + digit;
  }
  return negative ? -n : n;
}

Value from_hex(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  if (const auto n = parse_hex(trim(text))) return Value::integer(*n);
  return not_parseable(vm, args, text);
}

constexpr Builtin kBuiltins[] = {
    {"to_int", "(v) -> int", "As an int: floats are truncated, text that is no integer is 0.", "to_int(-3.9)  # -3",
     to_int},
    {"int", "(v) -> int", "The same as to_int.", "int(\"42\")  # 42", to_int},
    {"to_float", "(v) -> float", "As a float: text that is no number is 0.0.", "to_float(\"2E-2\")  # 0.02", to_float},
    {"float", "(v) -> float", "The same as to_float.", "float(3)  # 3.0", to_float},
    {"to_string", "(v) -> string", "As text: what print shows.", "to_string([1, 2.0])  # [1, 2.0]", to_string},
    {"to_str", "(v) -> string", "The same as to_string.", "to_str(3.0)  # 3.0", to_string},
    {"string", "(v) -> string", "The same as to_string.", "string(null)  # null", to_string},
    {"type_of", "(v) -> string", "The name of the value's type.", "type_of([1])  # array", type_of},
    {"len", "(v) -> int", "Code points of a string, elements of an array, keys of a dict; 0 for null.",
     "len(\"é\")  # 1", len},
    {"is_singularity", "(v) -> int", "1 when the value is a singularity.", "is_singularity(1 / 0)  # 1", is_singularity,
     "is_singularity requires 1 argument"},
    {"str_to_int", "(s) -> int|singularity", "The integer a text spells; a singularity when it spells none.",
     "str_to_int(\" 42 \")  # 42", parse_int},
    {"parse_int", "(s) -> int|singularity", "The integer a text spells; a singularity when it spells none.",
     "parse_int(\"x y\")  # Singularity(0/0, ctx=parse_int: cannot parse 'x y')", parse_int},
    {"str_to_float", "(s) -> float|singularity", "The float a text spells; a singularity when it spells none.",
     "str_to_float(\" 4.5 \")  # 4.5", parse_float},
    {"parse_float", "(s) -> float|singularity", "The float a text spells; a singularity when it spells none.",
     "parse_float(\"2.5e-1\")  # 0.25", parse_float},
    {"to_hex", "(n) -> string", "An int in hexadecimal.", "to_hex(-255)  # -0xff", to_hex},
    {"from_hex", "(s) -> int|singularity", "The int a hexadecimal text spells; a singularity when it spells none.",
     "from_hex(\"0xff\")  # 255", from_hex},
};

}  // namespace

constinit const std::span<const Builtin> conversions_builtins = kBuiltins;

}  // namespace omc::stdlib
