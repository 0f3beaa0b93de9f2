// --explain-jit: which functions of a program could be native code, and what keeps the others from it.

#include "omc/explain_jit.hpp"

#include <algorithm>

#include "jit/eligibility.hpp"
#include "lang/parser.hpp"
#include "lang/render.hpp"
#include "lang/resolve.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/compiler.hpp"

namespace omc::tools {

namespace {

void explain(const vm::Proto& proto, const std::string& name, const lang::Source& source, Console& console) {
  if (!proto.is_top_level) {
    const jit::Obstacle obstacle = jit::first_obstacle(proto);
    const lang::Position at = source.position(obstacle.reason.empty() ? proto.span.begin : obstacle.span.begin);
    if (obstacle.reason.empty()) {
      console.write(fmt::format("{}:{}: `{}` is eligible\n", source.path(), at.line, name));
    } else {
      console.write(fmt::format("{}:{}: `{}` is not: {}\n", source.path(), at.line, name, obstacle.reason));
      console.write(lang::render_excerpt(source, obstacle.span));
    }
  }
  for (const vm::Proto* inner : proto.protos)
    explain(*inner, inner->is_lambda ? "<lambda>" : std::string(inner->name->view()), source, console);
}

int explain_jit(const Options& options, Console& console) {
  for (const std::string& path : options.positionals) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) return console.fail(1, "Error: reading {}: {}", path, reason);
    Session session(options, console);
    const lang::ParseResult parsed = lang::parse(*source);
    if (!parsed.ok()) return console.fail(1, "Error: {}", parsed.first_message());
    lang::resolve(*parsed.module);
    try {
      explain(*vm::compile(session.machine(), *parsed.module, source), "", *source, console);
    } catch (const vm::CompileError& e) {
      return console.fail(1, "Error: {}", e.message);
    }
  }
  return 0;
}

// How many functions there are, and the names of those that can be native code.
size_t count_functions(const vm::Proto& proto, std::vector<std::string>& eligible) {
  size_t count = 0;
  for (const vm::Proto* inner : proto.protos) {
    if (inner->is_lambda || proto.is_top_level) {
      ++count;
      if (jit::first_obstacle(*inner).reason.empty())
        eligible.push_back(inner->is_lambda ? "<lambda>" : std::string(inner->name->view()));
    }
    count += count_functions(*inner, eligible);
  }
  return count;
}

const Command kRow("--explain-jit", "", "FILE...", "which functions could be native code, and why others could not", explain_jit);

}  // namespace

void announce_native_code(const std::shared_ptr<const lang::Source>& source, Console& console) {
  vm::Vm vm;  // of its own: the program's is not to know
  stdlib::install(vm);
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) return;
  lang::resolve(*parsed.module);
  std::vector<std::string> eligible;
  size_t count = 0;
  try {
    count = count_functions(*vm::compile(vm, *parsed.module, source), eligible);
  } catch (const vm::CompileError&) {
    return;  // the program will say so
  }
  std::sort(eligible.begin(), eligible.end());
  std::string text = fmt::format("[OMC_HBIT_JIT] JIT'd {}/{} user fns to dual-band native code", eligible.size(), count);
  for (const std::string& name : eligible) text += "\n  - " + name;
  console.error(text);
}

}  // namespace omc::tools
