// Arrays: finding, counting and telling apart elements. `==` here is the operator of the language; where a builtin
// compares display forms instead, its summary says so.

#include <bit>    // bit_cast, countr_zero
#include <cmath>  // isnan
#include <deque>
#include <limits>  // quiet_NaN
#include <string_view>

#include "stdlib/array_arguments.hpp"
#include "stdlib/array_building.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

uint64_t hash_bits(uint64_t key) {
  return key;
}

struct TextKey {
  TextKey() = default;
  explicit TextKey(std::string_view t) : text(t), hash(hash_text(t)) {}
  bool operator==(const TextKey& other) const { return hash == other.hash && text == other.text; }
  std::string_view text;
  uint32_t hash = 0;  // of a text never 0
};

uint64_t hash_bits(const TextKey& key) {
  return key.hash;
}

// A set with open addressing and linear probing, at most half full (Knuth, The Art of Computer Programming 3, 2nd ed.,
// section 6.4, algorithm L). Key{} marks a free slot; as a member it is counted apart.
template <class Key>
class KeySet {
 public:
  // False when the key was there already.
  bool add(Key key) {
    if (key == Key{}) return !std::exchange(has_free_key_, true);
    if (2 * (size_ + 1) > slots_.size()) grow();
    Key& slot = slot_of(key);
    if (slot == key) return false;
    slot = key;
    ++size_;
    return true;
  }
  size_t size() const { return size_ + has_free_key_; }

 private:
  Key& slot_of(Key key) {
    // The highest bits of the product depend on all of the key: Knuth, the same section, multiplicative hashing.
    size_t i = static_cast<size_t>((hash_bits(key) * 0x9E3779B97F4A7C15u) >> (64 - std::countr_zero(slots_.size())));
    while (!(slots_[i] == Key{}) && !(slots_[i] == key)) i = (i + 1) & (slots_.size() - 1);
    return slots_[i];
  }
  void grow() {
    std::vector<Key> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Key& key : old)
      if (!(key == Key{})) slot_of(key) = key;
  }

  std::vector<Key> slots_ = std::vector<Key>(64);
  size_t size_ = 0;
  bool has_free_key_ = false;
};

bool all_strings(const Array* array) {
  return array->kind == ElementKind::Values &&
         std::ranges::all_of(std::span(array->values, array->size), &Value::is_string);
}

}  // namespace

// The first place at or after `from` whose element == value; the array's size when there is none.
static size_t find(Vm& vm, const Array* array, Value value, size_t from) {
  const auto first = [&](auto* elements, auto same) {
    return static_cast<size_t>(std::find_if(elements + from, elements + array->size, same) - elements);
  };
  if (array->is_ints() && value.is_int()) return first(array->ints, [x = value.as_int()](int64_t e) { return e == x; });
  if (array->is_ints() && value.is_float())
    return first(array->ints, [x = value.as_float()](int64_t e) { return static_cast<double>(e) == x; });
  if (array->is_floats() && (value.is_int() || value.is_float()))
    return first(array->floats, [x = to_float(value)](double e) { return e == x; });
  for (size_t i = from; i < array->size; ++i) {
    vm.poll();
    if (equal(array->at(i), value)) return i;
  }
  return array->size;
}

static Value arr_contains(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  return Value::integer(find(vm, array, args[1], 0) < array->size);
}

static Value arr_index_of(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const size_t i = find(vm, array, args[1], 0);
  return Value::integer(i < array->size ? static_cast<int64_t>(i) : -1);
}

static Value arr_count(Vm& vm, Args args) {
  const Array* array = args.array(0);
  int64_t count = 0;
  for (size_t i = find(vm, array, args[1], 0); i < array->size; i = find(vm, array, args[1], i + 1)) ++count;
  return Value::integer(count);
}

static Value arr_partition_by(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::First);
  const Args::Text wanted = args.text(1);
  std::vector<Value> same, other;
  std::string shown;
  for (size_t i = 0; i < array->size; ++i) {
    vm.poll();
    shown.clear();
    append_display(shown, array->at(i));
    (shown == wanted.view() ? same : other).push_back(array->at(i));
  }
  const Value halves[] = {vm.heap().array_of(same), vm.heap().array_of(other)};
  return vm.heap().array_of(halves);
}

static Array* unique_ints(Vm& vm, std::span<const int64_t> x) {
  KeySet<uint64_t> seen;
  std::vector<int64_t> kept;
  for (const int64_t v : x) {
    vm.poll();
    if (seen.add(static_cast<uint64_t>(v))) kept.push_back(v);
  }
  return vm.heap().ints(kept);
}

// 0.0 and -0.0 are one value; every NaN is one of its own.
static Array* unique_floats(Vm& vm, std::span<const double> x) {
  KeySet<uint64_t> seen;
  std::vector<double> kept;
  for (const double v : x) {
    vm.poll();
    if (std::isnan(v) || seen.add(std::bit_cast<uint64_t>(v == 0 ? 0.0 : v))) kept.push_back(v);
  }
  return vm.heap().floats(kept);
}

static Array* unique_strings(Vm& vm, std::span<const Value> x) {
  KeySet<TextKey> seen;
  std::vector<Value> kept;
  for (const Value v : x) {
    vm.poll();
    if (seen.add(TextKey(v.as_string()->view()))) kept.push_back(v);
  }
  return vm.heap().array_of(kept);
}

// `==` is not transitive over all kinds (1 == "01", "1" == 1, but "1" != "01"), so nothing but comparing will do.
static Array* unique_values(Vm& vm, std::span<const Value> x) {
  std::vector<Value> kept;
  for (const Value v : x) {
    const bool seen = std::ranges::any_of(kept, [&](Value k) {
      vm.poll();
      return equal(k, v);
    });
    if (!seen) kept.push_back(v);
  }
  return vm.heap().array_of(kept);
}

static Value arr_unique(Vm& vm, Args args) {
  const Array* array = args.array(0, Wording::Argument);
  switch (array->kind) {
    case ElementKind::Ints:
      return unique_ints(vm, array->int_span());
    case ElementKind::Floats:
      return unique_floats(vm, array->float_span());
    default:
      break;
  }
  const std::span<const Value> x(array->values, array->size);
  return all_strings(array) ? unique_strings(vm, x) : unique_values(vm, x);
}

// A float's display form tells it from all others, and -0.0 from 0.0; all NaNs look the same.
static size_t count_shown(Vm& vm, std::span<const double> x) {
  KeySet<uint64_t> seen;
  for (const double v : x) {
    vm.poll();
    seen.add(std::bit_cast<uint64_t>(std::isnan(v) ? std::numeric_limits<double>::quiet_NaN() : v));
  }
  return seen.size();
}

static size_t count_shown(Vm& vm, std::span<const int64_t> x) {
  KeySet<uint64_t> seen;
  for (const int64_t v : x) {
    vm.poll();
    seen.add(static_cast<uint64_t>(v));
  }
  return seen.size();
}

static size_t count_shown(Vm& vm, std::span<const Value> x) {
  KeySet<TextKey> seen;
  std::deque<std::string> made;  // a deque: the views must not move
  for (const Value v : x) {
    vm.poll();
    if (v.is_string()) {
      seen.add(TextKey(v.as_string()->view()));
    } else {
      made.push_back(display(v));
      if (!seen.add(TextKey(made.back()))) made.pop_back();
    }
  }
  return seen.size();
}

static Value arr_unique_count(Vm& vm, Args args) {
  const Array* array = args.array(0);
  const size_t count = array->is_ints()     ? count_shown(vm, std::span<const int64_t>(array->int_span()))
                       : array->is_floats() ? count_shown(vm, std::span<const double>(array->float_span()))
                                            : count_shown(vm, std::span<const Value>(array->values, array->size));
  return Value::integer(static_cast<int64_t>(count));
}

constexpr Builtin kBuiltins[] = {
    {"arr_contains", "(array, value) -> int", "1 when some element == value, else 0.", "arr_contains([5, 6], 6)  # 1",
     arr_contains},
    {"arr_index_of", "(array, value) -> int", "The first index whose element == value, or -1.",
     "arr_index_of([5, 6, 6], 6)  # 1", arr_index_of},
    {"arr_count", "(array, value) -> int", "The number of elements == value.", "arr_count([1, 2, 1], 1)  # 2",
     arr_count},
    {"arr_partition_by", "(array, value) -> array",
     "Two arrays: the elements with the same display form as the value, and the others.",
     "arr_partition_by([1, 2, 1], 1)  # [[1, 1], [2]]", arr_partition_by},
    {"arr_unique", "(array) -> array", "The first of the elements that are == to each other, for every such value.",
     "arr_unique([3, 1, 3])  # [3, 1]", arr_unique},
    {"arr_unique_count", "(array) -> int", "The number of different display forms.", "arr_unique_count([1, 1, 2])  # 2",
     arr_unique_count},
};

constinit const std::span<const Builtin> array_search_builtins = kBuiltins;

}  // namespace omc::stdlib
