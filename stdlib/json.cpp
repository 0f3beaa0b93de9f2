// JSON: a reader that builds values directly, and a writer (core builtins, section 7).
//
// The reader is our own: the reference fixes what nlohmann-json reports otherwise or not at all, namely the kind and
// the place of every error, -0, ints beyond 64 bits and a limit on nesting, and json_extract needs the first value of
// a longer text.

#include "stdlib/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>
#include <vector>

#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "substrate/interrupt.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

// RFC 8259 by recursive descent, which the limit on nesting bounds. Without a heap it only checks. Functions that read
// return whether that went well; exceptions would be slow where json_extract tries many places.
class JsonReader {
 public:
  JsonReader(std::string_view text, Heap* heap) : text_(text), heap_(heap) {}

  // The value that starts here, white space before it included; the rest of the text does not matter.
  bool read(Value& out) {
    skip_space();
    if (at_end()) return fail("EOF while parsing a value");
    switch (peek()) {
      case '{': return read_object(out);
      case '[': return read_list(out);
      case '"': return read_string(out);
      case 't': return read_word("true", Value::boolean(true), out);
      case 'f': return read_word("false", Value::boolean(false), out);
      case 'n': return read_word("null", Value::null(), out);
      default: return peek() == '-' || is_digit() ? read_number(out) : fail("expected value");
    }
  }

  // Whether nothing but white space is left.
  bool read_end() {
    skip_space();
    return at_end() || fail("trailing characters");
  }

  // Why the last read went wrong.
  JsonError error() const {
    const std::string_view before = text_.substr(0, at_);
    const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto line = std::ranges::count(before, '\n') + 1;
    const size_t column = at_ - line_start + (at_end() ? 0 : 1);
    return {std::string(what_) + " at line " + std::to_string(line) + " column " + std::to_string(column)};
  }

 private:
  static constexpr size_t kMaxDepth = 127;

  // At the byte at `at_`, the offending one, or at the end.
  bool fail(const char* what) {
    what_ = what;
    return false;
  }
  bool fail_at(size_t at, const char* what) {
    at_ = at;
    return fail(what);
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  bool is_digit() const { return !at_end() && peek() >= '0' && peek() <= '9'; }
  void skip_space() {
    while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')) ++at_;
  }
  bool skip(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  bool read_word(std::string_view spelling, Value v, Value& out) {
    for (const char c : spelling) {
      if (at_end()) return fail("EOF while parsing a value");
      if (peek() != c) return fail("expected ident");
      ++at_;
    }
    out = v;
    return true;
  }

  // What list and object have in common: elements until `close`, with commas between them.
  struct Container {
    char close;
    const char* ended;     // errors: the text ends,
    const char* no_comma;  // or something else stands behind an element
  };
  template <class F>
  bool read_elements(const Container& kind, F read_element) {
    if (++depth_ > kMaxDepth) return fail("recursion limit exceeded");
    ++at_;
    skip_space();
    if (at_end()) return fail(kind.ended);
    while (peek() != kind.close) {
      substrate::interrupt_point();
      if (!read_element()) return false;
      skip_space();
      if (at_end()) return fail(kind.ended);
      if (peek() == kind.close) break;
      if (!skip(',')) return fail(kind.no_comma);
      skip_space();
      if (at_end()) return fail("EOF while parsing a value");
      if (peek() == kind.close) return fail("trailing comma");
    }
    ++at_;
    --depth_;
    return true;
  }

  bool read_list(Value& out) {
    static constexpr Container kList = {']', "EOF while parsing a list", "expected `,` or `]`"};
    const size_t first = stack_.size();
    const auto read_element = [this] {
      Value v;
      if (!read(v)) return false;
      if (heap_) stack_.push_back(v);
      return true;
    };
    if (!read_elements(kList, read_element)) return false;
    if (heap_) out = heap_->array_of(std::span(stack_).subspan(first));
    stack_.resize(first);
    return true;
  }

  bool read_object(Value& out) {
    static constexpr Container kObject = {'}', "EOF while parsing an object", "expected `,` or `}`"};
    Dict* d = heap_ ? heap_->dict() : nullptr;
    const auto read_pair = [this, d] {
      if (peek() != '"') return fail("key must be a string");
      std::string_view key;
      if (!read_text(key)) return false;
      String* name = heap_ ? heap_->intern(key) : nullptr;  // the keys of many objects are the same few
      skip_space();
      if (at_end()) return fail("EOF while parsing an object");
      if (!skip(':')) return fail("expected `:`");
      Value v;
      if (!read(v)) return false;
      if (heap_) d->set(*heap_, name, v);
      return true;
    };
    if (!read_elements(kObject, read_pair)) return false;
    if (heap_) out = d;
    return true;
  }

  bool read_string(Value& out) {
    std::string_view s;
    if (!read_text(s)) return false;
    if (heap_) out = heap_->string(s);
    return true;
  }

  // Of the string that starts at the quote here; valid until the next one with an escape is read.
  bool read_text(std::string_view& out) {
    const size_t first = ++at_;
    skip_plain();
    if (!at_end() && peek() == '"') {
      out = text_.substr(first, at_++ - first);
      return true;
    }
    unescaped_.assign(text_, first, at_ - first);
    for (;;) {
      if (at_end()) return fail("EOF while parsing a string");
      if (peek() == '"') break;
      if (peek() != '\\') return fail("control character (\\u0000-\\u001F) found while parsing a string");
      ++at_;
      if (!read_escape()) return false;
      const size_t from = at_;
      skip_plain();
      unescaped_.append(text_, from, at_ - from);
    }
    ++at_;
    out = unescaped_;
    return true;
  }

  void skip_plain() {
    while (!at_end() && peek() != '"' && peek() != '\\' && static_cast<unsigned char>(peek()) >= 0x20) ++at_;
  }

  // Behind a backslash.
  bool read_escape() {
    if (at_end()) return fail("EOF while parsing a string");
    switch (peek()) {
      case '"': case '\\': case '/': unescaped_ += peek(); break;
      case 'b': unescaped_ += '\b'; break;
      case 'f': unescaped_ += '\f'; break;
      case 'n': unescaped_ += '\n'; break;
      case 'r': unescaped_ += '\r'; break;
      case 't': unescaped_ += '\t'; break;
      case 'u': ++at_; return read_code_point();
      default: return fail("invalid escape");
    }
    ++at_;
    return true;
  }

  bool read_code_point() {
    const size_t start = at_;
    char32_t unit, low;
    if (!read_code_unit(unit)) return false;
    if (unit >= 0xDC00 && unit <= 0xDFFF) return fail_at(start + 3, "invalid escape");  // the second of a pair, alone
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      for (const char c : {'\\', 'u'}) {
        if (at_end()) return fail("EOF while parsing a string");
        if (!skip(c)) return fail("invalid escape");
      }
      if (!read_code_unit(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail_at(at_ - 1, "invalid escape");
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    append_character(unescaped_, unit);
    return true;
  }

  bool read_code_unit(char32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_end()) return fail("EOF while parsing a string");
      const int digit = hex_digit(peek());
      if (digit < 0) return fail("invalid escape");
      unit = unit * 16 + static_cast<char32_t>(digit);
    }
    return true;
  }

  bool read_digits() {
    if (at_end()) return fail("EOF while parsing a value");
    if (!is_digit()) return fail("invalid number");
    while (is_digit()) ++at_;
    return true;
  }

  bool read_number(Value& out) {
    const size_t first = at_;
    bool whole = true;
    skip('-');
    if (skip('0')) {
      if (is_digit()) return fail("invalid number");  // a leading zero
    } else if (!read_digits()) {
      return false;
    }
    if (skip('.')) {
      whole = false;
      if (!read_digits()) return false;
    }
    if (skip('e') || skip('E')) {
      whole = false;
      if (!skip('+')) skip('-');
      if (!read_digits()) return false;
    }
    const std::string_view spelled = text_.substr(first, at_ - first);
    if (whole && spelled != "-0") {
      if (const auto n = parse_int(spelled)) {
        out = Value::integer(*n);
        return true;
      }
    }
    const double x = *parse_float(spelled);
    if (std::isinf(x)) return fail_at(at_ - 1, "number out of range");
    out = Value::real(x);
    return true;
  }

  std::string_view text_;
  Heap* heap_;
  size_t at_ = 0;
  size_t depth_ = 0;
  const char* what_ = "";
  std::vector<Value> stack_;  // elements of the lists begun so far
  std::string unescaped_;
};

void append_string(std::string& out, std::string_view s) {
  out += '"';
  size_t from = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(s, from, i - from);
    from = i + 1;
    out += '\\';
    switch (c) {
      case '\b': out += 'b'; break;
      case '\f': out += 'f'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      default:
        if (c >= 0x20) {
          out += static_cast<char>(c);
        } else {
          out += c < 0x10 ? "u000" : "u001";
          out += "0123456789abcdef"[c % 16];
        }
    }
  }
  out.append(s, from);
  out += '"';
}

// Shortest digits that read back: plain while the decimal point stands at most 5 places before them or 16 behind their
// first, else with an exponent.
void append_float(std::string& out, double d) {
  if (!std::isfinite(d)) {
    out += "null";
    return;
  }
  char buffer[32];  // "-d.ddddddddddddddddde-ddd"
  const char* end = std::to_chars(std::begin(buffer), std::end(buffer), d, std::chars_format::scientific).ptr;
  const char* from = buffer;
  if (*from == '-') out += *from++;
  const char* mark = std::find(from, end, 'e');
  std::string digits(1, *from);
  if (from + 1 < mark) digits.append(from + 2, mark);
  int exponent = 0;
  const char* exponent_from = mark + 1 + (mark[1] == '+');
  std::from_chars(exponent_from, end, exponent);
  const auto n = static_cast<int>(digits.size());
  const int point = exponent + 1;  // the value is 0.DIGITS * 10^point
  if (point > 0 && point <= 16) {
    const auto whole = static_cast<size_t>(std::min(point, n));
    out.append(digits, 0, whole).append(static_cast<size_t>(point) - whole, '0');
    out += '.';
    out += point < n ? digits.substr(whole) : "0";
  } else if (point > -5 && point <= 0) {
    out.append("0.").append(static_cast<size_t>(-point), '0') += digits;
  } else {
    out += digits[0];
    if (n > 1) out.append(".").append(digits, 1);
    out.append("e").append(std::to_string(point - 1));
  }
}

// Keeps its own stack: containers may nest to any depth.
class JsonWriter {
 public:
  JsonWriter(Vm& vm, bool pretty) : vm_(vm), out_(vm), pretty_(pretty) {}

  std::string write(Value v) {
    begin(v);
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.size) {
        const char close = top.dict ? '}' : ']';
        const bool empty = top.size == 0;
        if (open_.size() > kShallow) deep_.erase(top.container);
        open_.pop_back();
        if (!empty) new_line();
        out_.text += close;
        continue;
      }
      if (top.next > 0) out_.text += ',';
      new_line();
      const size_t i = top.next++;
      if (top.dict) {
        const Dict::Entry& e = top.dict->entries[top.dict->sorted(vm_.heap())[i]];
        append_string(out_.text, e.key->view());
        out_.text += pretty_ ? ": " : ":";
        begin(e.value);
      } else {
        begin(top.array->at(i));
      }
      out_.check();
    }
    return std::move(out_.text);
  }

 private:
  // A container of which some elements are still to be written.
  struct Open {
    const Object* container;
    const Array* array;
    const Dict* dict;
    size_t size;
    size_t next = 0;
  };

  // Writes a scalar, or opens a container.
  void begin(Value v) {
    switch (v.tag()) {
      case Tag::Null:
      case Tag::Bool:
      case Tag::Int: append_display(out_.text, v); break;
      case Tag::Float: append_float(out_.text, v.as_float()); break;
      case Tag::String: append_string(out_.text, v.as_string()->view()); break;
      case Tag::Array: open(v, v.as_array(), nullptr, v.as_array()->size); break;
      case Tag::Dict: open(v, nullptr, v.as_dict(), v.as_dict()->size); break;
      default: append_string(out_.text, display(v));
    }
  }

  void open(Value v, const Array* array, const Dict* dict, size_t size) {
    if (is_open(v.as_object())) throw Error("json_stringify: a container is inside itself");
    open_.push_back({v.as_object(), array, dict, size});
    if (open_.size() > kShallow) deep_.insert(v.as_object());
    out_.text += dict ? '{' : '[';
  }

  bool is_open(const Object* o) const {
    const auto shallow = std::span(open_).first(std::min(open_.size(), kShallow));
    return std::ranges::find(shallow, o, &Open::container) != shallow.end() || (!deep_.empty() && deep_.contains(o));
  }

  void new_line() {
    if (pretty_) out_.text.append(1, '\n').append(2 * open_.size(), ' ');
  }

  Vm& vm_;
  TextBuilder out_;
  bool pretty_;
  std::vector<Open> open_;
  // Open containers below the first kShallow, which are found faster by looking through them.
  std::unordered_set<const Object*> deep_;
  static constexpr size_t kShallow = 32;
};

Value json_parse(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  try {
    return parse_json(vm, text);
  } catch (const JsonError& e) {
    throw args.error(e.message);
  }
}

Value json_stringify(Vm& vm, Args args) { return vm.text(json_text(vm, args[0], args.integer_or(1, 0) != 0)); }

Value json_extract(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  for (size_t at = 0; (at = text.view().find_first_of("{[", at)) != std::string_view::npos; ++at) {
    const std::string_view rest = text.view().substr(at);
    vm.poll();
    Value v;
    // Checked first, so that the places where it fails leave nothing for the collector.
    if (JsonReader(rest, nullptr).read(v) && JsonReader(rest, &vm.heap()).read(v)) return v;
  }
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"json_parse", "(text) -> any", "The value that a JSON text stands for.",
     "json_parse(\"{\\\"a\\\": [1, 2.5]}\")  # {\"a\": [1, 2.5]}", json_parse},
    {"json_stringify", "(v, pretty?) -> string", "The JSON text of a value; indented when int(pretty) is not 0.",
     "json_stringify({\"b\": 1, \"a\": [true, null]})  # {\"a\":[true,null],\"b\":1}", json_stringify},
    {"json_extract", "(text) -> any", "The first JSON object or list inside other text; null when there is none.",
     "json_extract(\"Sure: {\\\"a\\\": 1} done\")  # {\"a\": 1}", json_extract},
};

}  // namespace

Value parse_json(Vm& vm, std::string_view text) {
  JsonReader reader(text, &vm.heap());
  Value v;
  if (!reader.read(v) || !reader.read_end()) throw reader.error();
  return v;
}

std::string json_text(Vm& vm, Value v, bool pretty) { return JsonWriter(vm, pretty).write(v); }

constinit const std::span<const Builtin> json_builtins = kBuiltins;

}  // namespace omc::stdlib
