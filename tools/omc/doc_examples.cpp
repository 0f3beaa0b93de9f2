#include "omc/doc_examples.hpp"

#include <optional>

#include "lang/unified_diff.hpp"
#include "omc/session.hpp"

namespace omc::tools {

namespace {

struct Example {
  std::string function;
  size_t number;  // in the comment of the function
  std::string code;
  std::optional<std::string> output;
};

std::vector<Example> examples_of(const lang::ModuleDoc& module) {
  std::vector<Example> all;
  for (const lang::FunctionDoc& f : module.functions) {
    size_t number = 0;
    Example* last = nullptr;  // of this comment
    for (size_t i = 0; i < f.text.size(); ++i) {
      if (!f.text[i].starts_with("```")) continue;
      const std::string kind = f.text[i].substr(3);
      std::string body;
      while (++i < f.text.size() && !f.text[i].starts_with("```")) body += f.text[i] + "\n";
      if (kind == "omc") {
        all.push_back({f.name, ++number, std::move(body), std::nullopt});
        last = &all.back();
      } else if (kind == "output" && last) {
        last->output = std::move(body);
        last = nullptr;
      }
    }
  }
  return all;
}

class Printed : public vm::Output {
 public:
  void write(std::string_view more) override { text += more; }
  std::string text;
};

// Why it failed; empty: it did not.
std::string run(const Example& example, const std::shared_ptr<const lang::Source>& source, const Options& options, Console& console) {
  Session session(options, console);
  vm::Vm& machine = session.machine();
  Printed printed;
  machine.set_output(printed);
  const vm::RunResult loaded = machine.run(source);
  if (loaded.status != 0) return "the file itself: " + loaded.message;
  printed.text.clear();
  try {
    machine.evaluate(example.code, "example");
  } catch (const vm::Error& e) {
    return e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message;
  }
  // Lines of a comment have no blanks at their ends.
  const auto trimmed = [](const std::string& text) {
    std::string out, line;
    for (const char c : text + "\n") {
      if (c != '\n') {
        line += c;
        continue;
      }
      const size_t begin = line.find_first_not_of(" \t"), end = line.find_last_not_of(" \t\r");
      out += (begin == std::string::npos ? "" : line.substr(begin, end - begin + 1)) + "\n";
      line.clear();
    }
    return out.substr(0, out.find_last_not_of('\n') + 1) + "\n";
  };
  if (!example.output || trimmed(*example.output) == trimmed(printed.text)) return {};
  return "prints something else\n" + lang::unified_diff(trimmed(*example.output), trimmed(printed.text), "documented", "printed");
}

}  // namespace

int test_examples(const lang::ModuleDoc& module, const std::shared_ptr<const lang::Source>& source, const Options& options,
                  Console& console) {
  const std::vector<Example> examples = examples_of(module);
  console.write(fmt::format("running {} example(s) from {}\n", examples.size(), module.path));
  size_t failed = 0;
  for (const Example& e : examples) {
    std::string why = run(e, source, options, console);
    console.write(fmt::format("  {}{} ({})\n", why.empty() ? "ok    " : "FAIL  ", e.function, e.number));
    if (why.empty()) continue;
    ++failed;
    if (why.ends_with('\n')) why.pop_back();
    console.error(fmt::format("--- {} ({}): {}", e.function, e.number, why));
  }
  console.write(fmt::format("\nresult: {} passed, {} failed\n", examples.size() - failed, failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace omc::tools
