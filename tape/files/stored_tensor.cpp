#include "tape/files/stored_tensor.hpp"

#include <fmt/format.h>

#include <cmath>    // ldexp
#include <cstring>  // memcpy
#include <limits>

namespace omc::tape {

namespace {

// IEEE 754-2019, 3.6, binary16: 1 sign, 5 exponent, 10 fraction bits.
double from_half(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double magnitude;
  if (exponent == 31)
    magnitude = fraction ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else if (exponent == 0)
    magnitude = std::ldexp(fraction, -24);
  else
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

// bfloat16 is the upper half of a binary32.
double from_bfloat(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

template <class T>
T load(std::string_view cells, size_t i) {
  T x;
  std::memcpy(&x, cells.data() + i * sizeof(T), sizeof(T));
  return x;
}

// f(i) of each cell, f chosen by the type.
template <class F>
void visit_cells(const StoredTensor& t, F&& f) {
  const size_t n = t.cells.size() / cell_bytes(t.type);
  const auto each = [&](auto cell) {
    for (size_t i = 0; i < n; ++i) f(i, cell(i));
  };
  const std::string_view c = t.cells;
  switch (t.type) {
    case CellType::F64:
      return each([&](size_t i) { return load<double>(c, i); });
    case CellType::F32:
      return each([&](size_t i) { return load<float>(c, i); });
    case CellType::F16:
      return each([&](size_t i) { return from_half(load<uint16_t>(c, i)); });
    case CellType::BF16:
      return each([&](size_t i) { return from_bfloat(load<uint16_t>(c, i)); });
    case CellType::I64:
      return each([&](size_t i) { return load<int64_t>(c, i); });
    case CellType::I32:
      return each([&](size_t i) { return load<int32_t>(c, i); });
    case CellType::I16:
      return each([&](size_t i) { return load<int16_t>(c, i); });
    case CellType::I8:
      return each([&](size_t i) { return load<int8_t>(c, i); });
    case CellType::U32:
      return each([&](size_t i) { return load<uint32_t>(c, i); });
    case CellType::U16:
      return each([&](size_t i) { return load<uint16_t>(c, i); });
    case CellType::U8:
      return each([&](size_t i) { return load<uint8_t>(c, i); });
    case CellType::Bool:
      return each([&](size_t i) { return load<uint8_t>(c, i) != 0; });
  }
}

}  // namespace

size_t cell_bytes(CellType type) {
  switch (type) {
    case CellType::F64:
    case CellType::I64:
      return 8;
    case CellType::F32:
    case CellType::I32:
    case CellType::U32:
      return 4;
    case CellType::F16:
    case CellType::BF16:
    case CellType::I16:
    case CellType::U16:
      return 2;
    default:
      return 1;
  }
}

size_t cell_count(std::span<const int64_t> shape, std::string_view what) {
  constexpr int64_t kMost = int64_t{1} << 59;  // eight bytes each
  int64_t n = 1;
  for (const int64_t extent : shape) {
    if (extent < 0 || extent > kMost || (extent > 0 && n > kMost / extent))
      throw Error(fmt::format("{}: impossible shape", what));
    n *= extent;
  }
  return static_cast<size_t>(n);
}

std::vector<double> reals(const StoredTensor& tensor) {
  std::vector<double> out(tensor.cells.size() / cell_bytes(tensor.type));
  visit_cells(tensor, [&](size_t i, auto x) { out[i] = static_cast<double>(x); });
  return out;
}

std::vector<int64_t> integers(const StoredTensor& tensor) {
  std::vector<int64_t> out(tensor.cells.size() / cell_bytes(tensor.type));
  visit_cells(tensor, [&](size_t i, auto x) { out[i] = static_cast<int64_t>(x); });
  return out;
}

}  // namespace omc::tape
