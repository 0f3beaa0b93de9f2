// Attention scores of those pairs alone that lie near each other in residues:
//   y_ij = q_i · k_j  where  S(i, j) = Σ_m |i mod m - j mod m| <= threshold,  m in {5, 8, 13, 21};  -inf elsewhere
//   over computed cells with d != 0, row by row:  dq_i += d k_j,  dk_j += d q_i;  masked cells pass nothing
// Which pairs are live depends on N, M and the threshold alone; the lists are made once and kept with the tape.
#include "tape/ops/sparse_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>  // abs
#include <limits>

#include "tape/operation.hpp"
#include "tape/ops/sums.hpp"

namespace omc::tape {

static constexpr std::array<int, 4> kModuli = {5, 8, 13, 21};

LivePairs::LivePairs(size_t rows, size_t cols, double threshold) : row_begin(rows + 1), col_begin(cols + 1) {
  std::vector<int32_t> distance(cols);
  std::array<std::vector<int32_t>, kModuli.size()> residues;
  for (size_t k = 0; k < kModuli.size(); ++k)
    for (size_t j = 0; j < cols; ++j) residues[k].push_back(static_cast<int32_t>(j % static_cast<size_t>(kModuli[k])));
  for (size_t i = 0; i < rows; ++i) {
    std::ranges::fill(distance, 0);
    for (size_t k = 0; k < kModuli.size(); ++k) {
      const int32_t own = static_cast<int32_t>(i % static_cast<size_t>(kModuli[k]));
      for (size_t j = 0; j < cols; ++j) distance[j] += std::abs(own - residues[k][j]);
    }
    for (size_t j = 0; j < cols; ++j) {
      if (distance[j] > threshold) continue;
      col.push_back(static_cast<uint32_t>(j));
      ++col_begin[j + 1];
    }
    row_begin[i + 1] = static_cast<uint32_t>(col.size());
  }
  for (size_t j = 0; j < cols; ++j) col_begin[j + 1] += col_begin[j];
  row.resize(col.size());
  cell.resize(col.size());
  std::vector<uint32_t> next(col_begin.begin(), col_begin.end() - 1);
  for (size_t i = 0; i < rows; ++i)
    for (uint32_t n = row_begin[i]; n < row_begin[i + 1]; ++n) {
      const uint32_t place = next[col[n]]++;
      row[place] = static_cast<uint32_t>(i);
      cell[place] = n;
    }
}

namespace {

struct SparseScores : Saved {
  std::shared_ptr<const LivePairs> pairs;
};

constexpr size_t kWidth = 64;  // columns whose sums stay in registers

// put(index in own, Σ over the pairs of row r of d times other's row), d = 0 left out, for each row r.
template <class T, class Put>
void gather(const Compute& compute, size_t rows, size_t cols, const uint32_t* begin, const uint32_t* other_row,
            const T* other, const auto& gradient_of, const Put put) {
  const size_t row_cost = std::max<size_t>(1, cols * begin[rows] / std::max<size_t>(1, rows) / 4);
  compute.each_row(rows, row_cost, [=](size_t r) {
    for (size_t c0 = 0; c0 < cols; c0 += kWidth) {
      const size_t width = std::min(kWidth, cols - c0);
      T s[kWidth] = {};
      for (uint32_t n = begin[r]; n < begin[r + 1]; ++n) {
        const T d = gradient_of(r, n);
        if (d == 0) continue;
        const T* const from = other + other_row[n] * cols + c0;
        for (size_t c = 0; c < width; ++c) s[c] += d * from[c];
      }
      for (size_t c = 0; c < width; ++c) put(r * cols + c0 + c, s[c]);
    }
  });
}

void backward(Backward& b) {
  const LivePairs& pairs = *b.saved<SparseScores>().pairs;
  const Tensor &q = b.operand(0), &k = b.operand(1);
  const size_t n = static_cast<size_t>(q.rows()), m = static_cast<size_t>(k.rows()), cols = static_cast<size_t>(q.cols());
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const d = b.gradient().data<T>();
    if (b.wants(0)) {
      const Sink<T> sink = b.sink<T>(0);
      const uint32_t* const col = pairs.col.data();
      gather<T>(
          b.compute(), n, cols, pairs.row_begin.data(), col, k.data<T>(),
          [=](size_t i, uint32_t place) { return d[i * m + col[place]]; }, [=](size_t i, T s) { sink.put(i, s); });
    }
    if (b.wants(1)) {
      const Sink<T> sink = b.sink<T>(1);
      const uint32_t* const row = pairs.row.data();
      gather<T>(
          b.compute(), m, cols, pairs.col_begin.data(), row, q.data<T>(),
          [=](size_t j, uint32_t place) { return d[row[place] * m + j]; }, [=](size_t i, T s) { sink.put(i, s); });
    }
  });
}

constexpr Operation kSparseScores = {"tape_substrate_sparse_scores", backward};

constexpr size_t kPairsKept = 8;  // lists; a model uses one or two shapes

}  // namespace

std::shared_ptr<const LivePairs> Tape::live_pairs(size_t rows, size_t cols, double threshold) {
  const auto found = std::ranges::find_if(live_pairs_, [&](const LivePairsKey& key) {
    return key.rows == rows && key.cols == cols && key.threshold == threshold;
  });
  if (found != live_pairs_.end()) return found->pairs;
  auto pairs = std::make_shared<const LivePairs>(rows, cols, threshold);
  if (live_pairs_.size() == kPairsKept) live_pairs_.erase(live_pairs_.begin());
  live_pairs_.push_back({rows, cols, threshold, pairs});
  return pairs;
}

NodeId Tape::substrate_sparse_scores(NodeId q_id, NodeId k_id, double threshold) {
  const Tensor &q = use(kSparseScores, q_id), &k = use(kSparseScores, k_id);
  if (q.cols() != k.cols())
    throw Error(fmt::format("tape_substrate_sparse_scores: shape mismatch q={}x{} k={}x{}", q.rows(), q.cols(), k.rows(),
                            k.cols()));
  const size_t n = static_cast<size_t>(q.rows()), m = static_cast<size_t>(k.rows()), cols = static_cast<size_t>(q.cols());
  auto saved = std::make_unique<SparseScores>();
  saved->pairs = live_pairs(n, m, threshold);
  const LivePairs& pairs = *saved->pairs;
  Tensor y = make(q.rows(), k.rows());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const pq = q.data<T>(), *const pk = k.data<T>();
    T* const scores = y.data<T>();
    const uint32_t *const begin = pairs.row_begin.data(), *const col = pairs.col.data();
    compute_.each_row(n, m + cols * pairs.col.size() / std::max<size_t>(1, n), [=](size_t i) {
      std::fill(scores + i * m, scores + (i + 1) * m, -std::numeric_limits<T>::infinity());
      for (uint32_t first = begin[i]; first < begin[i + 1]; first += kRowsSideBySide) {
        const size_t live = begin[i + 1] - first;
        sum_row_block<Mode>(
            0, live, cols, [=](size_t p, size_t c) { return pq[i * cols + c] * pk[col[first + p] * cols + c]; },
            [=](size_t p, T s) { scores[i * m + col[first + p]] = s; });
      }
    });
  });
  if (options_.on_sparse_scores && n > 0 && m > 0) options_.on_sparse_scores(pairs.col.size(), n * m);
  return append(kSparseScores, std::move(y), {q_id, k_id}, threshold, SavedRef(saved.release()));
}

}  // namespace omc::tape
