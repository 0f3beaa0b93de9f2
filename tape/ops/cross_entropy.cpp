// Row by row of the N x V logits z with class t, m = max z, s = Σ e^(z - m):
//   loss = Σ_rows -(z_t - (m + ln s)) / max(N, 1)            dz_c = k (e^(z_c - m) / s - [c = t]),  k = d / max(N, 1)
// The gradient needs no logarithm: Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.2.2.3.
// The exponentials of the latest loss are kept for its first backward pass, which turns them into the gradient in
// place; any other pass, and one that finds the logits changed, forms them again.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tape/kernels/functions.hpp"
#include "tape/operation.hpp"
#include "tape/ops/softmax.hpp"
#include "tape/ops/sums.hpp"

namespace omc::tape {

namespace {

struct Loss : Saved {
  std::vector<uint32_t> classes;
  // What the exponentials were made from, they themselves, and the greatest cell and the sum of each row.
  mutable Tensor logits, exponentials, rows;
};

// e^(z - m) and, in rows, m and s of each row.
template <class Mode, class T = typename Mode::Cell>
void exponentials_and_sums(const Compute& compute, size_t rows, size_t cols, const T* z, T* e, T* greatest_and_sum) {
  const Isa isa = compute.isa();
  T *const m = greatest_and_sum, *const s = m + rows;
  constexpr size_t kChunk = 256;  // cells of a row: those of all rows of a block stay in the nearest cache
  compute.each_row((rows + kRowsSideBySide - 1) / kRowsSideBySide, 3 * kRowsSideBySide * cols, [=](size_t block) {
    const size_t first = block * kRowsSideBySide, height = std::min(kRowsSideBySide, rows - first);
    for (size_t r = first; r < first + height; ++r) m[r] = greatest(z + r * cols, cols);
    T sums[kRowsSideBySide] = {};
    for (size_t c = 0; c < cols; c += kChunk) {
      const size_t end = std::min(cols, c + kChunk);
      for (size_t r = first; r < first + height; ++r)
        exp_cells<Mode>(isa, z + r * cols + c, m[r], end - c, e + r * cols + c);
      sum_on<Mode>(
          first, height, c, end, [=](size_t r, size_t i) { return e[r * cols + i]; }, sums);
    }
    for (size_t k = 0; k < height; ++k) s[first + k] = sums[k];
  });
}

void backward(Backward& b) {
  const Loss& loss = b.saved<Loss>();
  const Tensor& logits = b.operand(0);
  const size_t rows = static_cast<size_t>(logits.rows()), cols = static_cast<size_t>(logits.cols());
  const uint32_t* const targets = loss.classes.data();
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const bool kept = loss.exponentials.has_buffer() && loss.logits.shares_buffer_with(logits);
    Tensor cells = kept ? std::exchange(loss.exponentials, Tensor()) : b.make(logits.rows(), logits.cols());
    Tensor row_data = kept ? loss.rows : b.make(2, logits.rows());
    loss.logits = Tensor();
    T *const e = cells.data<T>(), *const m_and_s = row_data.data<T>();
    if (!kept) exponentials_and_sums<Mode>(b.compute(), rows, cols, logits.data<T>(), e, m_and_s);
    const T* const s = m_and_s + rows;
    const T k = b.gradient().data<T>()[0] / static_cast<T>(std::max<size_t>(1, rows));
    b.compute().each_row(rows, cols, [=](size_t r) {
      T* const row = e + r * cols;
      const size_t t = targets[r];
      const T at_target = T{0} + k * (row[t] / s[r] - T{1});
#pragma GCC ivdep
      for (size_t c = 0; c < cols; ++c) row[c] = T{0} + k * (row[c] / s[r]);
      row[t] = at_target;
    });
    b.hand_over(0, std::move(cells));
  });
}

constexpr Operation kCrossEntropy = {"tape_cross_entropy_batch", backward};

}  // namespace

NodeId Tape::cross_entropy_batch(NodeId logits_id, std::span<const int64_t> targets) {
  const Tensor& logits = use(kCrossEntropy, logits_id);
  const size_t rows = static_cast<size_t>(logits.rows()), cols = static_cast<size_t>(logits.cols());
  if (targets.size() != rows)
    throw Error(fmt::format("tape_cross_entropy_batch: targets length {} != logits rows {}", targets.size(), rows));
  auto saved = std::make_unique<Loss>();
  saved->classes.reserve(rows);
  for (const int64_t t : targets) {
    if (t < 0 || t >= logits.cols())
      throw Error(fmt::format("tape_cross_entropy_batch: target {} out of range for {} classes", t, cols));
    saved->classes.push_back(static_cast<uint32_t>(t));
  }
  if (latest_loss_.get()) {
    const Loss& latest = static_cast<const Loss&>(*latest_loss_.get());
    latest.logits = latest.exponentials = latest.rows = Tensor();
  }
  Tensor value = make(1, 1);
  saved->logits = logits;
  saved->exponentials = make(logits.rows(), logits.cols());
  saved->rows = make(2, logits.rows());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const z = logits.data<T>();
    T *const m = saved->rows.data<T>(), *const s = m + rows;
    exponentials_and_sums<Mode>(compute_, rows, cols, z, saved->exponentials.data<T>(), m);
    const uint32_t* const classes = saved->classes.data();
    const T total =
        sum_all<Mode>(1, rows, [=](size_t, size_t r) { return -(z[r * cols + classes[r]] - (m[r] + std::log(s[r]))); });
    value.data<T>()[0] = total / static_cast<T>(std::max<size_t>(1, rows));
  });
  latest_loss_ = SavedRef(saved.release());
  return append(kCrossEntropy, std::move(value), {logits_id}, 0, latest_loss_);
}

}  // namespace omc::tape
