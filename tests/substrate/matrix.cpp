#include "substrate/matrix.hpp"

#include <boost/test/unit_test.hpp>
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

BOOST_AUTO_TEST_SUITE_END()
