// Elementwise operations of two operands, with broadcasting: a dimension of size 1 is repeated to that of the other.
//
//   add  y = a + b                      da = d         db = d
//   sub  y = a - b                      da = d         db = -d
//   mul  y = a b                        da = d b       db = d a
//   div  y = a / b, 0 where b = 0       da = d / b     db = ((-d) a) / (b b), nothing where b = 0
//
// The contribution to an operand that was repeated is summed over the output cells that its cell went to, in row-major
// order. Broadcasting as in NumPy: C. R. Harris et al., Array programming with NumPy, Nature 585, 2020.
#include <fmt/format.h>

#include "tape/operation.hpp"
#include "tape/ops/sums.hpp"

namespace omc::tape {

namespace {

struct Add {
  static constexpr std::string_view name = "tape_add";
  template <class T>
  static T forward(T a, T b) {
    return a + b;
  }
  template <class T>
  static T da(T, T, T d) {
    return d;
  }
  template <class T>
  static T db(T, T, T d) {
    return d;
  }
};

struct Sub {
  static constexpr std::string_view name = "tape_sub";
  template <class T>
  static T forward(T a, T b) {
    return a - b;
  }
  template <class T>
  static T da(T, T, T d) {
    return d;
  }
  template <class T>
  static T db(T, T, T d) {
    return -d;
  }
};

struct Mul {
  static constexpr std::string_view name = "tape_mul";
  template <class T>
  static T forward(T a, T b) {
    return a * b;
  }
  template <class T>
  static T da(T, T b, T d) {
    return d * b;
  }
  template <class T>
  static T db(T a, T, T d) {
    return d * a;
  }
};

struct Div {
  static constexpr std::string_view name = "tape_div";
  template <class T>
  static T forward(T a, T b) {
    return b == 0 ? T{0} : a / b;
  }
  template <class T>
  static T da(T, T b, T d) {
    return b == 0 ? T{0} : d / b;
  }
  template <class T>
  static T db(T a, T b, T d) {
    return b == 0 ? T{0} : (-d * a) / (b * b);
  }
};

// How output cell (r, c) finds its cell in a matrix: r * row + c * col, a repeated dimension having step 0.
struct Steps {
  size_t row, col;
};

struct Layout {
  size_t rows, cols;  // of the output
  Steps a, b;
};

Layout layout_of(const Tensor& a, const Tensor& b) {
  const auto widest = [](int64_t x, int64_t y) { return static_cast<size_t>(x == 1 ? y : x); };
  const auto steps = [](const Tensor& t) {
    const size_t cols = static_cast<size_t>(t.cols());
    return Steps{t.rows() == 1 ? 0 : cols, t.cols() == 1 ? size_t{0} : size_t{1}};
  };
  Layout l{widest(a.rows(), b.rows()), widest(a.cols(), b.cols()), steps(a), steps(b)};
  if (a.has_shape_of(b)) return {1, l.rows * l.cols, {0, 1}, {0, 1}};  // one long row
  if (l.cols == 1) return {1, l.rows, {0, l.a.row}, {0, l.b.row}};     // a column lies like a row
  return l;
}

// body(output cell, cell of a, cell of b) for each row, with the steps along it known to the compiler.
template <class Body>
void for_cells(const Compute& compute, const Layout& l, const Body body) {
  const auto along = [&](auto a_col, auto b_col) {
    if (l.rows == 1) return compute.cells(l.cols, 1, [=](size_t c) { body(c, c * a_col(), c * b_col()); });
    const size_t cols = l.cols, a_row = l.a.row, b_row = l.b.row;
    compute.each_row(l.rows, cols, [=](size_t r) {
#pragma GCC ivdep
      for (size_t c = 0; c < cols; ++c) body(r * cols + c, r * a_row + c * a_col(), r * b_row + c * b_col());
    });
  };
  const std::integral_constant<size_t, 0> still;
  const std::integral_constant<size_t, 1> step;
  if (l.a.col && l.b.col) return along(step, step);
  if (l.a.col) return along(step, still);
  if (l.b.col) return along(still, step);
  along(still, still);
}

// Adds the contribution to operand i, whose cells are found by own; term(output cell, cell of a, cell of b).
template <class Mode, class Term>
void contribute(Backward& b, size_t i, const Layout& l, Steps own, const Term term) {
  using T = typename Mode::Cell;
  const size_t cols = l.cols;
  const Steps sa = l.a, sb = l.b;
  const auto at = [=](size_t r, size_t c) {
    return term(r * cols + c, r * sa.row + c * sa.col, r * sb.row + c * sb.col);
  };
  const Sink<T> sink = b.sink<T>(i);
  const bool repeats_rows = !own.row && l.rows != 1, repeats_cols = !own.col && l.cols != 1;
  if (repeats_rows && repeats_cols) {
    sink.put(0, sum_all<Mode>(l.rows, cols, at));
  } else if (repeats_rows) {
    sum_columns<Mode>(b.compute(), l.rows, cols, at, [=](size_t c, T s) { sink.put(c, s); });
  } else if (repeats_cols) {
    sum_rows<Mode>(b.compute(), l.rows, cols, at, [=](size_t r, T s) { sink.put(r, s); });
  } else if (sink.in) {
    for_cells(b.compute(), l, [=](size_t n, size_t x, size_t y) { sink.out[n] = sink.in[n] + term(n, x, y); });
  } else {
    for_cells(b.compute(), l, [=](size_t n, size_t x, size_t y) { sink.out[n] = T{0} + term(n, x, y); });
  }
}

template <class Op>
void backward(Backward& b) {
  const Tensor &a = b.operand(0), &c = b.operand(1);
  const Layout l = layout_of(a, c);
  const bool hands_on_a = std::is_same_v<Op, Add> || std::is_same_v<Op, Sub>, hands_on_b = std::is_same_v<Op, Add>;
  in_mode(b.precision(), [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const pa = a.data<T>(), *const pb = c.data<T>(), *const d = b.gradient().data<T>();
    if (b.wants(0)) {
      if (hands_on_a && a.has_shape_of(b.gradient()))
        b.pass(0);
      else
        contribute<Mode>(b, 0, l, l.a, [=](size_t n, size_t x, size_t y) { return Op::da(pa[x], pb[y], d[n]); });
    }
    if (b.wants(1)) {
      if (hands_on_b && c.has_shape_of(b.gradient()))
        b.pass(1);
      else
        contribute<Mode>(b, 1, l, l.b, [=](size_t n, size_t x, size_t y) { return Op::db(pa[x], pb[y], d[n]); });
    }
  });
}

template <class Op>
constexpr Operation kOperation = {Op::name, backward<Op>};

}  // namespace

template <class Op>
NodeId Tape::broadcast(NodeId a_id, NodeId b_id) {
  const Tensor &a = use(kOperation<Op>, a_id), &b = use(kOperation<Op>, b_id);
  const auto pairs = [](int64_t x, int64_t y) { return x == y || x == 1 || y == 1; };
  if (!pairs(a.rows(), b.rows()) || !pairs(a.cols(), b.cols()))
    throw Error(fmt::format("{}: shape mismatch {}x{} vs {}x{}", Op::name, a.rows(), a.cols(), b.rows(), b.cols()));
  const Layout l = layout_of(a, b);
  Tensor y = make(a.rows() == 1 ? b.rows() : a.rows(), a.cols() == 1 ? b.cols() : a.cols());
  in_mode(precision_, [&]<class Mode>(Mode) {
    using T = typename Mode::Cell;
    const T *const pa = a.data<T>(), *const pb = b.data<T>();
    T* const py = y.data<T>();
    for_cells(compute_, l, [=](size_t n, size_t i, size_t j) { py[n] = Op::forward(pa[i], pb[j]); });
  });
  return append(kOperation<Op>, std::move(y), {a_id, b_id});
}

NodeId Tape::add(NodeId a, NodeId b) {
  return broadcast<Add>(a, b);
}
NodeId Tape::sub(NodeId a, NodeId b) {
  return broadcast<Sub>(a, b);
}
NodeId Tape::mul(NodeId a, NodeId b) {
  return broadcast<Mul>(a, b);
}
NodeId Tape::div(NodeId a, NodeId b) {
  return broadcast<Div>(a, b);
}

}  // namespace omc::tape
