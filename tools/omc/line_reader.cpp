// GNU readline, opened when a terminal asks for it: a program that runs a file pays nothing.

#include "omc/line_reader.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

// Only declarations: the library itself is not linked.
#include <readline/history.h>
#include <readline/readline.h>

namespace omc::tools {

namespace {

struct Readline {
  decltype(&::readline) read = nullptr;
  decltype(&::add_history) remember = nullptr;
  decltype(&::rl_completion_matches) matches = nullptr;
  rl_completion_func_t** attempt = nullptr;

  static const Readline& instance() {
    static const Readline library = [] {
      Readline r;
      void* handle = dlopen("libreadline.so.8", RTLD_NOW | RTLD_GLOBAL);
      if (!handle) return r;
      const auto find = [&](auto& function, const char* name) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      };
      find(r.read, "readline");
      find(r.remember, "add_history");
      find(r.matches, "rl_completion_matches");
      find(r.attempt, "rl_attempted_completion_function");
      return r;
    }();
    return library;
  }
  bool available() const { return read && remember && matches && attempt; }
};

std::function<std::vector<std::string>(const std::string&)> completer;
std::vector<std::string> candidates;

char* next_candidate(const char* text, int state) {
  static size_t next = 0;
  if (state == 0) {
    candidates = completer(text);
    next = 0;
  }
  return next < candidates.size() ? strdup(candidates[next++].c_str()) : nullptr;
}

// nullptr makes readline complete file names.
char** complete(const char* text, int, int) { return Readline::instance().matches(text, next_candidate); }

}  // namespace

LineReader::LineReader(std::function<std::vector<std::string>(const std::string&)> names)
    : interactive_(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
  completer = std::move(names);
  if (interactive_ && Readline::instance().available()) *Readline::instance().attempt = complete;
}

std::optional<std::string> LineReader::read(const std::string& prompt) {
  if (interactive_ && Readline::instance().available()) {
    char* line = Readline::instance().read(prompt.c_str());
    if (!line) return std::nullopt;
    std::string text = line;
    std::free(line);
    return text;
  }
  std::fputs(prompt.c_str(), stdout);
  std::fflush(stdout);
  std::string text;
  bool any = false;
  for (int c; (c = std::getchar()) != EOF;) {
    any = true;
    if (c == '\n') return text;
    text += static_cast<char>(c);
  }
  return any ? std::optional(text) : std::nullopt;
}

void LineReader::remember(const std::string& entry) {
  if (interactive_ && Readline::instance().available()) Readline::instance().remember(entry.c_str());
}

}  // namespace omc::tools
