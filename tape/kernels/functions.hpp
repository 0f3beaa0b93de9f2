#pragma once
// Exponentials of many cells at once.
//
// Mode exact promises the values of the C library, which takes 3 to 5 ns each. glibc's exp errs by less than 0.512 units in
// the last place, so wherever the true value is farther than 0.012 units from the middle between two doubles, glibc
// returns the double nearest to it, and so does any method that knows the value well enough. The vector loop here knows it
// to 2^-60 and tells where that does not decide (1 cell in 30); those cells go to the library. That is Ziv's rounding
// test: A. Ziv, Fast Evaluation of Elementary Mathematical Functions with Correctly Rounded Last Bit, ACM TOMS 17(3), 1991.
// With another C library, or without AVX2, every cell goes to the library.

#include <cmath>    // exp
#include <cstddef>  // size_t

#include "tape/kernels/simd.hpp"
#include "tape/precision.hpp"

namespace omc::tape {

// y[i] = e^(x[i] - shift); y may be x.
template <class Mode, class T = typename Mode::Cell>
void exp_cells(Isa isa, const T* x, T shift, size_t n, T* y);

}  // namespace omc::tape
