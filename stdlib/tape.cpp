// The autograd tape as builtins (language reference, chapter 05): node ids in, node ids out. The tape itself is tape/.

#include "tape/tape.hpp"

#include <fmt/format.h>

#include "stdlib/array_building.hpp"
#include "stdlib/lent_matrix.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/tape_state.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using tape::NodeId;
using vm::Args;
using vm::Array;
using vm::Builtin;
using vm::ElementKind;
using vm::Tag;
using vm::Value;
using vm::Vm;

static std::shared_ptr<tape::Tape>& shared_tape(Vm& vm) {
  auto& state = vm.state<std::shared_ptr<tape::Tape>>();
  if (!state) {
    tape::TapeOptions options;
    options.memory_limit = vm.heap().limits().hard;
    options.threads = vm.options().tape_threads;
    options.on_sparse_scores = vm.options().on_sparse_scores;
    state = std::make_shared<tape::Tape>(options);
    state->set_precision(vm.options().tape_mode);
  }
  return state;
}

tape::Tape& tape_of(Vm& vm) { return *shared_tape(vm); }

namespace {

// The matrices of a training loop are the tape's, so little of what it makes is the heap's, and arrays and texts would pile up for
// thousands of steps before a collection is due. So passes and loans bring it sooner: the first comes after 64 backward passes at
// the latest, or 256 loans, which spare a copy each.
constexpr size_t kHasteOfBackward = 64 << 10;
constexpr size_t kHasteOfLoan = 16 << 10;

// Text that spells a number counts as one.
bool is_number(Value v) {
  switch (v.tag()) {
    case Tag::Int:
    case Tag::Float:
    case Tag::Bool: return true;
    case Tag::String: return vm::parse_float(v.as_string()->view()).has_value();
    default: return false;
  }
}

NodeId id(const Args& args, size_t i) {
  if (!is_number(args[i])) throw args.error(fmt::format("node id must be a number, got {}", vm::type_name(args[i])));
  return args.integer(i);
}

// Class numbers or token ids; `token` is what one is called in messages.
std::vector<int64_t> indices(const Args& args, size_t i, std::string_view list, std::string_view token) {
  if (!args[i].is_array()) throw args.error(fmt::format("{} must be an array", list));
  const Array& a = *args[i].as_array();
  if (a.is_ints()) return {a.ints, a.ints + a.size};
  std::vector<int64_t> out(a.size);
  for (size_t j = 0; j < a.size; ++j) {
    const Value v = a.at(j);
    if (!is_number(v)) throw args.error(fmt::format("{} must be a number, got {}", token, vm::type_name(v)));
    out[j] = vm::to_int(v);
  }
  return out;
}

// --- lifting a value into cells, and reading cells back ----------------------------------------------------------------

double cell(Value v) {
  switch (v.tag()) {
    case Tag::Null: return 0.0;
    case Tag::Int:
    case Tag::Float:
    case Tag::Bool:
    case Tag::Singularity: return vm::to_float(v);
    case Tag::String:
      if (const auto d = vm::parse_float(v.as_string()->view())) return *d;
      break;
    default: break;
  }
  throw vm::Error("tape: cell is not a number");
}

void read_cells(const Array& row, std::span<double> out) {
  switch (row.kind) {
    case ElementKind::Floats: std::copy_n(row.floats, row.size, out.begin()); break;
    case ElementKind::Ints:
      for (size_t c = 0; c < row.size; ++c) out[c] = static_cast<double>(row.ints[c]);
      break;
    case ElementKind::Values:
      for (size_t c = 0; c < row.size; ++c) out[c] = cell(row.values[c]);
  }
}

struct Shape {
  int64_t rows, cols;
};

Shape shape_of(Value v) {
  switch (v.tag()) {
    case Tag::Int:
    case Tag::Float:
    case Tag::Bool:
    case Tag::Null: return {1, 1};
    case Tag::Array: break;
    default: throw vm::Error("tape: cannot lift this value type into a tape node");
  }
  const Array& a = *v.as_array();
  if (a.empty()) return {0, 0};
  if (!a.at(0).is_array()) {
    return {1, static_cast<int64_t>(a.size)};
  }
  const size_t cols = a.at(0).as_array()->size;
  for (size_t r = 0; r < a.size; ++r) {
    const Value row = a.at(r);
    if (!row.is_array()) throw vm::Error("tape: mixed 1D/2D rows");
    if (row.as_array()->size != cols) throw vm::Error("tape: ragged 2D array");
  }
  return {static_cast<int64_t>(a.size), static_cast<int64_t>(cols)};
}

// Reads row r of a value whose shape is known.
tape::Tape::RowReader row_reader(Value v) {
  return [v](int64_t r, std::span<double> out) {
    if (!v.is_array()) {
      out[0] = vm::to_float(v);
      return;
    }
    const Array& a = *v.as_array();
    if (a.size && a.at(0).is_array()) read_cells(*a.at(static_cast<size_t>(r)).as_array(), out);
    else read_cells(a, out);
  };
}

Array* row_array(Vm& vm, const tape::Reading& cells, size_t from, size_t count, bool ints) {
  Array* row = unfilled(vm, ints ? ElementKind::Ints : ElementKind::Floats, count);
  if (ints)
    for (size_t c = 0; c < count; ++c) row->ints[c] = static_cast<int64_t>(cells[from + c]);
  else if (count)
    cells.copy_to({row->floats, count}, from);
  return row;
}

Value read_back(Vm& vm, const tape::Reading& cells, bool ints) {
  const auto cols = static_cast<size_t>(cells.cols());
  if (cells.rows() == 1 && cells.cols() == 1)
    return ints ? Value::integer(static_cast<int64_t>(cells[0])) : Value::real(cells[0]);
  if (cells.rows() == 1) return Value(row_array(vm, cells, 0, cols, ints));
  Array* rows = vm.heap().array(ElementKind::Values, static_cast<size_t>(cells.rows()));
  for (size_t r = 0; r < rows->size; ++r) rows->values[r] = Value(row_array(vm, cells, r * cols, cols, ints));
  return Value(rows);
}

}  // namespace

Value LentMatrix::settle(Vm& vm) { return read_back(vm, cells_, ints_where_whole_ && cells_.all_integral()); }

Value lend(Vm& vm, tape::Reading cells, bool ints_where_whole) {
  if (!is_worth_lending(cells.size()) || !cells.tensor().has_buffer())
    return read_back(vm, cells, ints_where_whole && cells.all_integral());
  SpareLoans& spare = vm.state<SpareLoans>();
  if (spare.objects.empty()) {
    if (!spare.marked) {
      vm.add_root_marker([&spare](vm::Marker& marker) {
        for (vm::OtherObject* object : spare.objects) marker.mark(object);
      });
      spare.marked = true;
      spare.objects.reserve(16);  // a call has fewer arguments that are lent
    }
    auto* made = vm.heap().allocate<vm::OtherObject>(Tag::Other);
    made->content = std::make_unique<LentMatrix>(spare);
    spare.objects.push_back(made);
  }
  vm.heap().hasten(kHasteOfLoan);
  vm::OtherObject* const object = spare.objects.back();
  static_cast<LentMatrix&>(*object->content).fill(shared_tape(vm), std::move(cells), ints_where_whole);
  spare.objects.pop_back();
  return Value::object(Tag::Other, object);
}

void LentMatrix::fill(std::shared_ptr<tape::Tape> tape, tape::Reading cells, bool ints_where_whole) {
  tape_ = std::move(tape);
  cells_ = std::move(cells);
  ints_where_whole_ = ints_where_whole;
}

void LentMatrix::come_back(vm::OtherObject* self) noexcept {
  fill(nullptr, {{}, tape::Precision::Exact}, false);
  if (home_.objects.size() < home_.objects.capacity()) home_.objects.push_back(self);  // else it is garbage
}

TakenMatrix::TakenMatrix(Value argument) {
  if (argument.tag() != Tag::Other) return;
  object_ = static_cast<vm::OtherObject*>(argument.as_object());
  lent_ = dynamic_cast<LentMatrix*>(object_->content.get());
}

TakenMatrix::~TakenMatrix() {
  if (lent_) lent_->come_back(object_);
}

namespace {

// --- shapes of builtins ------------------------------------------------------------------------------------------------

template <NodeId (tape::Tape::*operation)(NodeId)>
Value unary(Vm& vm, Args args) {
  return Value::integer((tape_of(vm).*operation)(id(args, 0)));
}

template <NodeId (tape::Tape::*operation)(NodeId, NodeId)>
Value binary(Vm& vm, Args args) {
  const NodeId a = id(args, 0), b = id(args, 1);
  return Value::integer((tape_of(vm).*operation)(a, b));
}

template <NodeId (tape::Tape::*operation)(NodeId, double)>
Value with_scalar(Vm& vm, Args args) {
  return Value::integer((tape_of(vm).*operation)(id(args, 0), args.number(1)));
}

}  // namespace

// --- leaves and state --------------------------------------------------------------------------------------------------

static Value tape_reset(Vm& vm, Args) {
  tape_of(vm).reset();
  return Value::null();
}

static Value tape_var(Vm& vm, Args args) {
  if (const TakenMatrix taken(args[0]); taken) return Value::integer(tape_of(vm).var(*taken));
  const Shape shape = shape_of(args[0]);
  return Value::integer(tape_of(vm).var(shape.rows, shape.cols, row_reader(args[0])));
}

static Value tape_const(Vm& vm, Args args) {
  if (const TakenMatrix taken(args[0]); taken) return Value::integer(tape_of(vm).constant(*taken));
  const Shape shape = shape_of(args[0]);
  return Value::integer(tape_of(vm).constant(shape.rows, shape.cols, row_reader(args[0])));
}

static Value tape_value(Vm& vm, Args args) {
  const tape::Reading cells = tape_of(vm).value(id(args, 0));
  return read_back(vm, cells, cells.all_integral());
}

static Value lend_value(Vm& vm, Args args) {
  return lend(vm, tape_of(vm).value(id(args, 0)), /*ints_where_whole=*/true);
}

static Value tape_grad(Vm& vm, Args args) { return read_back(vm, tape_of(vm).gradient(id(args, 0)), false); }

static Value lend_gradient(Vm& vm, Args args) {
  return lend(vm, tape_of(vm).gradient(id(args, 0)), /*ints_where_whole=*/false);
}

static Value tape_set_value(Vm& vm, Args args) {
  const NodeId node = id(args, 0);
  if (const TakenMatrix taken(args[1]); taken) {
    tape_of(vm).set_value(node, *taken);
    return Value::null();
  }
  const Shape shape = shape_of(args[1]);
  tape_of(vm).set_value(node, shape.rows, shape.cols, row_reader(args[1]));
  return Value::null();
}

static Value tape_update(Vm& vm, Args args) {
  tape_of(vm).update(id(args, 0), args.number(1));
  return Value::null();
}

static Value tape_backward(Vm& vm, Args args) {
  tape_of(vm).backward(id(args, 0));
  vm.heap().hasten(kHasteOfBackward);
  vm.poll();
  return Value::null();
}

static Value tape_mark(Vm& vm, Args) { return Value::integer(tape_of(vm).size()); }

static Value tape_release(Vm& vm, Args args) {
  if (!args[0].is_int()) throw args.error(fmt::format("mark {} out of range", vm::display(args[0])));
  tape_of(vm).release(args[0].as_int());
  return Value::null();
}

static Value tape_keep(Vm& vm, Args args) { return Value::integer(tape_of(vm).keep(id(args, 0))); }

static Value tape_retire_after(Vm& vm, Args args) { return Value::integer(tape_of(vm).retire_after(args.integer(0))); }

static Value tape_precision(Vm& vm, Args args) {
  tape::Tape& tape = tape_of(vm);
  if (!args.has(0) || args[0].is_null()) return vm.text(tape::name(tape.precision()));
  return vm.text(tape::name(tape.set_precision(args.text(0).view())));
}

// --- operations with arguments beside ids ------------------------------------------------------------------------------

static Value tape_pow_int(Vm& vm, Args args) {
  return Value::integer(tape_of(vm).pow_int(id(args, 0), args.integer(1)));
}

static Value tape_phi_log(Vm& vm, Args args) {
  return Value::integer(tape_of(vm).phi_log(id(args, 0), args.number_or(1, 10.0)));
}

static Value tape_substrate_resample(Vm& vm, Args args) {
  return Value::integer(tape_of(vm).substrate_resample(id(args, 0), args.number_or(1, 10.0)));
}

static Value tape_substrate_grad_mod(Vm& vm, Args args) {
  return Value::integer(tape_of(vm).substrate_grad_mod(id(args, 0), args.number_or(1, 64.0), args.number_or(2, 0.5)));
}

static Value tape_smod_softmax(Vm& vm, Args args) {
  return Value::integer(tape_of(vm).smod_softmax(id(args, 0), args.number_or(1, 1.0)));
}

static Value tape_layernorm(Vm& vm, Args args) {
  const NodeId x = id(args, 0), gamma = id(args, 1), beta = id(args, 2);
  return Value::integer(tape_of(vm).layernorm(x, gamma, beta, args.number_or(3, 1e-5)));
}

static Value tape_cross_entropy_batch(Vm& vm, Args args) {
  const NodeId logits = id(args, 0);
  const std::vector<int64_t> targets = indices(args, 1, "targets", "target");
  return Value::integer(tape_of(vm).cross_entropy_batch(logits, targets));
}

static Value tape_embedding_lookup(Vm& vm, Args args) {
  const NodeId table = id(args, 0);
  const std::vector<int64_t> tokens = indices(args, 1, "token_ids", "token id");
  return Value::integer(tape_of(vm).embedding_lookup(table, tokens));
}

static Value tape_substrate_sparse_scores(Vm& vm, Args args) {
  const NodeId q = id(args, 0), k = id(args, 1);
  return Value::integer(tape_of(vm).substrate_sparse_scores(q, k, args.number_or(2, 5.0)));
}

using tape::Tape;

constexpr Builtin kBuiltins[] = {
    {"tape_reset", "() -> null", "Removes all nodes; the next id is 0.", "tape_reset()  # null", tape_reset},
    {"tape_var", "(value) -> id", "A leaf holding a number, a row or a matrix.", "tape_reset(); tape_var([1, 2])  # 0", tape_var,
     {}, {}, {}, {.takes = 1}},
    {"tape_const", "(value) -> id", "A leaf that is not meant to be trained.", "tape_reset(); tape_const(3)  # 0", tape_const,
     {}, {}, {}, {.takes = 1}},
    {"tape_value", "(node_id) -> any", "The value of a node: a number, a row or an array of rows.",
     "tape_value(tape_var([1.5, 2]))  # [1.5, 2.0]", tape_value, {}, {}, {}, {.lends = lend_value}},
    {"tape_grad", "(node_id) -> any", "The gradient of the latest backward pass at a node.",
     "h x = tape_var(3); tape_backward(tape_mul(x, x)); tape_grad(x)  # 6.0", tape_grad, {}, {}, {},
     {.lends = lend_gradient}},
    {"tape_set_value", "(node_id, new_value) -> null", "Replaces the value of a node by one of the same shape.",
     "h v = tape_var(1); tape_set_value(v, 2); tape_value(v)  # 2", tape_set_value, {}, {}, {}, {.takes = 2}},
    {"tape_update", "(var_id, lr) -> null", "One step down the gradient: value = value - lr * gradient.",
     "h u = tape_var(3); tape_backward(tape_mul(u, u)); tape_update(u, 0.5); tape_value(u)  # 0", tape_update},
    {"tape_backward", "(loss_id) -> null", "Computes the gradients of everything the node depends on.",
     "h w = tape_var([1, 2]); tape_backward(tape_sum(w)); tape_grad(w)  # [1.0, 1.0]", tape_backward},
    {"tape_mark", "() -> int", "The number of nodes, which is the next id.", "tape_reset(); tape_mark()  # 0", tape_mark},
    {"tape_release", "(mark) -> null", "Removes the nodes recorded since tape_mark gave this mark.",
     "tape_reset(); tape_var(1); tape_release(0); tape_mark()  # 0", tape_release},
    {"tape_keep", "(id) -> int", "Exempts a node from retirement.", "tape_reset(); tape_keep(tape_var(1))  # 0", tape_keep},
    {"tape_retire_after", "(k) -> int", "After how many unused backward passes large values retire; 0: never.",
     "tape_retire_after(16)  # 16", tape_retire_after},
    {"tape_precision", "(mode?) -> string", "Sets the numeric mode of an empty tape; the previous one.",
     "tape_precision()  # exact", tape_precision},
    {"tape_add", "(a_id, b_id) -> id", "a + b, cell by cell with broadcasting.",
     "tape_value(tape_add(tape_var([1, 2]), tape_var(10)))  # [11, 12]", binary<&Tape::add>},
    {"tape_sub", "(a_id, b_id) -> id", "a - b, cell by cell with broadcasting.",
     "tape_value(tape_sub(tape_var([1, 2]), tape_var(1)))  # [0, 1]", binary<&Tape::sub>},
    {"tape_mul", "(a_id, b_id) -> id", "a * b, cell by cell with broadcasting.",
     "tape_value(tape_mul(tape_var([1, 2]), tape_var(3)))  # [3, 6]", binary<&Tape::mul>},
    {"tape_div", "(a_id, b_id) -> id", "a / b, cell by cell with broadcasting; 0 where b is 0.",
     "tape_value(tape_div(tape_var([4, 2]), tape_var([2, 0])))  # [2, 0]", binary<&Tape::div>},
    {"tape_neg", "(a_id) -> id", "-x of every cell.", "tape_value(tape_neg(tape_var(2)))  # -2", unary<&Tape::neg>},
    {"tape_pow_int", "(a_id, n) -> id", "x to an integer power, for every cell.",
     "tape_value(tape_pow_int(tape_var(2), 10))  # 1024", tape_pow_int},
    {"tape_exp", "(a_id) -> id", "e^x of every cell.", "tape_value(tape_exp(tape_var(0)))  # 1", unary<&Tape::exp>},
    {"tape_log", "(a_id) -> id", "The natural logarithm of every cell; -inf for cells that are not positive.",
     "tape_value(tape_log(tape_var(1)))  # 0", unary<&Tape::log>},
    {"tape_abs", "(a_id) -> id", "|x| of every cell.", "tape_value(tape_abs(tape_var(-2)))  # 2", unary<&Tape::abs>},
    {"tape_sin", "(a_id) -> id", "The sine of every cell.", "tape_value(tape_sin(tape_var(0)))  # 0", unary<&Tape::sin>},
    {"tape_cos", "(a_id) -> id", "The cosine of every cell.", "tape_value(tape_cos(tape_var(0)))  # 1", unary<&Tape::cos>},
    {"tape_relu", "(a_id) -> id", "x where it is positive, else 0.", "tape_value(tape_relu(tape_var([-1, 2])))  # [0, 2]",
     unary<&Tape::relu>},
    {"tape_sigmoid", "(a_id) -> id", "1 / (1 + e^-x) of every cell.", "tape_value(tape_sigmoid(tape_var(0)))  # 0.5",
     unary<&Tape::sigmoid>},
    {"tape_tanh", "(a_id) -> id", "The hyperbolic tangent of every cell.", "tape_value(tape_tanh(tape_var(0)))  # 0",
     unary<&Tape::tanh>},
    {"tape_phi_log", "(a_id, scale?) -> id", "ln(|x * scale| + 1) / (π ln φ) of every cell.",
     "tape_value(tape_phi_log(tape_var(0)))  # 0", tape_phi_log, "tape_phi_log requires (a_id) and optional (scale)"},
    {"tape_substrate_resample", "(v_id, scale?) -> id", "Every cell damped by its distance from an attractor.",
     "tape_value(tape_substrate_resample(tape_var(0.5)))  # 0.5", tape_substrate_resample,
     "tape_substrate_resample requires (v_id, scale)"},
    {"tape_substrate_grad_mod", "(x_id, scale=64, alpha=0.5) -> id",
     "The value itself; its gradient grows where a step leads towards an attractor and shrinks elsewhere.",
     "tape_value(tape_substrate_grad_mod(tape_var(7)))  # 7", tape_substrate_grad_mod},
    {"tape_add_scalar", "(a_id, x) -> id", "x added to every cell.", "tape_value(tape_add_scalar(tape_var(1), 2))  # 3",
     with_scalar<&Tape::add_scalar>},
    {"tape_mul_scalar", "(a_id, x) -> id", "Every cell times x.", "tape_value(tape_mul_scalar(tape_var(3), 2))  # 6",
     with_scalar<&Tape::mul_scalar>},
    {"tape_div_scalar", "(a_id, x) -> id", "Every cell divided by x; 0 when x is 0.",
     "tape_value(tape_div_scalar(tape_var(6), 2))  # 3", with_scalar<&Tape::div_scalar>},
    {"tape_sum", "(a_id) -> id", "The sum of all cells.", "tape_value(tape_sum(tape_var([1, 2, 3])))  # 6", unary<&Tape::sum>},
    {"tape_mean", "(a_id) -> id", "The mean of all cells.", "tape_value(tape_mean(tape_var([1, 2, 3])))  # 2", unary<&Tape::mean>},
    {"tape_row_sum", "(a_id) -> id", "The sum of each row, as a column.",
     "tape_value(tape_row_sum(tape_var([[1, 2], [3, 4]])))  # [[3], [7]]", unary<&Tape::row_sum>},
    {"tape_row_mean", "(a_id) -> id", "The mean of each row, as a column.",
     "tape_value(tape_row_mean(tape_var([[1, 3], [3, 5]])))  # [[2], [4]]", unary<&Tape::row_mean>},
    {"tape_transpose", "(a_id) -> id", "Rows become columns.", "tape_value(tape_transpose(tape_var([[1, 2], [3, 4]])))  # [[1, 3], [2, 4]]",
     unary<&Tape::transpose>},
    {"tape_matmul", "(a_id, b_id) -> id", "The matrix product.",
     "tape_value(tape_matmul(tape_var([[1, 2]]), tape_var([[3], [4]])))  # 11", binary<&Tape::matmul>},
    {"tape_softmax", "(a_id) -> id", "e^x of each row, divided by its sum.",
     "tape_value(tape_softmax(tape_var([0, 0])))  # [0.5, 0.5]", unary<&Tape::softmax>},
    {"tape_smod_softmax", "(a_id, alpha?) -> id", "Softmax with every cell damped by its distance from an attractor.",
     "tape_value(tape_smod_softmax(tape_var([0, 0])))  # [0.5, 0.5]", tape_smod_softmax},
    {"tape_layernorm", "(x_id, gamma_id, beta_id, eps?) -> id", "Each row with mean 0 and variance 1, scaled and shifted.",
     "tape_value(tape_layernorm(tape_var([1, 1]), tape_var([1, 1]), tape_var([5, 5])))  # [5, 5]", tape_layernorm,
     "tape_layernorm requires (x_id, gamma_id, beta_id, eps?)"},
    {"tape_cross_entropy_batch", "(logits_id, targets) -> id", "The mean of -ln softmax(row)[target] over the rows.",
     "tape_value(tape_cross_entropy_batch(tape_var([[0, 0]]), [1]))  # 0.6931471805599453", tape_cross_entropy_batch},
    {"tape_embedding_lookup", "(table_id, token_ids) -> id", "Rows of a table, in the order of the ids.",
     "tape_value(tape_embedding_lookup(tape_var([[1, 2], [3, 4]]), [1, 0]))  # [[3, 4], [1, 2]]", tape_embedding_lookup},
    {"tape_substrate_sparse_scores", "(q_id, k_id, threshold=5) -> id",
     "q times k transposed where the positions are close on the substrate, -inf elsewhere.",
     "tape_value(tape_substrate_sparse_scores(tape_var([[1, 2]]), tape_var([[3, 4]])))  # 11", tape_substrate_sparse_scores},
};

constinit const std::span<const Builtin> tape_builtins = kBuiltins;

}  // namespace omc::stdlib
