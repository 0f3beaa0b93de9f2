// The fast modes against exact: the tolerances of the reference (chapter 05, section 5) for values and gradients.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "helpers.hpp"

namespace bdata = boost::unit_test::data;

namespace omc::tape {

static std::ostream& operator<<(std::ostream& out, Precision p) {
  return out << name(p);
}

static const Precision kFastModes[] = {Precision::Fast64, Precision::Fast32};
static double unit(Precision p) {
  return p == Precision::Fast32 ? 0x1p-24 : 0x1p-53;
}

// Cells that are floats: the same input in all modes.
static std::vector<double> float_cells(std::mt19937_64& random, size_t n) {
  std::vector<double> cells = random_cells(random, n);
  for (double& x : cells) x = double{static_cast<float>(x)};
  return cells;
}

BOOST_DATA_TEST_CASE(products_and_sums_stay_within_their_bounds, bdata::make(kFastModes), mode) {
  std::mt19937_64 random(1);
  const int64_t m = 37, k = 301, n = 45;
  const std::vector<double> a = float_cells(random, static_cast<size_t>(m * k)),
                            b = float_cells(random, static_cast<size_t>(k * n));
  Tape exact, fast({.precision = mode});
  const auto record = [&](Tape& t) {
    const NodeId x = t.var(m, k, a), y = t.var(k, n, b);
    t.matmul(x, y);
    t.row_sum(x);
    t.sum(y);
  };
  record(exact), record(fast);
  const double bound = 4 * unit(mode);
  for (int64_t i = 0; i < m; ++i) {
    double row = 0;
    for (int64_t p = 0; p < k; ++p) row += std::abs(a[static_cast<size_t>(i * k + p)]);
    BOOST_TEST(std::abs(exact.value(3)[static_cast<size_t>(i)] - fast.value(3)[static_cast<size_t>(i)]) <=
               bound * static_cast<double>(k) * row);
    for (int64_t j = 0; j < n; ++j) {
      double terms = 0;
      for (int64_t p = 0; p < k; ++p)
        terms += std::abs(a[static_cast<size_t>(i * k + p)] * b[static_cast<size_t>(p * n + j)]);
      const size_t cell = static_cast<size_t>(i * n + j);
      BOOST_TEST(std::abs(exact.value(2)[cell] - fast.value(2)[cell]) <= bound * static_cast<double>(k) * terms);
    }
  }
  double all = 0;
  for (const double x : b) all += std::abs(x);
  BOOST_TEST(std::abs(exact.value(4)[0] - fast.value(4)[0]) <= bound * static_cast<double>(k * n) * all);
}

BOOST_DATA_TEST_CASE(elementwise_results_are_within_eight_units, bdata::make(kFastModes), mode) {
  std::mt19937_64 random(2);
  std::vector<double> cells = float_cells(random, 1000);
  for (double& x : cells) x = double{static_cast<float>(x * 9)};
  const double inf = std::numeric_limits<double>::infinity();
  for (const double x : {0.0, inf, -inf, inf - inf, 1e30, -1e30}) cells.push_back(x);
  using Unary = NodeId (Tape::*)(NodeId);
  for (const Unary f : {&Tape::neg, &Tape::exp, &Tape::log, &Tape::abs, &Tape::sin, &Tape::cos, &Tape::relu,
                        &Tape::sigmoid, &Tape::tanh}) {
    Tape exact, fast({.precision = mode});
    const int64_t n = static_cast<int64_t>(cells.size());
    const std::vector<double> rounded = cells_of(fast.value(fast.var(1, n, cells)));
    const Reading a = exact.value((exact.*f)(exact.var(1, n, rounded))), b = fast.value((fast.*f)(0));
    for (size_t i = 0; i < cells.size(); ++i) {
      if (std::isnan(a[i])) {
        BOOST_TEST(std::isnan(b[i]));
      } else if (std::isinf(a[i]) || a[i] > double{std::numeric_limits<float>::max()}) {
        BOOST_TEST((b[i] == a[i] || std::isinf(b[i])));
      } else {
        BOOST_TEST(std::abs(a[i] - b[i]) <= 8 * unit(mode) * std::max(1.0, std::abs(a[i])),
                   "x = " << cells[i] << ": exact " << a[i] << ", fast " << b[i]);
      }
    }
  }
}

// The losses of 20 steps of a small model with every operation that does not look up attractors.
static std::vector<double> losses(Precision mode) {
  Tape tape({.precision = mode});
  std::mt19937_64 random(3);
  const auto param = [&](int64_t r, int64_t c) {
    std::vector<double> cells = float_cells(random, static_cast<size_t>(r * c));
    for (double& x : cells) x *= 0.25;
    return tape.var(r, c, cells);
  };
  const NodeId table = param(9, 8), q = param(8, 8), v = param(8, 8), gamma = param(1, 8), beta = param(1, 8),
               head = param(8, 9);
  const std::vector<int64_t> ids = {0, 3, 5, 8, 3, 1}, targets = {3, 5, 8, 3, 1, 0};
  std::vector<double> result;
  for (int step = 0; step < 20; ++step) {
    const NodeId x = tape.embedding_lookup(table, ids);
    const NodeId p = tape.softmax(tape.matmul(tape.matmul(x, q), tape.transpose(x)));
    const NodeId a = tape.add(x, tape.matmul(p, tape.matmul(x, v)));
    const NodeId h = tape.sigmoid(tape.layernorm(tape.tanh(a), gamma, beta));
    const NodeId loss =
        tape.cross_entropy_batch(tape.matmul(tape.mul(h, tape.exp(tape.neg(tape.abs(a)))), head), targets);
    result.push_back(tape.value(loss)[0]);
    tape.backward(loss);
    for (const NodeId id : {table, q, v, gamma, beta, head}) tape.update(id, 0.5);
  }
  return result;
}

BOOST_DATA_TEST_CASE(short_training_runs_agree, bdata::make(kFastModes), mode) {
  const std::vector<double> exact = losses(Precision::Exact), fast = losses(mode);
  const double tolerance = mode == Precision::Fast32 ? 1e-3 : 1e-9;
  BOOST_TEST(exact.back() < 0.8 * exact.front());
  for (size_t i = 0; i < exact.size(); ++i) BOOST_TEST(std::abs(fast[i] - exact[i]) <= tolerance * exact[i]);
}

BOOST_DATA_TEST_CASE(masks_and_broken_rows_are_the_same, bdata::make(kFastModes), mode) {
  const double inf = std::numeric_limits<double>::infinity();
  Tape t({.precision = mode});
  const Reading p = t.value(t.softmax(var(t, {{-inf, -inf}, {1, 1}, {1, inf}, {inf - inf, -inf}, {0, -inf}})));
  const double expected[] = {0, 0, 0.5, 0.5};
  for (size_t i = 0; i < 4; ++i) BOOST_TEST(p[i] == expected[i]);
  for (size_t i = 4; i < 8; ++i) BOOST_TEST(std::isnan(p[i]));
  BOOST_TEST(p[8] == 1);
  BOOST_TEST(t.value(t.div(var(t, {{1}}), var(t, {{0}})))[0] == 0);
}

}  // namespace omc::tape
