// Reads the command line from left to right, by the tables of modes (command.hpp) and options (below).

#include "omc/options.hpp"

#include <charconv>
#include <cmath>

#include "omc/command.hpp"

namespace omc::tools {

namespace {

std::optional<size_t> parse_size(std::string_view text) {
  size_t scale = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'K': scale = size_t{1} << 10; break;
      case 'M': scale = size_t{1} << 20; break;
      case 'G': scale = size_t{1} << 30; break;
    }
    if (scale > 1) text.remove_suffix(1);
  }
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || n == 0 || n > SIZE_MAX / scale)
    return std::nullopt;
  return n * scale;
}

// One option: `value` names what follows (empty: a switch). set() gives false for a bad value.
struct OptionRow {
  std::string_view flag, value, summary;
  bool (*set)(Options&, std::string_view);
};

constexpr OptionRow kOptions[] = {
    {"--json", "", "machine-readable output",
     [](Options& o, std::string_view) { return o.json = true; }},
    {"--lenient", "", "a test fails only by an error",
     [](Options& o, std::string_view) { return o.lenient = true; }},
    {"--tape", "MODE", "numeric mode of the tape: exact (default), fast64, fast32",
     [](Options& o, std::string_view v) {
       o.vm.tape_mode = std::string(v);
       return v == "exact" || v == "fast64" || v == "fast32";
     }},
    {"--jit", "MODE", "native code: auto (default), off, force",
     [](Options&, std::string_view v) { return v == "auto" || v == "off" || v == "force"; }},
    {"--max-depth", "N", "nested calls (default 10000)",
     [](Options& o, std::string_view v) {
       const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), o.vm.max_depth);
       return !v.empty() && error == std::errc() && end == v.data() + v.size() && o.vm.max_depth >= 1 && o.vm.max_depth <= 100'000'000;
     }},
    {"--max-memory", "SIZE", "bytes, or with a suffix K, M, G; of the program's values together",
     [](Options& o, std::string_view v) {
       const auto size = parse_size(v);
       if (size) o.vm.heap.hard = *size;
       return size.has_value();
     }},
    {"--timeout", "SECONDS", "wall time of the run",
     [](Options& o, std::string_view v) {
       const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), o.timeout_seconds);
       o.timeout_text = std::string(v);
       return !v.empty() && error == std::errc() && end == v.data() + v.size() && o.timeout_seconds > 0 &&
              std::isfinite(o.timeout_seconds);
     }},
    {"--gc-stress", "", "collects garbage at every safepoint (for tests)",
     [](Options& o, std::string_view) { return o.vm.gc_stress = true; }},
    {"--no-specialise", "", "instructions stay general (for tests)",
     [](Options& o, std::string_view) { o.vm.specialise = false; return true; }},
};

const OptionRow* find_option(std::string_view flag) {
  for (const OptionRow& row : kOptions)
    if (row.flag == flag) return &row;
  return nullptr;
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  size_t i = 0;
  if (!words.empty()) {
    if (const Command* sub = find_command(words[0]); sub && !sub->is_mode()) {
      options.command = sub;
      options.flag = sub->flag;
      options.positionals.assign(words.begin() + 1, words.end());
      return options;
    }
  }
  for (; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (word.empty() || word[0] != '-') {
      options.positionals.push_back(word);
      continue;
    }
    if (const Command* mode = find_command(word)) {
      options.command = mode;
      options.flag = mode->flag;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    const OptionRow* row = find_option(flag);
    if (!row || (row->value.empty() && equals != std::string::npos))
      throw UsageError{"Unknown flag: " + word + "\nTry --help for usage."};
    std::string value;
    if (!row->value.empty()) {
      if (equals != std::string::npos) value = word.substr(equals + 1);
      else if (i + 1 < words.size()) value = words[++i];
    }
    if ((!row->value.empty() && value.empty()) || !row->set(options, value))
      throw UsageError{flag + ": bad value '" + value + "'"};
  }
  if (i < words.size()) options.arguments.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
  if (options.command && options.command->needs_file() && options.positionals.empty())
    throw UsageError{std::string(options.command->flag) + " requires a file argument."};
  return options;
}

std::string usage() {
  std::string text =
      "Usage: omc [OPTION...] FILE [ARG...]      runs a program\n"
      "       omc [OPTION...]                    starts the interactive session\n"
      "       omc MODE [OPTION...] ...           one of the modes below\n\nModes:\n";
  const auto line = [&text](std::string left, std::string_view summary) {
    left.resize(std::max<size_t>(left.size() + 2, 34), ' ');
    text += "  " + left + std::string(summary) + "\n";
  };
  for (const Command* c : commands())
    line(std::string(c->flag) + (c->aliases.empty() ? "" : " (" + std::string(c->aliases) + ")") +
             (c->positionals.empty() ? "" : " " + std::string(c->positionals)),
         c->summary);
  text += "\nOptions:\n";
  for (const OptionRow& row : kOptions)
    line(std::string(row.flag) + (row.value.empty() ? "" : "=" + std::string(row.value)), row.summary);
  line("-- ARG...", "what follows are arguments of the program");
  text +=
      "\nEnvironment:\n"
      "  OMC_STDLIB_PATH   folders searched for modules, separated by `:`\n"
      "  NO_COLOR          no colours on the terminal\n";
  return text;
}

}  // namespace omc::tools
