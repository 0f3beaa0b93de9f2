#pragma once
// Runs a program in a Vm of its own with all builtins, and says what it printed.

#include <memory>
#include <string>

#include "lang/source.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

struct Program {
  omc::vm::Vm vm;

  explicit Program(omc::vm::VmOptions options = {}) : vm(std::move(options)) {
    vm.set_output(output_);
    omc::stdlib::install(vm);
  }

  // What was printed; after an error "Error: MESSAGE" too.
  std::string run(std::string text) {
    output_.text.clear();
    const omc::vm::RunResult result = vm.run(std::make_shared<omc::lang::Source>("test.omc", std::move(text)));
    return result.status == 0 ? output_.text : output_.text + "Error: " + result.message;
  }

 private:
  struct Capture : omc::vm::Output {
    std::string text;
    void write(std::string_view more) override { text += more; }
  };
  Capture output_;
};
