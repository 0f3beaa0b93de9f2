// Strings: search, slices, case, padding, templates (core builtins, section 4).
//
// Every string argument is taken in its display form. Indices are code points; str_len alone counts bytes.

#include <unicase.h>  // libunistring: full case mappings, without start-up cost
#include <unictype.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

constexpr size_t kMaxMade = 1'000'000;  // bytes of str_repeat, width of str_pad_*

Value truth(bool b) { return Value::integer(b ? 1 : 0); }

Value str_len(Vm&, Args args) { return Value::integer(static_cast<int64_t>(args.text(0).view().size())); }

Value str_chars(Vm& vm, Args args) { return Value::integer(string_argument(vm, args, 0)->count_characters()); }

Value str_is_empty(Vm&, Args args) { return truth(args.text(0).view().empty()); }

// A long first argument may grow in place (vm/object.hpp, StringBuffer), so that s = concat_many(s, x) in a loop is
// linear, as s + x is.
Value concat_many(Vm& vm, Args args) {
  constexpr uint32_t kLong = 64;
  String* first = args.has(0) && args[0].is_string() ? args[0].as_string() : nullptr;
  const bool grows = first && first->size_bytes >= kLong;
  if (args.size() == 1 && first) return args[0];
  TextBuilder out(vm);
  for (const Value v : args.from(grows ? 1 : 0)) {
    append_display(out.text, v);
    out.check();
  }
  return grows ? Value(vm.heap().concatenate(first, out.text)) : out.value();
}

Value str_join(Vm& vm, Args args) {
  const Array* a = args.array(0, Wording::First);
  const Args::Text separator = args.text(1);
  TextBuilder out(vm);
  for (size_t i = 0; i < a->size; ++i) {
    if (i > 0) out.text += separator.view();
    append_display(out.text, a->at(i));
    out.check();
  }
  return out.value();
}

Value str_repeat(Vm& vm, Args args) {
  const Args::Text s = args.text(0);
  const int64_t n = args.integer(1);
  const size_t bytes = s.view().size();
  if (n <= 0 || bytes == 0) return vm.text("");
  if (static_cast<uint64_t>(n) > kMaxMade / bytes)
    throw args.error("result would exceed 1M chars (" + std::to_string(bytes) + " * " + std::to_string(n) + ")");
  std::string out;
  out.reserve(bytes * static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) out += s.view();
  return vm.text(out);
}

Value pad(Vm& vm, const Args& args, bool left) {
  String* s = string_argument(vm, args, 0);
  const int64_t width = args.integer(1);
  const Args::Text filler = args.text(2);
  if (width > static_cast<int64_t>(kMaxMade)) throw args.error("width " + std::to_string(width) + " exceeds 1000000");
  const int64_t missing = width - s->count_characters();
  if (missing <= 0) return s;
  std::string_view with = filler.view().empty() ? " " : filler.view();
  with = with.substr(0, character_bytes(with[0]));
  std::string out;
  out.reserve(s->size_bytes + with.size() * static_cast<size_t>(missing));
  if (!left) out += s->view();
  for (int64_t i = 0; i < missing; ++i) out += with;
  if (left) out += s->view();
  return vm.text(out);
}

Value str_pad_left(Vm& vm, Args args) { return pad(vm, args, true); }
Value str_pad_right(Vm& vm, Args args) { return pad(vm, args, false); }

// Where the slice before began, so that walking through a long text that is not ASCII is linear. The text is known by its
// address, which no other can have as long as nothing is freed.
struct SlicePlace {
  const char* text = nullptr;
  uint64_t freed = 0;
  size_t character = 0;
  size_t offset = 0;
};

// character_offset, but faster when the last call was for a character of the same text not far before.
size_t remembered_offset(Vm& vm, const String* s, size_t n) {
  constexpr size_t kLong = 256;
  if (s->size_bytes < kLong) return character_offset(s->view(), n);
  SlicePlace& place = vm.state<SlicePlace>();
  const uint64_t freed = vm.heap().statistics().objects_freed;
  if (place.text != s->data || place.freed != freed || place.character > n) place = {s->data, freed, 0, 0};
  place.offset += character_offset(s->view().substr(place.offset), n - place.character);
  place.character = n;
  return place.offset;
}

Value str_slice(Vm& vm, Args args) {
  const String* s = string_argument(vm, args, 0);
  const int64_t length = s->count_characters();
  const int64_t end = std::clamp<int64_t>(args.integer(2), 0, length);
  const int64_t start = std::clamp<int64_t>(args.integer(1), 0, end);
  if (start == 0 && end == length) return string_argument(vm, args, 0);
  const auto first = static_cast<size_t>(start), count = static_cast<size_t>(end - start);
  if (s->ascii()) return vm.text(s->view().substr(first, count));
  const std::string_view rest = s->view().substr(remembered_offset(vm, s, first));
  return vm.text(rest.substr(0, character_offset(rest, count)));
}

Value str_split(Vm& vm, Args args) {
  const Args::Text text = args.text(0), separator = args.text(1);
  std::string_view rest = text;
  std::vector<Value> pieces;
  if (separator.view().empty()) {
    while (!rest.empty()) {
      const size_t bytes = character_bytes(rest[0]);
      pieces.push_back(vm.text(rest.substr(0, bytes)));
      rest.remove_prefix(bytes);
      if (pieces.size() % 65536 == 0) vm.poll();
    }
    return vm.heap().array_of(pieces);
  }
  for (size_t at; (at = find_text(rest, separator)) != std::string_view::npos;) {
    pieces.push_back(vm.text(rest.substr(0, at)));
    rest.remove_prefix(at + separator.view().size());
    if (pieces.size() % 65536 == 0) vm.poll();
  }
  pieces.push_back(vm.text(rest));
  return vm.heap().array_of(pieces);
}

Value str_split_lines(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  std::vector<Value> lines;
  for_each_line(text, [&](std::string_view line) {
    lines.push_back(vm.text(line));
    if (lines.size() % 65536 == 0) vm.poll();
  });
  return vm.heap().array_of(lines);
}

Value str_trim(Vm& vm, Args args) {
  String* s = string_argument(vm, args, 0);
  const std::string_view trimmed = trim(s->view());
  return trimmed.size() == s->size_bytes ? Value(s) : vm.text(trimmed);
}

Value str_reverse(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  const std::string_view s = text;
  std::string out(s.size(), '\0');
  size_t to = s.size();
  for (size_t at = 0; at < s.size();) {
    const size_t bytes = character_bytes(s[at]);
    to -= bytes;
    std::copy_n(s.data() + at, bytes, out.data() + to);
    at += bytes;
  }
  return vm.text(out);
}

Value str_contains(Vm&, Args args) { return truth(find_text(args.text(0), args.text(1)) != std::string_view::npos); }
Value str_starts_with(Vm&, Args args) { return truth(args.text(0).view().starts_with(args.text(1))); }
Value str_ends_with(Vm&, Args args) { return truth(args.text(0).view().ends_with(args.text(1))); }

Value character_index(std::string_view s, size_t offset) {
  if (offset == std::string_view::npos) return Value::integer(-1);
  return Value::integer(static_cast<int64_t>(count_characters(s.substr(0, offset))));
}

Value str_index_of(Vm&, Args args) {
  const Args::Text s = args.text(0);
  return character_index(s, find_text(s, args.text(1)));
}

// Offset of the last occurrence. D. Knuth, J. Morris, V. Pratt, Fast Pattern Matching in Strings, SIAM Journal on
// Computing 6(2), 1977, section 2, run from the end: linear, which string_view::rfind is not.
size_t find_last(std::string_view s, std::string_view part) {
  const size_t m = part.size();
  if (m > s.size()) return std::string_view::npos;
  if (m < 8) return s.rfind(part);
  std::vector<size_t> border(m + 1, 0);  // of each suffix: the length of its longest proper suffix that it starts with too
  for (size_t i = 1, k = 0; i < m; ++i) {
    while (k > 0 && part[m - 1 - i] != part[m - 1 - k]) k = border[k];
    if (part[m - 1 - i] == part[m - 1 - k]) ++k;
    border[i + 1] = k;
  }
  size_t k = 0;
  for (size_t i = s.size(); i-- > 0;) {
    while (k > 0 && s[i] != part[m - 1 - k]) k = border[k];
    if (s[i] == part[m - 1 - k]) ++k;
    if (k == m) return i;
  }
  return std::string_view::npos;
}

Value str_rfind(Vm&, Args args) {
  const Args::Text s = args.text(0);
  return character_index(s, find_last(s, args.text(1)));
}

size_t count_occurrences(std::string_view s, std::string_view part) {
  size_t n = 0;
  if (part.empty()) return 0;
  for (size_t at = 0; (at = find_text(s, part, at)) != std::string_view::npos; at += part.size()) ++n;
  return n;
}

Value str_count(Vm&, Args args) {
  return Value::integer(static_cast<int64_t>(count_occurrences(args.text(0), args.text(1))));
}

// All occurrences, left to right. Counts first, so that a result too large is refused before it is built.
std::string replace_all(Vm& vm, std::string_view s, std::string_view old, std::string_view now) {
  const size_t n = count_occurrences(s, old);
  const size_t size = s.size() - n * old.size() + n * now.size();  // no overflow: both are below 2^32
  require_room(vm, size);
  std::string out;
  out.reserve(size);
  size_t from = 0;
  for (size_t i = 0; i < n; ++i) {
    const size_t at = find_text(s, old, from);
    out += s.substr(from, at - from);
    out += now;
    from = at + old.size();
  }
  return out += s.substr(from);
}

Value str_replace(Vm& vm, Args args) {
  String* s = string_argument(vm, args, 0);
  const Args::Text old = args.text(1), now = args.text(2);
  if (old.view().empty() || find_text(s->view(), old) == std::string_view::npos) return s;
  return vm.text(replace_all(vm, s->view(), old, now));
}

Value str_format(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  std::string out(text.view());
  const auto fill = [&](std::string_view name, Value v) {
    const std::string hole = "{" + std::string(name) + "}";
    if (find_text(out, hole) != std::string_view::npos) out = replace_all(vm, out, hole, display(v));
    vm.poll();
  };
  const Value values = args[1];
  if (values.is_dict()) {
    const Dict* d = values.as_dict();
    for (const uint32_t i : d->sorted(vm.heap())) fill(d->entries[i].key->view(), d->entries[i].value);
  } else if (values.is_array()) {
    const Array* a = values.as_array();
    for (size_t i = 0; i < a->size; ++i) fill(std::to_string(i), a->at(i));
  } else {
    fill("0", values);
  }
  return vm.text(out);
}

using CaseMapping = decltype(&u8_toupper);

// The full mapping of the Unicode Standard (section 3.13), locale-free, no normalisation.
std::string map_case(CaseMapping mapping, std::string_view s) {
  if (s.empty()) return "";
  size_t size = 0;
  const std::unique_ptr<uint8_t, decltype(&std::free)> mapped(
      mapping(reinterpret_cast<const uint8_t*>(s.data()), s.size(), nullptr, nullptr, nullptr, &size), std::free);
  if (!mapped) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(mapped.get()), size};
}

// The Unicode Standard 15.0, table 3-17: behind a cased letter and not before one, whatever case-ignorable characters
// stand between.
bool is_final_sigma(std::string_view before, std::string_view after) {
  const auto ignorable = [](char32_t c) { return uc_is_property(c, UC_PROPERTY_CASE_IGNORABLE); };
  const auto cased = [](char32_t c) { return uc_is_property(c, UC_PROPERTY_CASED); };
  while (!before.empty() && ignorable(last_character(before))) {
    while (is_continuation(before.back())) before.remove_suffix(1);
    before.remove_suffix(1);
  }
  if (before.empty() || !cased(last_character(before))) return false;
  while (!after.empty() && ignorable(first_character(after))) after.remove_prefix(character_bytes(after[0]));
  return after.empty() || !cased(first_character(after));
}

// u8_tolower but for the final sigma, before which it takes an apostrophe for the end of the word. No other mapping to
// lower case looks at the characters around.
std::string to_lower(std::string_view s) {
  constexpr std::string_view kSigma = "Σ";
  std::string out;
  size_t from = 0;
  for (size_t at; (at = find_text(s, kSigma, from)) != std::string_view::npos; from = at + kSigma.size()) {
    out += map_case(u8_tolower, s.substr(from, at - from));
    out += is_final_sigma(s.substr(0, at), s.substr(at + kSigma.size())) ? "ς" : "σ";
  }
  return out += map_case(u8_tolower, s.substr(from));
}

std::string to_upper(std::string_view s) { return map_case(u8_toupper, s); }

// `map`, but ASCII text changes between `first` and `last` only, and is itself when nothing does.
Value change_case(Vm& vm, const Args& args, std::string map(std::string_view), char first, char last) {
  String* s = string_argument(vm, args, 0);
  if (!s->ascii()) return vm.text(map(s->view()));
  const auto changes = [first, last](char c) { return c >= first && c <= last; };
  if (std::ranges::none_of(s->view(), changes)) return s;
  std::string out(s->view());
  for (char& c : out)
    if (changes(c)) c = static_cast<char>(c ^ 0x20);
  return vm.text(out);
}

Value str_uppercase(Vm& vm, Args args) { return change_case(vm, args, to_upper, 'a', 'z'); }
Value str_lowercase(Vm& vm, Args args) { return change_case(vm, args, to_lower, 'A', 'Z'); }

Value str_capitalize(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  const std::string_view s = text;
  if (s.empty()) return vm.text("");
  const size_t bytes = character_bytes(s[0]);
  std::string out = to_upper(s.substr(0, bytes));
  return vm.text(out += s.substr(bytes));
}

constexpr size_t kComponents = 32;

// Component j is the sum over the code points c of sin((F(j) phi / pi) c), F the Fibonacci numbers 1, 1, 2, ...; then
// of length 1. Summed in text order: programs rely on every bit.
std::array<double, kComponents> embedding(std::string_view s) {
  constexpr double kPhi = 1.618033988749895, kPi = 3.141592653589793;
  std::array<double, kComponents> e{};
  std::array<double, kComponents> scale{};
  double previous = 0, fibonacci = 1;
  for (double& factor : scale) {
    factor = fibonacci * kPhi / kPi;
    const double next = previous + fibonacci;
    previous = fibonacci;
    fibonacci = next;
  }
  for (size_t at = 0; at < s.size(); at += character_bytes(s[at])) {
    const double c = first_character(s.substr(at));
    for (size_t j = 0; j < kComponents; ++j) e[j] += std::sin(scale[j] * c);
  }
  double square = 0;
  for (const double x : e) square += x * x;
  const double norm = std::sqrt(square);
  if (norm > 1e-9)
    for (double& x : e) x /= norm;
  return e;
}

Value str_similarity(Vm&, Args args) {
  const auto a = embedding(args.text(0)), b = embedding(args.text(1));
  double dot = 0;
  for (size_t j = 0; j < kComponents; ++j) dot += a[j] * b[j];
  return Value::real(std::clamp(dot, -1.0, 1.0));
}

constexpr Builtin kBuiltins[] = {
    {"str_len", "(s) -> int", "The number of bytes.", "str_len(\"é\")  # 2", str_len},
    {"str_chars", "(s) -> int", "The number of code points.", "str_chars(\"é\")  # 1", str_chars},
    {"str_concat", "(a, b, ...) -> string", "The texts of all arguments, joined.", "str_concat(\"n=\", 1)  # n=1",
     concat_many},
    {"concat_many", "(...) -> string", "The texts of all arguments, joined; of none, the empty string.",
     "concat_many(1, \"-\", 2.0)  # 1-2.0", concat_many},
    {"str_uppercase", "(s) -> string", "Upper case, by the full Unicode mapping.",
     "str_uppercase(\"straße\")  # STRASSE", str_uppercase},
    {"str_upper", "(s) -> string", "The same as str_uppercase.", "str_upper(\"abc\")  # ABC", str_uppercase},
    {"str_lowercase", "(s) -> string", "Lower case, by the full Unicode mapping.", "str_lowercase(\"ΑΣ\")  # ας",
     str_lowercase},
    {"str_lower", "(s) -> string", "The same as str_lowercase.", "str_lower(\"ABC\")  # abc", str_lowercase},
    {"str_capitalize", "(s) -> string", "The first code point in upper case, the rest unchanged.",
     "str_capitalize(\"hello World\")  # Hello World", str_capitalize},
    {"str_reverse", "(s) -> string", "The code points in reverse order.", "str_reverse(\"abc\")  # cba", str_reverse},
    {"str_slice", "(s, start, end) -> string",
     "The code points from start up to but not including end; both are clamped to the text.",
     "str_slice(\"abcdef\", 1, 4)  # bcd", str_slice},
    {"str_split", "(s, sep) -> array", "The pieces between occurrences of sep; with an empty sep, the code points.",
     "str_split(\"a,b,,c\", \",\")  # [a, b, , c]", str_split},
    {"str_join", "(arr, sep) -> string", "The texts of the elements with sep between them.",
     "str_join([1, 2.5, \"z\"], \"|\")  # 1|2.5|z", str_join},
    {"arr_join", "(array, separator) -> string", "The display forms of the elements with the separator between them.",
     "arr_join([1, 2.0], \"-\")  # 1-2.0", str_join},
    {"str_trim", "(s) -> string", "Without Unicode white space at both ends.", "str_trim(\"  both \")  # both",
     str_trim},
    {"str_strip", "(s) -> string", "The same as str_trim.", "str_strip(\" x \")  # x", str_trim},
    {"str_replace", "(s, old, new) -> string", "With every occurrence of old replaced by new, left to right.",
     "str_replace(\"aaaa\", \"aa\", \"b\")  # bb", str_replace},
    {"str_contains", "(s, t) -> int", "1 when t occurs in s.", "str_contains(\"abc\", \"bc\")  # 1", str_contains},
    {"str_starts_with", "(s, t) -> int", "1 when s begins with t.", "str_starts_with(\"abc\", \"ab\")  # 1",
     str_starts_with},
    {"str_ends_with", "(s, t) -> int", "1 when s ends with t.", "str_ends_with(\"abc\", \"bc\")  # 1", str_ends_with},
    {"str_index_of", "(s, t) -> int", "The code point index of the first occurrence of t, or -1.",
     "str_index_of(\"déjà vu\", \"vu\")  # 5", str_index_of},
    {"str_find", "(s, t) -> int", "The same as str_index_of.", "str_find(\"hello\", \"l\")  # 2", str_index_of},
    {"str_rfind", "(s, t) -> int", "The code point index of the last occurrence of t, or -1.",
     "str_rfind(\"abcabc\", \"bc\")  # 4", str_rfind},
    {"str_count", "(s, t) -> int", "How often t occurs, without overlaps.", "str_count(\"banana\", \"an\")  # 2",
     str_count},
    {"str_is_empty", "(s) -> int", "1 when the text is empty.", "str_is_empty(\"\")  # 1", str_is_empty},
    {"str_repeat", "(s, n) -> string", "n copies of s.", "str_repeat(\"ab\", 3)  # ababab", str_repeat},
    {"str_pad_left", "(s, width, pad) -> string", "Filled up on the left to width with the first code point of pad.",
     "str_pad_left(7, 3, \"0\")  # 007", str_pad_left},
    {"str_pad_right", "(s, width, pad) -> string", "Filled up on the right to width with the first code point of pad.",
     "str_pad_right(\"ab\", 5, \".\")  # ab...", str_pad_right},
    {"str_split_lines", "(s) -> array", "The lines, without their LF or CRLF.",
     "str_split_lines(\"a\\r\\nb\\n\")  # [a, b]", str_split_lines},
    {"str_format", "(template, values) -> string",
     "The template with {key} replaced from a dict, {0} and so on from an array, or {0} from any other value.",
     "str_format(\"{0} is {1}\", [\"x\", 2.0])  # x is 2.0", str_format},
    {"str_similarity", "(a, b) -> float", "How alike the code points of two texts are, from -1 to 1.",
     "round(str_similarity(\"listen\", \"silent\") * 1000)  # 1000", str_similarity},
};

}  // namespace

constinit const std::span<const Builtin> strings_builtins = kBuiltins;

}  // namespace omc::stdlib
