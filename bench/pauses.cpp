// How long programs stand still for the collector: a large live heap of several shapes, and garbage made beside it.
//   bench_pauses [MILLIONS OF OBJECTS]

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "lang/source.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace {

struct Shape {
  const char* name;
  const char* live;     // makes `n` million objects
  const char* garbage;  // beside them, storing into them too
};

constexpr Shape kShapes[] = {
    {"small arrays in one array", "h live = []; h i = 0; while i < n { arr_push(live, [i, \"x\"]); i = i + 1; }",
     "h j = 0; while j < n { live[(j * 7919) % n] = [j, \"y\"]; j = j + 1; }"},
    {"trees", "fn tree(d) { if d == 0 { return [null, null]; } return [tree(d - 1), tree(d - 1)]; } "
              "h live = []; h i = 0; while i < n / 2048 { arr_push(live, tree(10)); i = i + 1; }",
     "h j = 0; while j < n / 2048 { live[(j * 31) % arr_len(live)] = tree(10); j = j + 1; }"},
    {"a list", "h live = null; h i = 0; while i < n { live = [i, live]; i = i + 1; }",
     "h j = 0; h x = null; while j < n { x = [j, x]; if j % 1000 == 0 { x = null; } j = j + 1; }"},
    {"dicts", "h live = []; h i = 0; while i < n / 4 { arr_push(live, {\"a\": i, \"b\": [i, \"z\"]}); i = i + 1; }",
     "h j = 0; while j < n / 4 { live[(j * 7919) % arr_len(live)][\"b\"] = [j, \"y\"]; j = j + 1; }"},
    {"strings in a dict", "h live = {}; h i = 0; while i < n / 2 { live[concat_many(\"key\", i)] = concat_many(\"v\", i); i = i + 1; }",
     "h j = 0; while j < n / 2 { live[concat_many(\"key\", (j * 7919) % n)] = concat_many(\"w\", j); j = j + 1; }"},
};

}  // namespace

int main(int argc, char** argv) {
  const long millions = argc > 1 ? std::atol(argv[1]) : 8;
  fmt::print("{:<28}{:>10}{:>12}{:>9}{:>11}{:>11}{:>11}\n", "live", "heap MB", "collections", "pauses", "median ms", "99 % ms", "longest ms");
  for (const Shape& shape : kShapes) {
    omc::vm::Vm vm;
    omc::stdlib::install(vm);
    const std::string text = fmt::format("h n = {};\n{}\n{}\n{}\n", millions * 1'000'000, shape.live, shape.garbage, shape.garbage);
    const auto result = vm.run(std::make_shared<const omc::lang::Source>("pauses.omc", text));
    if (result.status) {
      fmt::print("{}: {}\n", shape.name, result.message);
      return 1;
    }
    const omc::vm::Pauses& pauses = vm.heap().pauses();
    const auto ms = [](std::chrono::nanoseconds t) { return static_cast<double>(t.count()) / 1e6; };
    fmt::print("{:<28}{:>10}{:>12}{:>9}{:>11.3f}{:>11.3f}{:>11.3f}\n", shape.name, vm.heap().used() >> 20,
               vm.heap().statistics().collections, pauses.count(), ms(pauses.percentile(0.5)), ms(pauses.percentile(0.99)),
               ms(pauses.longest()));
  }
}
