// Operators on any values: the general paths. Texts and rules: language reference, section 4.

#include "vm/operators.hpp"

#include <cmath>
#include <compare>
#include <cstring>
#include <unordered_set>
#include <vector>

#include "substrate/interrupt.hpp"
#include "vm/conversions.hpp"
#include "vm/error.hpp"
#include "vm/heap.hpp"

namespace omc::vm {

using lang::BinaryOp;

namespace {

[[noreturn]] void refuse(BinaryOp op, Value a, Value b) {
  std::string text = "cannot apply '";
  text += lang::spelling(op);
  text += "' to ";
  text += type_name(a);
  text += " and ";
  text += type_name(b);
  throw Error(std::move(text));
}

int64_t wrapping(uint64_t u) { return static_cast<int64_t>(u); }
uint64_t bits(int64_t i) { return static_cast<uint64_t>(i); }

Value divide(Heap& heap, Value a, Value b, bool floats) {
  if (floats) {
    const double divisor = to_float(b);
    if (divisor == 0.0) return heap.singularity(to_int(a), 0, "div");
    return Value::real(to_float(a) / divisor);
  }
  const int64_t x = to_int(a), y = to_int(b);
  if (y == 0) return heap.singularity(x, 0, "div");
  return Value::integer(y == -1 ? wrapping(-bits(x)) : x / y);
}

Value modulo(Value a, Value b, bool floats) {
  if (floats) {
    const double divisor = to_float(b);
    return Value::real(divisor == 0.0 ? 0.0 : std::fmod(to_float(a), divisor));
  }
  const int64_t x = to_int(a), y = to_int(b);
  return Value::integer(y == 0 || y == -1 ? 0 : x % y);
}

Value power(Value a, Value b, bool floats) {
  if (floats) return Value::real(std::pow(to_float(a), to_float(b)));
  const int64_t x = to_int(a), n = to_int(b);
  if (n >= 0) return Value::integer(wrapping_pow(x, n));
  double result = 1, factor = static_cast<double>(x);
  for (uint64_t m = -bits(n); m; m >>= 1) {
    if (m & 1) result *= factor;
    factor *= factor;
  }
  return Value::real(1.0 / result);
}

}  // namespace

int64_t wrapping_pow(int64_t base, int64_t exponent) {
  uint64_t result = 1, factor = bits(base);
  for (uint64_t m = bits(exponent); m; m >>= 1) {
    if (m & 1) result *= factor;
    factor *= factor;
  }
  return wrapping(result);
}

bool numeric_operand(Value v, Value& number) {
  switch (v.tag()) {
    case Tag::Int:
    case Tag::Float: number = v; return true;
    case Tag::Bool: number = Value::integer(v.as_bool()); return true;
    case Tag::Singularity: number = Value::integer(v.as_singularity()->numerator); return true;
    case Tag::String: {
      const std::string_view text = v.as_string()->view();
      if (const auto i = parse_int(text)) number = Value::integer(*i);
      else if (const auto d = parse_float(text)) number = Value::real(*d);
      else return false;
      return true;
    }
    default: return false;
  }
}

Value arithmetic(Heap& heap, BinaryOp op, Value a, Value b) {
  if (op == BinaryOp::Add && (a.is_string() || b.is_string())) {
    if (a.is_string() && b.is_string()) return heap.concatenate(a.as_string(), b.as_string()->view());
    if (a.is_string()) return heap.concatenate(a.as_string(), display(b));
    std::string text = display(a);
    text += b.as_string()->view();
    return heap.string(text);
  }
  Value x, y;
  if (!numeric_operand(a, x) || !numeric_operand(b, y)) refuse(op, a, b);
  const bool floats = x.is_float() || y.is_float();
  switch (op) {
    case BinaryOp::Add:
      return floats ? Value::real(to_float(x) + to_float(y)) : Value::integer(wrapping(bits(x.as_int()) + bits(y.as_int())));
    case BinaryOp::Sub:
      return floats ? Value::real(to_float(x) - to_float(y)) : Value::integer(wrapping(bits(x.as_int()) - bits(y.as_int())));
    case BinaryOp::Mul:
      return floats ? Value::real(to_float(x) * to_float(y)) : Value::integer(wrapping(bits(x.as_int()) * bits(y.as_int())));
    case BinaryOp::Div: return divide(heap, x, y, floats);
    case BinaryOp::Mod: return modulo(x, y, floats);
    case BinaryOp::Pow: return power(x, y, floats);
    case BinaryOp::BitAnd: return Value::integer(to_int(x) & to_int(y));
    case BinaryOp::BitOr: return Value::integer(to_int(x) | to_int(y));
    case BinaryOp::BitXor: return Value::integer(to_int(x) ^ to_int(y));
    case BinaryOp::ShiftLeft: return Value::integer(wrapping(bits(to_int(x)) << (to_int(y) & 63)));
    case BinaryOp::ShiftRight: return Value::integer(to_int(x) >> (to_int(y) & 63));
    default: break;
  }
  return Value::null();
}

bool compare(BinaryOp op, Value a, Value b) {
  const auto decide = [op](auto x, auto y) {
    switch (op) {
      case BinaryOp::Less: return x < y;
      case BinaryOp::LessEqual: return x <= y;
      case BinaryOp::Greater: return x > y;
      default: return x >= y;
    }
  };
  if (a.is_string() && b.is_string()) return decide(a.as_string()->view(), b.as_string()->view());
  Value x, y;
  if (!numeric_operand(a, x) || !numeric_operand(b, y)) refuse(op, a, b);
  if (x.is_float() || y.is_float()) return decide(to_float(x), to_float(y));
  return decide(x.as_int(), y.as_int());
}

Value negate(Value v) {
  Value x;
  if (!numeric_operand(v, x)) throw Error("cannot apply '-' to " + std::string(type_name(v)));
  return x.is_float() ? Value::real(0.0 - x.as_float()) : Value::integer(wrapping(-bits(x.as_int())));
}

Value bit_not(Value v) {
  Value x;
  if (!numeric_operand(v, x)) throw Error("cannot apply '~' to " + std::string(type_name(v)));
  return Value::integer(~to_int(x));
}

// --- equality ----------------------------------------------------------------------------------------------------------

namespace {

constexpr size_t kMaxEqualityDepth = 10000;

bool string_equals_number(std::string_view text, Value number) {
  if (const auto i = parse_int(text)) {
    return number.is_float() ? static_cast<double>(*i) == number.as_float() : *i == to_int(number);
  }
  if (!number.is_float()) return false;
  const auto d = parse_float(text);
  return d && *d == number.as_float();
}

bool scalars_equal(Value a, Value b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.is_string() && b.is_string()) return a.as_string() == b.as_string() || a.as_string()->view() == b.as_string()->view();
  if (a.is_function() || b.is_function() || a.is_array() || b.is_array() || a.is_dict() || b.is_dict()) return false;
  if (a.is_string()) return string_equals_number(a.as_string()->view(), b);
  if (b.is_string()) return string_equals_number(b.as_string()->view(), a);
  if (a.tag() == Tag::Other || b.tag() == Tag::Other) return false;
  if (a.is_singularity() && b.is_singularity())
    return a.as_singularity()->numerator == b.as_singularity()->numerator &&
           a.as_singularity()->context == b.as_singularity()->context;
  if (a.is_float() || b.is_float()) return to_float(a) == to_float(b);
  return to_int(a) == to_int(b);
}

struct Pair {
  Value a, b;
  size_t depth;
};

}  // namespace

bool equal(Value a, Value b) {
  if (!(a.is_array() && b.is_array()) && !(a.is_dict() && b.is_dict())) return scalars_equal(a, b);
  std::vector<Pair> pending{{a, b, 0}};
  while (!pending.empty()) {
    const auto [x, y, depth] = pending.back();
    pending.pop_back();
    substrate::interrupt_point();
    if (x.is_array() && y.is_array()) {
      const Array *p = x.as_array(), *q = y.as_array();
      if (p->size != q->size) return false;
      if (depth >= kMaxEqualityDepth) throw Error("cannot compare containers nested deeper than 10000");
      for (size_t i = p->size; i-- > 0;) {
        const Value v = p->at(i), w = q->at(i);
        if (v.is_array() || v.is_dict()) pending.push_back({v, w, depth + 1});
        else if (!scalars_equal(v, w)) return false;
      }
    } else if (x.is_dict() && y.is_dict()) {
      const Dict *p = x.as_dict(), *q = y.as_dict();
      if (p->size != q->size) return false;
      if (depth >= kMaxEqualityDepth) throw Error("cannot compare containers nested deeper than 10000");
      for (uint32_t i = 0; i < p->used; ++i) {
        if (!p->entries[i].key) continue;
        const Value* other = q->get(p->entries[i].key);
        if (!other) return false;
        const Value v = p->entries[i].value;
        if (v.is_array() || v.is_dict()) pending.push_back({v, *other, depth + 1});
        else if (!scalars_equal(v, *other)) return false;
      }
    } else if (!scalars_equal(x, y)) {
      return false;
    }
  }
  return true;
}

}  // namespace omc::vm
