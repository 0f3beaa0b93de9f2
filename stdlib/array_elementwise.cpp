// Element-wise arithmetic with broadcasting.
//
// An operand is a matrix (a non-empty array of arrays of one length, none of which holds a further array), a vector
// (any other array) or a scalar. The first rule that fits decides: matrix with matrix of the same shape; matrix with a
// vector, which meets every row; matrix with a scalar; vector with vector of the same length; vector with a scalar.
//
// The number rule looks at all cells of both operands before anything is computed.

#include "stdlib/arithmetic.hpp"
#include "stdlib/array_arguments.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

bool holds_array(const Array* row) {
  return row->kind == ElementKind::Values && std::ranges::any_of(std::span(row->values, row->size), &Value::is_array);
}

class Operand {
 public:
  explicit Operand(Value v) : value_(v) {
    if (!v.is_array()) return;
    array_ = v.as_array();
    columns_ = array_->size;
    if (array_->kind != ElementKind::Values || array_->empty()) return;
    for (const Value row : std::span(array_->values, array_->size)) {
      if (!row.is_array() || row.as_array()->size != array_->values[0].as_array()->size || holds_array(row.as_array()))
        return;
    }
    rows_ = array_->size;
    columns_ = array_->values[0].as_array()->size;
  }

  bool is_scalar() const { return !array_; }
  bool is_matrix() const { return rows_ > 0; }
  bool is_vector() const { return array_ && !is_matrix(); }
  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }  // of a vector: its length
  std::string shape() const { return std::to_string(rows_) + "x" + std::to_string(columns_); }

  void require_cells(const Args& args) const {
    if (is_scalar() && !is_cell(value_))
      throw args.error("operand is not a number (" + std::string(type_name(value_)) + ")");
    for_each_row([&](const Array* row) { stdlib::require_cells(args, row); });
  }

  bool has_float() const {
    bool found = is_scalar() && value_.is_float();
    for_each_row([&](const Array* row) { found = found || stdlib::has_float(row); });
    return found;
  }

  // What row r of the other operand meets, for up to n cells.
  template <Cell T>
  CellReader<T> reader(size_t r, size_t n) const {
    if (is_scalar()) return CellReader<T>(value_, n);
    return CellReader<T>(is_matrix() ? array_->values[r].as_array() : array_);
  }

 private:
  template <class F>
  void for_each_row(F&& f) const {
    if (is_vector()) f(array_);
    for (size_t r = 0; r < rows_; ++r) f(array_->values[r].as_array());
  }

  Value value_;
  const Array* array_ = nullptr;
  size_t rows_ = 0;
  size_t columns_ = 0;
};

}  // namespace

template <Cell T, class Op>
static void apply(std::span<const T> a, std::span<const T> b, std::span<T> out, Op op) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = op(a[i], b[i]);
}

template <Cell T, class Op>
static Array* combine_row(Vm& vm, const Operand& a, const Operand& b, size_t r, size_t n, Op op) {
  Array* out = unfilled(vm, kKindOf<T>, n);
  CellReader<T> x = a.reader<T>(r, n), y = b.reader<T>(r, n);
  for_each_chunk(vm, n, [&](size_t from, size_t count) {
    apply(x.read(from, count), y.read(from, count), cells<T>(out).subspan(from, count), op);
  });
  return out;
}

static std::string counts(size_t a, std::string_view a_name, size_t b, std::string_view b_name) {
  return std::to_string(a) + std::string(a_name) + " vs " + std::to_string(b) + std::string(b_name);
}

static void require_matching(const Args& args, const Operand& a, const Operand& b) {
  if (a.is_matrix() && b.is_matrix()) {
    if (a.shape() != b.shape()) throw args.error("2D shape mismatch (" + a.shape() + " vs " + b.shape() + ")");
  } else if (a.is_scalar() && b.is_scalar()) {
    throw args.error("requires at least one array argument");
  } else if (!a.is_scalar() && !b.is_scalar() && a.columns() != b.columns()) {
    if (a.is_vector() && b.is_vector())
      throw args.error("length mismatch (" + counts(a.columns(), "", b.columns(), "") + ")");
    throw args.error(
        "row-broadcast length mismatch (" +
        counts(a.columns(), a.is_matrix() ? " cols" : " vec", b.columns(), b.is_matrix() ? " cols" : " vec") + ")");
  }
}

template <Cell T, class Op>
static Value combine(Vm& vm, const Operand& a, const Operand& b, Op op) {
  const size_t rows = std::max(a.rows(), b.rows()), columns = std::max(a.columns(), b.columns());
  if (rows == 0) return combine_row<T>(vm, a, b, 0, columns, op);
  Array* out = vm.heap().array(ElementKind::Values, rows);
  for (size_t r = 0; r < rows; ++r) {
    vm.poll();
    out->values[r] = combine_row<T>(vm, a, b, r, columns, op);
  }
  return out;
}

template <class Op>
static Value by_number_rule(Vm& vm, const Args& args, Value left, Value right, Op op) {
  const Operand a(left), b(right);
  require_matching(args, a, b);
  a.require_cells(args);
  b.require_cells(args);
  return with_number_kind(a.has_float() || b.has_float(), [&]<Cell T>() { return combine<T>(vm, a, b, op); });
}

static Value arr_add(Vm& vm, Args args) {
  return by_number_rule(vm, args, args[0], args[1], Add());
}
static Value arr_sub(Vm& vm, Args args) {
  return by_number_rule(vm, args, args[0], args[1], Subtract());
}
static Value arr_mul(Vm& vm, Args args) {
  return by_number_rule(vm, args, args[0], args[1], Multiply());
}

static Value arr_div_int(Vm& vm, Args args) {
  const Operand a(args[0]), b(args[1]);
  require_matching(args, a, b);
  a.require_cells(args);
  b.require_cells(args);
  return combine<int64_t>(vm, a, b, DivideInts());
}

// 0 - x, so never -0.0.
static Value arr_neg(Vm& vm, Args args) {
  const Value x = args.array(0);
  return by_number_rule(vm, args, Value::integer(0), x, Subtract());
}

constexpr Builtin kBuiltins[] = {
    {"arr_add", "(a, b) -> array", "Sums cell by cell; a scalar meets every cell, a vector every row of a matrix.",
     "arr_add([1, 2], [10, 0.5])  # [11.0, 2.5]", arr_add},
    {"arr_sub", "(a, b) -> array",
     "Differences cell by cell; a scalar meets every cell, a vector every row of a matrix.",
     "arr_sub(10, [1, 2])  # [9, 8]", arr_sub},
    {"arr_mul", "(a, b) -> array", "Products cell by cell; a scalar meets every cell, a vector every row of a matrix.",
     "arr_mul([[1, 2], [3, 4]], [10, 0])  # [[10, 0], [30, 0]]", arr_mul},
    {"arr_div_int", "(a, b) -> array",
     "Quotients of the cells read as ints, truncated toward zero; 0 where the divisor is 0.",
     "arr_div_int([7, -7, 1], [2, 2, 0])  # [3, -3, 0]", arr_div_int},
    {"arr_scale", "(array, scalar) -> array", "Every cell times a scalar; the same as arr_mul.",
     "arr_scale([1, 2], 2.5)  # [2.5, 5.0]", arr_mul},
    {"arr_neg", "(array) -> array", "0 minus every cell.", "arr_neg([1, -2, 0])  # [-1, 2, 0]", arr_neg},
};

constinit const std::span<const Builtin> array_elementwise_builtins = kBuiltins;

}  // namespace omc::stdlib
