// --disasm: the bytecode of programs.

#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "vm/bytecode.hpp"
#include "vm/compiler.hpp"

namespace omc::tools {

static int disasm(const Options& options, Console& console) {
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

static const Command kRow("--disasm", "", "FILE...", "lists the bytecode of programs", disasm);

}  // namespace omc::tools
