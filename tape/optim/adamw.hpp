#pragma once
// One AdamW step on plain arrays: the builtin substrate_adamw_update, and what a fused optimizer calls for each
// parameter.

#include <cstddef>  // size_t
#include <cstdint>  // int64_t

#include "tape/compute.hpp"

namespace omc::tape {

struct AdamW {
  double learning_rate, beta1, beta2, eps, weight_decay;
};

// Step number `step`, from 1, of all parameters.
class AdamWStep {
 public:
  AdamWStep(const AdamW& settings, int64_t step);

  // next = the n parameters after the step; m and v are updated in place. next may be theta. Floats are read as doubles
  // and rounded at the end: what lies between is the same for both.
  template <class T>
  void update(const Compute& compute, size_t n, const T* theta, const T* gradient, double* m, double* v, T* next) const;

 private:
  template <class T>
  void by_divisions(Isa isa, size_t begin, size_t end, const T* theta, const T* gradient, double* m, double* v,
                    T* next) const;
  template <class T>
  void by_reciprocals(size_t begin, size_t end, const T* theta, const T* gradient, double* m, double* v, T* next) const;

  double keep1_, new1_, keep2_, new2_, bias1_, bias2_, rate_, decay_, epsilon_;
};

}  // namespace omc::tape
