// Packed values (sparse scores and what goes on with them) against dense ones: every bit of values and gradients,
// whoever else uses the nodes, and whatever is set in between. Scores that are set to their own value are dense from
// then on.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <functional>
#include <limits>
#include <ostream>

#include "helpers.hpp"

namespace bdata = boost::unit_test::data;

namespace omc::tape {

static const double kInf = std::numeric_limits<double>::infinity();
static constexpr int64_t kN = 40, kM = 45, kD = 6;

// Operands and the scores over them, packed or dense; then the same program on both.
struct Attention {
  Attention(bool is_packed, size_t threads, double v_cell, double q_cell)
      : tape({.threads = threads}), packed(is_packed) {
    std::mt19937_64 random(6);
    const auto matrix = [&](int64_t rows, double special) {
      std::vector<double> cells = random_cells(random, static_cast<size_t>(rows * kD), -2, 2);
      if (special != 0) cells[7] = special;
      return tape.var(rows, kD, cells);
    };
    q = matrix(kN, q_cell), k = matrix(kM, 0), v = matrix(kM, v_cell);
    probe = tape.constant(kN, kM, random_cells(random, static_cast<size_t>(kN * kM)));
  }

  NodeId scores() {
    const NodeId s = tape.substrate_sparse_scores(q, k, 5);
    if (!packed) tape.set_value(s, kN, kM, cells_of(tape.value(s)));
    return s;
  }

  Tape tape;
  bool packed;
  NodeId q = 0, k = 0, v = 0, probe = 0;
};

struct PackedRow {
  const char* name;
  // Runs the program up to its backward; the nodes whose values and gradients are compared beside q, k and v.
  std::function<std::vector<NodeId>(Attention&)> run;
  double v_cell = 0, q_cell = 0;
};

static std::ostream& operator<<(std::ostream& out, const PackedRow& row) {
  return out << row.name;
}

static std::vector<NodeId> attention(Attention& a) {
  const NodeId s = a.scores(), p = a.tape.softmax(s), y = a.tape.matmul(p, a.v);
  a.tape.backward(a.tape.tanh(y));
  return {y, p, s};
}

static const PackedRow kRows[] = {
    {"attention", attention},
    {"attention over values that are infinite", attention, kInf},
    {"attention over values that are not a number", attention, kInf - kInf},
    {"attention over values whose products overflow", attention, 1e300},
    {"attention with an infinite query", attention, 0, kInf},
    {"attention with a query that is not a number", attention, 0, kInf - kInf},
    {"attention from a first use of huge values",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s), y = a.tape.matmul(p, a.v);
       a.tape.backward(a.tape.mul_scalar(y, 1e308));
       return std::vector<NodeId>{y, p, s};
     },
     1e300},
    {"sum of scores",
     [](Attention& a) {
       const NodeId s = a.scores(), total = a.tape.sum(s);
       a.tape.backward(total);
       return std::vector<NodeId>{total, s};
     }},
    {"sum of scores one of which is not a number",
     [](Attention& a) {
       const NodeId s = a.scores(), total = a.tape.sum(s);
       a.tape.backward(total);
       return std::vector<NodeId>{total, s};
     },
     0, kInf - kInf},
    {"sum of probabilities",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s), total = a.tape.sum(p);
       a.tape.backward(total);
       return std::vector<NodeId>{total, p, s};
     }},
    {"probabilities used twice",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s);
       const NodeId y = a.tape.add(a.tape.matmul(p, a.v), a.tape.matmul(p, a.tape.tanh(a.v)));
       a.tape.backward(y);
       return std::vector<NodeId>{y, p, s};
     }},
    {"probabilities used by a dense operation after the product",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s), y = a.tape.matmul(p, a.v);
       const NodeId loss = a.tape.add(a.tape.sum(y), a.tape.sum(a.tape.mul(p, a.probe)));
       a.tape.backward(loss);
       return std::vector<NodeId>{loss, y, p, s};
     }},
    {"probabilities used by a dense operation before the product",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s), m = a.tape.mul(p, a.probe), y = a.tape.matmul(p, a.v);
       const NodeId loss = a.tape.add(a.tape.sum(m), a.tape.sum(y));
       a.tape.backward(loss);
       return std::vector<NodeId>{loss, y, p, s};
     }},
    {"scores used by a dense operation too",
     [](Attention& a) {
       const NodeId s = a.scores(), e = a.tape.exp(s), y = a.tape.matmul(a.tape.softmax(s), a.v);
       const NodeId loss = a.tape.add(a.tape.sum(a.tape.mul(e, a.probe)), a.tape.sum(y));
       a.tape.backward(loss);
       return std::vector<NodeId>{loss, y, s};
     }},
    {"two softmaxes of the same scores",
     [](Attention& a) {
       const NodeId s = a.scores();
       const NodeId y = a.tape.mul(a.tape.matmul(a.tape.softmax(s), a.v), a.tape.matmul(a.tape.softmax(s), a.v));
       a.tape.backward(y);
       return std::vector<NodeId>{y, s};
     }},
    {"probabilities set before the backward",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s), y = a.tape.matmul(p, a.v);
       a.tape.set_value(p, kN, kM, cells_of(a.tape.value(a.probe)));
       a.tape.backward(y);
       return std::vector<NodeId>{y, p, s};
     }},
    {"scores set before the softmax",
     [](Attention& a) {
       const NodeId s = a.scores();
       a.tape.set_value(s, kN, kM, cells_of(a.tape.value(a.probe)));
       const NodeId p = a.tape.softmax(s), y = a.tape.matmul(p, a.v);
       a.tape.backward(y);
       return std::vector<NodeId>{y, p};
     }},
    {"backward from the probabilities",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s);
       a.tape.backward(p);
       return std::vector<NodeId>{p, s};
     }},
    {"an update of the probabilities, then a second backward",
     [](Attention& a) {
       const NodeId s = a.scores(), p = a.tape.softmax(s), y = a.tape.matmul(p, a.v);
       a.tape.backward(y);
       a.tape.update(p, 0.5);
       a.tape.backward(y);
       return std::vector<NodeId>{y, p, s};
     }},
    {"scores with the S-MOD softmax",
     [](Attention& a) {
       const NodeId s = a.scores(), y = a.tape.matmul(a.tape.smod_softmax(s, 0.5), a.v);
       a.tape.backward(y);
       return std::vector<NodeId>{y, s};
     }},
    {"probabilities as the right factor",
     [](Attention& a) {
       const NodeId p = a.tape.softmax(a.scores()), y = a.tape.matmul(a.tape.transpose(a.q), p);
       a.tape.backward(a.tape.tanh(y));
       return std::vector<NodeId>{y, p};
     }},
};

static void compare(const char* what, size_t index, const Reading& packed, const Reading& dense) {
  BOOST_REQUIRE(packed.size() == dense.size());
  size_t wrong = 0;
  for (size_t i = 0; i < packed.size(); ++i) {
    const double a = packed[i], b = dense[i];
    wrong += !(std::isnan(a) && std::isnan(b)) && std::memcmp(&a, &b, sizeof a) != 0;
  }
  BOOST_TEST(wrong == 0u, what << " " << index << ": " << wrong << " cells differ");
}

BOOST_DATA_TEST_CASE(packed_gives_the_bits_of_dense, bdata::make(kRows) * bdata::make({1, 2}), row, threads) {
  Attention packed(true, static_cast<size_t>(threads), row.v_cell, row.q_cell), dense(false, 1, row.v_cell, row.q_cell);
  std::vector<NodeId> a = row.run(packed), b = row.run(dense);
  for (const NodeId leaf : {packed.q, packed.k, packed.v}) a.push_back(leaf), b.push_back(leaf);
  // Gradients of inner nodes are dense when read, and reading them changes nothing.
  for (int again = 0; again < 2; ++again)
    for (size_t i = 0; i < a.size(); ++i) {
      compare("gradient", i, packed.tape.gradient(a[i]), dense.tape.gradient(b[i]));
      compare("value", i, packed.tape.value(a[i]), dense.tape.value(b[i]));
    }
}

BOOST_AUTO_TEST_CASE(packed_attention_needs_no_dense_matrix) {
  // 2000 x 2000 cells are 32 MB, the live ones 1.1 MB.
  Tape tape({.memory_limit = 16 << 20});
  const int64_t n = 2000;
  std::mt19937_64 random(8);
  const NodeId q = tape.var(n, 8, random_cells(random, 16000)), v = tape.var(n, 8, random_cells(random, 16000));
  const NodeId y = tape.matmul(tape.softmax(tape.substrate_sparse_scores(q, q)), v);
  tape.backward(tape.sum(tape.tanh(y)));
  BOOST_TEST(tape.gradient(q)[0] != 0);
  BOOST_CHECK_THROW(tape.value(y - 1), std::bad_alloc);
}

}  // namespace omc::tape
