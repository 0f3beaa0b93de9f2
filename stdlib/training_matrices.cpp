// Matrix formulas for training by attractor distance, and AdamW on arrays (language reference, chapter 04, section 11).
// A matrix is an array of rows, a vector an array whose first element is no array.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/matrix.hpp"

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

// The cells of a vector (one row) or a rectangular matrix, copied row after row: arguments may share rows.
class Cells {
 public:
  Cells(const Args& args, size_t i, std::string_view label) {
    const auto refuse = [&](std::string_view what) {
      return args.error(std::string(label) + ": " + std::string(what));
    };
    if (!args[i].is_array()) throw refuse("expected array");
    Array* array = args[i].as_array();
    const size_t arrays =
        array->kind == ElementKind::Values
            ? static_cast<size_t>(std::ranges::count_if(std::span(array->values, array->size), &Value::is_array))
            : 0;
    if (arrays == 0) {
      if (!array->empty()) rows_.push_back(array);
    } else {
      if (arrays != array->size) throw refuse("mixed 1D/2D rows");
      for (const Value row : std::span(array->values, array->size)) rows_.push_back(row.as_array());
    }
    columns_ = rows_.empty() ? 0 : rows_[0]->size;
    if (std::ranges::any_of(rows_, [this](const Array* row) { return row->size != columns_; }))
      throw refuse("ragged 2D array");
    cells_.resize(rows_.size() * columns_);
    for (size_t r = 0; r < rows_.size(); ++r) read_cells<double>(rows_[r], 0, row(r));
  }

  std::span<double> all() { return cells_; }
  std::span<double> row(size_t r) { return all().subspan(r * columns_, columns_); }
  size_t rows() const { return rows_.size(); }
  std::string shape() const { return std::to_string(rows_.size()) + "×" + std::to_string(columns_); }
  bool same_shape(const Cells& other) const { return rows() == other.rows() && columns_ == other.columns_; }

  // Back into the arrays they came from.
  void store(Heap& heap) {
    for (size_t r = 0; r < rows_.size(); ++r) replace_elements(heap, rows_[r], row(r));
  }

 private:
  std::vector<Array*> rows_;
  size_t columns_ = 0;
  std::vector<double> cells_;
};

}  // namespace

static Value substrate_adamw_update(Vm& vm, Args args) {
  Cells cur(args, 0, "cur"), grad(args, 1, "grad"), m(args, 2, "m"), v(args, 3, "v");
  if (!cur.same_shape(grad) || !cur.same_shape(m) || !cur.same_shape(v))
    throw args.error("shape mismatch: cur=" + cur.shape() + ", grad=" + grad.shape() + ", m=" + m.shape() +
                     ", v=" + v.shape());
  const substrate::AdamW optimizer = {
      .lr = args.number(4),
      .b1 = args.number(5),
      .b2 = args.number(6),
      .eps = args.number(7),
      .wd = args.number(8),
      .step = static_cast<int32_t>(std::clamp<int64_t>(args.integer(9), INT32_MIN, INT32_MAX)),
  };
  optimizer.update(cur.all(), grad.all(), m.all(), v.all(), cur.all());
  m.store(vm.heap());
  v.store(vm.heap());
  if (!is_matrix(args[0].as_array())) return vm.heap().floats(cur.all());
  Array* out = vm.heap().array(ElementKind::Values, cur.rows());
  for (size_t r = 0; r < cur.rows(); ++r) out->values[r] = vm.heap().floats(cur.row(r));
  return out;
}

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
     "substrate_adamw_update([1.0], [1.0], [0.0], [0.0], 0.5, 0.5, 0.5, 0.0, 0.0, 1)  # [0.5]", substrate_adamw_update, {}, Effect::Changes},
};

std::span<const Builtin> training_matrices_builtins() {
  return kBuiltins;
}

}  // namespace omc::stdlib
