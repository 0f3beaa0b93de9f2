// --disasm, OMC_DISASM and OMC_OPT_STATS: the bytecode of programs.

#include "omc/disasm.hpp"

#include <algorithm>

#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "omc/command.hpp"
#include "omc/environment.hpp"
#include "omc/session.hpp"
#include "vm/bytecode.hpp"
#include "vm/compiler.hpp"

namespace omc::tools {

namespace {

const Variable kDisasm("OMC_DISASM", "1: bytecode listing on standard error before the run");
const Variable kStats("OMC_OPT_STATS", "1: a line of counts on standard error before the run");

int disasm(const Options& options, Console& console) {
  for (const std::string& path : options.positionals) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) return console.fail(1, "Error: reading {}: {}", path, reason);
    Session session(options, console);
    const lang::ParseResult parsed = lang::parse(*source);
    if (!parsed.ok()) return console.fail(1, "Error: {}", parsed.first_message());
    lang::resolve(*parsed.module);
    try {
      console.write(vm::disassemble(*vm::compile(session.machine(), *parsed.module, source)));
    } catch (const vm::CompileError& e) {
      return console.fail(1, "Error: {}", e.message);
    }
  }
  return 0;
}

struct Listed {
  const vm::Proto* proto;
  std::string name;
};

void collect(const vm::Proto& proto, const std::string& name, std::vector<Listed>& all) {
  all.push_back({&proto, name});
  for (const vm::Proto* inner : proto.protos)
    collect(*inner, inner->is_lambda ? "<lambda>" : std::string(inner->name->view()), all);
}

std::string parameter_list(const vm::Proto& proto) {
  std::string text;
  for (size_t i = 0; i < proto.parameter_count; ++i)
    text += (i ? ", " : "") + (i < proto.variable_names.size() ? std::string(proto.variable_names[i]->view()) : "_");
  return text;
}

std::string listing(const std::vector<Listed>& all, const std::string& path) {
  std::string text = fmt::format("bytecode of {}\n", path);
  for (const Listed& f : all) {
    const std::string header =
        fmt::format("fn {}({})    [{} ops, {} consts]", f.name, parameter_list(*f.proto), f.proto->code.size(), f.proto->constants.size());
    text += "\n" + header + "\n" + std::string(header.size(), '-') + "\n";
    for (size_t pc = 0; pc < f.proto->code.size(); ++pc) text += fmt::format("  {:04}: {}\n", pc, vm::describe(*f.proto, pc));
  }
  text.pop_back();
  return text;
}

const Command kRow("--disasm", "", "FILE...", "lists the bytecode of programs", disasm);

}  // namespace

void show_compilation(const std::shared_ptr<const lang::Source>& source, const Options& options, Console& console) {
  if (!kDisasm.is_on() && !kStats.is_on()) return;
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) return;
  lang::resolve(*parsed.module);
  Session session(options, console);
  std::vector<Listed> all;
  try {
    collect(*vm::compile(session.machine(), *parsed.module, source), "main", all);
  } catch (const vm::CompileError&) {
    return;
  }
  std::stable_sort(all.begin() + 1, all.end(), [](const Listed& a, const Listed& b) { return a.name < b.name; });
  if (kStats.is_on()) {
    size_t instructions = 0, constants = 0;
    for (const Listed& f : all) {
      instructions += f.proto->code.size();
      constants += f.proto->constants.size();
    }
    console.error(fmt::format("[opt] {} functions, {} instructions, {} constants", all.size(), instructions, constants));
  }
  if (kDisasm.is_on()) console.error(listing(all, source->path()));
}

}  // namespace omc::tools
