// Arrays under the harmonic mathematics: attractors, resonance and HIM of elements read as ints, and attention by
// attractor distance. Held gaps and all, the formulas are those of substrate/.

#include "stdlib/arithmetic.hpp"
#include "stdlib/array_arguments.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/attractors.hpp"
#include "substrate/fold.hpp"
#include "substrate/matrix.hpp"
#include "substrate/resonance.hpp"

namespace omc::stdlib {

using namespace vm;

static Value arr_resonance_vec(Vm& vm, Args args) {
  return map_cells<int64_t, double>(vm, cell_array(args, 0), substrate::resonance);
}

static Value arr_him_vec(Vm& vm, Args args) {
  return map_cells<int64_t, double>(vm, cell_array(args, 0), substrate::him);
}

static Value arr_fold_all(Vm& vm, Args args) {
  return map_cells<int64_t, int64_t>(vm, cell_array(args, 0), [](int64_t n) { return substrate::fold(n); });
}

static Value arr_fold_elements(Vm& vm, Args args) {
  int64_t sum = 0;
  for_each_cells<int64_t>(vm, args.array(0, Wording::First), [&](std::span<const int64_t> n, size_t) {
    sum = Add()(sum, substrate::arr_fold_elements(n));
  });
  return Value::integer(sum);
}

// before + res(n[0]) + res(n[1]) + ... from left to right.
static double add_resonances(double before, std::span<const int64_t> n) {
  for (const int64_t v : n) before += substrate::resonance(v);
  return before;
}

static double total_resonance(Vm& vm, const Array* array) {
  double sum = 0.0;
  for_each_cells<int64_t>(vm, array, [&](std::span<const int64_t> n, size_t) { sum = add_resonances(sum, n); });
  return sum;
}

static Value arr_resonance(Vm& vm, Args args) {
  const Array* array = args.array(0);
  if (array->empty()) return Value::real(0.0);
  return Value::real(total_resonance(vm, array) / static_cast<double>(array->size));
}

// Argument i as the rows of a matrix, which may be none; errors speak of `label`.
static std::span<const Value> matrix_rows(const Args& args, size_t i, const std::string& label) {
  if (!args[i].is_array()) throw Error(label + ": not a matrix");
  const Array* matrix = args[i].as_array();
  if (matrix->empty()) return {};
  const std::span<const Value> rows(matrix->values, matrix->kind == ElementKind::Values ? matrix->size : 0);
  if (rows.empty() || !std::ranges::all_of(rows, &Value::is_array)) throw Error(label + ": rows must be arrays");
  const size_t columns = rows[0].as_array()->size;
  if (std::ranges::any_of(rows, [columns](Value row) { return row.as_array()->size != columns; }))
    throw Error(label + ": ragged matrix");
  return rows;
}

static size_t columns_of(std::span<const Value> rows) {
  return rows.empty() ? 0 : rows[0].as_array()->size;
}

static std::vector<double> flattened(std::span<const Value> rows) {
  const size_t columns = columns_of(rows);
  std::vector<double> out(rows.size() * columns);
  for (size_t r = 0; r < rows.size(); ++r)
    read_cells<double>(rows[r].as_array(), 0, std::span(out).subspan(r * columns, columns));
  return out;
}

static Value arr_substrate_score_rows(Vm& vm, Args args) {
  const std::span<const Value> rows = matrix_rows(args, 0, "M");
  const size_t columns = columns_of(rows);
  Array* out = vm.heap().array(ElementKind::Floats, columns == 0 ? 0 : rows.size());
  for (size_t r = 0; r < out->size; ++r)
    out->floats[r] = total_resonance(vm, rows[r].as_array()) / static_cast<double>(columns);
  return out;
}

static Value arr_substrate_attention(Vm& vm, Args args) {
  const std::span<const Value> query_rows = matrix_rows(args, 0, "Q"), key_rows = matrix_rows(args, 1, "K"),
                               value_rows = matrix_rows(args, 2, "V");
  if (key_rows.size() != value_rows.size())
    throw args.error("K rows (" + std::to_string(key_rows.size()) + ") != V rows (" +
                     std::to_string(value_rows.size()) + ")");
  const size_t width = columns_of(query_rows), out_width = columns_of(value_rows);
  if (!query_rows.empty() && !key_rows.empty() && width != columns_of(key_rows))
    throw args.error("Q cols (" + std::to_string(width) + ") != K cols (" + std::to_string(columns_of(key_rows)) + ")");

  const std::vector<double> queries = flattened(query_rows), keys = flattened(key_rows), values = flattened(value_rows);
  const substrate::MatrixView q{queries, query_rows.size(), width}, k{keys, key_rows.size(), width},
      v{values, value_rows.size(), out_width};
  Array* out = vm.heap().array(ElementKind::Values, q.rows);
  for (size_t i = 0; i < q.rows; ++i) {
    vm.poll();
    Array* row = vm.heap().array(ElementKind::Floats, out_width);
    substrate::substrate_attention({q.row(i), 1, width}, k, v, row->float_span());
    out->values[i] = row;
  }
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"arr_resonance_vec", "(array) -> array", "The resonance of each element.",
     "arr_resonance_vec([4, 8])  # [0.8, 1.0]", arr_resonance_vec},
    {"arr_him_vec", "(array) -> array", "The HIM score of each element.",
     "arr_him_vec([0, 1])  # [0.0, 0.3819660112501051]", arr_him_vec},
    {"arr_fold_all", "(array) -> array", "The attractor of each element.",
     "arr_fold_all([4, 6, 7, -4])  # [3, 5, 8, -3]", arr_fold_all},
    {"arr_fold_elements", "(array, mode?) -> int", "The sum of the attractors of the magnitudes.",
     "arr_fold_elements([4, 6, 7, 100])  # 105", arr_fold_elements, "arr_fold_elements requires (array[, mode])"},
    {"arr_resonance", "(array) -> float", "The mean resonance of the elements.", "arr_resonance([1, 2, 3])  # 1.0",
     arr_resonance},
    {"arr_substrate_score_rows", "(matrix) -> array", "The mean resonance of each row.",
     "arr_substrate_score_rows([[1, 2], [4, 4]])  # [1.0, 0.8]", arr_substrate_score_rows},
    {"arr_substrate_attention", "(Q, K, V) -> array",
     "Attention of queries to keys by attractor distance, applied to values.",
     "arr_substrate_attention([[0]], [[0], [3], [13]], [[1], [2], [3]])  # [[2.0]]", arr_substrate_attention},
};

constinit const std::span<const Builtin> harmonic_vectors_builtins = kBuiltins;

}  // namespace omc::stdlib
