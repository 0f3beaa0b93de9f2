// Y = rows of the table, in the order of the token ids            d table: row i of D is added to row id_i, i ascending
#include <fmt/format.h>

#include <algorithm>

#include "tape/operation.hpp"

namespace omc::tape {

namespace {

struct TokenIds : Saved {
  std::vector<uint32_t> ids;
};

void backward(Backward& b) {
  const std::vector<uint32_t>& ids = b.saved<TokenIds>().ids;
  const Tensor& table = b.operand(0);
  const size_t cols = static_cast<size_t>(table.cols());
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const d = b.gradient().data<T>();
    const auto scatter = [&](T* rows) {
      clear(std::span(rows, table.size()));
      for (size_t i = 0; i < ids.size(); ++i)
        for (size_t c = 0; c < cols; ++c) rows[ids[i] * cols + c] += d[i * cols + c];
    };
    const Sink<T> sink = b.sink<T>(0);
    if (!sink.in) return scatter(sink.out);
    Tensor rows = b.make(table.rows(), table.cols());
    T* const contribution = rows.data<T>();
    scatter(contribution);
    b.compute().cells(table.size(), 1, [=](size_t i) { sink.put(i, contribution[i]); });
  });
}

// A batch of a language model reads a few rows of a large table: its gradient waits as ids and D.
constexpr Operation kEmbedding = {"tape_embedding_lookup", backward, /*reads_packed=*/false, /*waits=*/true};

}  // namespace

NodeId Tape::embedding_lookup(NodeId table_id, std::span<const int64_t> token_ids) {
  const Tensor& table = use(kEmbedding, table_id);
  auto saved = std::make_unique<TokenIds>();
  saved->ids.reserve(token_ids.size());
  for (const int64_t id : token_ids) {
    if (id < 0 || id >= table.rows())
      throw Error(fmt::format("tape_embedding_lookup: token id {} out of vocab range {}", id, table.rows()));
    saved->ids.push_back(static_cast<uint32_t>(id));
  }
  Tensor y = make(static_cast<int64_t>(token_ids.size()), table.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const size_t cols = static_cast<size_t>(table.cols());
    const T* const from = table.data<T>();
    T* to = y.data<T>();
    const std::vector<uint32_t>& ids = saved->ids;
    // The rows of a large table come from memory: several at once, each asked for before its turn.
    constexpr size_t kAhead = 8, kLine = 64 / sizeof(T), kMostLines = 16;
    const size_t asked = std::min(cols, kMostLines * kLine);
    for (size_t i = 0; i < ids.size(); ++i) {
      if (i + kAhead < ids.size())
        for (size_t c = 0; c < asked; c += kLine) __builtin_prefetch(from + ids[i + kAhead] * cols + c);
      to = std::copy_n(from + ids[i] * cols, cols, to);
    }
  });
  return append(kEmbedding, std::move(y), {table_id}, 0, SavedRef(saved.release()));
}

}  // namespace omc::tape
