// Matrices in files of other programs (tape/files/): safetensors and NumPy's .npy. What a program saves are values of
// nodes or arrays; what it loads are arrays, ready for tape_var and tape_set_value. Files are replaced all at once.

#include <fmt/format.h>

#include "stdlib/array_building.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/tape_state.hpp"
#include "tape/files/npy.hpp"
#include "tape/files/safetensors.hpp"
#include "tape/tape.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

// --- values to tensors
// -------------------------------------------------------------------------------------------------

// A tensor and the cells it views.
struct OwnTensor {
  tape::StoredTensor tensor;
  std::vector<double> reals = {};
  std::vector<float> floats = {};
  std::vector<int64_t> ints = {};
  std::vector<uint8_t> bools = {};

  void view() {
    switch (tensor.type) {
      case tape::CellType::F64:
        tensor.cells = tape::bytes_of<double>(reals);
        break;
      case tape::CellType::F32:
        tensor.cells = tape::bytes_of<float>(floats);
        break;
      case tape::CellType::I64:
        tensor.cells = tape::bytes_of<int64_t>(ints);
        break;
      default:
        tensor.cells = tape::bytes_of<uint8_t>(bools);
    }
  }
};

OwnTensor of_node(Vm& vm, tape::NodeId id) {
  tape::Tape& tape = tape_of(vm);
  const tape::Reading value = tape.value(id);
  OwnTensor out{
      .tensor = {.name = {}, .type = tape::CellType::F64, .shape = {value.rows(), value.cols()}, .cells = {}}};
  out.reals.resize(value.size());
  value.copy_to(out.reals);
  if (tape.precision() == tape::Precision::Fast32) {
    out.tensor.type = tape::CellType::F32;
    out.floats.assign(out.reals.begin(), out.reals.end());
  }
  return out;
}

// An array of numbers or of rows of numbers; what tells the error where.
OwnTensor of_array(const Array& array, std::string_view what) {
  OwnTensor out;
  const bool matrix = !array.empty() && array.at(0).is_array();
  std::vector<const Array*> rows = {&array};
  if (matrix) {
    rows.clear();
    for (size_t r = 0; r < array.size; ++r) {
      const Value row = array.at(r);
      if (!row.is_array()) throw Error(fmt::format("{}: mixed 1D/2D rows", what));
      rows.push_back(row.as_array());
      if (rows.back()->size != rows[0]->size) throw Error(fmt::format("{}: ragged 2D array", what));
    }
    out.tensor.shape.push_back(static_cast<int64_t>(rows.size()));
  }
  out.tensor.shape.push_back(static_cast<int64_t>(rows[0]->size));

  size_t n = 0, bools = 0, ints = 0;
  for (const Array* row : rows) {
    for (size_t c = 0; c < row->size; ++c) {
      const Value v = row->at(c);
      if (!v.is_bool() && !v.is_int() && !v.is_float()) throw Error(fmt::format("{}: cell is not a number", what));
      bools += v.is_bool();
      ints += v.is_int();
      ++n;
    }
  }
  out.tensor.type = n == 0       ? tape::CellType::F64
                    : bools == n ? tape::CellType::Bool
                    : ints == n  ? tape::CellType::I64
                                 : tape::CellType::F64;
  for (const Array* row : rows) {
    for (size_t c = 0; c < row->size; ++c) {
      const Value v = row->at(c);
      if (out.tensor.type == tape::CellType::Bool)
        out.bools.push_back(v.as_bool());
      else if (out.tensor.type == tape::CellType::I64)
        out.ints.push_back(v.as_int());
      else
        out.reals.push_back(to_float(v));
    }
  }
  return out;
}

OwnTensor of_value(Vm& vm, Value v, std::string_view what) {
  if (v.is_array()) return of_array(*v.as_array(), what);
  if (v.is_int()) return of_node(vm, v.as_int());
  throw Error(fmt::format("{}: neither a node id nor an array, but {}", what, type_name(v)));
}

// --- tensors to values
// -------------------------------------------------------------------------------------------------

Value row_value(Vm& vm, const tape::StoredTensor& t, size_t from, size_t n, std::span<const double> reals,
                std::span<const int64_t> ints) {
  if (tape::is_real(t.type)) return Value(vm.heap().floats(reals.subspan(from, n)));
  if (t.type != tape::CellType::Bool) return Value(vm.heap().ints(ints.subspan(from, n)));
  Array* row = vm.heap().array(ElementKind::Values, n);
  for (size_t c = 0; c < n; ++c) row->values[c] = Value::boolean(ints[from + c] != 0);
  return Value(row);
}

// A number, a flat array or an array of rows.
Value to_value(Vm& vm, const tape::StoredTensor& t, std::string_view what) {
  if (t.shape.size() > 2) throw Error(fmt::format("{} has {} dimensions; the tape knows two", what, t.shape.size()));
  std::vector<double> reals;
  std::vector<int64_t> ints;
  if (tape::is_real(t.type))
    reals = tape::reals(t);
  else
    ints = tape::integers(t);
  if (t.shape.empty()) return row_value(vm, t, 0, 1, reals, ints).as_array()->at(0);
  if (t.shape.size() == 1) return row_value(vm, t, 0, static_cast<size_t>(t.shape[0]), reals, ints);
  const auto rows = static_cast<size_t>(t.shape[0]), cols = static_cast<size_t>(t.shape[1]);
  Array* out = vm.heap().array(ElementKind::Values, rows);
  for (size_t r = 0; r < rows; ++r) out->values[r] = row_value(vm, t, r * cols, cols, reals, ints);
  return Value(out);
}

// --- files
// -------------------------------------------------------------------------------------------------------------

std::string read(Vm& vm, const Args& args, const std::string& path) {
  require(vm, args, Permission::Read, path);
  std::error_code why;
  std::optional<std::string> file = read_whole_file(path, why);
  if (!file) throw Error(fmt::format("{}({}): {}", args.name(), path, os_reason(why.value())));
  return std::move(*file);
}

void write(const Args& args, const std::string& path, std::string_view file) {
  std::error_code why;
  if (!replace_file(path, file, why)) throw Error(fmt::format("{}({}): {}", args.name(), path, os_reason(why.value())));
}

// f() with the builtin and the path in front of what is wrong with a file.
template <class F>
auto naming(const Args& args, const std::string& path, F&& f) try {
  return f();
} catch (const tape::Error& e) {
  throw Error(fmt::format("{}({}): {}", args.name(), path, e.what()));
}

std::string quoted(std::string_view name) {
  return fmt::format("tensor \"{}\"", name);
}

}  // namespace

static Value tape_save(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Write, path);
  if (!args[1].is_dict()) throw args.error("requires a dict of node ids or arrays");
  std::map<std::string, std::string> metadata;
  if (args.has(2)) {
    if (!args[2].is_dict()) throw args.error("the metadata must be a dict");
    const Dict& texts = *args[2].as_dict();
    for (const uint32_t i : texts.sorted(vm.heap()))
      metadata.emplace(texts.entries[i].key->view(), display(texts.entries[i].value));
  }
  std::vector<OwnTensor> own;
  const Dict& named = *args[1].as_dict();
  for (const uint32_t i : named.sorted(vm.heap())) {
    const Dict::Entry& e = named.entries[i];
    own.push_back(of_value(vm, e.value, fmt::format("{}: {}", args.name(), quoted(e.key->view()))));
    own.back().tensor.name = std::string(e.key->view());
  }
  std::vector<tape::StoredTensor> tensors;
  for (OwnTensor& t : own) {
    t.view();
    tensors.push_back(t.tensor);
  }
  write(args, path, naming(args, path, [&] { return tape::write_safetensors(tensors, metadata); }));
  return Value::null();
}

static Value tape_load(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  const std::string file = read(vm, args, path);
  const tape::TensorFile content = naming(args, path, [&] { return tape::read_safetensors(file); });
  Dict* out = vm.heap().dict();
  for (const tape::StoredTensor& t : content.tensors)
    out->set(vm.heap(), vm.heap().string(t.name),
             to_value(vm, t, fmt::format("{}({}): {}", args.name(), path, quoted(t.name))));
  return Value(out);
}

static Value tape_metadata(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  const std::string file = read(vm, args, path);
  const tape::TensorFile content = naming(args, path, [&] { return tape::read_safetensors(file); });
  Dict* out = vm.heap().dict();
  for (const auto& [key, text] : content.metadata) out->set(vm.heap(), vm.heap().string(key), vm.text(text));
  return Value(out);
}

static Value tape_save_npy(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Write, path);
  OwnTensor own = of_value(vm, args[1], args.name());
  own.view();
  write(args, path, naming(args, path, [&] { return tape::write_npy(own.tensor); }));
  return Value::null();
}

static Value tape_load_npy(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  const std::string file = read(vm, args, path);
  std::string turned;
  const tape::StoredTensor tensor = naming(args, path, [&] { return tape::read_npy(file, turned); });
  return to_value(vm, tensor, fmt::format("{}({}): the array", args.name(), path));
}

constexpr Builtin kBuiltins[] = {
    {"tape_save", "(path, tensors, metadata?) -> null",
     "Writes node ids or arrays, by name, to a safetensors file with a hash of its content.",
     "tape_save(\"model.tmp\", {w: tape_var([1.5, 2.0])})  # null", tape_save},
    {"tape_load", "(path) -> dict", "The tensors of a safetensors file: name -> number, array or array of rows.",
     "tape_save(\"model.tmp\", {w: [1.5, 2.0]}); println(tape_load(\"model.tmp\"))", tape_load},
    {"tape_metadata", "(path) -> dict", "The texts that a safetensors file carries beside its tensors.",
     "tape_save(\"model.tmp\", {w: [1.5]}, {epoch: 3}); println(tape_metadata(\"model.tmp\"))", tape_metadata},
    {"tape_save_npy", "(path, value) -> null", "Writes a node's value or an array to a NumPy file.",
     "tape_save_npy(\"x.tmp\", [[1, 2], [3, 4]])  # null", tape_save_npy},
    {"tape_load_npy", "(path) -> any", "The number, array or array of rows in a NumPy file.",
     "tape_save_npy(\"x.tmp\", [[1, 2], [3, 4]]); println(tape_load_npy(\"x.tmp\"))", tape_load_npy},
};

constinit const std::span<const Builtin> tape_files_builtins = kBuiltins;

}  // namespace omc::stdlib
