// Regular expressions: RE2 behind the dialect of the language (core builtins, section 6).

#include <re2/re2.h>

#include <charconv>
#include <memory>
#include <unordered_map>
#include <vector>

#include "stdlib/regex_dialect.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

using re2::RE2;
using re2::StringPiece;

// Patterns compiled so far, by their text. Dropped all at once when there are many: programs that make patterns up as
// they go are rare.
struct PatternCache {
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  static constexpr size_t kMost = 256;
  std::unordered_map<std::string, std::unique_ptr<const RE2>, Hash, std::equal_to<>> patterns;
};

// Argument 0, compiled. Stays until the next pattern is.
const RE2& pattern_argument(Vm& vm, const Args& args) {
  auto& patterns = vm.state<PatternCache>().patterns;
  const Args::Text text = args.text(0);
  if (const auto found = patterns.find(text.view()); found != patterns.end()) return *found->second;
  const auto invalid = [&](const std::string& detail) {
    return args.error("invalid pattern " + quoted(text) + ": " + detail);
  };
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);
  std::unique_ptr<const RE2> compiled;
  try {
    compiled = std::make_unique<RE2>(to_re2(text), options);
  } catch (const PatternError& e) {
    throw invalid(e.detail);
  }
  if (!compiled->ok()) throw invalid(compiled->error());
  if (patterns.size() >= PatternCache::kMost) patterns.clear();
  return *patterns.emplace(std::string(text.view()), std::move(compiled)).first->second;
}

struct Match {
  size_t begin;
  size_t end;
};

// Walks the matches of `pattern` in `text` from left to right, with the groups of each.
class Matches {
 public:
  Matches(Vm& vm, const RE2& pattern, std::string_view text, int groups)
      : vm_(vm), pattern_(pattern), text_(text), groups_(static_cast<size_t>(groups) + 1) {}

  // The next one. An empty match directly behind the one before does not count.
  bool next(Match& m) {
    while (from_ <= text_.size() && search()) {
      m.begin = static_cast<size_t>(groups_[0].data() - text_.data());
      m.end = m.begin + groups_[0].size();
      const bool empty = m.begin == m.end;
      from_ = empty ? m.end + (m.end < text_.size() ? character_bytes(text_[m.end]) : 1) : m.end;
      if (empty && m.end == last_) continue;
      last_ = m.end;
      if (++found_ % 4096 == 0) vm_.poll();
      return true;
    }
    return false;
  }

  // Of the match found last; empty when the group took no part.
  std::string_view group(size_t i) const {
    return i < groups_.size() && groups_[i].data() ? std::string_view(groups_[i].data(), groups_[i].size())
                                                   : std::string_view();
  }

 private:
  bool search() {
    while (pattern_.Match({text_.data(), text_.size()}, from_, text_.size(), RE2::UNANCHORED, groups_.data(),
                          static_cast<int>(groups_.size()))) {
      // \B matches between the bytes of a character.
      const auto at = static_cast<size_t>(groups_[0].data() - text_.data());
      if (!groups_[0].empty() || at == text_.size() || !is_continuation(text_[at])) return true;
      from_ = at;
      while (from_ < text_.size() && is_continuation(text_[from_])) ++from_;
    }
    return false;
  }

  Vm& vm_;
  const RE2& pattern_;
  std::string_view text_;
  std::vector<StringPiece> groups_;
  size_t from_ = 0;
  size_t last_ = std::string_view::npos;
  size_t found_ = 0;
};

// A replacement text: parts to copy, and groups to insert.
class Replacement {
 public:
  Replacement(std::string_view text, const RE2& pattern) {
    const auto& names = pattern.NamedCapturingGroups();
    while (!text.empty()) {
      const size_t dollar = std::min(text.find('$'), text.size());
      add_text(text.substr(0, dollar));
      text.remove_prefix(dollar);
      if (text.empty()) break;
      size_t size = 0;
      const std::string_view name = reference(text, size);
      if (size == 0) {
        const bool escaped = text.starts_with("$$");
        add_text("$");
        text.remove_prefix(escaped ? 2 : 1);
        continue;
      }
      text.remove_prefix(size);
      size_t number = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
      if (error == std::errc() && end == name.data() + name.size()) {
        parts_.push_back({"", number});
      } else if (const auto found = names.find(std::string(name)); found != names.end()) {
        parts_.push_back({"", static_cast<size_t>(found->second)});
      }  // an unknown group is empty
    }
  }

  void append(std::string& out, const Matches& match) const {
    for (const Part& part : parts_) out += part.group == kText ? part.text : match.group(part.group);
  }
  int groups() const {
    size_t most = 0;
    for (const Part& part : parts_)
      if (part.group != kText) most = std::max(most, part.group);
    return static_cast<int>(std::min<size_t>(most, 1 << 16));
  }

 private:
  static constexpr size_t kText = SIZE_MAX;
  struct Part {
    std::string_view text;
    size_t group;
  };

  void add_text(std::string_view s) {
    if (!s.empty()) parts_.push_back({s, kText});
  }

  // The name in $name or ${name} at the front of the text, and how many bytes that takes: 0 when it is none.
  static std::string_view reference(std::string_view text, size_t& size) {
    if (text.starts_with("${")) {
      const size_t close = text.find('}');
      if (close == std::string_view::npos) return {};
      size = close + 1;
      return text.substr(2, close - 2);
    }
    constexpr std::string_view kNameBytes = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    const size_t end = std::min(text.find_first_not_of(kNameBytes, 1), text.size());
    if (end > 1) size = end;
    return text.substr(1, end - 1);
  }

  std::vector<Part> parts_;
};

Value re_match(Vm& vm, Args args) {
  const RE2& pattern = pattern_argument(vm, args);
  const Args::Text text = args.text(1);
  const StringPiece piece(text.view().data(), text.view().size());
  return Value::integer(pattern.Match(piece, 0, piece.size(), RE2::UNANCHORED, nullptr, 0));
}

Value re_find(Vm& vm, Args args) {
  const Args::Text text = args.text(1);
  Matches matches(vm, pattern_argument(vm, args), text, 0);
  Match m;
  return vm.text(matches.next(m) ? matches.group(0) : "");
}

Value re_find_all(Vm& vm, Args args) {
  const Args::Text text = args.text(1);
  Matches matches(vm, pattern_argument(vm, args), text, 0);
  std::vector<Value> found;
  for (Match m; matches.next(m);) found.push_back(vm.text(matches.group(0)));
  return vm.heap().array_of(found);
}

Value re_split(Vm& vm, Args args) {
  const Args::Text text = args.text(1);
  Matches matches(vm, pattern_argument(vm, args), text, 0);
  std::vector<Value> pieces;
  size_t from = 0;
  for (Match m; matches.next(m); from = m.end) pieces.push_back(vm.text(text.view().substr(from, m.begin - from)));
  pieces.push_back(vm.text(text.view().substr(from)));
  return vm.heap().array_of(pieces);
}

Value re_replace(Vm& vm, Args args) {
  const RE2& pattern = pattern_argument(vm, args);
  const Args::Text text = args.text(1), by = args.text(2);
  const Replacement replacement(by, pattern);
  Matches matches(vm, pattern, text, std::min(replacement.groups(), pattern.NumberOfCapturingGroups()));
  TextBuilder out(vm);
  size_t from = 0;
  for (Match m; matches.next(m); from = m.end) {
    out.text += text.view().substr(from, m.begin - from);
    replacement.append(out.text, matches);
    out.check();
  }
  out.text += text.view().substr(from);
  return out.value();
}

constexpr Builtin kBuiltins[] = {
    {"re_match", "(p, text) -> int", "1 when the pattern matches anywhere in the text.",
     "re_match(\"o+\", \"foo\")  # 1", re_match},
    {"re_find", "(p, text) -> string", "The first match, or the empty string.", "re_find(\"[0-9]+\", \"abc 42\")  # 42",
     re_find},
    {"re_find_all", "(p, text) -> array", "All matches.", "re_find_all(\"[0-9]+\", \"1 and 23\")  # [1, 23]",
     re_find_all},
    {"re_split", "(p, text) -> array", "The text between matches.",
     "re_split(\",\\\\s*\", \"a, b,c\")  # [a, b, c]", re_split},
    {"re_replace", "(p, text, repl) -> string", "The text with every match replaced; $1, $name and ${name} are groups.",
     "re_replace(\"(\\\\w+) (\\\\w+)\", \"hello world\", \"$2 $1\")  # world hello", re_replace},
};

}  // namespace

constinit const std::span<const Builtin> regex_builtins = kBuiltins;

}  // namespace omc::stdlib
