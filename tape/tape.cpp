// The tape: a vector of nodes, leaves and state, backward and retirement.
//
// A node holds its value, the operation that made it, the ids of its operands and what the operation saved: 64 bytes
// and a buffer. Gradients are not part of a node; the vector gradients_ holds those of the nodes that the latest
// backward reached, and the next one throws them away. So a node that no loss depends on costs nothing but its value,
// and a backward costs what it reaches: it finds those nodes by following operands from the start, and visits them in
// descending order of id, which is an order in which every user of a node comes before the node.
//
// A contribution to the gradient of a constant (an input batch, a target, a mask) is put aside as a Deferred: what its
// computation would read, held by sharing buffers. tape_grad computes it when asked; hardly any program asks, and the
// gradient of an input batch is a matrix product. So is what tape_embedding_lookup gives a table, which has many rows of
// zeros. Sharing is safe because whoever changes a value writes into a new buffer when the old one is shared (assign,
// update).
//
// Retirement: time is counted in steps, one to each backward, and a step includes what is recorded before it. A node
// that may retire is in exactly one list of aging_, that of the step in which it was last seen used. After a backward
// the lists that are old enough are emptied: a node used since moves to its new list, the others lose their buffer, and,
// once most nodes around them did, the node itself (node_list.hpp).
#include "tape/tape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>   // trunc, abs
#include <thread>  // hardware_concurrency
#include <utility>

#include "tape/operation.hpp"
#include "tape/ops/packed.hpp"

namespace omc::tape {

static constexpr size_t kSmallValue = 64;  // cells; a value no larger never retires

static constexpr Operation kVar = {"tape_var", nullptr};
static constexpr Operation kConst = {"tape_const", nullptr};

static size_t cell_bytes(Precision precision) {
  return in_mode(precision, []<class Mode>(Mode) { return sizeof(typename Mode::Cell); });
}

double Reading::operator[](size_t i) const {
  if (!tensor_.has_buffer()) return 0;
  return in_mode(precision_, [&]<class Mode>(Mode) -> double { return tensor_.cells<typename Mode::Cell>()[i]; });
}

void Reading::copy_to(std::span<double> out, size_t from) const {
  if (!tensor_.has_buffer()) return void(std::ranges::fill(out, 0.0));
  in_mode(precision_, [&]<class Mode>(Mode) {
    std::ranges::copy(tensor_.cells<typename Mode::Cell>().subspan(from, out.size()), out.begin());
  });
}

bool Reading::all_integral() const {
  if (!tensor_.has_buffer()) return true;
  return in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    return std::ranges::all_of(tensor_.cells<T>(), [](T x) { return std::trunc(x) == x && std::abs(x) < T{0x1p63}; });
  });
}

Tape::Tape(const TapeOptions& options)
    : options_(options),
      precision_(options.precision),
      pool_(options.memory_limit),
      workers_(options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency())),
      compute_(options.isa, &workers_),
      nodes_(pool_) {}

Tape::~Tape() = default;

// Nodes.

Node& Tape::find(std::string_view builtin, NodeId id) {
  if (id < 0 || id >= size()) {
    // The reference leaves the id out for these.
    if (builtin == "tape_add" || builtin == "tape_sub" || builtin == "tape_mul" || builtin == "tape_div")
      throw Error(fmt::format("{}: node id out of range", builtin));
    if (builtin == "tape_update") throw Error("tape_update: id out of range");
    throw Error(fmt::format("{}: id {} out of range", builtin, id));
  }
  Node& node = nodes_[static_cast<size_t>(id)];
  if (node.flags & Node::kRetired) throw_retired(id);
  node.last_used = step_;
  return node;
}

const Tensor& Tape::use(const Operation& operation, NodeId id) {
  return dense(find(operation.name, id));
}

const Tensor& Tape::dense(Node& node) {
  if ((node.flags & Node::kPacked) && !node.value.has_buffer())
    node.value = unpacked(static_cast<const Packed&>(*node.saved.get()), node.value.rows(), node.value.cols());
  return node.value;
}

void Tape::throw_retired(NodeId id) const {
  throw Error(fmt::format(
      "tape node {} was retired: nothing used it during the last {} backwards; keep its value with tape_value, or call "
      "tape_keep({})",
      id, retired_after_, id));
}

Tensor Tape::make(int64_t rows, int64_t cols) {
  return Tensor(pool_, rows, cols, cell_bytes(precision_));
}

NodeId Tape::append(const Operation& operation, Tensor value, std::initializer_list<NodeId> operands, double parameter,
                    SavedRef saved) {
  const NodeId id = size();
  if (id >= UINT32_MAX - 1) throw std::bad_alloc();
  const bool may_retire = value.size() > kSmallValue && &operation != &kVar;
  nodes_.push_back({.value = std::move(value),
                    .operation = &operation,
                    .saved = std::move(saved),
                    .parameter = parameter,
                    .operands = {},
                    .last_used = step_,
                    .operand_count = static_cast<uint8_t>(operands.size())});
  Node& node = nodes_.back();
  std::ranges::transform(operands, node.operands, [](NodeId operand) { return static_cast<uint32_t>(operand); });
  if (&operation == &kConst) node.flags |= Node::kConstant;
  if (!may_retire) {
    node.flags |= Node::kNeverRetires;
    return id;
  }
  try {
    while (aging_from_ + aging_.size() <= step_) aging_.emplace_back();
    aging_[step_ - aging_from_].push_back(static_cast<uint32_t>(id));
  } catch (...) {
    nodes_.truncate(static_cast<size_t>(id));
    throw;
  }
  return id;
}

// Leaves and state.

Tensor Tape::lift(int64_t rows, int64_t cols, std::span<const double> cells) {
  Tensor value = make(rows, cols);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    std::ranges::transform(cells, value.data<T>(), [](double x) { return static_cast<T>(x); });
  });
  return value;
}

Tensor Tape::lift(int64_t rows, int64_t cols, const RowReader& read_row) {
  Tensor value = make(rows, cols);
  const size_t width = static_cast<size_t>(cols);
  if (precision_ != Precision::Fast32) {
    for (int64_t r = 0; r < rows; ++r)
      read_row(r, value.cells<double>().subspan(static_cast<size_t>(r) * width, width));
    return value;
  }
  std::vector<double> row(width);
  for (int64_t r = 0; r < rows; ++r) {
    read_row(r, row);
    std::ranges::transform(row, value.data<float>() + static_cast<size_t>(r) * width,
                           [](double x) { return static_cast<float>(x); });
  }
  return value;
}

Tensor Tape::lift(const Reading& cells) {
  if (cells.precision() == precision_ && cells.tensor().is_from(pool_)) return cells.tensor();
  const size_t width = static_cast<size_t>(cells.cols());
  return lift(cells.rows(), cells.cols(),
              [&](int64_t row, std::span<double> out) { cells.copy_to(out, static_cast<size_t>(row) * width); });
}

NodeId Tape::var(int64_t rows, int64_t cols, std::span<const double> cells) {
  return append(kVar, lift(rows, cols, cells), {});
}
NodeId Tape::var(int64_t rows, int64_t cols, const RowReader& read_row) {
  return append(kVar, lift(rows, cols, read_row), {});
}
NodeId Tape::constant(int64_t rows, int64_t cols, std::span<const double> cells) {
  return append(kConst, lift(rows, cols, cells), {});
}
NodeId Tape::constant(int64_t rows, int64_t cols, const RowReader& read_row) {
  return append(kConst, lift(rows, cols, read_row), {});
}

NodeId Tape::var(const Reading& cells) {
  return append(kVar, lift(cells), {});
}
NodeId Tape::constant(const Reading& cells) {
  return append(kConst, lift(cells), {});
}

Reading Tape::value(NodeId id) {
  return Reading(dense(find("tape_value", id)), precision_);
}

Reading Tape::gradient(NodeId id) {
  const Node& node = find("tape_grad", id);
  Tensor zeros = node.value;
  zeros.release();
  if (!node.gradient) return Reading(std::move(zeros), precision_);
  Gradient& gradient = gradients_[node.gradient - 1];
  settle(gradient);
  return Reading(gradient.cells.has_buffer() ? gradient.cells : zeros, precision_);
}

void Tape::assign(NodeId id, Tensor value) {
  Node& node = find("tape_set_value", id);
  if (!node.value.has_shape_of(value))
    throw Error(fmt::format("tape_set_value: shape mismatch (got {}x{}, expected {}x{})", value.rows(), value.cols(),
                            node.value.rows(), node.value.cols()));
  node.value = std::move(value);
  node.flags &= static_cast<uint8_t>(~Node::kPacked);
}

void Tape::set_value(NodeId id, int64_t rows, int64_t cols, std::span<const double> cells) {
  find("tape_set_value", id);
  assign(id, lift(rows, cols, cells));
}
void Tape::set_value(NodeId id, int64_t rows, int64_t cols, const RowReader& read_row) {
  find("tape_set_value", id);
  assign(id, lift(rows, cols, read_row));
}

void Tape::set_value(NodeId id, const Reading& cells) {
  find("tape_set_value", id);
  assign(id, lift(cells));
}

void Tape::update(NodeId id, double learning_rate) {
  Node& node = find("tape_update", id);
  dense(node);
  Gradient* gradient = node.gradient ? &gradients_[node.gradient - 1] : nullptr;
  if (gradient) settle(*gradient);
  const bool zero = !gradient || !gradient->cells.has_buffer();
  const Tensor old = node.value.unique() ? Tensor() : node.value;  // shared: leave it to those who hold it
  if (old.has_buffer()) node.value = make(old.rows(), old.cols());
  node.flags &= static_cast<uint8_t>(~Node::kPacked);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    T* const out = node.value.data<T>();
    const T* const in = old.has_buffer() ? old.data<T>() : out;
    const T lr = static_cast<T>(learning_rate);
    if (zero) return compute_.cells(node.value.size(), 1, [=](size_t i) { out[i] = in[i] - lr * T{0}; });
    const T* const d = std::as_const(gradient->cells).data<T>();
    compute_.cells(node.value.size(), 1, [=](size_t i) { out[i] = in[i] - lr * d[i]; });
  });
}

int64_t Tape::size() const {
  return static_cast<int64_t>(nodes_.size());
}

void Tape::reset() {
  release(0);
  latest_loss_ = SavedRef();
  pool_.trim();
}

void Tape::release(int64_t mark) {
  if (mark < 0 || mark > size()) throw Error(fmt::format("tape_release: mark {} out of range", mark));
  nodes_.truncate(static_cast<size_t>(mark));
  for (std::vector<uint32_t>& ids : aging_) std::erase_if(ids, [mark](uint32_t id) { return id >= mark; });
  // Gradients of the removed nodes; those that remain stay readable.
  for (size_t i = 0; i < reached_.size(); ++i)
    if (reached_[i] >= mark) gradients_[i] = {};
}

NodeId Tape::keep(NodeId id) {
  find("tape_keep", id).flags |= Node::kNeverRetires;
  return id;
}

int64_t Tape::retire_after(int64_t backwards) {
  if (backwards < 0) throw Error("tape_retire_after: k must not be negative");
  return std::exchange(retire_after_, backwards);
}

Precision Tape::set_precision(Precision precision) {
  if (!nodes_.empty()) throw Error("tape_precision: the tape is not empty");
  return std::exchange(precision_, precision);
}

Precision Tape::set_precision(std::string_view mode) {
  for (size_t i = 0; i < kPrecisionNames.size(); ++i)
    if (kPrecisionNames[i] == mode) return set_precision(static_cast<Precision>(i));
  throw Error(fmt::format("tape_precision: unknown mode \"{}\" (expected \"exact\", \"fast64\" or \"fast32\")", mode));
}

// Backward.

void Tape::forget_gradients() {
  for (const NodeId id : reached_)
    if (id < size()) nodes_[static_cast<size_t>(id)].gradient = 0;
  reached_.clear();
  gradients_.clear();
}

// The nodes that start depends on, itself included, in descending order of id; node.gradient numbers them.
std::vector<NodeId> Tape::reach(NodeId start) {
  std::vector<NodeId> found = {start};
  nodes_[static_cast<size_t>(start)].gradient = 1;
  try {
    for (size_t next = 0; next < found.size(); ++next) {
      const Node& node = nodes_[static_cast<size_t>(found[next])];
      if (node.flags & Node::kRetired) throw_retired(found[next]);
      for (size_t i = 0; i < node.operand_count; ++i) {
        if (nodes_[node.operands[i]].gradient) continue;
        found.push_back(node.operands[i]);
        nodes_[node.operands[i]].gradient = 1;
      }
    }
  } catch (...) {
    for (const NodeId id : found) nodes_[static_cast<size_t>(id)].gradient = 0;
    throw;
  }
  std::ranges::sort(found, std::greater());
  for (size_t i = 0; i < found.size(); ++i)
    nodes_[static_cast<size_t>(found[i])].gradient = static_cast<uint32_t>(i + 1);
  return found;
}

void Tape::add_contributions(NodeId id) {
  const Node& node = nodes_[static_cast<size_t>(id)];
  Gradient& own = gradients_[node.gradient - 1];
  if (!node.operation->backward || !(own.cells.has_buffer() || own.live.has_buffer())) return;
  Record record{.operation = node.operation,
                .value = node.value,
                .gradient = own.cells,
                .operands = {},
                .saved = node.saved,
                .parameter = node.parameter,
                .live_gradient = own.live,
                .packed_operand = {},
                .value_is_packed = (node.flags & Node::kPacked) != 0};
  for (size_t i = 0; i < node.operand_count; ++i) {
    Node& operand = nodes_[node.operands[i]];
    record.operands[i] = node.operation->reads_packed ? operand.value : dense(operand);
    if (i == 0 && (operand.flags & Node::kPacked)) record.packed_operand = operand.saved;
  }
  Gradient* targets[kMaxOperands] = {};
  bool wanted = false;
  for (size_t i = 0; i < node.operand_count; ++i) {
    const Node& operand = nodes_[node.operands[i]];
    Gradient& target = gradients_[operand.gradient - 1];
    const bool is_leaf = !operand.operation->backward;
    if ((operand.flags & Node::kConstant) || (node.operation->waits && is_leaf)) {
      target.deferred.push_back({record, i});
    } else {
      targets[i] = &target;
      wanted = true;
    }
  }
  if (!wanted) return;
  Backward b(*this, record, targets);
  node.operation->backward(b);
}

// Computes what was put aside, in the order in which it was.
void Tape::settle(Gradient& gradient) {
  while (!gradient.deferred.empty()) {
    const std::vector<Deferred> deferred = std::move(gradient.deferred);
    gradient.deferred.clear();
    for (const Deferred& d : deferred) {
      Gradient* targets[kMaxOperands] = {};
      targets[d.operand] = &gradient;
      Backward b(*this, d.record, targets, /*settling=*/true);
      d.record.operation->backward(b);
    }
  }
}

// Before a dense contribution: those put off, and those of the listed cells, must become dense ones first.
void Tape::make_dense(Gradient& gradient, bool settling) {
  if (settling || gradient.deferred.empty()) return;
  settle(gradient);
  gradient.live.release();
}

void Tape::backward(NodeId start) {
  find("tape_backward", start);
  forget_gradients();
  std::vector<NodeId> found = reach(start);
  reached_ = std::move(found);
  try {
    gradients_.resize(reached_.size());
    Tensor& ones = gradients_[0].cells;
    const Tensor& value = nodes_[static_cast<size_t>(start)].value;
    ones = make(value.rows(), value.cols());
    in_mode(precision_,
            [&]<class Mode>(Mode) { std::ranges::fill(ones.cells<typename Mode::Cell>(), typename Mode::Cell{1}); });
    for (const NodeId id : reached_) add_contributions(id);
  } catch (...) {
    forget_gradients();
    throw;
  }
  for (const NodeId id : reached_) nodes_[static_cast<size_t>(id)].last_used = step_;
  retire_unused();
  ++step_;
}

void Tape::retire_unused() {
  if (retire_after_ == 0) return;
  // Of step s: used in none of the last retire_after_ steps, of which step_ is the last.
  const auto is_old = [&](uint32_t s) { return int64_t{step_} - int64_t{s} >= retire_after_; };
  while (!aging_.empty() && is_old(aging_from_)) {
    const std::vector<uint32_t> ids = std::move(aging_.front());
    aging_.pop_front();
    ++aging_from_;
    for (const uint32_t id : ids) {
      Node& node = nodes_[id];
      if (node.flags & Node::kNeverRetires) continue;
      if (is_old(node.last_used)) {
        node.flags |= Node::kRetired;
        node.value.release();
        node.saved = SavedRef();
        node.flags &= static_cast<uint8_t>(~Node::kPacked);
        retired_after_ = retire_after_;
        nodes_.node_retired(id);
        continue;
      }
      while (aging_from_ + aging_.size() <= node.last_used) aging_.emplace_back();
      aging_[node.last_used - aging_from_].push_back(id);
    }
  }
  if (aging_.empty()) aging_from_ = step_ + 1;
}

// Packed values.

const Packed* Tape::packed(std::string_view builtin, NodeId id) {
  const Node& node = find(builtin, id);
  return node.flags & Node::kPacked ? static_cast<const Packed*>(node.saved.get()) : nullptr;
}

Tensor Tape::unpacked(const Packed& packed, int64_t rows, int64_t cols) {
  Tensor value = make(rows, cols);
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const listed = packed.cells.data<T>(), fill = static_cast<T>(packed.fill);
    T* const cells = value.data<T>();
    const size_t width = static_cast<size_t>(cols);
    const uint32_t *const begin = packed.pairs->row_begin.data(), *const col = packed.pairs->col.data();
    compute_.each_row(static_cast<size_t>(rows), width, [=](size_t r) {
      std::fill(cells + r * width, cells + (r + 1) * width, fill);
      for (uint32_t n = begin[r]; n < begin[r + 1]; ++n) cells[r * width + col[n]] = listed[n];
    });
  });
  return value;
}

NodeId Tape::append_packed(const Operation& operation, int64_t rows, int64_t cols,
                           std::initializer_list<NodeId> operands, SavedRef saved) {
  const NodeId id = append(operation, Tensor(rows, cols), operands, 0, std::move(saved));
  nodes_.back().flags |= Node::kPacked;
  return id;
}

const Packed* Backward::packed(size_t i) const {
  return i == 0 ? static_cast<const Packed*>(record_.packed_operand.get()) : nullptr;
}

const Packed* Backward::packed_value() const {
  return record_.value_is_packed ? static_cast<const Packed*>(record_.saved.get()) : nullptr;
}

void Backward::contribute_live(size_t i, Tensor contribution) {
  Gradient& target = *targets_[i];
  target.deferred.push_back({record_, i});
  if (!target.live.has_buffer()) {
    target.live = std::move(contribution);
    return;
  }
  Tensor sum = make(contribution.rows(), contribution.cols());
  in_mode(precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const old = std::as_const(target.live).template data<T>(), *const c = std::as_const(contribution)
                                                                                       .template data<T>();
    T* const out = sum.data<T>();
    compute().cells(sum.size(), 1, [=](size_t n) { out[n] = old[n] + c[n]; });
  });
  target.live = std::move(sum);
}

// Sharing.

void Backward::hand_over(size_t i, Tensor contribution) {
  tape_.make_dense(*targets_[i], settling_);
  Tensor& cells = targets_[i]->cells;
  if (!cells.has_buffer()) {
    cells = std::move(contribution);
    return;
  }
  in_mode(precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T* const c = std::as_const(contribution).data<T>();
    accumulate<T>(i, 1, [=](size_t j) { return c[j]; });
  });
}

}  // namespace omc::tape
