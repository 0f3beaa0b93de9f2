// Trains a network of two layers on exclusive or, with the tape alone: no language, no machine.
//
//   ninja -C build/release example_xor && build/release/tests/example_xor

#include <fmt/core.h>

#include <random>

#include "tape/tape.hpp"

using omc::tape::NodeId;
using omc::tape::Tape;

int main() {
  constexpr int64_t kHidden = 8;
  std::mt19937 random(1);
  Tape tape;
  const auto weights = [&](int64_t rows, int64_t cols) {
    std::vector<double> cells(static_cast<size_t>(rows * cols));
    for (double& cell : cells) cell = random() / 2147483648.0 - 1;  // in [-1, 1)
    return tape.var(rows, cols, cells);
  };
  const NodeId parameters[] = {weights(2, kHidden), weights(1, kHidden), weights(kHidden, 1), weights(1, 1)};
  const NodeId inputs = tape.constant(4, 2, std::vector<double>{0, 0, 0, 1, 1, 0, 1, 1});
  const NodeId wanted = tape.constant(4, 1, std::vector<double>{0, 1, 1, 0});
  const int64_t mark = tape.size();  // what comes behind it is recorded anew in each step

  NodeId outputs = 0;
  for (int step = 0; step <= 2000; ++step) {
    tape.release(mark);
    const NodeId hidden = tape.tanh(tape.add(tape.matmul(inputs, parameters[0]), parameters[1]));
    outputs = tape.sigmoid(tape.add(tape.matmul(hidden, parameters[2]), parameters[3]));
    const NodeId error = tape.sub(outputs, wanted);
    const NodeId loss = tape.mean(tape.mul(error, error));
    if (step % 500 == 0) fmt::print("step {:4}  loss {:.6f}\n", step, tape.value(loss)[0]);
    tape.backward(loss);
    for (const NodeId p : parameters) tape.update(p, 1.0);
  }
  for (size_t i = 0; i < 4; ++i) fmt::print("{} xor {} = {:.3f}\n", i / 2, i % 2, tape.value(outputs)[i]);
}
