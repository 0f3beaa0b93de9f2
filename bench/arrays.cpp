// The builtins on arrays that promise the memory's bandwidth, each beside the same loop in plain C++ (`plain_`), which
// is compiled with -O2. A million elements.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

static constexpr size_t kSize = 1'000'000;

static std::vector<int64_t> random_ints() {
  std::mt19937_64 random(1);  // specified to the bit, as distributions are not: the same input everywhere
  std::vector<int64_t> x(kSize);
  for (int64_t& v : x) v = static_cast<int64_t>(random()) >> 8;
  return x;
}

static std::vector<double> random_floats() {
  std::vector<double> x(kSize);
  std::ranges::transform(random_ints(), x.begin(), [](int64_t v) { return static_cast<double>(v) * 1e-6; });
  return x;
}

// One Vm with arrays of both kinds, and natives called as the interpreter calls them.
class Fixture {
 public:
  Fixture() { install(vm_); }
  vm::Value ints() { return vm_.heap().ints(random_ints()); }
  vm::Value floats() { return vm_.heap().floats(random_floats()); }

  // Frees what the builtin made at once: nothing collects here.
  void call(std::string_view name, std::vector<vm::Value> arguments) {
    const vm::Builtin& builtin = *vm_.find_builtin(name);
    const vm::Value result = builtin.function(vm_, vm::Args(builtin, vm_, arguments.data(), arguments.size()));
    if (!result.is_array()) return benchmark::DoNotOptimize(result);
    vm::Array* made = result.as_array();
    benchmark::DoNotOptimize(made->data);
    vm_.heap().free_raw(made->data, made->capacity * vm::Array::element_bytes(made->kind));
    made->data = nullptr;
    made->size = made->capacity = 0;
  }

 private:
  vm::Vm vm_;
};

static void builtin_of_ints(benchmark::State& state, const char* name, size_t operands) {
  Fixture fixture;
  const std::vector<vm::Value> arguments(operands, fixture.ints());
  for (auto _ : state) fixture.call(name, arguments);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSize));
}

static void builtin_of_floats(benchmark::State& state, const char* name, size_t operands) {
  Fixture fixture;
  const std::vector<vm::Value> arguments(operands, fixture.floats());
  for (auto _ : state) fixture.call(name, arguments);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSize));
}

template <class T, class Loop>
static void plain(benchmark::State& state, const std::vector<T>& x, Loop loop) {
  for (auto _ : state) loop(std::span<const T>(x));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSize));
}

static constexpr auto plain_add = []<class T>(std::span<const T> x) {
  std::vector<T> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) out[i] = x[i] + x[i];
  benchmark::DoNotOptimize(out.data());
};

static constexpr auto plain_sum = []<class T>(std::span<const T> x) {
  T sum = 0;
  for (const T v : x) sum += v;
  benchmark::DoNotOptimize(sum);
};

static constexpr auto plain_dot = []<class T>(std::span<const T> x) {
  double sum = 0;
  for (const T v : x) sum += static_cast<double>(v) * static_cast<double>(v);
  benchmark::DoNotOptimize(sum);
};

static constexpr auto plain_min = []<class T>(std::span<const T> x) {
  T least = x[0];
  for (const T v : x) least = v < least ? v : least;
  benchmark::DoNotOptimize(least);
};

static constexpr auto plain_sort = []<class T>(std::span<const T> x) {
  std::vector<T> out(x.begin(), x.end());
  std::ranges::sort(out);
  benchmark::DoNotOptimize(out.data());
};

BENCHMARK_CAPTURE(builtin_of_ints, arr_add, "arr_add", 2);
BENCHMARK_CAPTURE(plain, add_ints, random_ints(), plain_add);
BENCHMARK_CAPTURE(builtin_of_floats, arr_add, "arr_add", 2);
BENCHMARK_CAPTURE(plain, add_floats, random_floats(), plain_add);
BENCHMARK_CAPTURE(builtin_of_ints, arr_sum, "arr_sum", 1);
BENCHMARK_CAPTURE(plain, sum_ints, random_ints(), plain_sum);
BENCHMARK_CAPTURE(builtin_of_floats, arr_sum, "arr_sum", 1);
BENCHMARK_CAPTURE(plain, sum_floats, random_floats(), plain_sum);
BENCHMARK_CAPTURE(builtin_of_ints, arr_dot, "arr_dot", 2);
BENCHMARK_CAPTURE(plain, dot_ints, random_ints(), plain_dot);
BENCHMARK_CAPTURE(builtin_of_floats, arr_dot, "arr_dot", 2);
BENCHMARK_CAPTURE(plain, dot_floats, random_floats(), plain_dot);
BENCHMARK_CAPTURE(builtin_of_ints, arr_min, "arr_min", 1);
BENCHMARK_CAPTURE(plain, min_ints, random_ints(), plain_min);
BENCHMARK_CAPTURE(builtin_of_floats, arr_min, "arr_min", 1);
BENCHMARK_CAPTURE(plain, min_floats, random_floats(), plain_min);
BENCHMARK_CAPTURE(builtin_of_ints, arr_sort, "arr_sort", 1);
BENCHMARK_CAPTURE(plain, sort_ints, random_ints(), plain_sort);
BENCHMARK_CAPTURE(builtin_of_floats, arr_sort, "arr_sort", 1);
BENCHMARK_CAPTURE(plain, sort_floats, random_floats(), plain_sort);
BENCHMARK_CAPTURE(builtin_of_ints, arr_unique, "arr_unique", 1);
BENCHMARK_CAPTURE(builtin_of_floats, arr_softmax, "arr_softmax", 1);

}  // namespace omc::stdlib
