// The environment and other programs (language reference, chapter 02, section 13; chapter 07, section 2).

#include <fmt/format.h>

#include <cstdlib>

#include "stdlib/child_process.hpp"
#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/record.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Array;
using vm::Builtin;
using vm::Dict;
using vm::Value;
using vm::Vm;

static Value getenv(Vm& vm, Args args) {
  const std::string name(args.text(0).view());
  require(vm, args, Permission::Environment, name);
  if (const char* text = name.find('\0') == std::string::npos ? std::getenv(name.c_str()) : nullptr)
    return vm.text(replace_ill_formed(text));
  return args.has(1) ? args[1] : Value::null();
}

static Value omc_args(Vm& vm, Args) {
  Array* out = vm.heap().array(vm::ElementKind::Values, 0);
  for (const std::string& argument : vm.options().arguments) out->push(vm.heap(), vm.text(argument));
  return out;
}

// A word of a command line or environment; the system's end at the first zero byte.
static std::string word(const Args& args, Value v) {
  std::string text = vm::display(v);
  if (text.find('\0') != std::string::npos) throw args.error("a command or its environment contains a zero byte");
  return text;
}

static std::vector<std::pair<std::string, std::string>> variables(Vm& vm, const Args& args, Dict* d) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const uint32_t i : d->sorted(vm.heap())) {
    std::string name = word(args, d->entries[i].key);
    if (name.empty() || name.find('=') != std::string::npos)
      throw args.error(fmt::format("'{}' cannot name an environment variable", name));
    out.emplace_back(std::move(name), word(args, d->entries[i].value));
  }
  return out;
}

static PipelineResult run(Vm& vm, const Args& args, const Pipeline& pipeline) {
  for (const Pipeline::Command& command : pipeline.stages) require(vm, args, Permission::Run, command[0]);
  vm.output().flush();  // what we printed comes before what they print
  const auto watch = [&](size_t collected) {
    vm.poll();
    vm.heap().charge(collected);  // refuses output that memory has no room for
    vm.heap().discharge(collected);
  };
  auto outcome = run_pipeline(pipeline, watch);
  if (const auto* failure = std::get_if<StartFailure>(&outcome)) {
    const std::string stage = pipeline.stages.size() > 1 ? fmt::format(" (stage {})", failure->stage) : "";
    throw args.error(fmt::format("failed to start \"{}\"{}: {}", pipeline.stages[failure->stage][0], stage,
                                 os_reason(failure->error)));
  }
  return std::get<PipelineResult>(std::move(outcome));
}

static Value outcome(Vm& vm, const PipelineResult& result, const std::string& errors) {
  return record(vm, {{"exit_code", Value::integer(result.exit_code)},
                     {"ok", Value::boolean(result.exit_code == 0)},
                     {"stderr", vm.text(replace_ill_formed(errors))},
                     {"stdout", vm.text(replace_ill_formed(result.output))}});
}

static Value omc_spawn(Vm& vm, Args args) {
  if (!args[0].is_string()) throw args.error(fmt::format("command must be a string (got {})", vm::type_name(args[0])));
  Pipeline pipeline;
  pipeline.stages.push_back({word(args, args[0])});
  if (args.has(1) && !args[1].is_null()) {
    if (!args[1].is_array())
      throw args.error(fmt::format("args must be an array or null (got {})", vm::type_name(args[1])));
    const Array* words = args[1].as_array();
    for (size_t i = 0; i < words->size; ++i) pipeline.stages[0].push_back(word(args, words->at(i)));
  }
  if (args.has(2) && !args[2].is_null()) {
    if (!args[2].is_dict())
      throw args.error(fmt::format("env must be a dict or null (got {})", vm::type_name(args[2])));
    pipeline.environment = variables(vm, args, args[2].as_dict());
  }
  pipeline.timeout_ms = std::max<int64_t>(args.integer_or(3, 0), 0);

  const PipelineResult result = run(vm, args, pipeline);
  std::string errors = result.errors[0];
  if (result.timed_out) {
    if (!errors.empty() && errors.back() != '\n') errors += '\n';
    errors += fmt::format("omc_spawn: timed out after {} ms", pipeline.timeout_ms);
  }
  return outcome(vm, result, errors);
}

static Value omc_pipe(Vm& vm, Args args) {
  if (!args[0].is_array()) throw args.error(fmt::format("commands must be an array (got {})", vm::type_name(args[0])));
  const Array* commands = args[0].as_array();
  if (commands->empty()) return outcome(vm, {}, "");
  Pipeline pipeline;
  for (size_t i = 0; i < commands->size; ++i) {
    if (!commands->at(i).is_array())
      throw args.error(fmt::format("command {} must be an array (got {})", i, vm::type_name(commands->at(i))));
    const Array* words = commands->at(i).as_array();
    if (words->empty()) throw args.error(fmt::format("command {} is empty", i));
    if (!words->at(0).is_string())
      throw args.error(fmt::format("command {} must begin with a string (got {})", i, vm::type_name(words->at(0))));
    Pipeline::Command& command = pipeline.stages.emplace_back();
    for (size_t k = 0; k < words->size; ++k) command.push_back(word(args, words->at(k)));
  }

  const PipelineResult result = run(vm, args, pipeline);
  std::string errors;
  for (const std::string& text : result.errors) {
    if (!errors.empty() && !text.empty()) errors += '\n';
    errors += text;
  }
  return outcome(vm, result, errors);
}

constexpr Builtin kBuiltins[] = {
    {"getenv", "(name, default?) -> any", "The value of an environment variable.",
     "getenv(\"NO_SUCH_VARIABLE\", \"none\")  # none", getenv},
    {"env_var", "(name, default?) -> any", "The same as getenv.", "env_var(\"NO_SUCH_VARIABLE\")  # null", getenv},
    {"omc_args", "() -> array", "The arguments the program was started with.", "omc_args()  # []", omc_args, {}, vm::Effect::Machine},
    {"omc_spawn", "(cmd, args?, env?, timeout_ms?) -> dict", "Runs a program and waits for it.",
     "omc_spawn(\"echo\", [\"hi\"])[\"exit_code\"]  # 0", omc_spawn,
     "omc_spawn: requires (cmd, args?, env?, timeout_ms?)"},
    {"omc_pipe", "(commands) -> dict", "Runs programs joined by pipes and waits for them.",
     "omc_pipe([[\"echo\", \"a\"], [\"wc\", \"-l\"]])[\"ok\"]  # true", omc_pipe, "omc_pipe: requires (commands)"},
};

constinit const std::span<const Builtin> processes_builtins = kBuiltins;

}  // namespace omc::stdlib
