// Any program: what compiles passes the verifier and runs to an end within its limits, twice with the same output, the
// second time with general instructions and a step of the collector, which is verified, at every safepoint.
#include <memory>
#include <string>

#include "check.hpp"
#include "lang/parser.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/compiler.hpp"
#include "vm/limited_output.hpp"
#include "vm/vm.hpp"

using namespace omc;

namespace {

struct Capture : vm::Output {
  std::string text;
  void write(std::string_view more) override { text += more; }
};

void verify_all(const vm::Proto& proto) {
  OMC_CHECK(vm::verify(proto).empty());
  for (const vm::Proto* inner : proto.protos) verify_all(*inner);
}

// What the program printed and how it ended. Loops are ended by their output or by the calls they make: see below.
std::string outcome(const std::shared_ptr<const lang::Source>& source, bool plain) {
  vm::VmOptions options;
  options.specialise = plain;
  options.gc_stress = plain ? vm::GcStress::None : vm::GcStress::Steps;
  options.max_depth = 200;
  options.heap.hard = 64u << 20;
  options.threads = options.tape_threads = 1;
  vm::Vm machine(options);
  Capture capture;
  vm::LimitedOutput output(capture, 1 << 16);
  machine.set_output(output);
  stdlib::install(machine);
  for (size_t p = 0; p < stdlib::kPermissionCount; ++p)
    machine.state<stdlib::Permissions>().deny(static_cast<stdlib::Permission>(p));
  const vm::RunResult result = machine.run(source);
  return capture.text + "\n" + result.message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (lang::valid_utf8_prefix(text) != size) return 0;  // whoever hands a program to a machine has seen to that
  const auto source = std::make_shared<const lang::Source>("fuzz", text);
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) return 0;
  {
    vm::Vm machine;
    stdlib::install(machine);
    try {
      verify_all(*vm::compile(machine, *parsed.module, source));
    } catch (const vm::CompileError&) {
      return 0;
    }
  }
  // Whether a loop ends nobody can say, and a time limit would make results differ; chance may: these are not run.
  for (const char* word : {"while", "for", "random", "range", "repeat", "gen_", "eval"})
    if (text.find(word) != text.npos) return 0;
  const std::string plain = outcome(source, true), stressed = outcome(source, false);
  // Who comes to the end of memory depends on when it is collected.
  const auto refused = [](const std::string& shown) { return shown.find("Memory limit exceeded") != shown.npos; };
  OMC_CHECK(plain == stressed || refused(plain) || refused(stressed));
  return 0;
}
