// Evaluating code, and programs that look at their own text (language reference, chapter 02, sections 16 and 17).

#include <optional>

#include "lang/format.hpp"
#include "lang/parser.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/random.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

static Value eval_omc(Vm& vm, Args args) { return vm.evaluate(args.text(0).view(), "eval_omc"); }

// An isolated snippet draws its own random numbers.
static Value isolated(Vm& vm, const Args& args, bool with_program) {
  struct OwnRandom {
    Random& random;
    const Random outer;
    ~OwnRandom() { random = outer; }
  } own{vm.state<Random>(), vm.state<Random>()};
  own.random = Random();
  return vm.evaluate_isolated(args.text(0).view(), args.name(), with_program);
}

static Value eval_omc_fresh(Vm& vm, Args args) { return isolated(vm, args, false); }
static Value eval_omc_ctx(Vm& vm, Args args) { return isolated(vm, args, true); }

static Value omc_eval_file(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Read, path);
  std::error_code why;
  const std::optional<std::string> text = read_whole_file(path, why);
  if (!text) throw args.error(os_reason(why.value()));
  if (lang::valid_utf8_prefix(*text) != text->size()) throw args.error("stream did not contain valid UTF-8");
  return vm.evaluate(*text, "omc_eval_file");
}

// Empty when the text parses, else "at L:C: ...".
static std::string syntax_error(std::string_view text) {
  const lang::Source source("snippet", std::string(text));
  const lang::ParseResult parsed = lang::parse(source);
  return parsed.ok() ? std::string() : parsed.first_message();
}

static Value code_parse_check(Vm& vm, Args args) {
  const std::string error = syntax_error(args.text(0).view());
  vm::Dict* result = vm.heap().dict();
  result->set(vm.heap(), vm.heap().intern("ok"), Value::boolean(error.empty()));
  result->set(vm.heap(), vm.heap().intern("error"), error.empty() ? Value::null() : vm.text(error));
  return Value(result);
}

static Value omc_code_valid(Vm&, Args args) { return Value::boolean(syntax_error(args.text(0).view()).empty()); }

static Value omc_source(Vm& vm, Args) {
  const lang::Source* source = vm.program_source();
  return source ? vm.text(source->text()) : Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"eval_omc", "(src) -> any", "Evaluates a snippet in the scope of the call; the value of its last expression.",
     "eval_omc(\"h w = 4; w * w\")  # 16", eval_omc},
    {"eval_omc_fresh", "(src) -> any", "Evaluates a snippet that sees nothing of the program and leaves nothing behind.",
     "eval_omc_fresh(\"1 + 1\")  # 2", eval_omc_fresh},
    {"eval_omc_ctx", "(src) -> any", "Evaluates a snippet on copies of the program's functions and visible variables.",
     "eval_omc_ctx(\"2 * 21\")  # 42", eval_omc_ctx},
    {"omc_eval_file", "(path) -> any", "Evaluates the text of a file in the scope of the call.",
     "write_file(\"/tmp/omc_example_eval.omc\", \"6 * 7\"); omc_eval_file(\"/tmp/omc_example_eval.omc\")", omc_eval_file, {}, vm::Effect::Outside},
    {"code_parse_check", "(src) -> dict", "Whether a text parses (`ok`), and the first syntax error (`error`).",
     "code_parse_check(\"h a = 1;\")  # {\"error\": null, \"ok\": true}", code_parse_check, {}, vm::Effect::Pure},
    {"omc_code_valid", "(src) -> bool", "Whether a text parses.", "omc_code_valid(\"h = ;\")  # false", omc_code_valid, {}, vm::Effect::Pure},
    {"omc_source", "() -> string", "The text of the running program; null in the interactive session.",
     "type_of(omc_source())  # string", omc_source},
};

constinit const std::span<const Builtin> evaluation_builtins = kBuiltins;

}  // namespace omc::stdlib
