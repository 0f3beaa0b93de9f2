// Matrix formulas for training by attractor distance, and AdamW on arrays (language reference, chapter 04, section 11).
// A matrix is an array of rows, a vector an array whose first element is no array.

#include <bit>  // bit_width

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/lent_matrix.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/tape_state.hpp"
#include "substrate/matrix.hpp"
#include "tape/optim/adamw.hpp"
#include "tape/tape.hpp"

namespace omc::stdlib {

using namespace vm;

static bool is_matrix(const Array* array) {
  return !array->empty() && array->at(0).is_array();
}

// A fresh array of the same shape with f(cell) in every place; rows may differ in length.
template <class F>
static Value map_shaped(Vm& vm, const Args& args, const Array* array, std::string_view ragged, F&& f) {
  if (!is_matrix(array)) return map_cells<double, double>(vm, array, f);
  const std::span<const Value> rows(array->values, array->size);
  if (!std::ranges::all_of(rows, &Value::is_array)) throw args.error(ragged);
  Array* out = vm.heap().array(ElementKind::Values, rows.size());
  for (size_t i = 0; i < rows.size(); ++i) out->values[i] = map_cells<double, double>(vm, rows[i].as_array(), f);
  return out;
}

static void require_scale(const Args& args, double scale) {
  if (scale == 0) throw args.error("scale must be != 0");
}

static Value substrate_snap_matrix(Vm& vm, Args args) {
  const double scale = args.number(1);
  require_scale(args, scale);
  if (!args[0].is_array()) throw args.error("expected 1D or 2D array");
  return map_shaped(vm, args, args[0].as_array(), "ragged input",
                    [scale](double x) { return substrate::snap_cell(x, scale); });
}

static const Array* vector_or_matrix(const Args& args) {
  if (!args[0].is_array()) throw args.error("expected a 1D or 2D array");
  return args[0].as_array();
}

constexpr std::string_view kRagged = "ragged input: rows must all be arrays";

static Value substrate_smod_matrix(Vm& vm, Args args) {
  return map_shaped(vm, args, vector_or_matrix(args), kRagged,
                    [alpha = args.number(1)](double x) { return substrate::smod_cell(x, alpha); });
}

static Value substrate_resample_matrix(Vm& vm, Args args) {
  const Array* array = vector_or_matrix(args);
  const double scale = args.number(1);
  require_scale(args, scale);
  return map_shaped(vm, args, array, kRagged, [scale](double x) { return substrate::resample_cell(x, scale); });
}

namespace {

// The rows of a vector (one row) or a rectangular matrix. Those of floats are read and written where they are, unless
// arguments share rows: then, and for rows of other kinds, the cells are copies until store(). A lent matrix is read
// where it is too, and not written.
class Cells {
 public:
  Cells(const Args& args, size_t i, std::string_view label) : taken_(args[i]) {
    if (taken_) {
      columns_ = static_cast<size_t>(taken_->cols());
      is_matrix_ = taken_->rows() != 1;
      return;
    }
    const auto refuse = [&](std::string_view what) {
      return args.error(std::string(label) + ": " + std::string(what));
    };
    if (!args[i].is_array()) throw refuse("expected array");
    Array* array = args[i].as_array();
    is_matrix_ = omc::stdlib::is_matrix(array);
    const size_t arrays =
        array->kind == ElementKind::Values
            ? static_cast<size_t>(std::ranges::count_if(std::span(array->values, array->size), &Value::is_array))
            : 0;
    if (arrays == 0) {
      if (!array->empty()) rows_.push_back(array);
    } else {
      if (arrays != array->size) throw refuse("mixed 1D/2D rows");
      rows_.reserve(arrays);
      for (const Value row : std::span(array->values, array->size)) rows_.push_back(row.as_array());
    }
    columns_ = rows_.empty() ? 0 : rows_[0]->size;
    if (std::ranges::any_of(rows_, [this](const Array* row) { return row->size != columns_; }))
      throw refuse("ragged 2D array");
    if (!std::ranges::all_of(rows_, &Array::is_floats)) copy();
  }

  void copy() {
    if (copied_) return;
    copies_.resize(rows() * columns_);
    if (taken_) taken_->copy_to(copies_);
    else
      for (size_t r = 0; r < rows_.size(); ++r)
        read_cells<double>(rows_[r], 0, std::span(copies_).subspan(r * columns_, columns_));
    copied_ = true;
  }
  void store(Heap& heap) {
    if (!copied_) return;
    for (size_t r = 0; r < rows_.size(); ++r)
      replace_elements(heap, rows_[r], std::span<const double>(copies_).subspan(r * columns_, columns_));
  }

  double* row(size_t r) { return copied_ ? copies_.data() + r * columns_ : rows_[r]->floats; }
  // Of a matrix that is only read. Floats are what a lent matrix of mode fast32 consists of.
  bool has_floats() const { return taken_ && taken_->precision() == tape::Precision::Fast32; }
  template <class T>
  const T* cells_of_row(size_t r) {
    if (taken_ && !copied_) return taken_->tensor().data<T>() + r * columns_;
    if constexpr (std::is_same_v<T, double>) return row(r);
    else return nullptr;
  }

  std::span<Array* const> arrays() const { return rows_; }
  size_t rows() const { return taken_ ? static_cast<size_t>(taken_->rows()) : rows_.size(); }
  size_t columns() const { return columns_; }
  bool is_matrix() const { return is_matrix_; }  // an array of rows, not one row
  std::string shape() const { return std::to_string(rows()) + "×" + std::to_string(columns_); }
  bool same_shape(const Cells& other) const { return rows() == other.rows() && columns_ == other.columns_; }

 private:
  TakenMatrix taken_;
  std::vector<Array*> rows_;
  size_t columns_ = 0;
  bool is_matrix_ = false;
  std::vector<double> copies_;
  bool copied_ = false;
};

// Whether one of the arrays that are written stands a second time among those or among the ones that are read.
bool share_rows(std::initializer_list<const Cells*> written, std::initializer_list<const Cells*> read) {
  size_t count = 0;
  for (const Cells* cells : written) count += cells->rows();
  const int bits = std::bit_width(count) + 1;  // of the table's size: at least half of it stays empty
  std::vector<const Array*> table(size_t{1} << bits);
  const auto place = [&](const Array* array) {
    // Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, 2nd ed. 1998, section 6.4.
    size_t i = (reinterpret_cast<uintptr_t>(array) * 0x9e3779b97f4a7c15u) >> (64 - bits);
    while (table[i] && table[i] != array) i = (i + 1) & (table.size() - 1);
    return &table[i];
  };
  for (const Cells* cells : written) {
    for (const Array* array : cells->arrays()) {
      const Array** const entry = place(array);
      if (*entry) return true;
      *entry = array;
    }
  }
  return std::ranges::any_of(read, [&](const Cells* cells) {
    return std::ranges::any_of(cells->arrays(), [&](const Array* array) { return *place(array) != nullptr; });
  });
}

}  // namespace

static Value adamw_update(Vm& vm, const Args& args, bool lends) {
  Cells cur(args, 0, "cur"), grad(args, 1, "grad"), m(args, 2, "m"), v(args, 3, "v");
  if (!cur.same_shape(grad) || !cur.same_shape(m) || !cur.same_shape(v))
    throw args.error("shape mismatch: cur=" + cur.shape() + ", grad=" + grad.shape() + ", m=" + m.shape() +
                     ", v=" + v.shape());
  const tape::AdamWStep step({.learning_rate = args.number(4),
                              .beta1 = args.number(5),
                              .beta2 = args.number(6),
                              .eps = args.number(7),
                              .weight_decay = args.number(8)},
                             std::clamp<int64_t>(args.integer(9), INT32_MIN, INT32_MAX));
  if (share_rows({&m, &v}, {&cur, &grad}))
    for (Cells* cells : {&cur, &grad, &m, &v}) cells->copy();

  const size_t rows = cur.rows(), columns = cur.columns();
  tape::Tape& tape = tape_of(vm);
  const tape::Compute &compute = tape.compute(), one(compute.isa());
  const auto update = [&]<class T>(auto next) {
    compute.rows(rows, 2 * columns, [&](size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r)
        step.update<T>(one, columns, cur.cells_of_row<T>(r), grad.cells_of_row<T>(r), m.row(r), v.row(r), next(r));
    });
    m.store(vm.heap());
    v.store(vm.heap());
  };
  const bool floats = cur.has_floats() && grad.has_floats();
  if (!floats)
    for (Cells* cells : {&cur, &grad})
      if (cells->has_floats()) cells->copy();
  // A program would read one row as an array of numbers, whatever it was made from.
  if (lends && is_worth_lending(rows * columns) && cur.is_matrix() == (rows != 1) &&
      floats == (tape.precision() == tape::Precision::Fast32)) {
    tape::Tensor next = tape.blank(static_cast<int64_t>(rows), static_cast<int64_t>(columns));
    const auto into = [&]<class T>(T* cells) {
      update.template operator()<T>([=](size_t r) { return cells + r * columns; });
    };
    if (floats) into(next.data<float>());
    else into(next.data<double>());
    return lend(vm, {std::move(next), tape.precision()}, /*ints_where_whole=*/false);
  }
  if (floats)
    for (Cells* cells : {&cur, &grad}) cells->copy();
  std::vector<Array*> next(rows);
  for (Array*& row : next) row = unfilled(vm, ElementKind::Floats, columns);
  update.operator()<double>([&](size_t r) { return next[r]->floats; });
  if (!cur.is_matrix()) return rows == 0 ? Value(unfilled(vm, ElementKind::Floats, 0)) : Value(next[0]);
  Array* out = unfilled(vm, ElementKind::Values, rows);
  std::ranges::copy(next, out->values);
  return out;
}

static Value substrate_adamw_update(Vm& vm, Args args) { return adamw_update(vm, args, /*lends=*/false); }

static Value lend_adamw_update(Vm& vm, Args args) { return adamw_update(vm, args, /*lends=*/true); }

constexpr Builtin kBuiltins[] = {
    {"substrate_snap_matrix", "(arr, scale) -> array",
     "Each cell times the scale, rounded, on its attractor, and back.",
     "substrate_snap_matrix([0.123, 1.5], 100)  # [0.08, 1.44]", substrate_snap_matrix},
    {"substrate_smod_matrix", "(scores_2d, alpha) -> array",
     "1.0 / (1.0 + alpha·d) for each cell, d the attractor distance of its whole part.",
     "substrate_smod_matrix([3, 7], 1)  # [1.0, 0.5]", substrate_smod_matrix},
    {"substrate_resample_matrix", "(v_2d, scale) -> array",
     "1.0 / (1.0 + d / scale) for each cell, d the attractor distance of the whole part of the cell times the scale.",
     "substrate_resample_matrix([0.8, 4.9], 10)  # [1.0, 0.4]", substrate_resample_matrix},
    {"substrate_adamw_update", "(cur, grad, m, v, lr, b1, b2, eps, wd, step) -> array",
     "New parameters after one step of AdamW; the moments m and v change in place.",
     "substrate_adamw_update([1.0], [1.0], [0.0], [0.0], 0.5, 0.5, 0.5, 0.0, 0.0, 1)  # [0.5]", substrate_adamw_update, {}, Effect::Changes,
     {}, {.lends = lend_adamw_update, .takes = 3}},
};

constinit const std::span<const Builtin> training_matrices_builtins = kBuiltins;

}  // namespace omc::stdlib
