#include "omc/observed_run.hpp"

#include "omc/heal.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

bool with_native_code(const Options& options) { return options.given("--jit") && options.jit.mode != jit::Mode::Off; }

bool run_observed(const Options& options, Console& console, vm::Observer& observer, int& status) {
  std::string reason;
  const auto source = read(options.positionals[0], reason);
  if (!source) {
    status = console.fail(1, "Error: reading {}: {}", options.positionals[0], reason);
    return false;
  }
  Options run = options;
  run.command = nullptr;
  if (!with_native_code(options)) run.jit.mode = jit::Mode::Off;
  run.vm.observer = &observer;
  status = run_program(source, run, console);
  return true;
}

int write_report(const std::string& text, const std::string* path, int status, const char* mode, Console& console) {
  console.flush();
  if (!path) {
    console.error(std::string_view(text).substr(0, text.size() - 1));
    return status;
  }
  std::error_code why;
  if (stdlib::replace_file(*path, text, why)) return status;
  console.error(fmt::format("{}: write {}: {}", mode, *path, reason_text(why)));
  return status ? status : 1;
}

}  // namespace omc::tools
