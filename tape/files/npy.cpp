#include "tape/files/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>  // join

#include <charconv>
#include <cstring>  // memcpy
#include <utility>  // pair

namespace omc::tape {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::pair<CellType, std::string_view> kDescriptions[] = {
    {CellType::F64, "<f8"}, {CellType::F32, "<f4"}, {CellType::F16, "<f2"},  {CellType::I64, "<i8"},
    {CellType::I32, "<i4"}, {CellType::I16, "<i2"}, {CellType::I8, "|i1"},   {CellType::U32, "<u4"},
    {CellType::U16, "<u2"}, {CellType::U8, "|u1"},  {CellType::Bool, "|b1"},
};

[[noreturn]] void refuse(std::string_view what) {
  throw Error(fmt::format("not a .npy file: {}", what));
}

// The header is a Python dict, {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }, always of these three keys.
// What stands behind a key: a quoted text, a word, or a parenthesis with its content.
std::string_view field(std::string_view header, std::string_view key) {
  const size_t at = header.find(fmt::format("'{}'", key));
  size_t begin = at == header.npos ? at : header.find(':', at);
  if (begin != header.npos) begin = header.find_first_not_of(": ", begin);
  if (begin == header.npos) refuse(fmt::format("its header lacks '{}'", key));
  const char first = header[begin];
  const size_t end =
      first == '\'' ? header.find('\'', begin + 1) : header.find_first_of(first == '(' ? ")" : ",}", begin);
  if (end == header.npos) refuse("its header ends too early");
  const bool quoted = first == '\'' || first == '(';
  return header.substr(begin + quoted, end - begin - quoted);
}

std::vector<int64_t> read_shape(std::string_view text) {
  std::vector<int64_t> shape;
  while ((text = text.substr(std::min(text.size(), text.find_first_not_of(", ")))) != "") {
    int64_t extent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc() || extent < 0) refuse("a bad shape");
    shape.push_back(extent);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  return shape;
}

}  // namespace

std::string write_npy(const StoredTensor& tensor) {
  std::string_view description;
  for (const auto& [type, text] : kDescriptions)
    if (type == tensor.type) description = text;
  if (description.empty()) throw Error("NumPy has no type for these cells");
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", description,
                                   fmt::join(tensor.shape, ", "), tensor.shape.size() == 1 ? "," : "");
  constexpr size_t kBefore = 10;  // magic, version, length
  header.append(63 - (kBefore + header.size()) % 64, ' ');
  header += '\n';
  const auto length = static_cast<uint16_t>(header.size());
  std::string out(kMagic);
  out += {1, 0, static_cast<char>(length & 255), static_cast<char>(length >> 8)};
  return out + header + std::string(tensor.cells);
}

StoredTensor read_npy(std::string_view file, std::string& turned) {
  if (file.size() < 12 || !file.starts_with(kMagic)) refuse("it does not begin like one");
  const int version = file[6];
  if (version < 1 || version > 3) refuse(fmt::format("version {} is not known", version));
  uint32_t length = 0;
  std::memcpy(&length, file.data() + 8, version == 1 ? 2 : 4);
  const size_t before = version == 1 ? 10 : 12;
  if (length > file.size() - before) refuse("its header is cut short");
  const std::string_view header = file.substr(before, length);

  const std::string_view description = field(header, "descr");
  StoredTensor out{
      .name = {}, .type = {}, .shape = read_shape(field(header, "shape")), .cells = file.substr(before + length)};
  bool known = false;
  for (const auto& [type, text] : kDescriptions) {
    if (text != description) continue;
    out.type = type;
    known = true;
  }
  if (!known) throw Error(fmt::format("cells of the type '{}' are not supported", description));
  const size_t size = cell_bytes(out.type), wanted = cell_count(out.shape, "a .npy file") * size;
  if (out.cells.size() != wanted) refuse(fmt::format("{} bytes of cells instead of {}", out.cells.size(), wanted));

  const std::string_view by_columns = field(header, "fortran_order");
  if (by_columns != "True" && by_columns != "False") refuse("a bad fortran_order");
  if (by_columns == "True" && out.shape.size() == 2) {
    const auto rows = static_cast<size_t>(out.shape[0]), cols = static_cast<size_t>(out.shape[1]);
    turned.resize(wanted);
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < cols; ++c)
        std::memcpy(turned.data() + (r * cols + c) * size, out.cells.data() + (c * rows + r) * size, size);
    out.cells = turned;
  } else if (by_columns == "True" && out.shape.size() > 2) {
    throw Error("more than two dimensions, column by column, are not supported");
  }
  return out;
}

}  // namespace omc::tape
