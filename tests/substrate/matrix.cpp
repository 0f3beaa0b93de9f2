#include "substrate/matrix.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace omc::substrate;
using boost::test_tools::per_element;
using Cells = std::vector<double>;

BOOST_AUTO_TEST_SUITE(matrices)

constexpr double kInfinity = std::numeric_limits<double>::infinity();

BOOST_AUTO_TEST_CASE(cells) {
  BOOST_TEST(snap_cell(0.123, 100) == 0.08);
  BOOST_TEST(snap_cell(-50.4, 10) == -37.7);
  BOOST_TEST(snap_cell(2.5, 1) == 3.0);
  BOOST_TEST(snap_cell(1e10, 1) == 63'245'986.0);
  BOOST_TEST(snap_cell(-kInfinity, 1) == -63'245'986.0);
  BOOST_TEST(snap_cell(std::nan(""), 1) == 0.0);
  BOOST_TEST(smod_cell(7.9, 0.5) == 0.6666666666666666);
  BOOST_TEST(smod_cell(-1e9, 1) == 0.0000000010675161077372058);
  BOOST_TEST(resample_cell(0.47, 100) == 0.8849557522123894);
  BOOST_TEST(resample_cell(4.0, 0.5) == 1.0);
}

static Cells attention(const MatrixView& q, const MatrixView& k, const MatrixView& v) {
  Cells out(q.rows * v.cols, -1.0);
  substrate_attention(q, k, v, out);
  return out;
}

BOOST_AUTO_TEST_CASE(attention_values) {
  const Cells q = {1, 2}, k = {1, 2, 5.5, 9}, v = {1, 0, 0, 1};
  BOOST_TEST(attention({q, 1, 2}, {k, 2, 2}, {v, 2, 2}) == (Cells{0.8807970779778823, 0.11920292202211755}),
             per_element());
  const Cells zero = {0}, keys = {4, 7.9, 12, 54}, values = {1, 2, 3, 4};
  BOOST_TEST(attention({zero, 1, 1}, {keys, 4, 1}, {values, 4, 1}) == Cells{1.5364333532526977}, per_element());
  BOOST_TEST(attention({q, 1, 2}, {{}, 0, 0}, {{}, 0, 0}).empty());
}

BOOST_AUTO_TEST_CASE(score_rows) {
  BOOST_TEST(substrate_score_row(Cells{4, 6, 7}) == 0.8440476190476192);
  BOOST_TEST(substrate_score_row(Cells{-7.9, 12}) == 0.7836538461538461);
}

BOOST_AUTO_TEST_CASE(adamw_as_recorded) {
  Cells w = {1.0, -2.0, 0.5}, m(3, 0.0), v(3, 0.0), g(3);
  for (int32_t step = 1; step < 4; ++step) {
    for (size_t i = 0; i < w.size(); ++i) g[i] = w[i] * 2.0;
    AdamW{.lr = 0.1, .b1 = 0.9, .b2 = 0.999, .eps = 0.00000001, .wd = 0.01, .step = step}.update(w, g, m, v, w);
  }
  BOOST_TEST(w == (Cells{0.6989111831582322, -1.6949445143849768, 0.20371238297376437}), per_element());
  BOOST_TEST(m == (Cells{0.4835238055237042, -1.0248945177739595, 0.21296956803189218}), per_element());
  BOOST_TEST(v == (Cells{0.009772105746593061, 0.04326960323865897, 0.0019964787712484105}), per_element());
}

BOOST_AUTO_TEST_CASE(adamw_of_step_zero_is_no_error) {
  Cells w = {1.0}, m = {0.0}, v = {0.0}, updated = {0.0};
  AdamW{.lr = 0.1, .b1 = 0.9, .b2 = 0.999, .eps = 1e-8, .wd = 0, .step = 0}.update(w, Cells{0.0}, m, v, updated);
  BOOST_TEST(std::isnan(updated[0]));
}

BOOST_AUTO_TEST_CASE(powers_by_squaring) {
  BOOST_TEST(powi(0.9, 0) == 1.0);
  BOOST_TEST(powi(0.9, 1) == 0.9);
  BOOST_TEST(powi(0.9, 5) == 0.9 * ((0.9 * 0.9) * (0.9 * 0.9)));
  BOOST_TEST(powi(2.0, -3) == 0.125);
  BOOST_TEST(powi(2.0, INT32_MIN) == 0.0);
  BOOST_TEST(powi(1.0, INT32_MIN) == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()
