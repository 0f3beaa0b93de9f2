#pragma once
// Matrices in files of other programs: safetensors (safetensors.hpp) and NumPy's .npy (npy.hpp). A reader or writer
// works on the bytes of a whole file; how they come from or go to a disk is its caller's affair.
//
//     const std::string file = write_safetensors(tensors, {{"model", "tiny"}});
//     for (const StoredTensor& t : read_safetensors(file).tensors) use(t.name, t.shape, reals(t));
//
// A file that is cut short, altered or beyond what we read is a tape::Error that says what is wrong with it.

#include <bit>      // endian
#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tape/error.hpp"

namespace omc::tape {

static_assert(std::endian::native == std::endian::little,
              "files hold little-endian numbers, which are copied as they are");

enum class CellType : uint8_t { F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8, Bool };

size_t cell_bytes(CellType type);
inline bool is_real(CellType type) {
  return type <= CellType::BF16;
}

// Row by row, without gaps. The cells belong to whoever made the tensor: to the text that was read, or to the caller.
struct StoredTensor {
  std::string name;
  CellType type;
  std::vector<int64_t> shape;  // () a number, (n) a row, (r, c) a matrix; more dimensions for whoever knows them
  std::string_view cells;
};

// The number of cells of a shape; throws an Error that begins with `what` if it or its bytes are beyond 2^62.
size_t cell_count(std::span<const int64_t> shape, std::string_view what);

// The cells, whatever their type: as doubles, which rounds large integers, or, for integer types, as integers.
std::vector<double> reals(const StoredTensor& tensor);
std::vector<int64_t> integers(const StoredTensor& tensor);

template <class T>
std::string_view bytes_of(std::span<const T> cells) {
  return {reinterpret_cast<const char*>(cells.data()), cells.size_bytes()};
}

}  // namespace omc::tape
