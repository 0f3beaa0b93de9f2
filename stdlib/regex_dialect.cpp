// One pass over a pattern. It copies what means the same to RE2 and rewrites the rest:
//
// 1. Classes \d \w \s are Unicode's, unless (?-u) says otherwise.
// 2. RE2 does not know the flags u and x, \u escapes, (?<name>, and most names of properties.
// 3. In brackets, a class may stand within a class, and && -- ~~ are operators. RE2 reads all that literally, so such a
//    class is computed here and handed over as ranges.
// 4. What RE2 knows and the dialect does not (\C, \Q, octal escapes) is refused.

#include "stdlib/regex_dialect.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "stdlib/character_set.hpp"
#include "stdlib/text.hpp"

namespace omc::stdlib {

namespace {

[[noreturn]] void fail(std::string detail) { throw PatternError{std::move(detail)}; }

bool is_alphanumeric(char32_t c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// A code point as RE2 reads it inside and outside brackets.
std::string code_text(char32_t c) {
  if (is_alphanumeric(c)) return std::string(1, static_cast<char>(c));
  char digits[8];
  char* const end = std::to_chars(std::begin(digits), std::end(digits), static_cast<uint32_t>(c), 16).ptr;
  return "\\x{" + std::string(std::begin(digits), end) + "}";
}

std::string range_text(const CharacterSet& set) {
  std::string out;
  for (const CharacterRange r : set.ranges()) {
    out += code_text(r.first);
    if (r.last != r.first) out.append("-").append(code_text(r.last));
  }
  return out;
}

// What may stand in brackets: a character, a range, a set with a name, or further brackets.
struct Item {
  std::string re2;  // as RE2 spells it inside brackets; empty when it cannot
  std::function<CharacterSet()> characters;
  bool brackets = false;
  // Folding the characters as they are written would give another set than folding the result, which is what RE2 does.
  bool folds_inside = false;

  std::string text() const { return re2.empty() ? range_text(characters()) : re2; }
};

constexpr std::string_view kWord = "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{200c}\\x{200d}";  // \w inside brackets

// Items (their union), then any number of OPERATOR items, from left to right.
struct Brackets {
  struct Operand {
    char op;  // '|' of the first, else & - ~
    std::vector<Item> items;
  };
  bool negated = false;
  std::vector<Operand> operands;

  // Whether RE2 can read it as it stands.
  bool plain() const { return operands.size() == 1 && std::ranges::none_of(operands[0].items, &Item::brackets); }
  bool folds_inside() const {
    return operands.size() > 1 || std::ranges::any_of(operands[0].items, &Item::folds_inside);
  }

  CharacterSet characters() const {
    CharacterSet result;
    for (const Operand& operand : operands) {
      CharacterSet items;
      for (const Item& item : operand.items) items = items | item.characters();
      switch (operand.op) {
        case '&': result = result & items; break;
        case '-': result = result - items; break;
        case '~': result = result ^ items; break;
        default: result = std::move(items);
      }
    }
    return negated ? ~result : result;
  }
};

struct Flags {
  bool unicode = true;
  bool verbose = false;
  bool fold = false;  // (?i)
};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  std::string translate() {
    groups_.push_back({});
    while (!at_end()) {
      const bool behind_flags = std::exchange(behind_flags_, false);
      switch (peek()) {
        case '\\': escape(); break;
        case '[': brackets(); break;
        case '(': open_group(); break;
        case ')':
          if (groups_.size() == 1) fail("unopened group");
          groups_.pop_back();
          copy();
          break;
        case '*': case '+': case '?':
          if (behind_flags) fail("repetition operator missing expression");
          copy();
          break;
        default:
          if (!flags().verbose || !skip_verbose()) copy();
          else behind_flags_ = behind_flags;
      }
    }
    if (groups_.size() > 1) fail("unclosed group");
    return std::move(out_);
  }

 private:
  bool at_end() const { return at_ == pattern_.size(); }
  char peek() const { return pattern_[at_]; }
  bool looking_at(std::string_view s) const { return pattern_.substr(at_).starts_with(s); }
  bool skip(std::string_view s) {
    if (!looking_at(s)) return false;
    at_ += s.size();
    return true;
  }
  char32_t next_character() {
    const char32_t c = first_character(pattern_.substr(at_));
    at_ += character_bytes(peek());
    return c;
  }
  void copy() {
    const size_t bytes = character_bytes(peek());
    out_ += pattern_.substr(at_, bytes);
    at_ += bytes;
  }
  Flags& flags() { return groups_.back(); }

  // White space or a comment of verbose mode.
  bool skip_verbose() {
    if (peek() == '#') {
      at_ = std::min(pattern_.find('\n', at_), pattern_.size());
      return true;
    }
    const std::string_view rest = pattern_.substr(at_, character_bytes(peek()));
    if (!trim(rest).empty()) return false;
    at_ += rest.size();
    return true;
  }

  void open_group() {
    if (skip("(?P<") || (looking_at("(?<") && !looking_at("(?<=") && !looking_at("(?<!") && skip("(?<"))) {
      const std::string_view name = pattern_.substr(at_, std::min(pattern_.find('>', at_), pattern_.size()) - at_);
      if (std::ranges::find(names_, name) != names_.end()) fail("duplicate group name");  // RE2 does not mind
      names_.push_back(name);
      out_ += "(?P<";
      groups_.push_back(flags());
    } else if (looking_at("(?")) {
      at_ += 2;
      flag_group();
    } else {
      copy();
      groups_.push_back(flags());
    }
  }

  // Behind "(?": flags up to ")", which hold until the group around ends, or up to ":", which hold inside. RE2 must not
  // see u and x.
  void flag_group() {
    Flags now = flags();
    std::string on, off;
    bool negated = false, any = false;
    for (;; ++at_) {
      if (at_end()) fail("unclosed group");
      const char c = peek();
      if (c == ')' || c == ':') break;
      if (c == '-') {
        if (std::exchange(negated, true)) fail("repeated negation of flags");
        any = false;
        continue;
      }
      switch (c) {
        case 'u': now.unicode = !negated; break;
        case 'x': now.verbose = !negated; break;
        case 'i': now.fold = !negated; [[fallthrough]];
        case 'm': case 's': case 'U': (negated ? off : on) += c; break;
        default: fail("unrecognized flag or unsupported group");
      }
      any = true;
    }
    if (!any && (negated || peek() == ')')) fail("missing flags");
    const std::string spelled = on + (off.empty() ? "" : "-" + off);
    if (skip(":")) {
      out_ += "(?" + spelled + ":";
      groups_.push_back(now);
    } else {
      skip(")");
      if (!spelled.empty()) out_ += "(?" + spelled + ")";
      flags() = now;
      behind_flags_ = true;
    }
  }

  void escape() {
    if (pattern_.size() - at_ < 2) fail("incomplete escape sequence");
    switch (pattern_[at_ + 1]) {
      case 'A': case 'z': case 'B':
        copy();
        copy();
        break;
      case 'b':
        copy();
        copy();
        if (looking_at("{")) fail("unsupported word boundary");
        break;
      default:
        if (flags().unicode && skip("\\W")) out_.append("[^").append(kWord).append("]");
        else if (const auto named = named_set()) out_ += "[" + named->text() + "]";
        else out_ += code_text(escaped_character());
    }
  }

  // At a backslash: the set that it starts, or nothing.
  std::optional<Item> named_set() {
    const char letter = pattern_[at_ + 1];
    const bool unicode = flags().unicode;
    switch (letter) {
      case 'd': case 'D':
        at_ += 2;
        if (unicode) return category("Nd", letter == 'D');
        return of(*posix_characters("digit"), letter == 'D');
      case 's': case 'S':
        at_ += 2;
        return of(unicode ? space_characters() : *posix_characters("space"), letter == 'S');
      case 'w': case 'W':
        at_ += 2;
        if (unicode && letter == 'w') return Item{std::string(kWord), word_characters};
        return of(unicode ? word_characters() : *posix_characters("word"), letter == 'W');
      case 'p': case 'P':
        at_ += 2;
        return property(letter == 'P');
      default: return std::nullopt;
    }
  }

  static Item of(CharacterRange range) {
    return {code_text(range.first) + (range.first == range.last ? "" : "-" + code_text(range.last)),
            [range] { return CharacterSet({range}); }};
  }
  static Item of(const CharacterSet& set, bool negated) {
    return {"", [made = negated ? ~set : set] { return made; }};
  }

  // A general category that RE2 has too.
  static Item category(std::string name, bool negated) {
    return {(negated ? "\\P{" : "\\p{") + name + "}", [name, negated] {
              const CharacterSet set = *property_characters(name);
              return negated ? ~set : set;
            }};
  }

  // Behind \p or \P: L, or {Name}.
  Item property(bool negated) {
    std::string_view name;
    if (at_end()) fail("incomplete property");
    if (skip("{")) {
      const size_t end = pattern_.find('}', at_);
      if (end == std::string_view::npos) fail("unclosed property");
      name = pattern_.substr(at_, end - at_);
      at_ = end + 1;
    } else {
      name = pattern_.substr(at_, character_bytes(peek()));
      at_ += name.size();
    }
    // RE2 has tables for these; its C lacks the unassigned.
    static constexpr std::string_view kCategories =
        "L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs ";
    const size_t at = kCategories.find(std::string(name) + " ");
    if (!name.empty() && name.size() <= 2 && at != std::string_view::npos && (at == 0 || kCategories[at - 1] == ' '))
      return category(std::string(name), negated);
    const auto found = property_characters(name);
    if (!found) fail("Unicode property not found: " + std::string(name));
    return of(*found, negated);
  }

  // At a backslash: the one character it stands for.
  char32_t escaped_character() {
    ++at_;
    if (at_end()) fail("incomplete escape sequence");
    const char32_t c = next_character();
    switch (c) {
      case 'a': return '\a';
      case 'f': return '\f';
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case 'v': return '\v';
      case 'x': return hexadecimal(2);
      case 'u': return hexadecimal(4);
      case 'U': return hexadecimal(8);
      default:
        if (c >= '1' && c <= '9') fail("backreferences are not supported");
        if (c >= 0x7F || c < ' ' || is_alphanumeric(c)) fail("unrecognized escape sequence");
        return c;
    }
  }

  // The digits of \xHH and the like: that many, or any number in braces.
  char32_t hexadecimal(size_t width) {
    std::string_view digits;
    if (skip("{")) {
      const size_t end = pattern_.find('}', at_);
      if (end == std::string_view::npos) fail("unclosed hexadecimal escape");
      digits = pattern_.substr(at_, end - at_);
      at_ = end + 1;
    } else {
      digits = pattern_.substr(at_, width);
      if (digits.size() < width) fail("incomplete escape sequence");
      at_ += width;
    }
    uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) fail("invalid hexadecimal escape");
    if (code > CharacterSet::kLast || (code >= 0xD800 && code <= 0xDFFF)) fail("escape is no Unicode scalar value");
    return code;
  }

  void brackets() {
    Brackets b = parse_brackets(0);
    if (b.plain()) {
      out_ += b.negated ? "[^" : "[";
      for (const Item& item : b.operands[0].items) out_ += item.text();
      out_ += "]";
      return;
    }
    if (flags().fold && b.folds_inside()) fail("set operations that ignore case are not supported");
    const bool negated = std::exchange(b.negated, false);  // RE2 folds, then negates
    const CharacterSet set = b.characters();
    const bool none = set.ranges().empty();
    out_ += negated != none ? "[^" : "[";
    out_ += range_text(none ? CharacterSet::all() : set) + "]";
  }

  Brackets parse_brackets(size_t depth) {
    if (depth > 50) fail("brackets nest too deeply");
    Brackets b;
    ++at_;
    b.negated = skip("^");
    b.operands.push_back({'|', {}});
    const auto add = [&b](Item item) { b.operands.back().items.push_back(std::move(item)); };
    // At the start, - and then ] stand for themselves.
    const size_t start = at_;
    while (skip("-")) add(of({'-', '-'}));
    if (at_ == start && skip("]")) add(of({']', ']'}));
    for (;;) {
      if (at_end()) fail("unclosed character class");
      if (flags().verbose && skip_verbose()) continue;
      if (skip("]")) return b;
      if (looking_at("[:")) {
        if (auto posix = posix_set()) {
          add(std::move(*posix));
          continue;
        }
      }
      if (peek() == '[') {
        const auto inner = std::make_shared<const Brackets>(parse_brackets(depth + 1));
        add({"", [inner] { return inner->characters(); }, true, inner->negated || inner->folds_inside()});
        continue;
      }
      if (looking_at("&&") || looking_at("--") || looking_at("~~")) {
        b.operands.push_back({peek(), {}});
        at_ += 2;
        continue;
      }
      if (peek() == '\\' && pattern_.size() - at_ >= 2) {
        if (auto named = named_set()) {
          if (looking_at("-") && !looking_at("--") && !looking_at("-]")) fail("invalid character class range");
          add(std::move(*named));
          continue;
        }
      }
      add(of(character_range()));
    }
  }

  // A character, or two with a - between them.
  CharacterRange character_range() {
    const auto character = [this] { return peek() == '\\' ? escaped_character() : next_character(); };
    const char32_t first = character();
    if (!looking_at("-") || looking_at("--") || looking_at("-]") || at_ + 1 == pattern_.size()) return {first, first};
    ++at_;
    const bool set = peek() == '[' || (peek() == '\\' && pattern_.size() - at_ >= 2 && named_set());
    if (set) fail("invalid character class range");
    const char32_t last = character();
    if (last < first) fail("invalid character class range");
    return {first, last};
  }

  // At "[:": "[:name:]" or "[:^name:]", or nothing.
  std::optional<Item> posix_set() {
    const size_t end = pattern_.find(":]", at_ + 2);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view name = pattern_.substr(at_ + 2, end - at_ - 2);
    const bool negated = name.starts_with('^');
    if (negated) name.remove_prefix(1);
    const auto set = posix_characters(name);
    if (!set) return std::nullopt;
    at_ = end + 2;
    return of(*set, negated);
  }

  std::string_view pattern_;
  size_t at_ = 0;
  std::string out_;
  std::vector<Flags> groups_;  // the flags in force in each group begun so far
  std::vector<std::string_view> names_;
  bool behind_flags_ = false;
};

}  // namespace

std::string to_re2(std::string_view pattern) { return Translator(pattern).translate(); }

}  // namespace omc::stdlib
