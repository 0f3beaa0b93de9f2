// Printing and input, errors, calls by value (core builtins, sections 3 and 15).

#include <unistd.h>  // isatty

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "stdlib/os_text.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

Value println(Vm& vm, Args args) {
  if (args.has(0)) vm.output().write(args.text(0));
  vm.output().write("\n");
  return Value::null();
}

Value print_raw(Vm& vm, Args args) {
  if (!args.has(0)) return Value::null();
  vm.output().write(args.text(0));
  vm.output().flush();
  return Value::null();
}

// A line of standard input with its end; false at the end of input. A signal ends the wait, so that a limit can end the
// program here too.
bool read_line(Vm& vm, std::string& line) {
  char* data = nullptr;
  size_t capacity = 0;
  ssize_t size;
  while ((size = ::getline(&data, &capacity, stdin)) < 0 && std::ferror(stdin) && errno == EINTR) {
    std::clearerr(stdin);
    const std::unique_ptr<char, decltype(&std::free)> owner(std::exchange(data, nullptr), std::free);
    vm.poll();
  }
  const std::unique_ptr<char, decltype(&std::free)> owner(data, std::free);
  if (size < 0) return false;
  line.assign(data, static_cast<size_t>(size));
  return true;
}

Value input(Vm& vm, Args args) {
  if (args.has(0)) vm.output().write(args.text(0));
  vm.output().flush();
  std::string line;
  if (!read_line(vm, line)) return Value::null();
  if (line.ends_with('\n')) {
    line.pop_back();
    if (line.ends_with('\r')) line.pop_back();
  }
  return vm.text(replace_ill_formed(line));
}

Value is_terminal(Vm&, Args args) {
  const int64_t stream = args.integer_or(0, STDOUT_FILENO);
  return Value::integer(stream >= STDIN_FILENO && stream <= STDERR_FILENO && ::isatty(static_cast<int>(stream)));
}

Value error(Vm&, Args args) {
  throw Error(args.has(0) ? display(args[0]) : "error");
}

Value call(Vm& vm, Args args) {
  const Array* a = args.array(1, Wording::Second);
  std::vector<Value> arguments(a->size);
  for (size_t i = 0; i < a->size; ++i) arguments[i] = a->at(i);
  return vm.call(args[0], arguments);
}

Value is_instance(Vm& vm, Args args) {
  return Value::integer(vm.is_instance(args[0], args.text(1)));
}

constexpr Builtin kBuiltins[] = {
    {"println", "(v?) -> null", "Writes the text of v, or nothing, and a newline.", "println(\"hello\");", println, {}, Effect::Machine},
    {"print_raw", "(v?) -> null", "Writes the text of v without a newline, at once.", "print_raw(\"a\"); print_raw(1);",
     print_raw, {}, Effect::Machine},
    {"input", "(prompt?) -> string|null", "Writes the prompt and reads a line of standard input; null at its end.",
     "h name = input(\"name? \");", input, {}, Effect::Machine},
    {"is_terminal", "(stream?) -> int",
     "1 when standard input (0), output (1, also without an argument) or error (2) is a terminal.",
     "is_terminal(7)  # 0", is_terminal, {}, Effect::Machine},
    {"error", "(v?) -> null", "Raises the text of v as an error.", "try { error(\"boom\"); } catch e { println(e); }",
     error},
    {"call", "(f, args) -> any", "Calls a function, or the function of that name, with the elements of an array.",
     "call(\"str_upper\", [\"abc\"])  # ABC", call},
    {"is_instance", "(v, class_name) -> int", "1 when v is an instance of the class or of one that extends it.",
     "is_instance({\"__class__\": \"Dog\"}, \"Dog\")  # 1", is_instance, {}, Effect::Machine},
};

}  // namespace

constinit const std::span<const Builtin> core_builtins = kBuiltins;

}  // namespace omc::stdlib
