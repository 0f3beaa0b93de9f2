// Readings of values and their text.

#include "vm/conversions.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_set>

#include "substrate/fold.hpp"  // truncate_to_int
#include "substrate/interrupt.hpp"
#include "vm/error.hpp"
#include "vm/globals.hpp"
#include "vm/heap.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

int64_t truncate(double d) { return substrate::truncate_to_int(d); }

std::optional<int64_t> parse_int(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  const auto is_word = [&](std::string_view word) {
    return text.size() == word.size() &&
           std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) { return (a | 0x20) == b; });
  };
  double value = 0;
  if (is_word("inf") || is_word("infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else if (is_word("nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    // from_chars takes `inf` and `nan` forms of its own: only digits may begin, as in ".5" or "5."
    const bool digit_first = text[0] >= '0' && text[0] <= '9';
    const bool dot_first = text[0] == '.' && text.size() > 1 && text[1] >= '0' && text[1] <= '9';
    if (!digit_first && !dot_first) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
      // from_chars leaves the value alone: decide between zero and infinity by strtod, which needs a terminator.
      value = std::strtod(std::string(text).c_str(), nullptr);
    } else if (error != std::errc()) {
      return std::nullopt;
    }
  }
  return negative ? -value : value;
}

int64_t to_int(Value v) {
  switch (v.tag()) {
    case Tag::Int: return v.as_int();
    case Tag::Float: return truncate(v.as_float());
    case Tag::Bool: return v.as_bool();
    case Tag::String: return parse_int(v.as_string()->view()).value_or(0);
    case Tag::Singularity: return v.as_singularity()->numerator;
    default: return 0;
  }
}

double to_float(Value v) {
  switch (v.tag()) {
    case Tag::Int: return static_cast<double>(v.as_int());
    case Tag::Float: return v.as_float();
    case Tag::Bool: return v.as_bool() ? 1.0 : 0.0;
    case Tag::String: return parse_float(v.as_string()->view()).value_or(0.0);
    case Tag::Singularity: return static_cast<double>(v.as_singularity()->numerator);
    default: return 0.0;
  }
}

bool to_bool(Value v) {
  switch (v.tag()) {
    case Tag::Int: return v.as_int() != 0;
    case Tag::Float: return v.as_float() != 0.0;
    case Tag::Bool: return v.as_bool();
    case Tag::String: return v.as_string()->size_bytes != 0;
    case Tag::Array: return v.as_array()->size != 0;
    case Tag::Dict: return v.as_dict()->size != 0;
    case Tag::Function:
    case Tag::Singularity:
    case Tag::Other: return true;
    default: return false;
  }
}

std::string_view type_name(Value v) {
  switch (v.tag()) {
    case Tag::Null: return "null";
    case Tag::Bool: return "bool";
    case Tag::Int: return "int";
    case Tag::Float: return "float";
    case Tag::String: return "string";
    case Tag::Array: return "array";
    case Tag::Dict: return "dict";
    case Tag::Function: return "function";
    case Tag::Singularity: return "singularity";
    default: return "unknown";
  }
}

void append_int(std::string& out, int64_t i) {
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, i);
  out.append(buffer, end);
}

std::string float_text(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
  char buffer[1200];  // the longest: 5e-324 with its 324 digits, or 1.8e308 with 309
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::fixed);
  std::string text(buffer, end);
  // The fixed form prints large values exactly; shortest digits followed by zeros are asked for.
  if (std::abs(d) >= 9007199254740992.0) {
    char shortest[32];
    const auto [stop, _] = std::to_chars(shortest, shortest + sizeof shortest, std::abs(d), std::chars_format::scientific);
    const std::string_view s(shortest, static_cast<size_t>(stop - shortest));
    const size_t e = s.find('e');
    std::string digits;
    for (const char c : s.substr(0, e))
      if (c != '.') digits += c;
    int exponent = 0;
    std::from_chars(s.data() + e + 2, s.data() + s.size(), exponent);  // behind "e+"
    digits.resize(std::max<size_t>(digits.size(), static_cast<size_t>(exponent) + 1), '0');
    text = (d < 0 ? "-" : "") + digits;
  }
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

namespace {

void append_function(std::string& out, Function* f) {
  switch (f->kind) {
    case FunctionKind::Reference:
      out += "<fn ";
      out += static_cast<FunctionReference*>(f)->cell->name->view();
      break;
    case FunctionKind::Constructor:
      out += "<fn ";
      out += static_cast<Constructor*>(f)->class_name->view();
      break;
    case FunctionKind::Closure: {
      const auto* c = static_cast<Closure*>(f);
      if (c->lambda_number) {
        out += "<closure __rt_lambda_";
        append_int(out, c->lambda_number);
      } else {
        out += "<fn ";
        out += c->proto->name->view();
      }
      break;
    }
  }
  out += '>';
}

void append_scalar(std::string& out, Value v) {
  switch (v.tag()) {
    case Tag::Null: out += "null"; break;
    case Tag::Bool: out += v.as_bool() ? "true" : "false"; break;
    case Tag::Int: append_int(out, v.as_int()); break;
    case Tag::Float: out += float_text(v.as_float()); break;
    case Tag::String: out += v.as_string()->view(); break;
    case Tag::Function: append_function(out, v.as_function()); break;
    case Tag::Singularity: {
      const Singularity* s = v.as_singularity();
      out += "Singularity(";
      append_int(out, s->numerator);
      out += '/';
      append_int(out, s->denominator);
      if (s->context->size_bytes) {
        out += ", ctx=";
        out += s->context->view();
      }
      out += ')';
      break;
    }
    case Tag::Other: out += static_cast<OtherObject*>(v.as_object())->content->display(); break;
    default: break;
  }
}

// One container being displayed; nesting lives here and not on the C++ stack.
struct Level {
  Object* object;
  size_t next = 0;
  std::vector<uint32_t> order;  // dict: entry numbers
};

class Display {
 public:
  using AppendInt = void (*)(std::string&, int64_t);
  explicit Display(std::string& out, AppendInt append_int) : out_(out), append_int_(append_int) {}

  void value(Value v) {
    open(v);
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.object->tag == Tag::Array) array_step(level);
      else dict_step(level);
    }
  }

 private:
  void open(Value v) {
    if (!v.is_array() && !v.is_dict()) return scalar(v);
    Object* o = v.as_object();
    if (!inside_.insert(o).second) {
      out_ += v.is_array() ? "[...]" : "{...}";
      return;
    }
    out_ += v.is_array() ? '[' : '{';
    Level level{o, 0, {}};
    if (v.is_dict()) {
      const Dict* d = v.as_dict();
      for (uint32_t i = 0; i < d->used; ++i)
        if (d->entries[i].key) level.order.push_back(i);
      std::sort(level.order.begin(), level.order.end(),
                [d](uint32_t a, uint32_t b) { return d->entries[a].key->view() < d->entries[b].key->view(); });
    }
    levels_.push_back(std::move(level));
  }

  // A small value may have a huge text: containers that hold one another many times over.
  void keep_within_limits() {
    constexpr size_t kStep = 1 << 20;
    if (out_.size() < due_) return;
    substrate::interrupt_point(out_.size());
    if (out_.size() >= UINT32_MAX) throw Error("string too long (" + std::to_string(out_.size()) + " bytes)");
    due_ = out_.size() + kStep;
  }

  void close(char bracket) {
    out_ += bracket;
    keep_within_limits();
    inside_.erase(levels_.back().object);
    levels_.pop_back();
  }

  void array_step(Level& level) {
    const auto* a = static_cast<const Array*>(level.object);
    while (level.next < a->size) {
      if (level.next > 0) out_ += ", ";
      const Value v = a->at(level.next++);
      if (v.is_array() || v.is_dict()) return open(v);  // `level` may be gone
      scalar(v);
      keep_within_limits();
    }
    close(']');
  }

  void dict_step(Level& level) {
    const auto* d = static_cast<const Dict*>(level.object);
    while (level.next < level.order.size()) {
      if (level.next > 0) out_ += ", ";
      const Dict::Entry& e = d->entries[level.order[level.next++]];
      out_ += '"';
      out_ += e.key->view();
      out_ += "\": ";
      if (e.value.is_array() || e.value.is_dict()) return open(e.value);
      scalar(e.value);
      keep_within_limits();
    }
    close('}');
  }

  void scalar(Value v) {
    if (v.is_int()) append_int_(out_, v.as_int());
    else append_scalar(out_, v);
  }

  std::string& out_;
  size_t due_ = 0;
  AppendInt append_int_;
  std::vector<Level> levels_;
  std::unordered_set<Object*> inside_;
};

}  // namespace

void append_display(std::string& out, Value v) {
  if (v.is_array() || v.is_dict()) Display(out, append_int).value(v);
  else append_scalar(out, v);
}

std::string display(Value v) {
  std::string out;
  append_display(out, v);
  return out;
}

std::string display(Value v, void (*append_int)(std::string&, int64_t)) {
  std::string out;
  Display(out, append_int).value(v);
  return out;
}

}  // namespace omc::vm
