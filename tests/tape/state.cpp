// Leaves, state and the life of nodes: reference 05, sections 2, 4 and 7.
#include <boost/test/unit_test.hpp>
#include <limits>

#include "helpers.hpp"

namespace omc::tape {

static const double kInf = std::numeric_limits<double>::infinity();

BOOST_AUTO_TEST_CASE(ids_count_up_from_zero) {
  Tape tape;
  BOOST_TEST(tape.size() == 0);
  BOOST_TEST(var(tape, {{1}}) == 0);
  BOOST_TEST(tape.neg(0) == 1);
  tape.reset();
  BOOST_TEST(var(tape, {{1}}) == 0);
}

BOOST_AUTO_TEST_CASE(a_value_reads_as_ints_when_every_cell_is_one) {
  Tape tape;
  BOOST_TEST(tape.value(var(tape, {{1, -2, -0.0}})).all_integral());
  BOOST_TEST(tape.value(var(tape, {{1e18}})).all_integral());
  BOOST_TEST(!tape.value(var(tape, {{1, 2.5}})).all_integral());
  BOOST_TEST(!tape.value(var(tape, {{1e20}})).all_integral());
  BOOST_TEST(!tape.value(var(tape, {{kInf}})).all_integral());
  BOOST_TEST(!tape.value(var(tape, {{kInf - kInf}})).all_integral());
  BOOST_TEST(tape.value(tape.var(0, 0, std::vector<double>{})).all_integral());
}

BOOST_AUTO_TEST_CASE(dependents_keep_their_values) {
  Tape tape;
  const NodeId x = var(tape, {{3}}), y = tape.mul(x, x);
  tape.set_value(x, 1, 1, std::vector<double>{5.5});
  BOOST_TEST(tape.value(y)[0] == 9);
  tape.set_value(y, 1, 1, std::vector<double>{100.5});
  BOOST_TEST(tape.value(y)[0] == 100.5);
  BOOST_TEST(tape.value(x)[0] == 5.5);
}

BOOST_AUTO_TEST_CASE(a_reading_is_of_its_moment) {
  Tape tape;
  const NodeId x = var(tape, {{1, 2}});
  const Reading before = tape.value(x);
  tape.backward(x);
  const Reading gradient = tape.gradient(x);
  tape.update(x, 0.5);
  tape.backward(tape.mul_scalar(x, 3));
  BOOST_TEST(before[1] == 2);
  BOOST_TEST(gradient[1] == 1);
  BOOST_TEST(tape.value(x)[1] == 1.5);
  BOOST_TEST(tape.gradient(x)[1] == 3);
}

BOOST_AUTO_TEST_CASE(backward_reads_present_operands_but_the_recorded_value_of_exp) {
  Tape tape;
  const NodeId x = var(tape, {{3}}), square = tape.mul(x, x);
  tape.set_value(x, 1, 1, std::vector<double>{5});
  tape.backward(square);
  BOOST_TEST(tape.gradient(x)[0] == 10);
  const NodeId a = var(tape, {{0}}), e = tape.exp(a);
  tape.set_value(a, 1, 1, std::vector<double>{2});
  tape.backward(e);
  BOOST_TEST(tape.gradient(a)[0] == 1);
}

BOOST_AUTO_TEST_CASE(constants_receive_gradients_from_the_values_of_the_backward) {
  Tape tape;
  const NodeId c = tape.constant(1, 2, std::vector<double>{1, 2}), w = var(tape, {{3}, {4}});
  tape.backward(tape.add(tape.matmul(c, w), tape.matmul(c, w)));
  tape.update(w, 10);  // after the backward: the gradient of c must not see it
  tape.set_value(c, 1, 2, std::vector<double>{7, 7});
  BOOST_TEST(tape.gradient(c)[0] == 6);
  BOOST_TEST(tape.gradient(c)[1] == 8);
  tape.update(c, 0.5);
  BOOST_TEST(tape.value(c)[0] == 4);
  tape.backward(c);
  BOOST_TEST(tape.gradient(c)[0] == 1);
}

// What a lookup gives its table waits until somebody reads it; a product with a matrix of ones and zeros does not.
BOOST_AUTO_TEST_CASE(gradients_of_tables_are_those_of_the_backward) {
  const std::vector<std::vector<double>> cells = {{1, 2}, {3, 5}, {-1, 4}};
  const std::vector<int64_t> ids = {2, 0, 2, 2};
  const std::vector<double> one_hot = {0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1};
  for (const bool looked_up : {true, false}) {
    Tape tape;
    const NodeId table = var(tape, cells), w = var(tape, {{2}, {3}});
    const auto rows = [&] {
      return looked_up ? tape.embedding_lookup(table, ids) : tape.matmul(tape.constant(4, 3, one_hot), table);
    };
    // Used again by other operations, before and after.
    const NodeId before = tape.sum(tape.mul(table, table));
    const NodeId scores = tape.sum(tape.matmul(rows(), tape.transpose(table)));
    tape.backward(tape.add(tape.add(before, scores), tape.sum(tape.matmul(rows(), w))));
    tape.set_value(table, 3, 2, std::vector<double>(6, 100));
    tape.update(w, 1000);
    const Reading d = tape.gradient(table);
    const std::vector<double> expected = {2 + 3 - 2 + 2, 4 + 11 + 14 + 3, 6 - 2, 10 + 14, -2 + 9 - 2 + 6, 8 + 33 + 14 + 9};
    for (size_t i = 0; i < 6; ++i) BOOST_TEST(d[i] == expected[i], "cell " << i << ": " << d[i]);
    // Kept by nobody: the step is taken in place, once for each call.
    tape.update(table, 1);
    tape.update(table, 1);
    BOOST_TEST(tape.value(table)[0] == 100 - 2 * expected[0]);
    tape.backward(tape.sum(rows()));
    tape.backward(before);
    BOOST_TEST(tape.gradient(table)[0] == 2 * (100 - 2 * expected[0]));
  }
}

BOOST_AUTO_TEST_CASE(a_second_backward_replaces_the_first) {
  Tape tape;
  const NodeId x = var(tape, {{2}}), y = var(tape, {{3}});
  const NodeId first = tape.mul(x, y), second = tape.mul(y, y);
  tape.backward(first);
  tape.backward(second);
  BOOST_TEST(tape.gradient(x)[0] == 0);
  BOOST_TEST(tape.gradient(y)[0] == 6);
  BOOST_TEST(tape.gradient(first)[0] == 0);
}

BOOST_AUTO_TEST_CASE(unrelated_nodes_are_left_alone) {
  Tape tape;
  const NodeId x = var(tape, {{1000}}), overflow = tape.exp(x), y = tape.mul_scalar(x, 2);
  tape.backward(y);
  BOOST_TEST(tape.gradient(x)[0] == 2);
  BOOST_TEST(tape.value(overflow)[0] == kInf);
}

BOOST_AUTO_TEST_CASE(gradients_hold_no_negative_zero) {
  Tape tape;
  const NodeId x = var(tape, {{1, 2}}), zero = tape.constant(1, 2, std::vector<double>{0, 0});
  tape.backward(tape.neg(tape.mul(x, zero)));
  BOOST_TEST(!std::signbit(tape.gradient(x)[0]));
}

BOOST_AUTO_TEST_CASE(shared_buffers_are_copied_before_they_change) {
  Tape tape;
  const NodeId x = var(tape, {{1, 2}}), y = var(tape, {{3, 4}});
  const NodeId s = tape.add(x, y), t = tape.add(s, x);  // the gradients of s, t and y are one buffer for a while
  tape.backward(t);
  BOOST_TEST(tape.gradient(x)[0] == 2);
  BOOST_TEST(tape.gradient(y)[0] == 1);
  BOOST_TEST(tape.gradient(s)[0] == 1);
}

BOOST_AUTO_TEST_CASE(release_drops_the_nodes_from_a_mark_on) {
  Tape tape;
  const NodeId w = var(tape, {{0.5, 1.5}});
  const int64_t mark = tape.size();
  for (int step = 0; step < 3; ++step) {
    tape.release(mark);
    const NodeId loss = tape.sum(tape.mul(w, w));
    BOOST_TEST(loss == mark + 1);
    tape.backward(loss);
    tape.update(w, 0.25);
  }
  BOOST_TEST(tape.value(w)[0] == 0.0625);
  tape.release(mark);
  BOOST_TEST(tape.gradient(w)[0] == 0.25);
  BOOST_CHECK_THROW(tape.value(mark), Error);
}

struct Loop {
  Tape tape;
  NodeId w = tape.var(2, 2, std::vector<double>{0.5, 0.25, 1.0, 2.0});

  // A step records a large constant, a large product and a small loss.
  NodeId step() {
    const NodeId x = tape.constant(50, 2, std::vector<double>(100, 1.0));
    const NodeId y = tape.matmul(x, w);
    tape.backward(tape.mean(y));
    return y;
  }
};

static std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "none";
}

BOOST_AUTO_TEST_CASE(large_values_retire_when_nothing_used_them) {
  Loop loop;
  BOOST_TEST(loop.tape.retire_after(2) == 16);
  const NodeId first = loop.step();
  const NodeId kept = loop.tape.keep(loop.step());
  const NodeId named = loop.step();
  for (int i = 0; i < 5; ++i) {
    loop.step();
    loop.tape.value(named);
  }
  const std::string message =
      "tape node 2 was retired: nothing used it during the last 2 backwards; keep its value with tape_value, or call "
      "tape_keep(2)";
  BOOST_TEST(error_of([&] { loop.tape.value(first); }) == message);
  BOOST_TEST(error_of([&] { loop.tape.neg(first); }) == message);
  BOOST_TEST(error_of([&] { loop.tape.gradient(first); }) == message);
  BOOST_TEST(error_of([&] { loop.tape.backward(first + 1); }) == message);  // its mean is small and still there
  BOOST_TEST(loop.tape.value(first + 1)[0] == 1.875);
  BOOST_TEST(loop.tape.value(kept).size() == 100u);
  BOOST_TEST(loop.tape.value(named).size() == 100u);
  BOOST_TEST(loop.tape.value(loop.w).size() == 4u);
}

BOOST_AUTO_TEST_CASE(retirement_waits_for_as_many_backwards_as_set) {
  Loop loop;
  const NodeId y = loop.step();  // used in the first step
  for (int i = 0; i < 15; ++i) loop.step();
  BOOST_TEST(error_of([&] { loop.tape.value(y); }) == "none");  // used again, in the coming seventeenth
  for (int i = 0; i < 16; ++i) loop.step();
  BOOST_TEST(error_of([&] { loop.tape.value(y); }) == "none");
  for (int i = 0; i < 17; ++i) loop.step();
  BOOST_TEST(error_of([&] { loop.tape.value(y); }) != "none");
  loop.tape.retire_after(0);
  const NodeId z = loop.step();
  for (int i = 0; i < 50; ++i) loop.step();
  BOOST_TEST(error_of([&] { loop.tape.value(z); }) == "none");
}

BOOST_AUTO_TEST_CASE(a_loop_that_only_adds_nodes_runs_in_constant_memory) {
  // 100 cells of double are 800 bytes; 3 nodes a step, of which 2 retire after 16 more. The buffers of 20000 means alone
  // would be 640 KB.
  Tape tape({.memory_limit = 64 * 1024});
  const NodeId w = tape.var(2, 2, std::vector<double>(4, 0.5));
  for (int step = 0; step < 20000; ++step) {
    const NodeId y = tape.matmul(tape.constant(50, 2, std::vector<double>(100, 1.0)), w);
    tape.backward(tape.mean(y));
  }
  BOOST_TEST(tape.size() == 60001);
  BOOST_TEST(tape.value(3)[0] == tape.value(60000)[0]);
}

BOOST_AUTO_TEST_CASE(release_and_retirement_live_together) {
  Loop loop;
  loop.tape.retire_after(2);
  const int64_t mark = loop.tape.size();
  NodeId last = 0;
  for (int i = 0; i < 50; ++i) {
    loop.tape.release(mark);
    last = loop.step();
  }
  BOOST_TEST(loop.tape.value(last).size() == 100u);
  loop.tape.reset();
  BOOST_TEST(loop.tape.retire_after(16) == 2);
}

BOOST_AUTO_TEST_CASE(the_mode_changes_only_while_the_tape_is_empty) {
  Tape tape;
  BOOST_TEST((tape.set_precision("fast32") == Precision::Exact));
  const NodeId x = var(tape, {{0.1}});
  BOOST_TEST(tape.value(x)[0] == 0.10000000149011612);
  tape.reset();
  BOOST_TEST((tape.precision() == Precision::Fast32));
  BOOST_TEST((tape.set_precision("exact") == Precision::Fast32));
  BOOST_TEST(tape.value(var(tape, {{0.1}}))[0] == 0.1);
}

// A long loop leaves little behind, and what it leaves behaves as if all were there (node_list.hpp).
BOOST_AUTO_TEST_CASE(chunks_of_retired_nodes_shrink_unnoticed) {
  Tape tape;
  const NodeId w = tape.var(1, 100, std::vector<double>(100, 2.0));
  NodeId kept = -1;
  std::vector<NodeId> wide, losses;
  for (int step = 0; step < 1000; ++step) {
    wide.push_back(tape.mul_scalar(w, step));
    if (step == 500) kept = tape.keep(tape.neg(wide.back()));
    losses.push_back(tape.sum(tape.exp(tape.mul_scalar(wide.back(), 0))));
    tape.backward(losses.back());
  }
  const auto retired = [&](NodeId id) {
    try {
      tape.value(id);
    } catch (const Error& e) {
      return std::string_view(e.what()).find("was retired") != std::string_view::npos;
    }
    return false;
  };
  for (const int step : {0, 1, 100, 499, 500, 700, 980}) {
    BOOST_TEST(retired(wide[static_cast<size_t>(step)]));
    BOOST_TEST(tape.value(losses[static_cast<size_t>(step)])[0] == 100);
  }
  BOOST_TEST(tape.value(wide.back())[7] == 2 * 999);
  BOOST_TEST(tape.value(kept)[99] == -1000);
  BOOST_CHECK_THROW(tape.backward(losses[10]), Error);
  BOOST_CHECK_THROW(tape.backward(kept), Error);
  tape.backward(losses.back());
  BOOST_TEST(tape.gradient(wide.back())[0] == 0);

  // Into the middle of what shrank, and on from there.
  const int64_t mark = losses[300] + 1;
  tape.release(mark);
  BOOST_TEST(tape.size() == mark);
  BOOST_TEST(tape.mul_scalar(w, 5) == mark);
  BOOST_TEST(tape.value(mark)[0] == 10);
  BOOST_TEST(retired(wide[299]));
  BOOST_TEST(tape.value(losses[300])[0] == 100);
  for (int step = 0; step < 200; ++step) tape.backward(tape.sum(tape.mul_scalar(w, step)));
  BOOST_TEST(retired(mark));
  BOOST_TEST(tape.value(losses[299])[0] == 100);
  tape.reset();
  BOOST_TEST(tape.size() == 0);
}

// Losses of long ago are numbers in the list, and nodes to everybody else.
BOOST_AUTO_TEST_CASE(old_losses_behave_like_nodes) {
  for (const Precision precision : {Precision::Exact, Precision::Fast32}) {
    Tape tape({.precision = precision});
    const NodeId w = tape.var(1, 100, std::vector<double>(100, 0.1));
    std::vector<NodeId> wide, losses, doubled;
    for (int step = 0; step < 500; ++step) {
      wide.push_back(tape.mul_scalar(w, step));
      losses.push_back(tape.mean(wide.back()));
      doubled.push_back(tape.add(losses.back(), losses.back()));
      tape.backward(doubled.back());
    }
    const double seventh = tape.value(losses[7])[0];
    BOOST_TEST(seventh == (precision == Precision::Exact ? 0.7 : 0.7f), boost::test_tools::tolerance(1e-6));
    BOOST_TEST(tape.value(doubled[7])[0] == 2 * seventh);
    BOOST_TEST(tape.gradient(losses[8])[0] == 0);

    const std::string message = error_of([&] { tape.backward(wide[9]); });
    BOOST_TEST(message != "none");
    BOOST_TEST(error_of([&] { tape.backward(losses[9]); }) == message);
    BOOST_TEST(error_of([&] { tape.backward(doubled[9]); }) == message);
    const NodeId sum = tape.add(losses[9], doubled[10]);
    BOOST_TEST(error_of([&] { tape.backward(sum); }) == message);
    BOOST_TEST(tape.value(sum)[0] == tape.value(losses[9])[0] + tape.value(doubled[10])[0]);

    tape.set_value(losses[11], 1, 1, std::vector<double>{-0.0});
    BOOST_TEST(std::signbit(tape.value(losses[11])[0]));
    BOOST_TEST(tape.value(doubled[11])[0] != 0);
    tape.keep(losses[12]);
    for (int step = 0; step < 40; ++step) tape.backward(tape.mean(tape.mul_scalar(w, step)));
    BOOST_TEST(tape.value(losses[11])[0] == 0);
    BOOST_TEST(tape.value(losses[7])[0] == seventh);

    const int64_t mark = losses[20] + 1;
    tape.release(mark);
    BOOST_TEST(tape.value(losses[20])[0] != 0);
    BOOST_TEST(error_of([&] { tape.backward(losses[20]); }) != "none");
    BOOST_TEST(tape.mean(w) == mark);
    tape.backward(mark);
    BOOST_TEST(tape.value(losses[7])[0] == seventh);
  }
}

}  // namespace omc::tape
