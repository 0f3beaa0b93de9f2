// The vector functions against the C library: equal to the bit in mode exact, within the tolerance of the reference in
// the fast modes (chapter 05, section 5).
#include "tape/kernels/functions.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "helpers.hpp"

namespace bdata = boost::unit_test::data;

namespace omc::tape {

static std::ostream& operator<<(std::ostream& out, Isa isa) {
  return out << static_cast<int>(isa);
}

// Ranges around every special place of the exponential, and the whole of it.
static std::vector<double> arguments() {
  std::mt19937_64 random(9);
  std::vector<double> x;
  for (const double range : {1e-300, 1e-17, 1e-3, 0.05, 1.0, 10.0, 100.0, 760.0})
    for (const double c : random_cells(random, 100'000, -range, range)) x.push_back(c);
  for (const double edge : {-746.0, -745.13, -708.4, -707.0, 709.0, 709.78, 710.0, 0.0})
    for (const double c : random_cells(random, 1000, edge - 0.2, edge + 0.2)) x.push_back(c);
  const double inf = std::numeric_limits<double>::infinity();
  for (const double c : {0.0, -0.0, inf, -inf, inf - inf, 1e300, -1e300, 5e-324}) x.push_back(c);
  return x;
}

static std::vector<Isa> isas() {
  std::vector<Isa> all;
  for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512})
    if (isa <= native_isa()) all.push_back(isa);
  return all;
}

BOOST_DATA_TEST_CASE(exact_exponentials_are_those_of_the_library, bdata::make(isas()), isa) {
  const std::vector<double> x = arguments();
  std::vector<double> y(x.size());
  for (const double shift : {0.0, 0.3}) {
    exp_cells<ExactMode>(isa, x.data(), shift, x.size(), y.data());
    size_t wrong = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double expected = std::exp(x[i] - shift);
      wrong += std::memcmp(&expected, &y[i], sizeof expected) != 0 && !(std::isnan(expected) && std::isnan(y[i]));
    }
    BOOST_TEST(wrong == 0u);
  }
}

BOOST_DATA_TEST_CASE(exact_logarithms_are_those_of_the_library, bdata::make(isas()), isa) {
  std::mt19937_64 random(10);
  std::vector<double> x = arguments();
  for (const double range : {1e-6, 0.01, 0.06, 0.5})
    for (const double c : random_cells(random, 100'000, 1 - range, 1 + range)) x.push_back(c);
  for (int i = 0; i < 400'000; ++i)  // every exponent
    x.push_back(
        std::ldexp(1 + static_cast<double>(random() >> 12) * 0x1p-52, static_cast<int>(random() % 2046) - 1022));
  std::vector<double> y(x.size());
  log_cells<ExactMode>(isa, x.data(), x.size(), y.data());
  size_t wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = std::log(x[i]);
    wrong += std::memcmp(&expected, &y[i], sizeof expected) != 0 && !(std::isnan(expected) && std::isnan(y[i]));
  }
  BOOST_TEST(wrong == 0u);
}

template <class Mode, class T = typename Mode::Cell>
static void check_fast(Isa isa) {
  std::vector<T> x;
  for (const double c : arguments()) x.push_back(static_cast<T>(c));
  std::vector<T> y(x.size());
  exp_cells<Mode>(isa, x.data(), T{0}, x.size(), y.data());
  size_t wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const T expected = std::exp(x[i]);
    if (std::isnan(expected) || std::isinf(expected)) {
      wrong += !(expected == y[i] || (std::isnan(expected) && std::isnan(y[i])));
      continue;
    }
    const double off = std::abs(double{y[i]} - double{expected});
    wrong += !(off <= 8 * double{std::numeric_limits<T>::epsilon() / 2} * std::max(1.0, double{expected}));
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_DATA_TEST_CASE(fast_exponentials_are_near_enough, bdata::make(isas()), isa) {
  check_fast<Fast64Mode>(isa);
  check_fast<Fast32Mode>(isa);
}

}  // namespace omc::tape
