// Mode exact to the bit: the kernels against loops written down plainly, for every instruction set, any number of
// threads and all shapes around the edges of the tiles.
#include <algorithm>  // copy
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "helpers.hpp"
#include "tape/kernels/matmul.hpp"
#include "tape/optim/adamw.hpp"

namespace bdata = boost::unit_test::data;

namespace omc::tape {

static std::ostream& operator<<(std::ostream& out, Isa isa) {
  return out << static_cast<int>(isa);
}

static std::vector<Isa> isas() {
  std::vector<Isa> all;
  for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512})
    if (isa <= native_isa()) all.push_back(isa);
  return all;
}

static bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// Large magnitudes of both signs: any other order of summation changes the result.
static std::vector<double> touchy_cells(std::mt19937_64& random, size_t n) {
  std::vector<double> cells = random_cells(random, n);
  for (double& x : cells) x *= std::ldexp(1.0, static_cast<int>(random() % 40));
  return cells;
}

struct ProductShape {
  size_t m, n, k;
};
static std::ostream& operator<<(std::ostream& out, const ProductShape& s) {
  return out << s.m << "x" << s.k << " @ " << s.k << "x" << s.n;
}
static const ProductShape kShapes[] = {{1, 1, 1},     {1, 7, 3},    {8, 16, 4},    {9, 17, 5},
                                       {7, 15, 33},   {3, 100, 0},  {64, 64, 64},  {130, 33, 70},
                                       {33, 70, 300}, {5, 40, 520}, {200, 9, 257}, {1, 300, 600},
                                       {1403, 1504, 3}};  // the last past the caches

BOOST_DATA_TEST_CASE(products_sum_in_ascending_order, bdata::make(kShapes) * bdata::make(isas()), shape, isa) {
  const auto [m, n, k] = shape;
  std::mt19937_64 random(7);
  const std::vector<double> a = touchy_cells(random, m * k), b = touchy_cells(random, k * n),
                            add = random_cells(random, m * n);
  std::vector<double> at(a.size()), bt(b.size());
  for (size_t i = 0; i < m; ++i)
    for (size_t p = 0; p < k; ++p) at[p * m + i] = a[i * k + p];
  for (size_t p = 0; p < k; ++p)
    for (size_t j = 0; j < n; ++j) bt[j * k + p] = b[p * n + j];
  std::vector<double> expected(m * n), expected_added(m * n);
  for (size_t i = 0; i < m; ++i)
    for (size_t j = 0; j < n; ++j) {
      volatile double s = 0.0;  // volatile: the compiler must round after each step
      for (size_t p = 0; p < k; ++p) {
        volatile double product = a[i * k + p] * b[p * n + j];
        s = s + product;
      }
      expected[i * n + j] = s;
      expected_added[i * n + j] = add[i * n + j] + s;
    }
  Pool pool(SIZE_MAX);
  Tensor cells(pool, static_cast<int64_t>(m), static_cast<int64_t>(n), sizeof(double));  // on whole cache lines
  const std::span<double> got = cells.cells<double>();
  Workers workers(3);
  for (const Compute& compute : {Compute(isa), Compute(isa, &workers)}) {
    using S = Strided<double>;
    for (const S& left : {S::plain(a.data(), k), S::transposed(at.data(), m)})
      for (const S& right : {S::plain(b.data(), n), S::transposed(bt.data(), k)}) {
        matmul<ExactMode>(compute, pool, m, n, k, left, right, static_cast<const double*>(nullptr), got.data());
        BOOST_TEST(same_bits(got, expected));
        matmul<ExactMode>(compute, pool, m, n, k, left, right, add.data(), got.data());
        BOOST_TEST(same_bits(got, expected_added));
        std::ranges::copy(add, got.begin());
        matmul<ExactMode>(compute, pool, m, n, k, left, right, std::span<const double>(got).data(), got.data());
        BOOST_TEST(same_bits(got, expected_added));
      }
  }
}

// Every bit of a training step with all kinds of kernels in it.
static std::vector<double> train(TapeOptions options) {
  Tape tape(options);
  std::mt19937_64 random(1);
  const int64_t n = 120, d = 200, v = 300;
  const auto matrix = [&](int64_t r, int64_t c) { return random_cells(random, static_cast<size_t>(r * c), -0.2, 0.2); };
  std::vector<NodeId> params = {tape.var(d, d, matrix(d, d)), tape.var(1, d, matrix(1, d)),
                                tape.var(d, v, matrix(d, v)), tape.var(v, d, matrix(v, d)),
                                tape.var(1, d, matrix(1, d)), tape.var(n, 1, matrix(n, 1))};
  std::vector<int64_t> ids, targets;
  for (int64_t i = 0; i < n; ++i) {
    ids.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(v)));
    targets.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(v)));
  }
  std::vector<double> trace;
  for (int step = 0; step < 3; ++step) {
    const NodeId x = tape.embedding_lookup(params[3], ids);
    const NodeId q = tape.matmul(x, params[0]);
    const NodeId p = tape.softmax(tape.matmul(q, tape.transpose(x)));
    const NodeId mixed = tape.add(x, tape.mul(tape.matmul(p, x), params[5]));
    const NodeId normal = tape.layernorm(mixed, params[1], params[4]);
    const NodeId hidden =
        tape.add(tape.tanh(normal), tape.div(tape.sigmoid(normal), tape.add_scalar(tape.abs(q), 1.0)));
    const NodeId loss = tape.cross_entropy_batch(tape.matmul(hidden, params[2]), targets);
    tape.backward(loss);
    trace.push_back(tape.value(loss)[0]);
    for (const NodeId param : params) {
      for (const double g : cells_of(tape.gradient(param))) trace.push_back(g);
      tape.update(param, 0.1);
    }
  }
  return trace;
}

BOOST_DATA_TEST_CASE(training_has_the_same_bits_everywhere, bdata::make(isas()) * bdata::make({1, 2, 3}), isa,
                     threads) {
  static const std::vector<double> reference = train({.threads = 1, .isa = Isa::Baseline});
  BOOST_TEST(same_bits(train({.threads = static_cast<size_t>(threads), .isa = isa}), reference));
}

BOOST_DATA_TEST_CASE(products_are_rounded_before_they_are_added, bdata::make(isas()), isa) {
  // (1 + 2^-27)^2 = 1 + 2^-26 + 2^-54: rounded it loses the last term, in a fused multiply-add it does not.
  const double e = 1 + 0x1p-27;
  Tape tape({.isa = isa});
  const NodeId a = var(tape, {{-1.0, e}}), b = var(tape, {{1 + 0x1p-26}, {e}});
  BOOST_TEST(tape.value(tape.matmul(a, b))[0] == 0.0);
  // The same through every cell of a large product, and through elementwise operations.
  const std::vector<double> left = [&] {
    std::vector<double> cells;
    for (int i = 0; i < 40; ++i) cells.insert(cells.end(), {-1.0, e});
    return cells;
  }();
  std::vector<double> right(40, 1 + 0x1p-26);
  right.insert(right.end(), 40, e);
  const Reading product = tape.value(tape.matmul(tape.constant(40, 2, left), tape.constant(2, 40, right)));
  for (size_t i = 0; i < product.size(); ++i) BOOST_TEST(product[i] == 0.0);

  std::vector<double> theta(37, 1 + 0x1p-26), gradient(37, -e), m(37, 0.0), v(37, 0.0), next(37);
  const NodeId w = tape.var(1, 37, theta), g = tape.constant(1, 37, gradient);
  tape.backward(tape.sum(tape.mul(w, g)));
  tape.update(w, -e);  // w - (-e)(-e)
  for (size_t i = 0; i < 37; ++i) BOOST_TEST(tape.value(w)[i] == 0.0);
  // m = beta1 m + (1 - beta1) g with beta1 = 2: 2 m - g; the second moment shows the contraction.
  AdamWStep({0.0, 0.0, 1 - e, 1.0, 0.0}, 1)
      .update(Compute(isa), theta.size(), theta.data(), gradient.data(), m.data(), v.data(), next.data());
  for (size_t i = 0; i < 37; ++i) {
    volatile double scaled = e * gradient[i];
    volatile double square = scaled * gradient[i];
    BOOST_TEST(v[i] == double{square});
  }
}

BOOST_AUTO_TEST_CASE(sums_run_from_left_to_right) {
  Tape tape;
  const std::vector<double> big = {1e16, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1e16, 0.5};
  const NodeId x = tape.var(1, 10, big);
  BOOST_TEST(tape.value(tape.sum(x))[0] == 0.5);
  const std::vector<double> back(big.rbegin(), big.rend());
  BOOST_TEST(tape.value(tape.sum(tape.var(1, 10, back)))[0] == 0.0);
  std::vector<double> rows;
  for (int r = 0; r < 19; ++r)
    rows.insert(rows.end(), r % 2 ? back.begin() : big.begin(), r % 2 ? back.end() : big.end());
  const NodeId m = tape.var(19, 10, rows);
  const Reading sums = tape.value(tape.row_sum(m));
  for (size_t r = 0; r < 19; ++r) BOOST_TEST(sums[r] == (r % 2 ? 0.0 : 0.5));
  // Down the columns: the gradient of a row that was repeated.
  const NodeId row = tape.var(1, 3, std::vector<double>(3, 1.0)), column = tape.var(10, 1, big);
  tape.backward(tape.sum(tape.mul(row, column)));
  for (size_t c = 0; c < 3; ++c) BOOST_TEST(tape.gradient(row)[c] == 0.5);
}

}  // namespace omc::tape
