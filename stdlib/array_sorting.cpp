// Sorting, and builtins on sorted arrays.

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/int_readings.hpp"
#include "stdlib/sorting.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/search.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

// The sort order of the reference: ints by value, strings by their bytes, any other two by their float readings with
// NaN after everything else.
struct Precedes {
  bool operator()(int64_t a, int64_t b) const { return a < b; }
  bool operator()(double a, double b) const { return a < b || (b != b && a == a); }
  bool operator()(Value a, Value b) const {
    if (a.is_int() && b.is_int()) return a.as_int() < b.as_int();
    if (a.is_string() && b.is_string()) return a.as_string()->view() < b.as_string()->view();
    return (*this)(to_float(a), to_float(b));
  }
};

// A string with its first bytes at hand: most comparisons need no more.
struct KeyedString {
  KeyedString() = default;
  explicit KeyedString(Value v) : value(v) {
    const std::string_view text = v.as_string()->view();
    for (size_t i = 0; i < 8; ++i) prefix = prefix << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
  }
  uint64_t prefix = 0;
  Value value;
};

template <class F>
decltype(auto) with_elements(const Array* array, F&& f) {
  switch (array->kind) {
    case ElementKind::Ints:
      return f(std::span<const int64_t>(array->int_span()));
    case ElementKind::Floats:
      return f(std::span<const double>(array->float_span()));
    default:
      return f(std::span<const Value>(array->values, array->size));
  }
}

Value make_array(Vm& vm, std::span<const int64_t> x) {
  return vm.heap().ints(x);
}
Value make_array(Vm& vm, std::span<const double> x) {
  return vm.heap().floats(x);
}
Value make_array(Vm& vm, std::span<const Value> x) {
  return vm.heap().array_of(x);
}

// f(a, b) with the elements of both arrays as spans of one type.
template <class F>
Value with_both(const Array* a, const Array* b, F&& f) {
  if (a->kind == b->kind && a->is_ints())
    return f(std::span<const int64_t>(a->int_span()), std::span<const int64_t>(b->int_span()));
  if (a->kind == b->kind && a->is_floats())
    return f(std::span<const double>(a->float_span()), std::span<const double>(b->float_span()));
  const auto boxed = [](const Array* array) {
    std::vector<Value> out(array->size);
    for (size_t i = 0; i < out.size(); ++i) out[i] = array->at(i);
    return out;
  };
  const std::vector<Value> boxed_a = boxed(a), boxed_b = boxed(b);
  return f(std::span<const Value>(boxed_a), std::span<const Value>(boxed_b));
}

}  // namespace

static void sort_strings(Vm& vm, std::span<Value> x) {
  std::vector<KeyedString> keyed;
  keyed.reserve(x.size());
  for (const Value v : x) keyed.emplace_back(v);
  merge_sort(std::span(keyed), [&vm](const KeyedString& a, const KeyedString& b) {
    vm.poll();
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.value.as_string()->view() < b.value.as_string()->view();
  });
  for (size_t i = 0; i < x.size(); ++i) x[i] = keyed[i].value;
}

static Value arr_sort(Vm& vm, Args args) {
  Array* out = copy(vm, args.array(0, Wording::Argument));
  if (out->is_ints()) {
    sort_ints(out->int_span());
  } else if (out->is_floats()) {
    sort_floats(out->float_span());
  } else {
    const std::span<Value> x(out->values, out->size);
    if (std::ranges::all_of(x, &Value::is_string)) {
      sort_strings(vm, x);
    } else {
      merge_sort(x, [&vm](Value a, Value b) {
        vm.poll();
        return Precedes()(a, b);
      });
    }
  }
  return out;
}

static Value arr_sort_int(Vm& vm, Args args) {
  const Array* array = args.array(0);
  Array* out = unfilled(vm, ElementKind::Ints, array->size);
  read_cells<int64_t>(array, 0, out->int_span());
  sort_ints(out->int_span());
  return out;
}

static Value arr_is_sorted(Vm& vm, Args args) {
  return Value::integer(with_elements(args.array(0), [&vm](auto x) {
    for (size_t i = 1; i < x.size(); ++i) {
      vm.poll();
      if (Precedes()(x[i], x[i - 1])) return 0;
    }
    return 1;
  }));
}

static Value int_binary_search(Vm&, Args args) {
  return with_int_readings(args.array(0, Wording::First), [&](const auto& a) {
    return Value::integer(substrate::int_binary_search(a, args.integer(1)));
  });
}

static int64_t binary_search_of_ints(Vm&, std::span<const int64_t> a, int64_t target) {
  return substrate::int_binary_search(a, target);
}

static Value int_lower_bound(Vm&, Args args) {
  return with_int_readings(args.array(0, Wording::First), [&](const auto& a) {
    return Value::integer(static_cast<int64_t>(substrate::int_lower_bound(a, args.integer(1))));
  });
}

static Value int_upper_bound(Vm&, Args args) {
  return with_int_readings(args.array(0, Wording::First), [&](const auto& a) {
    return Value::integer(static_cast<int64_t>(substrate::int_upper_bound(a, args.integer(1))));
  });
}

namespace {

// What sorted_* compare by where text and numbers meet: the sort order is not transitive there (chapter 04, section 7).
struct PrecedesAsInt {
  bool operator()(Value a, Value b) const { return to_int(a) < to_int(b); }
};

}  // namespace

// Whether some elements are strings and others are not.
static bool mixes_text(std::initializer_list<const Array*> arrays) {
  size_t strings = 0, size = 0;
  for (const Array* array : arrays) {
    size += array->size;
    if (array->kind == ElementKind::Values)
      strings += static_cast<size_t>(std::ranges::count_if(std::span(array->values, array->size), &Value::is_string));
  }
  return strings > 0 && strings < size;
}

// Ties come from a first; `once` keeps one of two equal heads.
template <class T, class Order>
static std::vector<T> merge(Vm& vm, Order precedes, std::span<const T> a, std::span<const T> b, bool once) {
  std::vector<T> out;
  out.reserve(a.size() + b.size());
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    vm.poll();
    if (precedes(b[j], a[i])) {
      out.push_back(b[j++]);
    } else {
      if (once && !precedes(a[i], b[j])) ++j;
      out.push_back(a[i++]);
    }
  }
  out.insert(out.end(), a.begin() + static_cast<ptrdiff_t>(i), a.end());
  out.insert(out.end(), b.begin() + static_cast<ptrdiff_t>(j), b.end());
  return out;
}

static Value merge_arrays(Vm& vm, const Args& args, bool once) {
  const Array* a = args.array(0, Wording::Both);
  const Array* b = args.array(1, Wording::Both);
  const bool as_ints = mixes_text({a, b});
  return with_both(a, b, [&]<class T>(std::span<const T> x, std::span<const T> y) {
    std::vector<T> merged;
    if constexpr (std::same_as<T, Value>)
      merged = as_ints ? merge(vm, PrecedesAsInt(), x, y, once) : merge(vm, Precedes(), x, y, once);
    else
      merged = merge(vm, Precedes(), x, y, once);
    checked_size(args, merged.size());
    return make_array(vm, std::span<const T>(merged));
  });
}

static Value sorted_merge(Vm& vm, Args args) {
  return merge_arrays(vm, args, false);
}
static Value sorted_union(Vm& vm, Args args) {
  return merge_arrays(vm, args, true);
}

template <class T, class Order>
static Value deduped(Vm& vm, Order precedes, std::span<const T> x) {
  std::vector<T> kept;
  for (const T v : x) {
    vm.poll();
    if (kept.empty() || precedes(kept.back(), v) || precedes(v, kept.back())) kept.push_back(v);
  }
  return make_array(vm, std::span<const T>(kept));
}

static Value sorted_dedupe(Vm& vm, Args args) {
  const Array* array = args.array(0);
  if (mixes_text({array})) return deduped(vm, PrecedesAsInt(), std::span<const Value>(array->values, array->size));
  return with_elements(array, [&vm](auto x) { return deduped(vm, Precedes(), x); });
}

constexpr Builtin kBuiltins[] = {
    {"arr_sort", "(array) -> array", "The elements in ascending order, equal ones as they came; NaN last.",
     "arr_sort([3, 1.5, 2])  # [1.5, 2, 3]", arr_sort, "arr_sort requires 1 argument"},
    {"arr_sort_int", "(array) -> array", "The elements read as ints, in ascending order.",
     "arr_sort_int([3.7, \"2\", true])  # [1, 2, 3]", arr_sort_int},
    {"arr_is_sorted", "(array) -> int", "1 when no element precedes the one before it in sort order, else 0.",
     "arr_is_sorted([1, 2, 2])  # 1", arr_is_sorted},
    {"int_binary_search", "(sorted_array, target) -> int",
     "An index whose element read as an int is the target, or -1.", "int_binary_search([1, 3, 5, 7], 5)  # 2",
     int_binary_search, {}, {}, vm::ShortForm(binary_search_of_ints)},
    {"int_lower_bound", "(sorted_array, target) -> int",
     "The first index whose element read as an int is >= the target.", "int_lower_bound([1, 3, 3, 5], 3)  # 1",
     int_lower_bound},
    {"int_upper_bound", "(sorted_array, target) -> int",
     "The first index whose element read as an int is > the target.", "int_upper_bound([1, 3, 3, 5], 3)  # 3",
     int_upper_bound},
    {"sorted_merge", "(sorted_a, sorted_b) -> array", "Two sorted arrays merged into one, duplicates kept.",
     "sorted_merge([1, 3], [2, 3])  # [1, 2, 3, 3]", sorted_merge},
    {"sorted_union", "(sorted_a, sorted_b) -> array", "Two sorted arrays merged, elements of both kept once.",
     "sorted_union([1, 3], [2, 3])  # [1, 2, 3]", sorted_union},
    {"sorted_dedupe", "(sorted_array) -> array", "The elements without those equal to the one just kept.",
     "sorted_dedupe([1, 1, 2, 1])  # [1, 2, 1]", sorted_dedupe},
};

constinit const std::span<const Builtin> array_sorting_builtins = kBuiltins;

}  // namespace omc::stdlib
