// Results that are known exactly, and the edges of each operation: reference 05, section 3.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "helpers.hpp"

namespace omc::tape {

static const double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

// Equal cell by cell, NaN equal to NaN.
static bool same(const Reading& reading, const Rows& expected) {
  const Rows got = rows_of(reading);
  if (got.size() != expected.size()) return false;
  for (size_t r = 0; r < got.size(); ++r) {
    if (got[r].size() != expected[r].size()) return false;
    for (size_t c = 0; c < got[r].size(); ++c)
      if (!(got[r][c] == expected[r][c] || (std::isnan(got[r][c]) && std::isnan(expected[r][c])))) return false;
  }
  return true;
}

BOOST_AUTO_TEST_CASE(broadcasting_repeats_dimensions_of_one) {
  Tape t;
  const NodeId c = var(t, {{1.5}, {2.5}}), r = var(t, {{10, 20, 30}});
  BOOST_TEST(same(t.value(t.add(c, r)), {{11.5, 21.5, 31.5}, {12.5, 22.5, 32.5}}));
  BOOST_TEST(same(t.value(t.sub(r, c)), {{8.5, 18.5, 28.5}, {7.5, 17.5, 27.5}}));
  t.backward(t.sum(t.mul(c, r)));
  BOOST_TEST(same(t.gradient(c), {{60}, {60}}));
  BOOST_TEST(same(t.gradient(r), {{4, 4, 4}}));
}

BOOST_AUTO_TEST_CASE(a_scalar_with_an_empty_matrix_is_empty) {
  Tape t;
  const NodeId s = var(t, {{2}}), e = t.var(0, 0, std::vector<double>{}), two = t.var(2, 0, std::vector<double>{});
  const NodeId y = t.mul(s, e);
  BOOST_TEST(t.value(y).rows() == 0);
  t.backward(y);
  BOOST_TEST(same(t.gradient(s), {{0}}));
  BOOST_TEST(same(t.value(t.row_sum(two)), {{0}, {0}}));
  BOOST_TEST(same(t.value(t.row_mean(two)), {{0}, {0}}));
  BOOST_TEST(same(t.value(t.mean(e)), {{0}}));
  BOOST_TEST(t.value(t.softmax(e)).size() == 0u);
  const NodeId product = t.matmul(two, t.var(0, 3, std::vector<double>{}));
  BOOST_TEST(same(t.value(product), {{0, 0, 0}, {0, 0, 0}}));
  t.backward(product);
  BOOST_TEST(t.gradient(two).size() == 0u);
}

BOOST_AUTO_TEST_CASE(division_by_zero_is_zero_and_passes_nothing) {
  Tape t;
  const NodeId a = var(t, {{1.5, -2, 0, 8}}), b = var(t, {{0, 0, -0.0, 2}}), q = t.div(a, b);
  BOOST_TEST(same(t.value(q), {{0, 0, 0, 4}}));
  t.backward(q);
  BOOST_TEST(same(t.gradient(a), {{0, 0, 0, 0.5}}));
  BOOST_TEST(same(t.gradient(b), {{0, 0, 0, -2}}));
  BOOST_TEST(same(t.value(t.div_scalar(a, 0)), {{0, 0, 0, 0}}));
}

BOOST_AUTO_TEST_CASE(logarithms_outside_the_domain) {
  Tape t;
  const NodeId x = var(t, {{0, -1, kNan, 1, kInf}}), y = t.log(x);
  BOOST_TEST(same(t.value(y), {{-kInf, -kInf, -kInf, 0, kInf}}));
  t.backward(y);
  BOOST_TEST(same(t.gradient(x), {{0, -1, kNan, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(kinks) {
  Tape t;
  const NodeId x = var(t, {{0, -0.0, -2, 2, kNan}});
  const NodeId r = t.relu(x);
  BOOST_TEST(same(t.value(r), {{0, 0, 0, 2, 0}}));
  t.backward(r);
  BOOST_TEST(same(t.gradient(x), {{0, 0, 0, 1, 0}}));
  t.backward(t.abs(x));
  BOOST_TEST(same(t.gradient(x), {{0, 0, -1, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(integer_powers) {
  Tape t;
  const NodeId x = var(t, {{3, -2, 0.5, 0}});
  BOOST_TEST(same(t.value(t.pow_int(x, 3)), {{27, -8, 0.125, 0}}));
  BOOST_TEST(same(t.value(t.pow_int(x, 0)), {{1, 1, 1, 1}}));
  BOOST_TEST(same(t.value(t.pow_int(x, -1)), {{1.0 / 3, -0.5, 2, kInf}}));
  t.backward(t.pow_int(x, 0));
  BOOST_TEST(same(t.gradient(x), {{0, 0, 0, 0}}));
  t.backward(t.pow_int(x, 1));
  BOOST_TEST(same(t.gradient(x), {{1, 1, 1, 1}}));
  BOOST_TEST(same(t.value(t.pow_int(var(t, {{1, -1}}), 2147483647)), {{1, -1}}));
  BOOST_TEST(same(t.value(t.pow_int(var(t, {{1, -1}}), -2147483647)), {{1, -1}}));
}

BOOST_AUTO_TEST_CASE(softmax_of_masked_and_of_broken_rows) {
  Tape t;
  const NodeId x = var(t, {{-kInf, -kInf}, {1, 1}, {1, kInf}, {kNan, -kInf}, {0, -kInf}});
  const NodeId p = t.softmax(x);
  BOOST_TEST(same(t.value(p), {{0, 0}, {0.5, 0.5}, {kNan, kNan}, {kNan, kNan}, {1, 0}}));
  const NodeId w = var(t, {{kInf, 0}, {1, 0}, {1, 0}, {1, 0}, {3, kInf}});
  t.backward(t.mul(p, w));
  BOOST_TEST(t.gradient(x)[0] == 0.0);
  BOOST_TEST(t.gradient(x)[2] == 0.25);
  BOOST_TEST(t.gradient(x)[3] == -0.25);
}

BOOST_AUTO_TEST_CASE(embedding_gradients_of_repeated_rows_add_up) {
  Tape t;
  const NodeId table = var(t, {{1.5, 2}, {3, 4}, {5, 6.5}});
  const std::vector<int64_t> ids = {2, 0, 2, 1}, none;
  const NodeId e = t.embedding_lookup(table, ids);
  BOOST_TEST(same(t.value(e), {{5, 6.5}, {1.5, 2}, {5, 6.5}, {3, 4}}));
  t.backward(t.mul(e, var(t, {{1, 2}, {10, 20}, {100, 200}, {0.5, 0.25}})));
  BOOST_TEST(same(t.gradient(table), {{10, 20}, {0.5, 0.25}, {101, 202}}));
  BOOST_TEST(t.value(t.embedding_lookup(table, none)).rows() == 0);
}

BOOST_AUTO_TEST_CASE(cross_entropy_equals_its_parts) {
  Tape t;
  const NodeId z = var(t, {{2, 1, -3}, {0.5, 2.5, 700}});
  const std::vector<int64_t> targets = {0, 1}, none;
  const NodeId loss = t.cross_entropy_batch(z, targets);
  const double first = -(2 - (2 + std::log(std::exp(0.0) + std::exp(-1.0) + std::exp(-5.0))));
  const double second = -(2.5 - (700 + std::log(1.0)));
  BOOST_TEST(t.value(loss)[0] == (first + second) / 2);
  BOOST_TEST(t.value(t.cross_entropy_batch(t.var(0, 0, std::vector<double>{}), none))[0] == 0);
}

}  // namespace omc::tape
