// The operations that look up attractors, and the matrix builtins beside the tape (reference 05, sections 3 and 6).
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "helpers.hpp"
#include "substrate/attractors.hpp"
#include "tape/kernels/attractors.hpp"
#include "tape/matrix_ops.hpp"
#include "tape/optim/adamw.hpp"

namespace omc::tape {

static const double kInf = std::numeric_limits<double>::infinity();

// What the reference says, from substrate's own function: truncation saturates at 2^63 - 1 on both sides.
static int64_t to_int(double x) {
  return std::isnan(x) ? 0 : x >= 0x1p63 ? INT64_MAX : x <= -0x1p63 ? -INT64_MAX : static_cast<int64_t>(x);
}

static std::vector<double> interesting_cells() {
  std::vector<double> cells = {0.0, -0.0, 0.49999999999999994, 0.5, -0.5, 1e18, 1e30, -1e30, kInf, -kInf, kInf - kInf};
  for (int i = 0; i < 700; ++i) cells.push_back(i * 0.5);
  for (const int64_t a : substrate::kAttractors)
    for (int64_t near = a - 3; near <= a + 3; ++near)
      for (const double fraction : {0.0, 0.25, 0.5, 0.75}) cells.push_back(static_cast<double>(near) + fraction);
  for (size_t i = 0; i + 1 < substrate::kAttractorCount; ++i) {
    const int64_t middle = (substrate::kAttractors[i] + substrate::kAttractors[i + 1]) / 2;
    for (int64_t near = middle - 2; near <= middle + 2; ++near) cells.push_back(-static_cast<double>(near));
  }
  for (int bit = 26; bit < 70; ++bit)
    for (const double off : {-1.0, 0.0, 1.0}) cells.push_back(std::ldexp(1.0, bit) + off);
  return cells;
}

BOOST_AUTO_TEST_CASE(attractors_in_doubles_are_those_of_the_substrate) {
  const std::vector<double> x = interesting_cells();
  for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512}) {
    if (isa > native_isa()) continue;
    for_attractors(
        isa, 0, x.size(), [&](size_t i) { return truncated_magnitude(x[i]); },
        [&](size_t i, AttractorOf near) {
          const substrate::Nearest expected = substrate::nearest(to_int(x[i]));
          BOOST_TEST(near.attractor == std::abs(static_cast<double>(expected.attractor)), "x = " << x[i]);
          BOOST_TEST(near.distance == static_cast<double>(expected.distance), "x = " << x[i]);
        });
    for_attractors(
        isa, 0, x.size(), [&](size_t i) { return rounded_magnitude(x[i]); },
        [&](size_t i, AttractorOf near) {
          const substrate::Nearest expected = substrate::nearest(to_int(std::round(x[i])));
          BOOST_TEST(near.attractor == std::abs(static_cast<double>(expected.attractor)), "x = " << x[i]);
          BOOST_TEST(near.distance == static_cast<double>(expected.distance), "x = " << x[i]);
        });
  }
}

BOOST_AUTO_TEST_CASE(matrix_builtins_on_every_instruction_set) {
  const std::vector<double> x = interesting_cells();
  std::vector<double> y(x.size());
  for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512}) {
    if (isa > native_isa()) continue;
    const Compute compute(isa);
    for (const double scale : {1.0, 10.0, 1024.0, -3.0}) {
      snap_matrix(compute, x, scale, y);
      for (size_t i = 0; i < x.size(); ++i)
        BOOST_TEST(y[i] == static_cast<double>(substrate::nearest(to_int(std::round(x[i] * scale))).attractor) / scale);
      resample_matrix(compute, x, scale, y);
      for (size_t i = 0; i < x.size(); ++i) {
        const double distance = static_cast<double>(substrate::nearest(to_int(x[i] * scale)).distance);
        const double expected = 1.0 / (1.0 + distance / scale);
        BOOST_TEST(y[i] == expected);
      }
      smod_matrix(compute, x, scale, y);
      for (size_t i = 0; i < x.size(); ++i) {
        const double expected = 1.0 / (1.0 + scale * static_cast<double>(substrate::nearest(to_int(x[i])).distance));
        BOOST_TEST(y[i] == expected);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(grad_mod_bends_gradients_towards_attractors) {
  Tape t;
  const NodeId x = var(t, {{0.6, 0.7, 0.5, -0.6, 0.0, kInf - kInf}});
  const NodeId y = t.substrate_grad_mod(x, 10.0, 0.5);
  BOOST_TEST(t.value(y)[1] == 0.7);
  t.backward(y);
  const double damp = 1 / 1.5;
  const double expected[] = {1.5, damp, 1.0, damp, 1.0, 1.0};
  for (size_t i = 0; i < 6; ++i) BOOST_TEST(t.gradient(x)[i] == expected[i]);
  t.backward(t.neg(y));
  const double opposite[] = {-damp, -1.5, -1.0, -1.5, -1.0, -1.0};
  for (size_t i = 0; i < 6; ++i) BOOST_TEST(t.gradient(x)[i] == opposite[i]);
  // The value is shared with the operand until one of them changes.
  t.update(x, 1.0);
  BOOST_TEST(t.value(y)[1] == 0.7);
}

BOOST_AUTO_TEST_CASE(resample_scales_cells_by_their_distance) {
  Tape t;
  const NodeId x = var(t, {{0.7, 0.2, -0.65, 1.0, 2.5, 0.0}}), y = t.substrate_resample(x);
  const double expected[] = {0.7 * (1 / 1.1), 0.2, -0.65 * (1 / 1.1), 1 / 1.2, 2.5 * (1 / 1.4), 0};
  for (size_t i = 0; i < 6; ++i) BOOST_TEST(t.value(y)[i] == expected[i]);
  BOOST_TEST(t.substrate_resample(x, 0.0) == x);
  BOOST_TEST(t.size() == 2);
}

BOOST_AUTO_TEST_CASE(smod_softmax_equals_its_parts_to_the_bit) {
  std::mt19937_64 random(3);
  const std::vector<double> data = random_cells(random, 11 * 7, -12, 12), weights = random_cells(random, 11 * 7);
  Tape t;
  const NodeId a = t.var(11, 7, data), b = t.var(11, 7, data);
  const NodeId fused = t.smod_softmax(a, 0.5);
  std::vector<double> w(data.size());
  smod_matrix(t.compute(), data, 0.5, w);
  const NodeId u = t.mul(t.softmax(b), t.constant(11, 7, w));
  const NodeId parts = t.div(u, t.row_sum(u));
  const NodeId probe = t.constant(11, 7, weights);
  BOOST_TEST(cells_of(t.value(fused)) == cells_of(t.value(parts)), boost::test_tools::per_element());
  t.backward(t.mul(fused, probe));
  const std::vector<double> gradient = cells_of(t.gradient(a));
  t.backward(t.mul(parts, probe));
  BOOST_TEST(gradient == cells_of(t.gradient(b)), boost::test_tools::per_element());
  BOOST_TEST(cells_of(t.value(t.smod_softmax(a, 0.0))) == cells_of(t.value(t.softmax(a))),
             boost::test_tools::per_element());
  BOOST_TEST(t.value(t.smod_softmax(var(t, {{7}})))[0] == 1);
}

// What the reference defines, pair by pair.
static int64_t residue_distance(int64_t i, int64_t j) {
  int64_t s = 0;
  for (const int64_t m : {5, 8, 13, 21}) s += std::abs(i % m - j % m);
  return s;
}

BOOST_AUTO_TEST_CASE(sparse_scores_compute_the_live_pairs_alone) {
  std::mt19937_64 random(4);
  size_t live = 0, total = 0;
  Tape t({.on_sparse_scores = [&](size_t computed, size_t cells) { live = computed, total = cells; }});
  const int64_t n = 50, m = 70, d = 9;
  const std::vector<double> q = random_cells(random, static_cast<size_t>(n * d)),
                            k = random_cells(random, static_cast<size_t>(m * d)),
                            w = random_cells(random, static_cast<size_t>(n * m));
  const NodeId qs = t.var(n, d, q), ks = t.var(m, d, k);
  const NodeId dense = t.matmul(qs, t.transpose(ks));
  for (const double threshold : {-1.0, 0.0, 5.0, 12.5, 1000.0}) {
    const NodeId scores = t.substrate_sparse_scores(qs, ks, threshold);
    std::vector<double> masked = w;
    size_t expected_live = 0;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j) {
        const size_t cell = static_cast<size_t>(i * m + j);
        const bool computed = static_cast<double>(residue_distance(i, j)) <= threshold;
        expected_live += computed;
        if (!computed) masked[cell] = 0;
        BOOST_TEST(t.value(scores)[cell] == (computed ? t.value(dense)[cell] : -kInf));
      }
    BOOST_TEST(live == expected_live);
    BOOST_TEST(total == 3500u);
    t.backward(t.mul(scores, t.constant(n, m, w)));
    const std::vector<double> dq = cells_of(t.gradient(qs)), dk = cells_of(t.gradient(ks));
    t.backward(t.mul(dense, t.constant(n, m, masked)));
    BOOST_TEST(dq == cells_of(t.gradient(qs)), boost::test_tools::per_element());
    BOOST_TEST(dk == cells_of(t.gradient(ks)), boost::test_tools::per_element());
  }
  for (const auto& [size, cells] : {std::pair{4, 10u}, {8, 20u}, {16, 36u}, {32, 70u}, {40, 88u}}) {
    const NodeId x = t.constant(size, 1, std::vector<double>(static_cast<size_t>(size), 1.0));
    t.substrate_sparse_scores(x, x);
    BOOST_TEST(live == cells);
  }
}

BOOST_AUTO_TEST_CASE(adamw_follows_the_formula_to_the_bit) {
  std::mt19937_64 random(5);
  const std::vector<double> gradient = random_cells(random, 37);
  std::vector<double> theta = random_cells(random, 37), m(37, 0.0), v(37, 0.0), expected = theta, em = m, ev = v;
  const double lr = 0.01, b1 = 0.9, b2 = 0.999, eps = 1e-8, wd = 0.1;
  for (int step = 1; step <= 5; ++step) {
    AdamWStep({lr, b1, b2, eps, wd}, step)
        .update(Compute(), theta.size(), theta.data(), gradient.data(), m.data(), v.data(), theta.data());
    double p1 = 1, p2 = 1;
    if (step == 1) p1 = b1, p2 = b2;
    if (step == 2) p1 = b1 * b1, p2 = b2 * b2;
    if (step == 3) p1 = b1 * (b1 * b1), p2 = b2 * (b2 * b2);
    if (step == 4) p1 = (b1 * b1) * (b1 * b1), p2 = (b2 * b2) * (b2 * b2);
    if (step == 5) p1 = b1 * ((b1 * b1) * (b1 * b1)), p2 = b2 * ((b2 * b2) * (b2 * b2));
    for (size_t i = 0; i < 37; ++i) {
      em[i] = b1 * em[i] + (1 - b1) * gradient[i];
      ev[i] = b2 * ev[i] + ((1 - b2) * gradient[i]) * gradient[i];
      expected[i] =
          (expected[i] - (lr * wd) * expected[i]) - lr * ((em[i] / (1 - p1)) / (std::sqrt(ev[i] / (1 - p2)) + eps));
    }
    BOOST_TEST(theta == expected, boost::test_tools::per_element());
    BOOST_TEST(m == em, boost::test_tools::per_element());
    BOOST_TEST(v == ev, boost::test_tools::per_element());
  }
}

// The vector form divides by multiplying: it must give the bits of the formula for numbers of every size.
BOOST_AUTO_TEST_CASE(adamw_gives_the_bits_of_the_formula_for_all_sizes) {
  std::mt19937_64 random(11);
  const auto any_double = [&](int kind) {
    switch (kind % 8) {
      case 0: return 0.0;
      case 1: return -0.0;
      case 2: return std::bit_cast<double>(random());  // any exponent, also infinities and NaN
      case 3: return static_cast<double>(random() % 7) - 3;
      default: return std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 80) - 93) *
                      (random() % 2 ? 1 : -1);
    }
  };
  const auto same = [](double a, double b) {
    return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) || (std::isnan(a) && std::isnan(b));
  };
  const size_t n = 1000;
  std::vector<double> theta(n), gradient(n), m(n), v(n), next(n);
  std::vector<float> theta32(n), gradient32(n), next32(n);
  for (int round = 0; round < 200; ++round) {
    const bool ordinary = round % 2;  // without those that make whole vectors take the slow way
    for (size_t i = 0; i < n; ++i) {
      const auto draw = [&] {
        const int kind = static_cast<int>(random() % 64);
        return any_double(ordinary && kind % 8 == 2 ? 4 : kind);
      };
      theta[i] = theta32[i] = static_cast<float>(draw());
      gradient[i] = gradient32[i] = static_cast<float>(draw());
      m[i] = draw();
      v[i] = std::abs(draw());
      if (!ordinary && random() % 9 == 0) v[i] = -v[i];
    }
    const double b1 = round % 5 == 4 ? 1.0 : 0.5 + 0.49 * static_cast<double>(random() >> 11) * 0x1p-53;
    const double b2 = 1 - std::ldexp(1.0 + static_cast<double>(random() >> 12) * 0x1p-52, -1 - static_cast<int>(random() % 30));
    const double lr = 0.01, eps = round % 3 ? 1e-8 : 0.0, wd = round % 2 ? 0.1 : 0.0;
    const int step = 1 + round % 4;
    double p1 = b1, p2 = b2;
    if (step == 2) p1 = b1 * b1, p2 = b2 * b2;
    if (step == 3) p1 = b1 * (b1 * b1), p2 = b2 * (b2 * b2);
    if (step == 4) p1 = (b1 * b1) * (b1 * b1), p2 = (b2 * b2) * (b2 * b2);
    std::vector<double> m32 = m, v32 = v;
    const std::vector<double> old_m = m, old_v = v;
    const AdamWStep optimizer({lr, b1, b2, eps, wd}, step);
    optimizer.update(Compute(), n, theta.data(), gradient.data(), m.data(), v.data(), next.data());
    optimizer.update(Compute(), n, theta32.data(), gradient32.data(), m32.data(), v32.data(), next32.data());
    size_t wrong = 0;
    for (size_t i = 0; i < n; ++i) {
      const double em = b1 * old_m[i] + (1 - b1) * gradient[i];
      const double ev = b2 * old_v[i] + ((1 - b2) * gradient[i]) * gradient[i];
      const double expected =
          (theta[i] - (lr * wd) * theta[i]) - lr * ((em / (1 - p1)) / (std::sqrt(ev / (1 - p2)) + eps));
      wrong += !same(m[i], em) || !same(v[i], ev) || !same(next[i], expected) || !same(m32[i], em) ||
               !same(v32[i], ev) || !same(next32[i], static_cast<float>(expected));
    }
    BOOST_TEST(wrong == 0u, "round " << round << ": " << wrong << " cells differ");
  }
}

}  // namespace omc::tape
