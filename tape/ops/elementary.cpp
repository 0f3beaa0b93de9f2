// Elementwise operations of one operand. One row each: the operation's parameter n, x and y are the cells of operand
// and value, d the upstream gradient.
//
//   neg          -x                                -d
//   pow_int      x^n, by repeated squaring         d (n x^(n-1)), exactly 0 for n = 0
//   exp          e^x                               d y
//   log          ln x, -inf unless x > 0           d / x, 0 where x = 0
//   abs          |x|                               d sign x, sign 0 = 0
//   sin          sin x                             d cos x
//   cos          cos x                             (-d) sin x
//   relu         x > 0 ? x : 0                     x > 0 ? d : 0
//   sigmoid      1 / (1 + e^-x)                    (d y) (1 - y)
//   tanh         tanh x                            d (1 - y y)
//   add_scalar   x + n                             d
//   mul_scalar   x n                               d n
//   div_scalar   x / n, 0 for n = 0                d / n, 0 for n = 0
//
// exp, sigmoid and tanh differentiate from their recorded value, the others from the operand's present one.
#include <cmath>
#include <limits>

#include "tape/kernels/functions.hpp"
#include "tape/operation.hpp"
#include "tape/powi.hpp"

namespace omc::tape {

namespace {

template <class T>
T sign(T x) {
  return static_cast<T>((x > 0) - (x < 0));
}

#define OMC_ELEMENTWISE(Name, builtin, cost_, forward_, backward_)                                  \
  struct Name {                                                                                     \
    static constexpr std::string_view name = builtin;                                               \
    static constexpr size_t cost = cost_;                                                           \
    template <class T>                                                                              \
    static T forward([[maybe_unused]] T x, [[maybe_unused]] double n) {                             \
      return forward_;                                                                              \
    }                                                                                               \
    template <class T>                                                                              \
    static T backward([[maybe_unused]] T x, [[maybe_unused]] T y, [[maybe_unused]] double n, T d) { \
      return backward_;                                                                             \
    }                                                                                               \
  };

// cost: nanoseconds a cell, for the decision whether to use threads.
OMC_ELEMENTWISE(Neg, "tape_neg", 1, -x, -d)
OMC_ELEMENTWISE(Abs, "tape_abs", 1, std::abs(x), d* sign(x))
OMC_ELEMENTWISE(Sin, "tape_sin", 10, std::sin(x), d* std::cos(x))
OMC_ELEMENTWISE(Cos, "tape_cos", 10, std::cos(x), -d* std::sin(x))
OMC_ELEMENTWISE(Relu, "tape_relu", 1, x > 0 ? x : T{0}, x > 0 ? d : T{0})
OMC_ELEMENTWISE(AddScalar, "tape_add_scalar", 1, x + T(n), d)
OMC_ELEMENTWISE(MulScalar, "tape_mul_scalar", 1, x* T(n), d* T(n))
OMC_ELEMENTWISE(DivScalar, "tape_div_scalar", 1, T(n) == 0 ? T{0} : x / T(n), T(n) == 0 ? T{0} : d / T(n))
OMC_ELEMENTWISE(PowInt, "tape_pow_int", 5, powi(x, static_cast<int64_t>(n)),
                n == 0 ? T{0} : d * (T(n) * powi(x, static_cast<int64_t>(n) - 1)))
#undef OMC_ELEMENTWISE

// Those whose functions are made many at a time.
struct Log {
  static constexpr std::string_view name = "tape_log";
  static constexpr size_t cost = 3;
  template <class Mode, class T>
  static void forward_cells(Isa isa, size_t n, const T* x, T* y) {
    log_cells<Mode>(isa, x, n, y);
    run(isa, 0, n, [=](size_t i) { y[i] = x[i] > 0 ? y[i] : -std::numeric_limits<T>::infinity(); });
  }
  template <class T>
  static T backward(T x, T, double, T d) {
    return x != 0 ? d / x : T{0};
  }
};

struct Exp {
  static constexpr std::string_view name = "tape_exp";
  static constexpr size_t cost = 2;
  template <class Mode, class T>
  static void forward_cells(Isa isa, size_t n, const T* x, T* y) {
    exp_cells<Mode>(isa, x, T{0}, n, y);
  }
  template <class T>
  static T backward(T, T y, double, T d) {
    return d * y;
  }
};

struct Sigmoid {
  static constexpr std::string_view name = "tape_sigmoid";
  static constexpr size_t cost = 3;
  template <class Mode, class T>
  static void forward_cells(Isa isa, size_t n, const T* x, T* y) {
    run(isa, 0, n, [=](size_t i) { y[i] = -x[i]; });
    exp_cells<Mode>(isa, y, T{0}, n, y);
    run(isa, 0, n, [=](size_t i) { y[i] = T{1} / (T{1} + y[i]); });
  }
  template <class T>
  static T backward(T, T y, double, T d) {
    return (d * y) * (T{1} - y);
  }
};

struct Tanh {
  static constexpr std::string_view name = "tape_tanh";
  static constexpr size_t cost = 12;
  template <class Mode, class T>
  static void forward_cells(Isa isa, size_t n, const T* x, T* y) {
    if constexpr (Mode::exact) {
      for (size_t i = 0; i < n; ++i) y[i] = std::tanh(x[i]);
    } else {  // 1 - 2 / (e^2x + 1): its error is absolute, which the fast modes allow
      run(isa, 0, n, [=](size_t i) { y[i] = x[i] + x[i]; });
      exp_cells<Mode>(isa, y, T{0}, n, y);
      run(isa, 0, n, [=](size_t i) { y[i] = T{1} - T{2} / (y[i] + T{1}); });
    }
  }
  template <class T>
  static T backward(T, T y, double, T d) {
    return d * (T{1} - y * y);
  }
};

template <class Mode, class Op, class T = typename Mode::Cell>
void forward(const Compute& compute, size_t n, const T* x, T* y, double parameter) {
  if constexpr (requires { Op::template forward_cells<Mode>(compute.isa(), n, x, y); }) {
    constexpr size_t kChunk = 512;  // cells: several passes over them stay in the nearest cache
    compute.rows((n + kChunk - 1) / kChunk, Op::cost * kChunk, [=, isa = compute.isa()](size_t begin, size_t end) {
      for (size_t i = begin * kChunk; i < std::min(n, end * kChunk); i += kChunk)
        Op::template forward_cells<Mode>(isa, std::min(kChunk, n - i), x + i, y + i);
    });
  } else {
    compute.cells(n, Op::cost, [=](size_t i) { y[i] = Op::forward(x[i], parameter); });
  }
}

template <class Op>
void backward(Backward& b) {
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const x = b.operand(0).data<T>(), *const y = b.value().data<T>(), *const d = b.gradient().data<T>();
    const double n = b.parameter();
    b.accumulate<T>(0, Op::cost, [=](size_t i) { return Op::backward(x[i], y[i], n, d[i]); });
  });
}

template <class Op>
constexpr Operation kOperation = {Op::name, backward<Op>};

}  // namespace

template <class Op>
NodeId Tape::elementwise(NodeId a, double parameter) {
  const Tensor& operand = use(kOperation<Op>, a);
  Tensor value = make(operand.rows(), operand.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    forward<Mode, Op>(compute_, operand.size(), operand.data<T>(), value.data<T>(), parameter);
  });
  return append(kOperation<Op>, std::move(value), {a}, parameter);
}

NodeId Tape::neg(NodeId a) {
  return elementwise<Neg>(a);
}
NodeId Tape::exp(NodeId a) {
  return elementwise<Exp>(a);
}
NodeId Tape::log(NodeId a) {
  return elementwise<Log>(a);
}
NodeId Tape::abs(NodeId a) {
  return elementwise<Abs>(a);
}
NodeId Tape::sin(NodeId a) {
  return elementwise<Sin>(a);
}
NodeId Tape::cos(NodeId a) {
  return elementwise<Cos>(a);
}
NodeId Tape::relu(NodeId a) {
  return elementwise<Relu>(a);
}
NodeId Tape::sigmoid(NodeId a) {
  return elementwise<Sigmoid>(a);
}
NodeId Tape::tanh(NodeId a) {
  return elementwise<Tanh>(a);
}
NodeId Tape::add_scalar(NodeId a, double x) {
  return elementwise<AddScalar>(a, x);
}
NodeId Tape::mul_scalar(NodeId a, double x) {
  return elementwise<MulScalar>(a, x);
}
NodeId Tape::div_scalar(NodeId a, double x) {
  return elementwise<DivScalar>(a, x);
}

NodeId Tape::pow_int(NodeId a, int64_t n) {
  use(kOperation<PowInt>, a);
  if (n <= -(int64_t{1} << 31) || n >= int64_t{1} << 31) throw Error("tape_pow_int: exponent out of range");
  return elementwise<PowInt>(a, static_cast<double>(n));
}

}  // namespace omc::tape
