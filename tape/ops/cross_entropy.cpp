// Row by row of the N x V logits z with class t, m = max z, s = Σ e^(z - m):
//   loss = Σ_rows -(z_t - (m + ln s)) / max(N, 1)            dz_c = k (e^(z_c - m) / s - [c = t]),  k = d / max(N, 1)
// The gradient needs no logarithm and no recorded softmax: Goodfellow, Bengio, Courville, Deep Learning, 2016, 6.2.2.3.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tape/operation.hpp"
#include "tape/ops/softmax.hpp"

namespace omc::tape {

namespace {

struct Targets : Saved {
  std::vector<uint32_t> classes;
};

void backward(Backward& b) {
  const Tensor& logits = b.operand(0);
  const size_t rows = static_cast<size_t>(logits.rows()), cols = static_cast<size_t>(logits.cols());
  const uint32_t* const targets = b.saved<Targets>().classes.data();
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const z = logits.data<T>();
    const T k = b.gradient().data<T>()[0] / static_cast<T>(std::max<size_t>(1, rows));
    const Sink<T> sink = b.sink<T>(0);
    Tensor kept = sink.in ? b.make(logits.rows(), logits.cols()) : Tensor();
    T* const exps = sink.in ? kept.data<T>() : sink.out;
    b.compute().each_row(rows, 6 * cols, [=](size_t r) {
      const T *const row = z + r * cols;
      T* const e = exps + r * cols;
      const T m = greatest(row, cols);
      for (size_t c = 0; c < cols; ++c) e[c] = std::exp(row[c] - m);
      const T s = sum_of<Mode>(cols, [=](size_t c) { return e[c]; });
      const size_t t = targets[r];
      for (size_t c = 0; c < cols; ++c) sink.put(r * cols + c, k * (e[c] / s - (c == t ? T{1} : T{0})));
    });
  });
}

constexpr Operation kCrossEntropy = {"tape_cross_entropy_batch", backward};

}  // namespace

NodeId Tape::cross_entropy_batch(NodeId logits_id, std::span<const int64_t> targets) {
  const Tensor& logits = use(kCrossEntropy, logits_id);
  const size_t rows = static_cast<size_t>(logits.rows()), cols = static_cast<size_t>(logits.cols());
  if (targets.size() != rows)
    throw Error(
        fmt::format("tape_cross_entropy_batch: targets length {} != logits rows {}", targets.size(), rows));
  auto saved = std::make_unique<Targets>();
  saved->classes.reserve(rows);
  for (const int64_t t : targets) {
    if (t < 0 || t >= logits.cols())
      throw Error(fmt::format("tape_cross_entropy_batch: target {} out of range for {} classes", t, cols));
    saved->classes.push_back(static_cast<uint32_t>(t));
  }
  Tensor loss = make(1, 1), kept = make(logits.rows(), 1);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const z = logits.data<T>();
    T* const terms = kept.data<T>();
    const uint32_t* const classes = saved->classes.data();
    compute_.each_row(rows, 5 * cols, [=](size_t r) {
      const T* const row = z + r * cols;
      const T m = greatest(row, cols);
      const T s = sum_of<Mode>(cols, [=](size_t c) { return std::exp(row[c] - m); });
      terms[r] = -(row[classes[r]] - (m + std::log(s)));
    });
    loss.data<T>()[0] = sum_all<Mode>(1, rows, [=](size_t, size_t r) { return terms[r]; }) /
                        static_cast<T>(std::max<size_t>(1, rows));
  });
  return append(kCrossEntropy, std::move(loss), {logits_id}, 0, saved.release());
}

}  // namespace omc::tape
