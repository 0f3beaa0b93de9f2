#include "stdlib/matrix_product.hpp"

#include <bit>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <vector>

using namespace omc::stdlib;

BOOST_AUTO_TEST_SUITE(matrix_product)

template <class T>
static void check(size_t n, size_t inner, size_t columns, const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> c(n * columns, T(7));
  std::vector<T*> rows(n);
  for (size_t i = 0; i < n; ++i) rows[i] = c.data() + i * columns;
  PackedMatrix<T> packed(inner, columns);
  for (size_t k = 0; k < inner; ++k) packed.set_row(k, std::span(b).subspan(k * columns, columns));
  multiply_rows(a, packed, rows);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < columns; ++j) {
      std::conditional_t<std::is_same_v<T, double>, double, uint64_t> sum = 0;
      for (size_t k = 0; k < inner; ++k)
        sum += static_cast<decltype(sum)>(a[i * inner + k]) * static_cast<decltype(sum)>(b[k * columns + j]);
      if (std::bit_cast<uint64_t>(sum) != std::bit_cast<uint64_t>(c[i * columns + j]))
        BOOST_ERROR(n << "x" << inner << " times " << inner << "x" << columns << ", cell " << i << ", " << j);
    }
}

BOOST_AUTO_TEST_CASE(every_shape_has_the_bits_of_the_plain_loop) {
  std::mt19937_64 random(1);
  for (const size_t n : {1, 3, 4, 5, 9})
    for (const size_t inner : {0, 1, 2, 17, 300})
      for (const size_t columns : {1, 7, 8, 9, 16, 31}) {
        std::vector<double> a(n * inner), b(inner * columns);
        std::vector<int64_t> x(n * inner), y(inner * columns);
        for (double& v : a) v = static_cast<double>(static_cast<int64_t>(random())) * 1e-17;
        for (double& v : b) v = static_cast<double>(static_cast<int64_t>(random())) * 1e-17;
        for (int64_t& v : x) v = static_cast<int64_t>(random());
        for (int64_t& v : y) v = static_cast<int64_t>(random());
        check(n, inner, columns, a, b);
        check(n, inner, columns, x, y);
      }
}

BOOST_AUTO_TEST_CASE(sums_start_from_plus_zero_and_infinities_stay_in_their_cells) {
  const double inf = std::numeric_limits<double>::infinity();
  check<double>(1, 1, 3, {-1.0}, {0.0, inf, 1.0});
  check<double>(2, 2, 2, {inf, 0.0, 1.0, -0.0}, {0.0, 1.0, 1.0, -0.0});
}

BOOST_AUTO_TEST_SUITE_END()
