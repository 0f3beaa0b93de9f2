// Every operation's backward against central differences of its forward: one row an operation, its domain away from
// kinks and poles. Add a row for each new operation.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <ostream>

#include "helpers.hpp"

namespace bdata = boost::unit_test::data;

namespace omc::tape {

using Vars = std::vector<NodeId>;

struct GradientRow {
  const char* name;
  std::vector<Shape> operands;
  double low, high;
  std::function<NodeId(Tape&, const Vars&)> record;
};

static std::ostream& operator<<(std::ostream& out, const GradientRow& row) {
  return out << row.name;
}

// As many rows of a table as it has, some twice; a class for each row of logits.
static std::vector<int64_t> tokens(Tape& tape, NodeId table) {
  const int64_t rows = tape.value(table).rows();
  std::vector<int64_t> ids(static_cast<size_t>(rows));
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i * i + 2) % rows;
  return ids;
}
static std::vector<int64_t> classes(Tape& tape, NodeId logits) {
  std::vector<int64_t> targets(static_cast<size_t>(tape.value(logits).rows()));
  for (size_t r = 0; r < targets.size(); ++r) targets[r] = static_cast<int64_t>(3 * r + 1) % tape.value(logits).cols();
  return targets;
}

static const GradientRow kRows[] = {
    {"add", {{2, 3}, {2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.add(x[0], x[1]); }},
    {"add row", {{3, 4}, {1, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.add(x[0], x[1]); }},
    {"add column", {{3, 1}, {3, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.add(x[0], x[1]); }},
    {"sub", {{2, 3}, {2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.sub(x[0], x[1]); }},
    {"sub scalar", {{1, 1}, {2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.sub(x[0], x[1]); }},
    {"mul", {{2, 3}, {2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[1]); }},
    {"mul outer", {{3, 1}, {1, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[1]); }},
    {"mul row", {{1, 4}, {9, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[1]); }},
    {"mul column", {{9, 4}, {9, 1}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[1]); }},
    {"mul scalar", {{3, 4}, {1, 1}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[1]); }},
    {"mul column scalar", {{4, 1}, {1, 1}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[1]); }},
    {"mul by itself", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul(x[0], x[0]); }},
    {"div", {{2, 3}, {2, 3}}, 0.5, 2, [](Tape& t, const Vars& x) { return t.div(x[0], x[1]); }},
    {"div column by row", {{3, 1}, {1, 2}}, 0.5, 2, [](Tape& t, const Vars& x) { return t.div(x[0], x[1]); }},
    {"neg", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.neg(x[0]); }},
    {"pow_int 3", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.pow_int(x[0], 3); }},
    {"pow_int -2", {{2, 3}}, 0.5, 2, [](Tape& t, const Vars& x) { return t.pow_int(x[0], -2); }},
    {"pow_int 0", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.pow_int(x[0], 0); }},
    {"exp", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.exp(x[0]); }},
    {"log", {{2, 3}}, 0.1, 4, [](Tape& t, const Vars& x) { return t.log(x[0]); }},
    {"abs", {{2, 3}}, 0.1, 2, [](Tape& t, const Vars& x) { return t.abs(t.neg(x[0])); }},
    {"sin", {{2, 3}}, -4, 4, [](Tape& t, const Vars& x) { return t.sin(x[0]); }},
    {"cos", {{2, 3}}, -4, 4, [](Tape& t, const Vars& x) { return t.cos(x[0]); }},
    {"relu, positive", {{2, 3}}, 0.1, 2, [](Tape& t, const Vars& x) { return t.relu(x[0]); }},
    {"relu, negative", {{2, 3}}, -2, -0.1, [](Tape& t, const Vars& x) { return t.relu(x[0]); }},
    {"sigmoid", {{2, 3}}, -4, 4, [](Tape& t, const Vars& x) { return t.sigmoid(x[0]); }},
    {"tanh", {{2, 3}}, -3, 3, [](Tape& t, const Vars& x) { return t.tanh(x[0]); }},
    {"add_scalar", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.add_scalar(x[0], 1.5); }},
    {"mul_scalar", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.mul_scalar(x[0], 1.5); }},
    {"div_scalar", {{2, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.div_scalar(x[0], 1.5); }},
    {"sum", {{3, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.sum(x[0]); }},
    {"mean", {{3, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.mean(x[0]); }},
    {"row_sum", {{11, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.row_sum(x[0]); }},
    {"row_mean", {{3, 4}}, -2, 2, [](Tape& t, const Vars& x) { return t.row_mean(x[0]); }},
    {"transpose", {{9, 10}}, -2, 2, [](Tape& t, const Vars& x) { return t.transpose(x[0]); }},
    {"matmul", {{3, 4}, {4, 2}}, -2, 2, [](Tape& t, const Vars& x) { return t.matmul(x[0], x[1]); }},
    {"matmul, tiles", {{9, 5}, {5, 19}}, -2, 2, [](Tape& t, const Vars& x) { return t.matmul(x[0], x[1]); }},
    {"matmul by itself", {{3, 3}}, -2, 2, [](Tape& t, const Vars& x) { return t.matmul(x[0], x[0]); }},
    {"softmax", {{3, 5}}, -4, 4, [](Tape& t, const Vars& x) { return t.softmax(x[0]); }},
    {"softmax, row block", {{9, 4}}, -4, 4, [](Tape& t, const Vars& x) { return t.softmax(x[0]); }},
    {"layernorm",
     {{3, 5}, {1, 5}, {1, 5}},
     -2,
     2,
     [](Tape& t, const Vars& x) { return t.layernorm(x[0], x[1], x[2]); }},
    {"layernorm, row block",
     {{9, 4}, {1, 4}, {1, 4}},
     -2,
     2,
     [](Tape& t, const Vars& x) { return t.layernorm(x[0], x[1], x[2], 0.5); }},
    {"layernorm of itself", {{1, 5}}, -2, 2, [](Tape& t, const Vars& x) { return t.layernorm(x[0], x[0], x[0], 0.5); }},
    {"cross_entropy_batch",
     {{3, 5}},
     -3,
     3,
     [](Tape& t, const Vars& x) { return t.cross_entropy_batch(x[0], classes(t, x[0])); }},
    {"embedding_lookup",
     {{4, 3}},
     -2,
     2,
     [](Tape& t, const Vars& x) { return t.embedding_lookup(x[0], tokens(t, x[0])); }},
    {"phi_log", {{2, 3}}, 0.1, 2, [](Tape& t, const Vars& x) { return t.phi_log(t.neg(x[0])); }},
    {"phi_log, negative scale", {{2, 3}}, 0.1, 2, [](Tape& t, const Vars& x) { return t.phi_log(x[0], -3.0); }},
    {"substrate_resample", {{3, 4}}, -3, 3, [](Tape& t, const Vars& x) { return t.substrate_resample(x[0]); }},
    // With an alpha of 0 alone is it a derivative; what another makes of it stands in substrate.cpp.
    {"substrate_grad_mod, alpha 0",
     {{3, 4}},
     -3,
     3,
     [](Tape& t, const Vars& x) { return t.substrate_grad_mod(x[0], 64.0, 0.0); }},
    {"smod_softmax", {{9, 5}}, -9, 9, [](Tape& t, const Vars& x) { return t.smod_softmax(x[0], 0.5); }},
    {"smod_softmax, two rows", {{2, 5}}, -9, 9, [](Tape& t, const Vars& x) { return t.smod_softmax(x[0]); }},
    {"sparse_scores",
     {{7, 3}, {9, 3}},
     -2,
     2,
     [](Tape& t, const Vars& x) { return t.softmax(t.substrate_sparse_scores(x[0], x[1])); }},
    {"sparse_scores of itself",
     {{6, 70}},
     -1,
     1,
     [](Tape& t, const Vars& x) { return t.softmax(t.substrate_sparse_scores(x[0], x[0])); }},
    {"sparse attention",
     {{7, 3}, {9, 3}, {9, 4}},
     -2,
     2,
     [](Tape& t, const Vars& x) { return t.matmul(t.softmax(t.substrate_sparse_scores(x[0], x[1])), x[2]); }},
    {"several uses",
     {{4, 3}},
     -2,
     2,
     [](Tape& t, const Vars& x) {
       const NodeId rows = t.embedding_lookup(x[0], tokens(t, x[0]));
       const NodeId residual = t.add(x[0], t.tanh(t.matmul(rows, t.matmul(t.transpose(rows), x[0]))));
       return t.add(residual, t.embedding_lookup(x[0], tokens(t, x[0])));
     }},
};

// Loss = Σ w·f(x) with random w: the gradient of a plain Σ softmax(x) is zero and can hide a wrong backward.
class GradientProbe {
 public:
  // Seed 0 takes the shapes as they are written; another puts a random extent in place of each but 1, equal ones in
  // place of equal ones.
  GradientProbe(const GradientRow& row, uint64_t seed) : row_(row), random_(seed), shapes_(row.operands) {
    std::map<int64_t, int64_t> extents = {{1, 1}};
    for (Shape& s : shapes_) {
      for (int64_t* extent : {&s.rows, &s.cols}) {
        const auto drawn = static_cast<int64_t>(random_() % 11 + 1);
        if (seed) *extent = extents.emplace(*extent, drawn).first->second;
      }
    }
    for (const Shape& s : shapes_) operands_.push_back(random_cells(random_, s.size(), row.low, row.high));
    Tape tape;
    Vars x;
    const NodeId y = record(tape, x);
    const Reading value = tape.value(y);
    weights_ = random_cells(random_, value.size());
    tape.backward(loss(tape, y));
    for (size_t k = 0; k < x.size(); ++k) {
      for (const double g : cells_of(tape.gradient(x[k]))) gradient_.push_back(g);
      for (size_t i = 0; i < operands_[k].size(); ++i) places_.push_back({k, i});
    }
  }

  size_t size() const { return places_.size(); }
  double& x(size_t i) { return operands_[places_[i].first][places_[i].second]; }
  double gradient(size_t i) const { return gradient_[i]; }

  double loss_at(size_t i, double h) {
    const double kept = std::exchange(x(i), x(i) + h);
    Tape tape;
    Vars operands;
    const NodeId y = record(tape, operands);
    const double result = tape.value(loss(tape, y))[0];
    x(i) = kept;
    return result;
  }

 private:
  NodeId record(Tape& tape, Vars& x) const {
    for (size_t k = 0; k < operands_.size(); ++k) x.push_back(tape.var(shapes_[k].rows, shapes_[k].cols, operands_[k]));
    return row_.record(tape, x);
  }
  NodeId loss(Tape& tape, NodeId y) const {
    const Reading value = tape.value(y);
    return tape.sum(tape.mul(y, tape.constant(value.rows(), value.cols(), weights_)));
  }

  const GradientRow& row_;
  std::mt19937_64 random_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<double>> operands_;
  std::vector<double> weights_, gradient_;
  std::vector<std::pair<size_t, size_t>> places_;
};

BOOST_DATA_TEST_CASE(backward_agrees_with_central_differences, bdata::make(kRows) * bdata::xrange(8), row, seed) {
  GradientProbe probe(row, static_cast<uint64_t>(seed));
  BOOST_REQUIRE(probe.size() > 0);
  for (size_t i = 0; i < probe.size(); ++i) {
    // h = ε^(1/3)·max(1, |x|) balances truncation and rounding: Press et al., Numerical Recipes, 3rd ed., section 5.7.
    const double h = 6e-6 * std::max(1.0, std::abs(probe.x(i)));
    const double numeric = (probe.loss_at(i, +h) - probe.loss_at(i, -h)) / (2 * h);
    BOOST_TEST(std::abs(probe.gradient(i) - numeric) <= 1e-7 * std::max(1.0, std::abs(numeric)),
               "cell " << i << ": backward " << probe.gradient(i) << ", numeric " << numeric);
  }
}

}  // namespace omc::tape
