// Misuse: the words of the reference, and nothing recorded.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <ostream>

#include "helpers.hpp"

namespace bdata = boost::unit_test::data;

namespace omc::tape {

struct ErrorRow {
  const char* message;
  std::function<void(Tape&)> misuse;
};

static std::ostream& operator<<(std::ostream& out, const ErrorRow& row) {
  return out << row.message;
}

// Nodes: 0 is 2x3, 1 is 3x2, 2 is 1x3.
static const std::vector<int64_t> kTwo = {0, 2}, kOne = {0}, kFar = {0, 3}, kNegative = {-1};

static const ErrorRow kRows[] = {
    {"tape_value: id 3 out of range", [](Tape& t) { t.value(3); }},
    {"tape_value: id -1 out of range", [](Tape& t) { t.value(-1); }},
    {"tape_grad: id 99 out of range", [](Tape& t) { t.gradient(99); }},
    {"tape_set_value: id 3 out of range", [](Tape& t) { t.set_value(3, 1, 1, std::vector<double>{1}); }},
    {"tape_set_value: shape mismatch (got 1x2, expected 2x3)",
     [](Tape& t) {
       t.set_value(0, 1, 2, std::vector<double>{1, 2});
     }},
    {"tape_update: id out of range", [](Tape& t) { t.update(3, 0.1); }},
    {"tape_backward: id 3 out of range", [](Tape& t) { t.backward(3); }},
    {"tape_keep: id 3 out of range", [](Tape& t) { t.keep(3); }},
    {"tape_release: mark 4 out of range", [](Tape& t) { t.release(4); }},
    {"tape_release: mark -1 out of range", [](Tape& t) { t.release(-1); }},
    {"tape_retire_after: k must not be negative", [](Tape& t) { t.retire_after(-1); }},
    {"tape_precision: the tape is not empty", [](Tape& t) { t.set_precision("fast64"); }},
    {"tape_precision: unknown mode \"half\" (expected \"exact\", \"fast64\" or \"fast32\")",
     [](Tape& t) { t.set_precision("half"); }},
    {"tape_add: node id out of range", [](Tape& t) { t.add(0, 3); }},
    {"tape_div: node id out of range", [](Tape& t) { t.div(-1, 0); }},
    {"tape_add: shape mismatch 2x3 vs 3x2", [](Tape& t) { t.add(0, 1); }},
    {"tape_sub: shape mismatch 3x2 vs 1x3", [](Tape& t) { t.sub(1, 2); }},
    {"tape_exp: id 7 out of range", [](Tape& t) { t.exp(7); }},
    {"tape_pow_int: exponent out of range", [](Tape& t) { t.pow_int(0, int64_t{1} << 31); }},
    {"tape_pow_int: exponent out of range", [](Tape& t) { t.pow_int(0, -(int64_t{1} << 31)); }},
    {"tape_pow_int: id 7 out of range", [](Tape& t) { t.pow_int(7, int64_t{1} << 31); }},
    {"tape_row_mean: id 7 out of range", [](Tape& t) { t.row_mean(7); }},
    {"tape_transpose: id 7 out of range", [](Tape& t) { t.transpose(7); }},
    {"tape_matmul: shape mismatch 2x3 @ 2x3", [](Tape& t) { t.matmul(0, 0); }},
    {"tape_matmul: id 7 out of range", [](Tape& t) { t.matmul(0, 7); }},
    {"tape_softmax: id 7 out of range", [](Tape& t) { t.softmax(7); }},
    {"tape_layernorm: id 7 out of range", [](Tape& t) { t.layernorm(0, 7, 0); }},
    {"tape_layernorm: gamma/beta must have one row", [](Tape& t) { t.layernorm(0, 0, 2); }},
    {"tape_layernorm: gamma/beta cols (3/3) must match x cols (2)", [](Tape& t) { t.layernorm(1, 2, 2); }},
    {"tape_cross_entropy_batch: targets length 1 != logits rows 2", [](Tape& t) { t.cross_entropy_batch(0, kOne); }},
    {"tape_cross_entropy_batch: target 3 out of range for 3 classes", [](Tape& t) { t.cross_entropy_batch(0, kFar); }},
    {"tape_embedding_lookup: token id 2 out of vocab range 2", [](Tape& t) { t.embedding_lookup(0, kTwo); }},
    {"tape_embedding_lookup: token id -1 out of vocab range 2", [](Tape& t) { t.embedding_lookup(0, kNegative); }},
    {"tape_phi_log: id 7 out of range", [](Tape& t) { t.phi_log(7); }},
    {"tape_substrate_resample: id 7 out of range", [](Tape& t) { t.substrate_resample(7, 0); }},
    {"tape_substrate_grad_mod: id 7 out of range", [](Tape& t) { t.substrate_grad_mod(7); }},
    {"tape_smod_softmax: id 7 out of range", [](Tape& t) { t.smod_softmax(7, 0); }},
    {"tape_substrate_sparse_scores: id 7 out of range", [](Tape& t) { t.substrate_sparse_scores(0, 7); }},
    {"tape_substrate_sparse_scores: shape mismatch q=2x3 k=3x2", [](Tape& t) { t.substrate_sparse_scores(0, 1); }},
};

BOOST_DATA_TEST_CASE(misuse_is_an_error_and_records_nothing, bdata::make(kRows), row) {
  Tape tape;
  var(tape, {{1, 2, 3}, {4, 5, 6}});
  var(tape, {{1, 2}, {3, 4}, {5, 6}});
  var(tape, {{1, 2, 3}});
  BOOST_CHECK_EXCEPTION(row.misuse(tape), Error, [&](const Error& e) { return std::string(e.what()) == row.message; });
  BOOST_TEST(tape.size() == 3);
}

BOOST_AUTO_TEST_CASE(memory_beyond_the_limit_is_an_exception_that_changes_nothing) {
  Tape tape({.memory_limit = 1 << 20});
  const NodeId x = tape.var(100, 100, std::vector<double>(10000, 1.0));
  BOOST_CHECK_THROW(tape.var(1000, 1000, std::vector<double>(1000000)), std::bad_alloc);
  BOOST_CHECK_THROW(tape.constant(INT64_MAX, 2, std::vector<double>{}), std::bad_alloc);
  BOOST_TEST(tape.size() == 1);
  NodeId y = x;
  BOOST_CHECK_THROW(for (;;) y = tape.tanh(y), std::bad_alloc);
  BOOST_CHECK_THROW(tape.backward(y), std::bad_alloc);
  BOOST_TEST(tape.gradient(x)[0] == 0.0);
  tape.release(1);
  tape.backward(tape.mean(x));
  BOOST_TEST(tape.gradient(x)[0] == 1e-4);
}

}  // namespace omc::tape
