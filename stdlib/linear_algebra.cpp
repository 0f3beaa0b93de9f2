// Matrix product, transposition, inner and outer product of arrays.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/matrix_product.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

static std::span<const Value> rows_of(const Array* matrix) {
  return {matrix->values, matrix->size};
}

static size_t columns_of(const Array* matrix) {
  return rows_of(matrix)[0].as_array()->size;
}

static bool rows_are_arrays(const Array* matrix) {
  return matrix->kind == ElementKind::Values && std::ranges::all_of(rows_of(matrix), &Value::is_array);
}

static bool is_ragged(const Array* matrix) {
  return std::ranges::any_of(rows_of(matrix),
                             [n = columns_of(matrix)](Value row) { return row.as_array()->size != n; });
}

// Here text makes floats, too: only ints, bools and null are ints.
static bool all_ints(const Array* matrix) {
  return std::ranges::all_of(rows_of(matrix), [](Value v) {
    const Array* row = v.as_array();
    if (row->kind != ElementKind::Values) return row->is_ints() || row->empty();
    return std::ranges::all_of(rows_of(row), [](Value x) { return x.is_int() || x.is_bool() || x.is_null(); });
  });
}

// Row r of a matrix as T.
template <Cell T>
static void read_row(const Array* matrix, size_t r, std::span<T> out) {
  read_cells<T>(rows_of(matrix)[r].as_array(), 0, out);
}

template <Cell T>
static Value product(Vm& vm, const Array* a, const Array* b) {
  const size_t inner = b->size, columns = columns_of(b);
  PackedMatrix<T> packed(inner, columns);
  std::vector<T> row(columns);
  for (size_t k = 0; k < inner; ++k) {
    vm.poll();
    read_row<T>(b, k, row);
    packed.set_row(k, row);
  }
  // A strip of rows at a time: it stays in the cache while all panels of b pass by.
  constexpr size_t kStripBytes = 256 << 10;
  const size_t strip = std::clamp<size_t>(kStripBytes / sizeof(T) / std::max<size_t>(inner, 1), 4, 128) / 4 * 4;
  std::vector<T> left(strip * inner);
  std::vector<T*> out_rows(strip);
  Array* out = vm.heap().array(ElementKind::Values, a->size);
  for (size_t r = 0; r < a->size; r += strip) {
    vm.poll();
    const size_t n = std::min(strip, a->size - r);
    for (size_t i = 0; i < n; ++i) {
      read_row<T>(a, r + i, std::span(left).subspan(i * inner, inner));
      Array* out_row = unfilled(vm, kKindOf<T>, columns);
      out->values[r + i] = out_row;
      out_rows[i] = cells<T>(out_row).data();
    }
    multiply_rows(std::span<const T>(left).first(n * inner), packed, std::span(out_rows).first(n));
  }
  return out;
}

static Value arr_matmul(Vm& vm, Args args) {
  if (!args[0].is_array() || !args[1].is_array()) throw args.error("requires two 2D arrays");
  const Array *a = args[0].as_array(), *b = args[1].as_array();
  if (a->empty() || b->empty()) throw args.error("empty matrix");
  if (!rows_are_arrays(a)) throw args.error("A rows must be arrays");
  if (!rows_are_arrays(b)) throw args.error("B rows must be arrays");
  const auto shape = [](const Array* m) { return std::to_string(m->size) + "x" + std::to_string(columns_of(m)); };
  if (columns_of(a) != b->size) throw args.error("shape mismatch — A is " + shape(a) + ", B is " + shape(b));
  if (is_ragged(a)) throw args.error("ragged matrix A");
  if (is_ragged(b)) throw args.error("ragged matrix B");
  for (const Array* matrix : {a, b})
    for (const Value row : rows_of(matrix)) require_cells(args, row.as_array());
  return with_number_kind(!(all_ints(a) && all_ints(b)), [&]<Cell T>() { return product<T>(vm, a, b); });
}

// Square blocks, so that the lines of both matrices that are in use fit the cache.
template <class T, class Elements>
static void transpose(std::span<const Value> rows, std::span<const Value> out, Elements elements) {
  constexpr size_t kBlock = 16;
  for (size_t r0 = 0; r0 < rows.size(); r0 += kBlock)
    for (size_t c0 = 0; c0 < out.size(); c0 += kBlock)
      for (size_t c = c0; c < std::min(c0 + kBlock, out.size()); ++c) {
        T* column = elements(out[c].as_array());
        for (size_t r = r0; r < std::min(r0 + kBlock, rows.size()); ++r) column[r] = elements(rows[r].as_array())[c];
      }
}

static Value arr_transpose(Vm& vm, Args args) {
  if (!args[0].is_array()) throw args.error("requires a 2D array");
  const Array* matrix = args[0].as_array();
  if (matrix->empty()) return vm.heap().array(ElementKind::Ints, 0);
  if (!rows_are_arrays(matrix)) throw args.error("rows must be arrays");
  if (is_ragged(matrix)) throw args.error("ragged matrix");
  const std::span<const Value> rows = rows_of(matrix);
  const size_t columns = columns_of(matrix);
  if (columns == 0) return vm.heap().array(ElementKind::Ints, 0);
  CommonKind kind;
  for (const Value row : rows) kind.add(row.as_array());
  Array* out = vm.heap().array(ElementKind::Values, columns);
  if (kind.get() == ElementKind::Values) {
    // Cell by cell: a column may be narrower than the whole.
    std::vector<Value> column(rows.size());
    for (size_t c = 0; c < columns; ++c) {
      vm.poll();
      for (size_t r = 0; r < rows.size(); ++r) column[r] = rows[r].as_array()->at(c);
      out->values[c] = vm.heap().array_of(column);
    }
    return out;
  }
  for (size_t c = 0; c < columns; ++c) out->values[c] = unfilled(vm, kind.get(), rows.size());
  if (kind.get() == ElementKind::Ints)
    transpose<int64_t>(rows, rows_of(out), [](Array* a) { return a->ints; });
  else
    transpose<double>(rows, rows_of(out), [](Array* a) { return a->floats; });
  return out;
}

template <Cell T>
static double dot(double before, std::span<const T> a, std::span<const T> b) {
  for (size_t i = 0; i < a.size(); ++i) before += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return before;
}

// The total from left to right of two arrays of one length, read as T first.
template <Cell T>
static double dot(Vm& vm, const Array* a, const Array* b) {
  if (a->empty()) return 0.0;
  double sum = -0.0;  // -0.0 + x is x: the sum starts with the first product
  CellReader<T> x(a), y(b);
  for_each_chunk(vm, a->size, [&](size_t from, size_t n) { sum = dot(sum, x.read(from, n), y.read(from, n)); });
  return sum;
}

static Value arr_dot(Vm& vm, Args args) {
  const Array *a = args.array(0, Wording::RequiresTwo), *b = args.array(1, Wording::RequiresTwo);
  if (a->size != b->size)
    throw args.error("length mismatch (" + std::to_string(a->size) + " vs " + std::to_string(b->size) + ")");
  require_cells(args, a);
  require_cells(args, b);
  return Value::real(a->is_ints() && b->is_ints() ? dot<int64_t>(vm, a, b) : dot<double>(vm, a, b));
}

static Value arr_outer(Vm& vm, Args args) {
  const Array* a = cell_array(args, 0, Wording::RequiresTwo);
  const Array* b = args.array(1, Wording::RequiresTwo);
  require_cells(args, b);
  std::vector<double> scratch;
  const std::span<const double> y = all_cells(b, scratch);
  Array* out = vm.heap().array(ElementKind::Values, a->size);
  for (size_t i = 0; i < a->size; ++i) {
    vm.poll();
    const double x = to_float(a->at(i));
    Array* row = unfilled(vm, ElementKind::Floats, y.size());
    for (size_t j = 0; j < y.size(); ++j) row->floats[j] = x * y[j];
    out->values[i] = row;
  }
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"arr_matmul", "(matrix_a, matrix_b) -> array",
     "The matrix product; ints while every cell is an int, bool or null.",
     "arr_matmul([[1, 2], [3, 4]], [[5, 6], [7, 8]])  # [[19, 22], [43, 50]]", arr_matmul},
    {"arr_transpose", "(matrix) -> array", "Rows become columns.",
     "arr_transpose([[1, 2, 3], [4, 5, 6]])  # [[1, 4], [2, 5], [3, 6]]", arr_transpose},
    {"arr_dot", "(a, b) -> float", "The sum of the products of elements at the same place.",
     "arr_dot([1, 2, 3], [4, 5, 6])  # 32.0", arr_dot},
    {"arr_outer", "(a, b) -> array",
     "The matrix of the products of every element of a with every element of b, as floats.",
     "arr_outer([1, 2], [3, 4])  # [[3.0, 4.0], [6.0, 8.0]]", arr_outer},
};

constinit const std::span<const Builtin> linear_algebra_builtins = kBuiltins;

}  // namespace omc::stdlib
