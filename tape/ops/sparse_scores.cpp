// Attention scores of those pairs alone that lie near each other in residues:
//   y_ij = q_i · k_j  where  S(i, j) = Σ_m |i mod m - j mod m| <= threshold,  m in {5, 8, 13, 21};  -inf elsewhere
//   over computed cells with d != 0, row by row:  dq_i += d k_j,  dk_j += d q_i;  masked cells pass nothing
// Which pairs are live depends on N, M and the threshold alone; the lists are made once and kept with the tape. Where
// few are live the value is packed (ops/packed.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>  // abs
#include <limits>

#include "tape/operation.hpp"
#include "tape/ops/packed.hpp"

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
  place.resize(col.size());
  std::vector<uint32_t> next(col_begin.begin(), col_begin.end() - 1);
  for (size_t i = 0; i < rows; ++i)
    for (uint32_t n = row_begin[i]; n < row_begin[i + 1]; ++n) {
      const uint32_t to = next[col[n]]++;
      row[to] = static_cast<uint32_t>(i);
      place[to] = n;
    }
}

namespace {

void backward(Backward& b) {
  const LivePairs& pairs = *b.saved<Packed>().pairs;
  const Tensor &q = b.operand(0), &k = b.operand(1);
  const size_t n = static_cast<size_t>(q.rows()), m = static_cast<size_t>(k.rows()),
               cols = static_cast<size_t>(q.cols());
  const uint32_t *const col = pairs.col.data(), *const row = pairs.row.data(), *const place = pairs.place.data();
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    Tensor listed = b.live_gradient();
    if (!listed.has_buffer()) {
      listed = b.make(1, static_cast<int64_t>(pairs.size()));
      T* const cells = listed.data<T>();
      const T* const d = b.gradient().data<T>();
      for (size_t i = 0; i < n; ++i)
        for (uint32_t p = pairs.row_begin[i]; p < pairs.row_begin[i + 1]; ++p) cells[p] = d[i * m + col[p]];
    }
    const T* const d = std::as_const(listed).data<T>();
    if (b.wants(0)) {
      const Sink<T> sink = b.sink<T>(0);
      gather_rows(
          b.compute(), n, cols, pairs.row_begin.data(), col, k.data<T>(), [=](uint32_t p) { return d[p]; },
          [=](size_t i, T s) { sink.put(i, s); });
    }
    if (b.wants(1)) {
      const Sink<T> sink = b.sink<T>(1);
      gather_rows(
          b.compute(), m, cols, pairs.col_begin.data(), row, q.data<T>(), [=](uint32_t p) { return d[place[p]]; },
          [=](size_t i, T s) { sink.put(i, s); });
    }
  });
}

constexpr Operation kSparseScores = {"tape_substrate_sparse_scores", backward};

constexpr size_t kPairsKept = 8;     // lists; a model uses one or two shapes
constexpr size_t kPackedAtMost = 4;  // one cell in so many live: beyond it a dense value costs less
constexpr size_t kPackedFrom = 64;   // cells

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
    throw Error(fmt::format("tape_substrate_sparse_scores: shape mismatch q={}x{} k={}x{}", q.rows(), q.cols(),
                            k.rows(), k.cols()));
  const size_t n = static_cast<size_t>(q.rows()), m = static_cast<size_t>(k.rows());
  auto saved = std::make_unique<Packed>();
  saved->pairs = live_pairs(n, m, threshold);
  saved->fill = -std::numeric_limits<double>::infinity();
  const size_t live = saved->pairs->size();
  saved->cells = make(1, static_cast<int64_t>(live));
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    T* const scores = saved->cells.data<T>();
    dot_pairs<Mode>(compute_, *saved->pairs, static_cast<size_t>(q.cols()), q.data<T>(), k.data<T>(),
                    [=](size_t p, T s) { scores[p] = s; });
  });
  if (options_.on_sparse_scores && n > 0 && m > 0) options_.on_sparse_scores(live, n * m);
  if (n * m >= kPackedFrom && live <= n * m / kPackedAtMost)
    return append_packed(kSparseScores, q.rows(), k.rows(), {q_id, k_id}, SavedRef(saved.release()));
  Tensor y = unpacked(*saved, q.rows(), k.rows());
  saved->cells = Tensor();
  return append(kSparseScores, std::move(y), {q_id, k_id}, threshold, SavedRef(saved.release()));
}

}  // namespace omc::tape
