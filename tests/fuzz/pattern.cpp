// Any bytes as a pattern: refused with a reason, or rewritten to one that RE2 answers for in linear time.
#include <string>

#include "check.hpp"
#include "lang/source.hpp"
#include "stdlib/regex_dialect.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

using namespace omc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string pattern(reinterpret_cast<const char*>(data), size);
  if (lang::valid_utf8_prefix(pattern) != size) return 0;
  try {
    stdlib::to_re2(pattern);
  } catch (const stdlib::PatternError& e) {
    OMC_CHECK(!e.detail.empty());
  }
  vm::Vm machine;
  stdlib::install(machine);
  const vm::Value text = machine.text("a1 b\u00e9_ 22\n\n.c"), p = machine.text(pattern);
  try {
    // The pieces between the matches and the matches make the text again.
    const vm::Value found = machine.call(machine.text("re_find_all"), {p, text});
    const vm::Value pieces = machine.call(machine.text("re_split"), {p, text});
    OMC_CHECK(pieces.as_array()->size == found.as_array()->size + 1);
    std::string again;
    for (size_t i = 0; i < pieces.as_array()->size; ++i) {
      again += pieces.as_array()->at(i).as_string()->view();
      if (i < found.as_array()->size) again += found.as_array()->at(i).as_string()->view();
    }
    OMC_CHECK(again == text.as_string()->view());
  } catch (const vm::Error& e) {
    OMC_CHECK(e.message.starts_with("re_find_all: "));
  }
  return 0;
}
