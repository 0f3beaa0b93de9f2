#pragma once
// Matrix products whose every cell is a sum of its own, taken in ascending order of k.

#include <cstdint>
#include <span>

namespace omc::stdlib {

// out[i][j] = 0 + a[i][0]·b[0][j] + a[i][1]·b[1][j] + ...; floats without fma, ints wrapping. `a` and `b` are row after
// row, `inner` is the number of columns of a and of rows of b; rows.size() x columns is the shape of the result.
void multiply_rows(std::span<const double> a, std::span<const double> b, size_t inner, size_t columns,
                   std::span<double* const> rows);
void multiply_rows(std::span<const int64_t> a, std::span<const int64_t> b, size_t inner, size_t columns,
                   std::span<int64_t* const> rows);

}  // namespace omc::stdlib
