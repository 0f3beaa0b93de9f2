// Each harmonic function beside the plain alternative: nearest() beside a binary search of the table, the substrate
// searches beside std::lower_bound, substrate_hash beside std::hash, Zeckendorf words beside a loop from index 92 down.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "substrate/attractors.hpp"
#include "substrate/fibonacci.hpp"
#include "substrate/fold.hpp"
#include "substrate/hash.hpp"
#include "substrate/resonance.hpp"
#include "substrate/search.hpp"
#include "substrate/text.hpp"
#include "substrate/zeckendorf.hpp"

using namespace omc::substrate;

// mt19937_64 is specified to the bit, as distributions are not: the same input everywhere.
static std::vector<int64_t> random_ints(size_t count, uint64_t below) {
  std::mt19937_64 random(1);
  std::vector<int64_t> n(count);
  for (int64_t& x : n) x = static_cast<int64_t>(random() % below);
  return n;
}

constexpr uint64_t kWholeTable = 63'245'987;

template <class F>
static void for_each_int(benchmark::State& state, uint64_t below, F f) {
  const std::vector<int64_t> n = random_ints(4096, below);
  for (auto _ : state)
    for (const int64_t x : n) benchmark::DoNotOptimize(f(x));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(n.size()));
}

static void nearest_attractor(benchmark::State& state) {
  for_each_int(state, kWholeTable, [](int64_t x) { return nearest(x).attractor; });
}
BENCHMARK(nearest_attractor);

static Nearest nearest_by_binary_search(int64_t n) {
  const auto m = static_cast<int64_t>(magnitude(n));
  if (m >= kLargestAttractor) return {n < 0 ? -kLargestAttractor : kLargestAttractor, distance(m, kLargestAttractor)};
  const auto above = std::upper_bound(kAttractors.begin(), kAttractors.end(), m);
  const int64_t high = *above, low = *std::prev(above);
  const int64_t a = m == low || is_held(low) || m - low <= high - m ? low : high;
  return {n < 0 ? -a : a, distance(m, a)};
}

static void nearest_attractor_binary_search(benchmark::State& state) {
  for_each_int(state, kWholeTable, [](int64_t x) { return nearest_by_binary_search(x).attractor; });
}
BENCHMARK(nearest_attractor_binary_search);

static void resonance_of_int(benchmark::State& state) {
  for_each_int(state, kWholeTable, [](int64_t x) { return resonance(x); });
}
BENCHMARK(resonance_of_int);

static void him_of_int(benchmark::State& state) {
  for_each_int(state, kWholeTable, [](int64_t x) { return him(x); });
}
BENCHMARK(him_of_int);

static void fold_float(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(fold(0.3, 1000));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(fold_float);

static void zeckendorf_weight_of_int(benchmark::State& state) {
  for_each_int(state, uint64_t{1} << state.range(0), [](int64_t x) { return zeckendorf_weight(x); });
}
BENCHMARK(zeckendorf_weight_of_int)->Arg(16)->Arg(32)->Arg(62);

static void zeckendorf_weight_from_92_down(benchmark::State& state) {
  for_each_int(state, uint64_t{1} << state.range(0), [](int64_t x) {
    size_t weight = 0;
    for (size_t i = kLastFibonacciIndex; i >= 2; --i)
      if (kFibonacci[i] <= x) {
        x -= kFibonacci[i];
        ++weight;
      }
    return weight;
  });
}
BENCHMARK(zeckendorf_weight_from_92_down)->Arg(16)->Arg(32)->Arg(62);

static void substrate_hash_of_int(benchmark::State& state) {
  for_each_int(state, uint64_t{1} << state.range(0), [](int64_t x) { return substrate_hash(x); });
}
BENCHMARK(substrate_hash_of_int)->Arg(16)->Arg(32)->Arg(62);

static void std_hash_of_int(benchmark::State& state) {
  for_each_int(state, uint64_t{1} << 62, [](int64_t x) { return std::hash<int64_t>{}(x); });
}
BENCHMARK(std_hash_of_int);

static void fib_doubling(benchmark::State& state) {
  for_each_int(state, uint64_t{1} << 62, [](int64_t x) { return fib(x); });
}
BENCHMARK(fib_doubling);

// Every second int up to twice the size is there, so half of the look-ups hit.
template <class Search>
static void search(benchmark::State& state, Search f) {
  const auto size = static_cast<size_t>(state.range(0));
  std::vector<int64_t> a(size);
  for (size_t i = 0; i < size; ++i) a[i] = static_cast<int64_t>(2 * i);
  const std::vector<int64_t> targets = random_ints(4096, 2 * size);
  for (auto _ : state)
    for (const int64_t t : targets) benchmark::DoNotOptimize(f(a, t));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(targets.size()));
}

static void search_v2(benchmark::State& state) {
  SearchCounters counters;
  search(state, [&](const auto& a, int64_t t) { return phi_pi_fib_search_v2(a, t, counters).index; });
}
BENCHMARK(search_v2)->RangeMultiplier(32)->Range(32, 1 << 20);

static void search_step(benchmark::State& state) {
  SearchCounters counters;
  search(state, [&](const auto& a, int64_t t) { return phi_pi_fib_search(a, t, counters).index; });
}
BENCHMARK(search_step)->RangeMultiplier(32)->Range(32, 1 << 20);

static void search_bin(benchmark::State& state) {
  SearchCounters counters;
  search(state, [&](const auto& a, int64_t t) { return phi_pi_bin_search(a, t, counters).index; });
}
BENCHMARK(search_bin)->RangeMultiplier(32)->Range(32, 1 << 20);

static void search_lower_bound(benchmark::State& state) {
  SearchCounters counters;
  search(state, [&](const auto& a, int64_t t) { return substrate_lower_bound(a, t, counters); });
}
BENCHMARK(search_lower_bound)->RangeMultiplier(32)->Range(32, 1 << 20);

static void search_std_lower_bound(benchmark::State& state) {
  search(state, [](const auto& a, int64_t t) { return std::lower_bound(a.begin(), a.end(), t) - a.begin(); });
}
BENCHMARK(search_std_lower_bound)->RangeMultiplier(32)->Range(32, 1 << 20);

static std::string sample_text() {
  std::string text;
  for (const int64_t letter : random_ints(4096, 27)) text += letter == 26 ? ' ' : static_cast<char>('a' + letter);
  return text;
}

template <class F>
static void over_text(benchmark::State& state, F f) {
  const std::string text = sample_text();
  for (auto _ : state) benchmark::DoNotOptimize(f(text));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

static void text_harmonic_hash(benchmark::State& state) {
  over_text(state, harmonic_hash);
}
BENCHMARK(text_harmonic_hash);

static void text_fnv(benchmark::State& state) {
  over_text(state, fnv);
}
BENCHMARK(text_fnv);

static void text_std_hash(benchmark::State& state) {
  over_text(state, std::hash<std::string_view>{});
}
BENCHMARK(text_std_hash);

static void text_embed_16(benchmark::State& state) {
  over_text(state, [](std::string_view text) { return substrate_embed(text, 16); });
}
BENCHMARK(text_embed_16);
