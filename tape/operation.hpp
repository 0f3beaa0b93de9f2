#pragma once
// How an operation is written: see ops/softmax.cpp for a short one.
//
// An operation is a method of Tape, declared in tape.hpp, that computes the value and appends a node; and an Operation,
// whose backward adds the node's contribution to the gradient of each operand. Both stand in one file of ops/.
//
// The rule for backward: read the operands' present values through Backward (tape_set_value may have changed them since
// the node was recorded), write every cell of each sink exactly once, operands in ascending order. Skip those that
// nobody wants.

#include <cstdint>  // uint32_t
#include <string_view>
#include <vector>

#include "tape/compute.hpp"
#include "tape/precision.hpp"
#include "tape/tape.hpp"
#include "tape/tensor.hpp"

namespace omc::tape {

struct Operation {
  std::string_view name;          // the builtin's
  void (*backward)(Backward& b);  // null: a leaf
  bool reads_packed = false;      // backward asks for packed operands itself; others get them dense
  bool waits = false;             // gives leaves their contributions when somebody reads their gradient
};

inline constexpr size_t kMaxOperands = 3;

struct Node {
  enum Flag : uint8_t {
    kConstant = 1,
    kNeverRetires = 2,
    kRetired = 4,
    kPacked = 8,  // saved is a Packed that holds the value; the tensor may or may not do so too
  };

  Tensor value;
  const Operation* operation;
  SavedRef saved;
  double parameter;
  uint32_t operands[kMaxOperands];
  uint32_t last_used;     // step
  uint32_t gradient = 0;  // 1 + index into Tape::gradients_; 0: the latest backward did not reach the node
  uint8_t operand_count;
  uint8_t flags = 0;
};
static_assert(sizeof(Node) == 64, "the reference promises about 64 bytes a node");

// All that backward of a node reads, held by value: what changes later does not change it.
struct Record {
  const Operation* operation;
  Tensor value, gradient, operands[kMaxOperands];
  SavedRef saved;
  double parameter;
  Tensor live_gradient;     // of a packed node, then there is no gradient
  SavedRef packed_operand;  // of the first operand, if it is packed
  bool value_is_packed;
};

// A contribution computed only if somebody asks: to the gradient of a constant, as hardly any program does, or one that
// is much smaller before it is computed than after.
struct Deferred {
  Record record;
  size_t operand;
};

struct Gradient {
  Tensor cells;  // no buffer: zeros so far
  Tensor live;   // of a packed node: the listed cells; what is deferred then leads to all
  std::vector<Deferred> deferred;
};

// Where a contribution c goes: out[i] = in[i] + c, or 0 + c for the first one. A gradient never holds -0.0, so adding
// to it directly equals adding up in a zeroed buffer first. in may be out.
template <class T>
struct Sink {
  T* out;
  const T* in;  // null: the first contribution

  void put(size_t i, T c) const { out[i] = in ? in[i] + c : T{0} + c; }
  // put(begin + j, term(j)) for j < n, with the choice made outside the loop.
  template <class Term>
  [[gnu::always_inline]] void put_row(size_t begin, size_t n, const Term& term) const {
    if (in) {
#pragma GCC ivdep
      for (size_t j = 0; j < n; ++j) out[begin + j] = in[begin + j] + term(j);
    } else {
#pragma GCC ivdep
      for (size_t j = 0; j < n; ++j) out[begin + j] = T{0} + term(j);
    }
  }
};

class Backward {
 public:
  Backward(Tape& tape, const Record& record, Gradient* const* targets, bool settling = false)
      : tape_(tape), record_(record), targets_(targets), settling_(settling) {}

  Precision precision() const { return tape_.precision_; }
  const Compute& compute() const { return tape_.compute_; }
  const Tensor& value() const { return record_.value; }        // as recorded, unless set since
  const Tensor& gradient() const { return record_.gradient; }  // upstream
  const Tensor& operand(size_t i) const { return record_.operands[i]; }
  double parameter() const { return record_.parameter; }
  template <class T>
  const T& saved() const {
    return static_cast<const T&>(*record_.saved.get());
  }
  Tensor make(int64_t rows, int64_t cols) const { return tape_.make(rows, cols); }
  Pool& pool() const { return tape_.pool_; }

  bool wants(size_t i) const { return targets_[i] != nullptr; }
  // Every cell must then be written. Ask for one sink at a time: two operands may be the same node.
  template <class T>
  Sink<T> sink(size_t i);
  // The contribution is already there, without -0.0; the buffer becomes the gradient where it can.
  void hand_over(size_t i, Tensor contribution);
  // The contribution is the upstream gradient itself.
  void pass(size_t i) { hand_over(i, record_.gradient); }
  // Packed values (ops/packed.hpp). The present value of the first operand and the node's own, null unless packed.
  const Packed* packed(size_t i) const;
  const Packed* packed_value() const;
  Tensor unpacked(const Packed& packed, int64_t rows, int64_t cols) const { return tape_.unpacked(packed, rows, cols); }
  // The upstream gradient of the listed cells; without a buffer, gradient() has them all.
  const Tensor& live_gradient() const { return record_.live_gradient; }
  // Whether operand i takes a contribution of its listed cells alone, as contribute_live then gives it.
  bool can_pack(size_t i) const { return !settling_ && !targets_[i]->cells.has_buffer(); }
  void contribute_live(size_t i, Tensor contribution);

  // The contribution is term(j) for every cell j of operand i.
  template <class T, class Term>
  void accumulate(size_t i, size_t cost, const Term term);

 private:
  Tape& tape_;
  const Record& record_;
  Gradient* const* targets_;
  bool settling_;                 // what was deferred is wanted now, in full
  std::vector<Tensor> replaced_;  // shared gradients that a sink reads from
};

template <class T>
Sink<T> Backward::sink(size_t i) {
  tape_.make_dense(*targets_[i], settling_);
  Tensor& cells = targets_[i]->cells;
  if (!cells.has_buffer()) {
    cells = make(record_.operands[i].rows(), record_.operands[i].cols());
    return {cells.data<T>(), nullptr};
  }
  if (!cells.unique()) {
    replaced_.reserve(kMaxOperands);
    replaced_.push_back(cells);
    cells = make(cells.rows(), cells.cols());
    return {cells.data<T>(), std::as_const(replaced_.back()).template data<T>()};
  }
  return {cells.data<T>(), cells.data<T>()};
}

template <class T, class Term>
void Backward::accumulate(size_t i, size_t cost, const Term term) {
  const Sink<T> s = sink<T>(i);
  const size_t n = record_.operands[i].size();
  if (s.in)
    compute().cells(n, cost, [=](size_t j) { s.out[j] = s.in[j] + term(j); });
  else
    compute().cells(n, cost, [=](size_t j) { s.out[j] = T{0} + term(j); });
}

}  // namespace omc::tape
