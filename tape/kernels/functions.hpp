#pragma once
// Exponentials, logarithms and scalar products of many cells at once.
//
// Mode exact promises the exponentials and logarithms of the C library, which takes 3 to 5 ns for each. glibc's exp
// errs by less than 0.512 units in the last place, its ln by less than 0.521. Wherever the true value is farther than
// 0.012 (0.021) units from the middle between two doubles, glibc returns the double nearest to it, and so does any
// method that knows the value well enough. The vector loops here know it to 2^-60 and tell where that does not decide
// (1 cell in 30, 1 in 14); those cells go to the library. That is Ziv's rounding test: A. Ziv, Fast Evaluation of
// Elementary Mathematical Functions with Correctly Rounded Last Bit, ACM TOMS 17(3), 1991. With another C library, or
// without AVX2, every cell goes to the library.

#include <cmath>    // exp
#include <cstddef>  // size_t

#include "tape/kernels/simd.hpp"
#include "tape/precision.hpp"

namespace omc::tape {

// Pairs of rows whose products are summed side by side: 64 bytes of sums.
template <class T>
inline constexpr size_t kDots = 64 / sizeof(T);

// out[k] = Σ_c a[c] b[k][c]; in mode exact c ascending.
template <class Mode, class T = typename Mode::Cell>
void dots(Isa isa, const T* a, const T* const (&b)[kDots<T>], size_t n, T (&out)[kDots<T>]);

// y[i] = ln x[i]; y may be x.
template <class Mode, class T = typename Mode::Cell>
void log_cells(Isa isa, const T* x, size_t n, T* y);

// y[i] = e^(x[i] - shift); y may be x.
template <class Mode, class T = typename Mode::Cell>
void exp_cells(Isa isa, const T* x, T shift, size_t n, T* y);

}  // namespace omc::tape
