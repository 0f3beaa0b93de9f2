// The tape: matrix products, operations forward and backward, scores of all pairs and of live pairs, training steps.
// Argument `mode` is the numeric mode: 0 exact, 1 fast64, 2 fast32. One thread, so that figures compare. Products are
// compared with those of OpenBLAS where it is installed.
#include "tape/tape.hpp"

#include <benchmark/benchmark.h>
#include <dlfcn.h>  // dlopen

#include <algorithm>  // fill
#include <cmath>
#include <cstdlib>  // setenv
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tape/kernels/matmul.hpp"
#include "tape/matrix_ops.hpp"
#include "tape/optim/adamw.hpp"

namespace omc::tape {

static std::vector<double> random_cells(size_t n, double bound) {
  std::mt19937_64 random(1);  // specified to the bit, as distributions are not: the same input everywhere
  std::vector<double> cells(n);
  for (double& x : cells) x = bound * (static_cast<double>(random() >> 11) * 0x1p-52 - 1);
  return cells;
}

static NodeId random_var(Tape& tape, int64_t rows, int64_t cols, double bound = 1) {
  return tape.var(rows, cols, random_cells(static_cast<size_t>(rows * cols), bound));
}

static TapeOptions options(int64_t mode) {
  return {.precision = static_cast<Precision>(mode), .threads = 1};
}

// Where the tape's matrices lie, on cache lines of their own.
template <class T>
static Tensor filled(Pool& pool, size_t rows, size_t cols, T x) {
  Tensor cells(pool, static_cast<int64_t>(rows), static_cast<int64_t>(cols), sizeof(T));
  std::ranges::fill(cells.cells<T>(), x);
  return cells;
}

// m x k by k x n; transposed: 0 none, 1 the right matrix (as in D B^T), 2 the left one (as in A^T D).
template <class Mode>
static void product(benchmark::State& state) {
  using T = typename Mode::Cell;
  const auto m = static_cast<size_t>(state.range(0)), n = static_cast<size_t>(state.range(1)),
             k = static_cast<size_t>(state.range(2));
  const int64_t turned = state.range(3);
  Pool pool(SIZE_MAX);
  const Tensor a = filled(pool, m, k, T{0.5}), b = filled(pool, k, n, T{0.25});
  Tensor out = filled(pool, m, n, T{0});
  const Compute compute;
  using S = Strided<T>;
  const S left = turned == 2 ? S::transposed(a.data<T>(), m) : S::plain(a.data<T>(), k);
  const S right = turned == 1 ? S::transposed(b.data<T>(), k) : S::plain(b.data<T>(), n);
  for (auto _ : state) {
    matmul<Mode>(compute, pool, m, n, k, left, right, static_cast<const T*>(nullptr), out.data<T>());
    benchmark::DoNotOptimize(out.data<T>());
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(m * n * k * state.iterations()), benchmark::Counter::kIsRate);
}
static void product_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "n", "k", "turned"});
  for (const int64_t n : {32, 64, 256, 512, 1024}) b->Args({n, n, n, 0});
  for (const int64_t turned : {0, 1, 2}) {
    b->Args({64, 256, 256, turned});
    b->Args({64, 512, 256, turned});
    b->Args({256, 512, 64, turned});
    b->Args({32, 128, 128, turned});
    b->Args({512, 512, 64, turned});
    b->Args({2048, 2048, 64, turned});
  }
}
BENCHMARK(product<ExactMode>)->Apply(product_shapes);
BENCHMARK(product<Fast64Mode>)->Apply(product_shapes);
BENCHMARK(product<Fast32Mode>)->Apply(product_shapes);

// OpenBLAS 0.3.21 takes newer processors of AMD for one without AVX-512, unless told before it is loaded.
static void* openblas() {
  static void* const library = [] {
    if (native_isa() == Isa::Avx512) setenv("OPENBLAS_CORETYPE", "SkylakeX", /*overwrite=*/0);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return dlopen("libopenblas.so.0", RTLD_NOW);
  }();
  return library;
}

// The C interface of BLAS, Basic Linear Algebra Subprograms Technical Forum Standard, 2001, appendix B: the constants are
// CblasRowMajor, CblasNoTrans and CblasTrans.
template <class T>
static void cblas(benchmark::State& state) {
  using Gemm = void (*)(int order, int turn_a, int turn_b, int m, int n, int k, T alpha, const T* a, int lda, const T* b,
                        int ldb, T beta, T* c, int ldc);
  const auto gemm = openblas() ? reinterpret_cast<Gemm>(dlsym(openblas(), sizeof(T) == 8 ? "cblas_dgemm" : "cblas_sgemm"))
                               : nullptr;
  if (!gemm) return state.SkipWithError("no libopenblas.so.0");
  const auto m = static_cast<int>(state.range(0)), n = static_cast<int>(state.range(1)), k = static_cast<int>(state.range(2));
  const int64_t turned = state.range(3);
  Pool pool(SIZE_MAX);
  const auto cells = [&](int rows, int cols, T x) { return filled(pool, static_cast<size_t>(rows), static_cast<size_t>(cols), x); };
  const Tensor a = cells(m, k, T{0.5}), b = cells(k, n, T{0.25});
  Tensor out = cells(m, n, T{0});
  for (auto _ : state) {
    gemm(101, turned == 2 ? 112 : 111, turned == 1 ? 112 : 111, m, n, k, T{1}, a.data<T>(), turned == 2 ? m : k, b.data<T>(),
         turned == 1 ? k : n, T{0}, out.data<T>(), n);
    benchmark::DoNotOptimize(out.data<T>());
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      2e-9 * m * n * k * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(cblas<double>)->Apply(product_shapes);
BENCHMARK(cblas<float>)->Apply(product_shapes);

// An operation forward, and with the backward pass of its sum.
using Record = std::function<NodeId(Tape&)>;

static void forward(benchmark::State& state, const Record& leaves, const Record& operation) {
  Tape tape(options(state.range(0)));
  leaves(tape);
  const int64_t mark = tape.size();
  for (auto _ : state) {
    benchmark::DoNotOptimize(operation(tape));
    tape.release(mark);
  }
}
static void both(benchmark::State& state, const Record& leaves, const Record& operation) {
  Tape tape(options(state.range(0)));
  leaves(tape);
  const int64_t mark = tape.size();
  for (auto _ : state) {
    tape.backward(tape.sum(operation(tape)));
    tape.release(mark);
  }
}

static std::vector<int64_t> some_ids(int64_t n, int64_t limit) {
  std::mt19937_64 random(2);
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(limit)));
  return ids;
}

static void add_operation(const std::string& name, const Record& leaves, const Record& operation) {
  for (const int64_t mode : {0, 1, 2}) {
    benchmark::RegisterBenchmark((name + " forward").c_str(), forward, leaves, operation)
        ->Args({mode})
        ->ArgName("mode");
    benchmark::RegisterBenchmark((name + " both").c_str(), both, leaves, operation)->Args({mode})->ArgName("mode");
  }
}

static const bool kOperations = [] {
  const auto matrix = [](int64_t rows, int64_t cols, double bound) {
    return [=](Tape& t) { return random_var(t, rows, cols, bound); };
  };
  for (const int64_t n : {64, 512})
    add_operation("softmax_" + std::to_string(n), matrix(n, n, 3), [](Tape& t) { return t.softmax(0); });
  add_operation(
      "layernorm_64_256",
      [](Tape& t) {
        random_var(t, 64, 256, 2);
        random_var(t, 1, 256);
        return random_var(t, 1, 256);
      },
      [](Tape& t) { return t.layernorm(0, 1, 2); });
  add_operation("relu_64_512", matrix(64, 512, 1), [](Tape& t) { return t.relu(0); });
  for (const int64_t v : {32, 1024, 32000})
    add_operation("xent_64_" + std::to_string(v), matrix(64, v, 3),
                  [targets = some_ids(64, v)](Tape& t) { return t.cross_entropy_batch(0, targets); });
  add_operation("embed_32000_64_64", matrix(32000, 64, 1),
                [ids = some_ids(64, 32000)](Tape& t) { return t.embedding_lookup(0, ids); });
  add_operation("gradmod_64_256", matrix(64, 256, 0.15), [](Tape& t) { return t.substrate_grad_mod(0); });
  add_operation("resample_64_256", matrix(64, 256, 1), [](Tape& t) { return t.substrate_resample(0); });
  add_operation("philog_64_256", matrix(64, 256, 2), [](Tape& t) { return t.phi_log(0); });
  add_operation("smod_64_64", matrix(64, 64, 20), [](Tape& t) { return t.smod_softmax(0); });
  add_operation("exp_64_256", matrix(64, 256, 2), [](Tape& t) { return t.exp(0); });
  add_operation("tanh_64_256", matrix(64, 256, 2), [](Tape& t) { return t.tanh(0); });
  add_operation(
      "add_row_64_512",
      [](Tape& t) {
        random_var(t, 64, 512);
        return random_var(t, 1, 512);
      },
      [](Tape& t) { return t.add(0, 1); });
  add_operation("add_scalar_1_1", matrix(1, 1, 1), [](Tape& t) { return t.add_scalar(0, 1.0); });
  for (const int64_t n : {32, 128, 512, 2048})
    for (const int64_t d : {32, 64}) {
      const std::string size = std::to_string(n) + "_" + std::to_string(d);
      const Record qk = [=](Tape& t) {
        random_var(t, n, d);
        return random_var(t, n, d);
      };
      add_operation("dense_" + size, qk, [](Tape& t) { return t.matmul(0, t.transpose(1)); });
      add_operation("sparse_" + size, qk, [](Tape& t) { return t.substrate_sparse_scores(0, 1); });
      const Record qkv = [=](Tape& t) {
        qk(t);
        return random_var(t, n, d);
      };
      add_operation("dense_attention_" + size, qkv,
                    [](Tape& t) { return t.matmul(t.softmax(t.matmul(0, t.transpose(1))), 2); });
      add_operation("sparse_attention_" + size, qkv,
                    [](Tape& t) { return t.matmul(t.softmax(t.substrate_sparse_scores(0, 1)), 2); });
    }
  return true;
}();

static void adamw_1M(benchmark::State& state) {
  const size_t n = 1 << 20;
  std::vector<double> theta = random_cells(n, 1), gradient = random_cells(n, 0.5), m(n), v(n);
  const Compute compute;
  int64_t step = 0;
  for (auto _ : state) {
    AdamWStep({0.001, 0.9, 0.999, 1e-8, 0.01}, ++step)
        .update(compute, theta.size(), theta.data(), gradient.data(), m.data(), v.data(), theta.data());
    benchmark::DoNotOptimize(theta.data());
  }
}
BENCHMARK(adamw_1M);

// Training steps: mode, and for the transformer sequence, width, hidden width. The arrays of AdamW stay in C++.
static void mlp(benchmark::State& state) {
  Tape tape(options(state.range(0)));
  const NodeId w1 = random_var(tape, 256, 512, 0.06), b1 = random_var(tape, 1, 512, 0),
               w2 = random_var(tape, 512, 256, 0.04), b2 = random_var(tape, 1, 256, 0);
  const std::vector<double> x = random_cells(64 * 256, 1), y = random_cells(64 * 256, 1);
  for (auto _ : state) {
    const NodeId hidden = tape.relu(tape.add(tape.matmul(tape.constant(64, 256, x), w1), b1));
    const NodeId d = tape.sub(tape.add(tape.matmul(hidden, w2), b2), tape.constant(64, 256, y));
    tape.backward(tape.mean(tape.mul(d, d)));
    for (const NodeId p : {w1, b1, w2, b2}) tape.update(p, 0.05);
  }
}
BENCHMARK(mlp)->DenseRange(0, 2)->ArgName("mode");

static void transformer(benchmark::State& state) {
  Tape tape(options(state.range(0)));
  const int64_t n = state.range(1), d = state.range(2), ff = state.range(3), vocab = 32;
  const double r = 1 / std::sqrt(static_cast<double>(d));
  std::vector<NodeId> p;
  const auto param = [&](int64_t rows, int64_t cols, double bound) {
    p.push_back(random_var(tape, rows, cols, bound));
  };
  param(vocab, d, 0.3);
  for (int i = 0; i < 3; ++i) param(d, d, r);
  param(1, d, 1), param(1, d, 0), param(d, ff, r), param(1, ff, 0), param(ff, d, r), param(1, d, 0), param(1, d, 1),
      param(1, d, 0), param(d, vocab, r), param(1, vocab, 0);
  const std::vector<int64_t> ids = some_ids(n, vocab), targets = some_ids(n, vocab);
  const std::vector<double> positions = random_cells(static_cast<size_t>(n * d), 1);
  struct Moments {
    std::vector<double> theta, gradient, m, v;
  };
  std::vector<Moments> moments;
  for (const NodeId id : p) {
    const size_t cells = tape.value(id).size();
    moments.push_back({std::vector<double>(cells), std::vector<double>(cells), std::vector<double>(cells),
                       std::vector<double>(cells)});
  }
  int64_t step = 0;
  for (auto _ : state) {
    const NodeId x = tape.add(tape.embedding_lookup(p[0], ids), tape.constant(n, d, positions));
    const NodeId q = tape.matmul(x, p[1]), k = tape.matmul(x, p[2]), v = tape.matmul(x, p[3]);
    const NodeId scores = tape.mul_scalar(tape.matmul(q, tape.transpose(k)), r);
    const NodeId x1 = tape.add(x, tape.matmul(tape.softmax(scores), v));
    const NodeId up = tape.relu(tape.add(tape.matmul(tape.layernorm(x1, p[4], p[5]), p[6]), p[7]));
    const NodeId x2 = tape.add(x1, tape.add(tape.matmul(up, p[8]), p[9]));
    const NodeId logits = tape.add(tape.matmul(tape.layernorm(x2, p[10], p[11]), p[12]), p[13]);
    tape.backward(tape.cross_entropy_batch(logits, targets));
    const AdamWStep optimizer({0.001, 0.9, 0.999, 1e-8, 0.01}, ++step);
    for (size_t i = 0; i < p.size(); ++i) {
      const Reading value = tape.value(p[i]);
      value.copy_to(moments[i].theta);
      tape.gradient(p[i]).copy_to(moments[i].gradient);
      optimizer.update(tape.compute(), moments[i].theta.size(), moments[i].theta.data(), moments[i].gradient.data(),
                       moments[i].m.data(), moments[i].v.data(), moments[i].theta.data());
      tape.set_value(p[i], value.rows(), value.cols(), moments[i].theta);
    }
  }
}
static void transformer_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"mode", "seq", "d", "ff"});
  for (const int64_t mode : {0, 1, 2}) {
    b->Args({mode, 64, 256, 512});
    b->Args({mode, 32, 128, 256});
    b->Args({mode, 32, 32, 64});
  }
}
BENCHMARK(transformer)->Apply(transformer_sizes);

}  // namespace omc::tape
