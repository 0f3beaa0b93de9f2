#pragma once
// Reverse-mode automatic differentiation on matrices: an append-only list of nodes, each a value and how it came to be.
//
//     Tape tape;
//     const NodeId w = tape.var(2, 1, {{0.5, -1.0}});
//     const NodeId x = tape.constant(1, 2, {{3.0, 4.0}});
//     const NodeId loss = tape.sum(tape.matmul(x, w));
//     tape.backward(loss);
//     tape.gradient(w)[0];    // 3.0
//     tape.update(w, 0.1);    // w -= 0.1 * gradient
//
// Recording methods append one node and return its id, the number of nodes before. Whatever is wrong with a call is a
// tape::Error with the words of the language reference, and leaves the tape as it was; a lack of memory is a
// std::bad_alloc. A Tape belongs to one thread; it may use others inside a call.
//
// How it works is told in tape.cpp; how an operation is added, in operation.hpp. Reference: chapter 05.

#include <cstddef>  // size_t
#include <cstdint>  // int64_t, SIZE_MAX
#include <deque>
#include <functional>  // function
#include <initializer_list>
#include <memory>  // shared_ptr
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tape/compute.hpp"    // Isa
#include "tape/error.hpp"      // Error, which every user of the tape catches
#include "tape/node_list.hpp"  // NodeList
#include "tape/precision.hpp"  // Precision
#include "tape/saved.hpp"      // SavedRef
#include "tape/tensor.hpp"     // Tensor, in Reading

namespace omc::tape {

class Backward;
struct Deferred;
struct Gradient;
struct LivePairs;
struct Node;
struct Operation;
struct Packed;

using NodeId = int64_t;

struct TapeOptions {
  Precision precision = Precision::Exact;
  size_t threads = 0;              // 0: as many as the process may use
  size_t memory_limit = SIZE_MAX;  // bytes of cells
  Isa isa = native_isa();
  // Called after each tape_substrate_sparse_scores that is not empty, for whoever reports it.
  std::function<void(size_t computed_cells, size_t cells)> on_sparse_scores = nullptr;
};

// The cells of a value or a gradient at the moment of asking; later changes of the node do not reach it.
class Reading {
 public:
  // A tensor without a buffer reads as zeros.
  Reading(Tensor cells, Precision precision) : tensor_(std::move(cells)), precision_(precision) {}

  int64_t rows() const { return tensor_.rows(); }
  int64_t cols() const { return tensor_.cols(); }
  size_t size() const { return tensor_.size(); }
  double operator[](size_t i) const;
  // size() cells from cell `from` on, as doubles.
  void copy_to(std::span<double> out, size_t from = 0) const;
  // Every cell is an integer below 2^63 in magnitude: then a program reads ints.
  bool all_integral() const;
  // What the cells are read from: doubles, in mode fast32 floats.
  const Tensor& tensor() const { return tensor_; }
  Precision precision() const { return precision_; }

 private:
  Tensor tensor_;
  Precision precision_;
};

class Tape {
 public:
  explicit Tape(const TapeOptions& options = {});
  ~Tape();

  // Leaves. A reader fills the cells of row r; both kinds of leaf receive gradients and can be updated.
  using RowReader = std::function<void(int64_t row, std::span<double> cells)>;
  NodeId var(int64_t rows, int64_t cols, std::span<const double> cells);
  NodeId var(int64_t rows, int64_t cols, const RowReader& read_row);
  NodeId constant(int64_t rows, int64_t cols, std::span<const double> cells);
  NodeId constant(int64_t rows, int64_t cols, const RowReader& read_row);
  NodeId var(const Reading& cells);  // these share the buffer where they can
  NodeId constant(const Reading& cells);

  // State. The words in quotes are the builtin's name in messages.
  Reading value(NodeId id);     // "tape_value"
  Reading gradient(NodeId id);  // "tape_grad"; zeros where the latest backward did not reach
  void set_value(NodeId id, int64_t rows, int64_t cols, std::span<const double> cells);
  void set_value(NodeId id, int64_t rows, int64_t cols, const RowReader& read_row);
  void set_value(NodeId id, const Reading& cells);
  void update(NodeId id, double learning_rate);
  void backward(NodeId start);
  void reset();
  int64_t size() const;  // "tape_mark"
  void release(int64_t mark);
  NodeId keep(NodeId id);
  int64_t retire_after(int64_t backwards);  // 0: never; returns the old setting
  Precision precision() const { return precision_; }
  Precision set_precision(Precision precision);  // returns the old mode
  Precision set_precision(std::string_view mode);

  // Operations, each with the shape of its value; formulas and their sources stand in ops/, and for programs in
  // docs/tape.md. Where shapes do not fit, an Error names both. n x m means n rows of m cells.

  // a and b n x m, or 1 in place of n or m, which then counts for all; n x m. Division by 0 gives 0.
  NodeId add(NodeId a, NodeId b);
  NodeId sub(NodeId a, NodeId b);
  NodeId mul(NodeId a, NodeId b);
  NodeId div(NodeId a, NodeId b);

  // Cell by cell, of the shape of a.
  NodeId neg(NodeId a);
  NodeId pow_int(NodeId a, int64_t n);  // |n| < 2^31
  NodeId exp(NodeId a);
  NodeId log(NodeId a);  // -inf for cells that are not positive
  NodeId abs(NodeId a);
  NodeId sin(NodeId a);  // radians, as cos
  NodeId cos(NodeId a);
  NodeId relu(NodeId a);
  NodeId sigmoid(NodeId a);
  NodeId tanh(NodeId a);
  NodeId phi_log(NodeId a, double scale = 10.0);
  NodeId substrate_resample(NodeId v, double scale = 10.0);  // scale 0: v itself, and no node
  NodeId substrate_grad_mod(NodeId x, double scale = 64.0, double alpha = 0.5);
  NodeId add_scalar(NodeId a, double x);
  NodeId mul_scalar(NodeId a, double x);
  NodeId div_scalar(NodeId a, double x);  // by 0: 0

  // a n x m.
  NodeId sum(NodeId a);               // 1 x 1
  NodeId mean(NodeId a);              // 1 x 1
  NodeId row_sum(NodeId a);           // n x 1
  NodeId row_mean(NodeId a);          // n x 1
  NodeId transpose(NodeId a);         // m x n
  NodeId matmul(NodeId a, NodeId b);  // b m x k; n x k

  // Row by row.
  NodeId softmax(NodeId a);                                                  // a n x m; n x m
  NodeId smod_softmax(NodeId a, double alpha = 1.0);                         // a n x m; n x m
  NodeId layernorm(NodeId x, NodeId gamma, NodeId beta, double eps = 1e-5);  // x n x m, gamma and beta 1 x m; n x m
  NodeId cross_entropy_batch(NodeId logits,
                             std::span<const int64_t> targets);  // logits n x m, n targets in [0, m); 1 x 1
  NodeId embedding_lookup(NodeId table, std::span<const int64_t> token_ids);   // table n x m, k ids in [0, n); k x m
  NodeId substrate_sparse_scores(NodeId q, NodeId k, double threshold = 5.0);  // q n x d, k m x d; n x m

  // For those who work on plain arrays beside the tape: its threads, and a matrix of its cells, not yet written, which
  // can become the value of a node without being copied.
  const Compute& compute() const { return compute_; }
  Tensor blank(int64_t rows, int64_t cols) { return make(rows, cols); }

 private:
  friend class Backward;

  // What operations record with. An operand is looked up with use(), which checks the id and keeps the value young.
  const Tensor& use(const Operation& operation, NodeId id);
  Node& find(std::string_view builtin, NodeId id);
  const Tensor& dense(Node& node);
  Tensor make(int64_t rows, int64_t cols);
  NodeId append(const Operation& operation, Tensor value, std::initializer_list<NodeId> operands, double parameter = 0,
                SavedRef saved = {});
  // Values of which only some cells are stored (ops/packed.hpp). A packed form of an operation that cannot give the
  // bits of the dense one answers with nothing.
  const Packed* packed(std::string_view builtin, NodeId id);
  Tensor unpacked(const Packed& packed, int64_t rows, int64_t cols);
  NodeId append_packed(const Operation& operation, int64_t rows, int64_t cols, std::initializer_list<NodeId> operands,
                       SavedRef saved);
  std::optional<NodeId> packed_softmax(NodeId a);
  std::optional<NodeId> packed_matmul(NodeId a, NodeId b);
  std::optional<NodeId> packed_sum(NodeId a);

  // What some operations share; each is defined beside them.
  template <class Op>
  NodeId elementwise(NodeId a, double parameter = 0);
  template <class Op>
  NodeId broadcast(NodeId a, NodeId b);
  NodeId reduce_all(const Operation& operation, NodeId a, bool mean);
  NodeId reduce_rows(const Operation& operation, NodeId a, bool mean);

  Tensor lift(int64_t rows, int64_t cols, std::span<const double> cells);
  Tensor lift(int64_t rows, int64_t cols, const RowReader& read_row);
  Tensor lift(const Reading& cells);
  void assign(NodeId id, Tensor value);
  [[noreturn]] void throw_retired(NodeId id) const;

  std::vector<NodeId> reach(NodeId start);
  void add_contributions(NodeId id);
  void settle(Gradient& gradient);
  void make_dense(Gradient& gradient, bool settling);
  void forget_gradients();
  void retire_unused();

  std::shared_ptr<const LivePairs> live_pairs(size_t rows, size_t cols, double threshold);

  TapeOptions options_;
  Precision precision_;
  Pool pool_;
  Workers workers_;
  Compute compute_;
  NodeList nodes_;
  std::vector<Gradient> gradients_;  // of the nodes that the latest backward reached
  std::vector<NodeId> reached_;
  // Nodes that may retire, by the step in which they were last seen used: aging_[0] is step aging_from_.
  std::deque<std::vector<uint32_t>> aging_;
  uint32_t aging_from_ = 1;
  uint32_t step_ = 1;  // the number of the coming backward
  int64_t retire_after_ = 16;
  int64_t retired_after_ = 16;  // the setting when something was last retired, for the message
  struct LivePairsKey {
    size_t rows, cols;
    double threshold;
    std::shared_ptr<const LivePairs> pairs;
  };
  std::vector<LivePairsKey> live_pairs_;  // the latest shapes of sparse scores
  SavedRef latest_loss_;                  // whose exponentials are kept
};

}  // namespace omc::tape
