// Set operations on ranges, and the named sets, whose data are libunistring's.

#include "stdlib/character_set.hpp"

#include <unictype.h>

#include <algorithm>
#include <span>

namespace omc::stdlib {

CharacterSet::CharacterSet(std::vector<CharacterRange> ranges) {
  std::ranges::sort(ranges, {}, &CharacterRange::first);
  for (const CharacterRange r : ranges) {
    if (!ranges_.empty() && r.first <= ranges_.back().last + 1)
      ranges_.back().last = std::max(ranges_.back().last, r.last);
    else
      ranges_.push_back(r);
  }
}

void CharacterSet::extend(char32_t c) {
  if (!ranges_.empty() && ranges_.back().last + 1 == c) ranges_.back().last = c;
  else ranges_.push_back({c, c});
}

CharacterSet operator~(const CharacterSet& a) {
  CharacterSet out;
  char32_t next = 0;
  for (const CharacterRange r : a.ranges_) {
    if (r.first > next) out.ranges_.push_back({next, r.first - 1});
    next = r.last + 1;
  }
  if (next <= CharacterSet::kLast) out.ranges_.push_back({next, CharacterSet::kLast});
  return out;
}

CharacterSet operator|(const CharacterSet& a, const CharacterSet& b) {
  std::vector<CharacterRange> both = a.ranges_;
  both.insert(both.end(), b.ranges_.begin(), b.ranges_.end());
  return CharacterSet(std::move(both));
}

namespace {

CharacterSet of_category(uc_general_category_t category) {
  return CharacterSet::where([category](char32_t c) { return uc_is_general_category(c, category); });
}

// Unicode Standard Annex 44, section 5.9.3, UAX44-LM3: how names are compared.
std::string loose(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != '_' && c != '-' && c != ' ') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

std::optional<CharacterSet> category_characters(const std::string& name) {
  const uc_general_category_t category = uc_general_category_byname(name.c_str());
  if (category.bitmask == 0) return std::nullopt;
  return of_category(category);
}

std::optional<CharacterSet> script_characters(const std::string& name) {
  const uc_script_t* scripts = nullptr;
  size_t count = 0;
  uc_all_scripts(&scripts, &count);
  for (const uc_script_t& script : std::span(scripts, count))
    if (loose(script.name) == name) return CharacterSet::where([&](char32_t c) { return uc_is_script(c, &script); });
  return std::nullopt;
}

std::optional<CharacterSet> binary_characters(const std::string& name) {
  if (name == "any") return CharacterSet::all();
  if (name == "ascii") return CharacterSet({{0, 0x7F}});
  if (name == "assigned") return ~of_category(UC_UNASSIGNED);
  const uc_property_t property = uc_property_byname(name.c_str());
  if (!uc_property_is_valid(property)) return std::nullopt;
  return CharacterSet::where([property](char32_t c) { return uc_is_property(c, property); });
}

}  // namespace

CharacterSet digit_characters() { return of_category(UC_DECIMAL_DIGIT_NUMBER); }

CharacterSet word_characters() {
  const uc_general_category_t word =
      uc_general_category_or(uc_general_category_or(UC_LETTER, UC_MARK),
                             uc_general_category_or(uc_general_category_or(UC_DECIMAL_DIGIT_NUMBER, UC_LETTER_NUMBER),
                                                    UC_CONNECTOR_PUNCTUATION));
  return of_category(word) | CharacterSet({{0x200C, 0x200D}});
}

CharacterSet space_characters() { return CharacterSet({std::begin(kWhiteSpace), std::end(kWhiteSpace)}); }

std::optional<CharacterSet> property_characters(std::string_view name) {
  const size_t equals = name.find_first_of("=:");
  if (equals == std::string_view::npos) {
    const std::string wanted = loose(name);
    if (auto found = category_characters(wanted)) return found;
    if (auto found = script_characters(wanted)) return found;
    return binary_characters(wanted);
  }
  const bool negated = equals > 0 && name[equals] == '=' && name[equals - 1] == '!';
  const std::string kind = loose(name.substr(0, equals - negated)), wanted = loose(name.substr(equals + 1));
  std::optional<CharacterSet> found;
  if (kind == "gc" || kind == "generalcategory") found = category_characters(wanted);
  if (kind == "sc" || kind == "script") found = script_characters(wanted);
  if (found && negated) found = ~*found;
  return found;
}

std::optional<CharacterSet> posix_characters(std::string_view name) {
  struct Row {
    std::string_view name;
    std::vector<CharacterRange> ranges;
  };
  const Row rows[] = {
      {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"ascii", {{0, 0x7F}}},
      {"blank", {{'\t', '\t'}, {' ', ' '}}},
      {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
      {"digit", {{'0', '9'}}},
      {"graph", {{'!', '~'}}},
      {"lower", {{'a', 'z'}}},
      {"print", {{' ', '~'}}},
      {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"space", {{'\t', '\r'}, {' ', ' '}}},
      {"upper", {{'A', 'Z'}}},
      {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
      {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
  };
  for (const Row& row : rows)
    if (row.name == name) return CharacterSet(row.ranges);
  return std::nullopt;
}

}  // namespace omc::stdlib
