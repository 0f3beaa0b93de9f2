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
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

// RFC 8259 by recursive descent, which the limit on nesting bounds. Without a heap it only checks.
class JsonReader {
 public:
  JsonReader(std::string_view text, Heap* heap) : text_(text), heap_(heap) {}

  // The value that starts here, white space before it included; the rest of the text does not matter.
  Value value() {
    skip_space();
    if (at_end()) fail("EOF while parsing a value");
    switch (peek()) {
      case '{': return object();
      case '[': return list();
      case '"': return string();
      case 't': return word("true", Value::boolean(true));
      case 'f': return word("false", Value::boolean(false));
      case 'n': return word("null", Value::null());
      default:
        if (peek() == '-' || is_digit()) return number();
        fail("expected value");
    }
  }

  // Nothing but white space is left.
  void end() {
    skip_space();
    if (!at_end()) fail("trailing characters");
  }

 private:
  static constexpr size_t kMaxDepth = 127;

  // At the byte at `at_`, the offending one, or at the end.
  [[noreturn]] void fail(const char* what) const {
    const std::string_view before = text_.substr(0, at_);
    const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto line = std::ranges::count(before, '\n') + 1;
    const size_t column = at_ - line_start + (at_end() ? 0 : 1);
    throw JsonError{std::string(what) + " at line " + std::to_string(line) + " column " + std::to_string(column)};
  }
  [[noreturn]] void fail_at(size_t at, const char* what) {
    at_ = at;
    fail(what);
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

  void enter() {
    if (++depth_ > kMaxDepth) fail("recursion limit exceeded");
    ++at_;
  }
  void leave() {
    --depth_;
    ++at_;
  }

  Value word(std::string_view spelling, Value v) {
    for (const char c : spelling) {
      if (at_end()) fail("EOF while parsing a value");
      if (peek() != c) fail("expected ident");
      ++at_;
    }
    return v;
  }

  Value list() {
    enter();
    const size_t first = stack_.size();
    skip_space();
    if (at_end()) fail("EOF while parsing a list");
    while (peek() != ']') {
      const Value v = value();
      if (heap_) stack_.push_back(v);
      skip_space();
      if (at_end()) fail("EOF while parsing a list");
      if (peek() == ']') break;
      if (!skip(',')) fail("expected `,` or `]`");
      skip_space();
      if (at_end()) fail("EOF while parsing a value");
      if (peek() == ']') fail("trailing comma");
    }
    leave();
    if (!heap_) return {};
    Array* a = heap_->array_of(std::span(stack_).subspan(first));
    stack_.resize(first);
    return a;
  }

  Value object() {
    enter();
    Dict* d = heap_ ? heap_->dict() : nullptr;
    skip_space();
    if (at_end()) fail("EOF while parsing an object");
    while (peek() != '}') {
      if (peek() != '"') fail("key must be a string");
      const std::string_view key = string_text();
      String* name = heap_ ? heap_->intern(key) : nullptr;  // the keys of many objects are the same few
      skip_space();
      if (at_end()) fail("EOF while parsing an object");
      if (!skip(':')) fail("expected `:`");
      const Value v = value();
      if (heap_) d->set(*heap_, name, v);
      skip_space();
      if (at_end()) fail("EOF while parsing an object");
      if (peek() == '}') break;
      if (!skip(',')) fail("expected `,` or `}`");
      skip_space();
      if (at_end()) fail("EOF while parsing a value");
      if (peek() == '}') fail("trailing comma");
    }
    leave();
    return heap_ ? Value(d) : Value();
  }

  Value string() {
    const std::string_view s = string_text();
    return heap_ ? Value(heap_->string(s)) : Value();
  }

  // Of the string that starts at the quote here; valid until the next one with an escape is read.
  std::string_view string_text() {
    const size_t first = ++at_;
    skip_plain();
    if (!at_end() && peek() == '"') return text_.substr(first, at_++ - first);
    unescaped_.assign(text_, first, at_ - first);
    for (;;) {
      if (at_end()) fail("EOF while parsing a string");
      if (peek() == '"') return ++at_, std::string_view(unescaped_);
      if (peek() != '\\') fail("control character (\\u0000-\\u001F) found while parsing a string");
      ++at_;
      escape();
      const size_t from = at_;
      skip_plain();
      unescaped_.append(text_, from, at_ - from);
    }
  }

  void skip_plain() {
    while (!at_end() && peek() != '"' && peek() != '\\' && static_cast<unsigned char>(peek()) >= 0x20) ++at_;
  }

  // Behind a backslash.
  void escape() {
    if (at_end()) fail("EOF while parsing a string");
    switch (peek()) {
      case '"': case '\\': case '/': unescaped_ += peek(); break;
      case 'b': unescaped_ += '\b'; break;
      case 'f': unescaped_ += '\f'; break;
      case 'n': unescaped_ += '\n'; break;
      case 'r': unescaped_ += '\r'; break;
      case 't': unescaped_ += '\t'; break;
      case 'u': {
        ++at_;
        append_character(unescaped_, code_point());
        return;
      }
      default: fail("invalid escape");
    }
    ++at_;
  }

  char32_t code_point() {
    const size_t start = at_;
    const char32_t high = code_unit();
    if (high < 0xD800 || high > 0xDFFF) return high;
    if (high > 0xDBFF) fail_at(start + 3, "invalid escape");  // the second half of a pair, alone
    for (const char c : {'\\', 'u'}) {
      if (at_end()) fail("EOF while parsing a string");
      if (!skip(c)) fail("invalid escape");
    }
    const char32_t low = code_unit();
    if (low < 0xDC00 || low > 0xDFFF) fail_at(at_ - 1, "invalid escape");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }

  char32_t code_unit() {
    char32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_end()) fail("EOF while parsing a string");
      const int digit = hex_digit(peek());
      if (digit < 0) fail("invalid escape");
      unit = unit * 16 + static_cast<char32_t>(digit);
    }
    return unit;
  }

  void digits() {
    if (at_end()) fail("EOF while parsing a value");
    if (!is_digit()) fail("invalid number");
    while (is_digit()) ++at_;
  }

  Value number() {
    const size_t first = at_;
    skip('-');
    if (skip('0')) {
      if (is_digit()) fail("invalid number");  // a leading zero
    } else {
      digits();
    }
    bool whole = true;
    if (skip('.')) {
      whole = false;
      digits();
    }
    if (skip('e') || skip('E')) {
      whole = false;
      if (!skip('+')) skip('-');
      digits();
    }
    const std::string_view spelled = text_.substr(first, at_ - first);
    if (whole && spelled != "-0")
      if (const auto n = vm::parse_int(spelled)) return Value::integer(*n);
    const double x = *vm::parse_float(spelled);
    if (std::isinf(x)) fail_at(at_ - 1, "number out of range");
    return Value::real(x);
  }

  std::string_view text_;
  Heap* heap_;
  size_t at_ = 0;
  size_t depth_ = 0;
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
    try {
      JsonReader(rest, nullptr).value();  // builds nothing, so that failures leave no garbage
    } catch (const JsonError&) {
      continue;
    }
    return JsonReader(rest, &vm.heap()).value();
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
  const Value v = reader.value();
  reader.end();
  return v;
}

std::string json_text(Vm& vm, Value v, bool pretty) { return JsonWriter(vm, pretty).write(v); }

std::span<const Builtin> json_builtins() { return kBuiltins; }

}  // namespace omc::stdlib
