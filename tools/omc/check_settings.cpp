#include "omc/check_settings.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "omc/session.hpp"
#include "omc/toml.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

bool is_rule_list(Options&, std::string_view value);

const Option kSelect("--select", "RULES", "--check", "these rules and no others: codes, beginnings of codes, names, or all", is_rule_list);
const Option kExtend("--extend-select", "RULES", "--check", "these rules too", is_rule_list);
const Option kIgnore("--ignore", "RULES", "--check", "not these rules", is_rule_list);

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view word = list.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!word.empty()) words.emplace_back(word);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return words;
}

bool is_rule_list(Options&, std::string_view value) {
  const std::vector<std::string> words = split(value);
  lang::RuleSet set;
  for (const std::string& word : words)
    if (!set.set(word, true)) return false;
  return !words.empty();
}

std::vector<std::string> all_words(const Options& options, std::string_view flag) {
  std::vector<std::string> words;
  for (const std::string& list : options.values(flag))
    for (std::string& word : split(list)) words.push_back(std::move(word));
  return words;
}

// `*` stands for any text, `?` for one byte.
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] != '*' && pattern[p] == text[t]))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

lang::RuleSet CheckSettings::combine(const std::vector<std::string>* select, const std::vector<std::string>& extend,
                                     const std::vector<std::string>& ignore, const std::string& where) const {
  lang::RuleSet set = select ? lang::RuleSet() : lang::RuleSet::defaults();
  const auto apply = [&](const std::vector<std::string>& words, bool wanted) {
    for (const std::string& word : words)
      if (!set.set(word, wanted)) throw UsageError{fmt::format("{}: unknown rule `{}`", where, word), 2};
  };
  if (select) apply(*select, true);
  apply(extend, true);
  apply(ignore, false);
  return set;
}

CheckSettings::Section CheckSettings::read(const std::string& toml) const {
  Section section;
  std::vector<std::string> select, extend, ignore;
  bool selects = false;
  if (!toml.empty()) {
    section.folder = fs::path(toml).parent_path().string();
    std::string reason;
    const auto source = tools::read(toml, reason);
    if (!source) throw UsageError{fmt::format("{}: {}", toml, reason), 2};
    try {
      const toml::table document = toml::parse(source->text());
      const auto list = [&](const char* key, std::vector<std::string>& words) {
        const auto node = document["tool"]["check"][key];
        if (!node) return false;
        const toml::array* array = node.as_array();
        const auto wrong = [&] { return UsageError{fmt::format("{}: tool.check.{} must be an array of strings", toml, key), 2}; };
        if (!array) throw wrong();
        for (const toml::node& element : *array) {
          if (!element.is_string()) throw wrong();
          words.push_back(element.as_string()->get());
        }
        return true;
      };
      selects = list("select", select);
      list("extend-select", extend);
      list("ignore", ignore);
      list("exclude", section.exclude);
    } catch (const toml::parse_error& e) {
      throw UsageError{fmt::format("{}: at {}:{}: {}", toml, e.source().begin.line, e.source().begin.column, e.description()), 2};
    }
  }
  if (options_.given("--select")) {
    select = all_words(options_, "--select");
    selects = true;
    extend.clear();
    ignore.clear();
  }
  for (std::string& word : all_words(options_, "--extend-select")) extend.push_back(std::move(word));
  for (std::string& word : all_words(options_, "--ignore")) ignore.push_back(std::move(word));
  section.rules = combine(selects ? &select : nullptr, extend, ignore, toml.empty() ? "--select" : toml);
  return section;
}

const CheckSettings::Section& CheckSettings::section_of_folder(const std::string& folder) {
  std::shared_ptr<const Section>& slot = folders_[folder];
  if (slot) return *slot;
  std::error_code ignored;
  const fs::path path(folder);
  if (const fs::path toml = path / "omc.toml"; fs::is_regular_file(toml, ignored)) {
    slot = std::make_shared<const Section>(read(toml.string()));
  } else if (path.has_parent_path() && path.parent_path() != path) {
    section_of_folder(path.parent_path().string());
    folders_[folder] = folders_[path.parent_path().string()];  // `slot` may have moved
    return *folders_[folder];
  } else {
    slot = std::make_shared<const Section>(read(""));
  }
  return *slot;
}

const CheckSettings::Section& CheckSettings::section_for(const std::string& path) {
  std::error_code ignored;
  return section_of_folder(fs::absolute(path, ignored).lexically_normal().parent_path().string());
}

bool CheckSettings::excludes(const std::string& path) {
  const Section& section = section_for(path);
  if (section.exclude.empty()) return false;
  std::error_code ignored;
  const std::string relative = fs::absolute(path, ignored).lexically_normal().lexically_relative(section.folder).string();
  // A folder's pattern excludes what is in it.
  for (const std::string& pattern : section.exclude) {
    if (matches(pattern, relative)) return true;
    for (size_t slash = relative.find('/'); slash != std::string::npos; slash = relative.find('/', slash + 1))
      if (matches(pattern.ends_with('/') ? std::string_view(pattern).substr(0, pattern.size() - 1) : pattern, relative.substr(0, slash)))
        return true;
  }
  return false;
}

}  // namespace omc::tools
