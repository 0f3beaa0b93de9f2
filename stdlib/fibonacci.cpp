// Fibonacci numbers, Zeckendorf words and residues (language reference, chapter 04, section 6).

#include "substrate/fibonacci.hpp"

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/crt.hpp"
#include "substrate/hash.hpp"
#include "substrate/zeckendorf.hpp"

namespace omc::stdlib {

using namespace vm;

static Value fib(Vm&, Args args) {
  return Value::integer(substrate::fib(args.integer(0)));
}

static Value nth_fibonacci(Vm&, Args args) {
  return Value::integer(substrate::nth_fibonacci(args.integer(0)));
}

static Value is_fibonacci(Vm&, Args args) {
  return Value::integer(substrate::is_fibonacci(args.integer(0)));
}

static Value fibonacci_index(Vm&, Args args) {
  return Value::integer(substrate::fibonacci_index(args.integer(0)));
}

static Value fib_chunks(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const std::vector<size_t> sizes = substrate::fib_chunk_sizes(array->size, args.integer_or(1, 2));
  Array* out = vm.heap().array(sizes.empty() ? ElementKind::Ints : ElementKind::Values, sizes.size());
  size_t from = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    vm.poll();
    out->values[i] = slice(vm, array, from, sizes[i]);
    from += sizes[i];
  }
  return out;
}

static Value zeckendorf(Vm& vm, Args args) {
  const int64_t n = args.integer(0);
  if (n < 0) throw args.error("requires n >= 0");
  const substrate::ZeckendorfWord word(n);
  Array* out = vm.heap().array(ElementKind::Ints, word.size());
  std::ranges::copy(word, out->ints);
  return out;
}

static Value from_zeckendorf(Vm&, Args args) {
  std::vector<int64_t> scratch;
  return Value::integer(substrate::from_zeckendorf(all_cells<int64_t>(args.array(0, Wording::Argument), scratch)));
}

static Value zeckendorf_weight(Vm&, Args args) {
  return Value::integer(static_cast<int64_t>(substrate::zeckendorf_weight(args.integer(0))));
}

static Value zeckendorf_bit(Vm&, Args args) {
  return Value::integer(substrate::zeckendorf_bit(args.integer(0), args.integer(1)));
}

static Value is_zeckendorf_valid(Vm&, Args args) {
  std::vector<int64_t> scratch;
  return Value::integer(substrate::is_zeckendorf_valid(all_cells<int64_t>(args.array(0, Wording::Argument), scratch)));
}

static Value substrate_hash(Vm&, Args args) {
  return Value::integer(substrate::substrate_hash(args.integer(0)));
}

static Value crt_residues(Vm& vm, Args args) {
  if (!args[1].is_array()) throw args.error("second arg must be an array");
  const int64_t position = args.integer(0);
  return map_cells<int64_t, int64_t>(vm, args[1].as_array(),
                                     [position](int64_t m) { return substrate::crt_residue(position, m); });
}

static Value crt_recover(Vm&, Args args) {
  const Array* array = args.array(0, Wording::Argument);
  std::array<int64_t, substrate::kCrtModuli.size()> residues;
  if (array->size != residues.size())
    throw args.error("expected 4 residues for moduli [5,8,13,21], got " + std::to_string(array->size));
  read_cells<int64_t>(array, 0, residues);
  return Value::integer(substrate::crt_recover(residues));
}

constexpr Builtin kBuiltins[] = {
    {"fib", "(n) -> int", "The n-th Fibonacci number, wrapping beyond the ints; n itself up to 1.", "fib(10)  # 55",
     fib, "fib requires 1 argument"},
    {"fibonacci", "(n) -> int", "The same as fib.", "fibonacci(93)  # -6246583658587674878", fib,
     "fibonacci requires 1 argument"},
    {"nth_fibonacci", "(k) -> int", "The k-th Fibonacci number, k kept within 0 to 92.",
     "nth_fibonacci(1000)  # 7540113804746346429", nth_fibonacci},
    {"is_fibonacci", "(n) -> int", "1 when the magnitude is a Fibonacci number, else 0.", "is_fibonacci(144)  # 1",
     is_fibonacci, "is_fibonacci requires 1 argument"},
    {"fibonacci_index", "(value) -> int", "The place of the magnitude among the Fibonacci numbers, or -1.",
     "fibonacci_index(144)  # 12", fibonacci_index},
    {"fib_chunks", "(array, base_k=2) -> array",
     "Consecutive pieces whose lengths are Fibonacci numbers, from the base_k-th on.",
     "fib_chunks([1, 2, 3, 4, 5, 6])  # [[1], [2, 3], [4, 5, 6]]", fib_chunks},
    {"zeckendorf", "(n) -> array", "The indices of the Fibonacci numbers, no two neighbours, that sum to n.",
     "zeckendorf(100)  # [11, 6, 4]", zeckendorf},
    {"from_zeckendorf", "(indices_array) -> int", "The sum of the Fibonacci numbers of these indices.",
     "from_zeckendorf([11, 6, 4])  # 100", from_zeckendorf},
    {"zeckendorf_weight", "(n) -> int", "How many Fibonacci numbers zeckendorf(n) has.", "zeckendorf_weight(100)  # 3",
     zeckendorf_weight},
    {"zeckendorf_bit", "(n, k) -> int", "1 when k is in zeckendorf(n), else 0.", "zeckendorf_bit(100, 6)  # 1",
     zeckendorf_bit},
    {"is_zeckendorf_valid", "(indices_array) -> int", "1 when each index is at least 2 above the next, else 0.",
     "is_zeckendorf_valid([5, 4])  # 0", is_zeckendorf_valid},
    {"substrate_hash", "(value) -> int", "A hash of the Zeckendorf word; it never changes.",
     "substrate_hash(42)  # -8742466668062854026", substrate_hash},
    {"crt_residues", "(pos, moduli_array) -> array", "The non-negative remainder of pos by each modulus.",
     "crt_residues(100, [5, 8, 13, 21])  # [0, 4, 9, 16]", crt_residues},
    {"crt_recover", "(residues_array) -> int", "The number below 10920 with these residues by 5, 8, 13 and 21.",
     "crt_recover([0, 4, 9, 16])  # 100", crt_recover},
};

constinit const std::span<const Builtin> fibonacci_builtins = kBuiltins;

}  // namespace omc::stdlib
