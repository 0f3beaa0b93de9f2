// Dicts: string keys in ascending order, shared by reference (core builtins, section 5).

#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

Dict* dict_argument(const Args& args, size_t i) {
  if (args[i].is_dict()) return args[i].as_dict();
  std::string got(type_name(args[i]));
  if (args.name() == "dict_get" && args[i].is_array()) got += "; did you mean `arr_get(arr, idx)`?";
  throw args.error((i == 0 ? "first" : "second") + (" argument must be a dict (got " + got + ")"));
}

// Looks a key up without making a string of it.
const Value* find(const Dict* d, const Args& args, size_t key) {
  return args[key].is_string() ? d->get(args[key].as_string()) : d->get(args.text(key).view());
}

Value dict_new(Vm& vm, Args) { return vm.heap().dict(); }

Value dict_set(Vm& vm, Args args) {
  dict_argument(args, 0)->set(vm.heap(), string_argument(vm, args, 1), args[2]);
  return Value::null();
}

Value dict_get(Vm&, Args args) {
  const Value* found = find(dict_argument(args, 0), args, 1);
  return found ? *found : args.has(2) ? args[2] : Value::null();
}

Value dict_has(Vm&, Args args) { return Value::integer(find(dict_argument(args, 0), args, 1) != nullptr); }

Value dict_del(Vm& vm, Args args) {
  dict_argument(args, 0)->remove(vm.heap(), string_argument(vm, args, 1));
  return Value::null();
}

Value dict_pop(Vm& vm, Args args) {
  Dict* d = dict_argument(args, 0);
  const String* key = string_argument(vm, args, 1);
  const Value* found = d->get(key);
  if (!found) return Value::null();
  const Value value = *found;
  d->remove(vm.heap(), key);
  return value;
}

Value dict_clear(Vm& vm, Args args) {
  dict_argument(args, 0)->clear(vm.heap());
  return Value::null();
}

// An array of make(entry) in key order.
template <class F>
Value in_key_order(Vm& vm, const Dict* d, F make) {
  Array* out = vm.heap().array(ElementKind::Values, d->size);
  size_t n = 0;
  for (const uint32_t i : d->sorted(vm.heap())) {
    out->values[n++] = make(d->entries[i]);
    if (n % 65536 == 0) vm.poll();
  }
  return out;
}

Value dict_keys(Vm& vm, Args args) {
  return in_key_order(vm, dict_argument(args, 0), [](const Dict::Entry& e) { return Value(e.key); });
}

Value dict_values(Vm& vm, Args args) {
  const Array* values =
      in_key_order(vm, dict_argument(args, 0), [](const Dict::Entry& e) { return e.value; }).as_array();
  return vm.heap().array_of({values->values, values->size});
}

Value dict_items(Vm& vm, Args args) {
  return in_key_order(vm, dict_argument(args, 0), [&vm](const Dict::Entry& e) {
    const Value pair[] = {Value(e.key), e.value};
    return Value(vm.heap().array_of(pair));
  });
}

Value dict_len(Vm&, Args args) { return Value::integer(dict_argument(args, 0)->size); }

Value dict_merge(Vm& vm, Args args) {
  const Dict* sources[] = {dict_argument(args, 0), dict_argument(args, 1)};
  Dict* out = vm.heap().dict();
  for (const Dict* d : sources)
    for (uint32_t i = 0; i < d->used; ++i)
      if (d->entries[i].key) out->set(vm.heap(), d->entries[i].key, d->entries[i].value);
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"dict_new", "() -> dict", "An empty dict.", "dict_new()  # {}", dict_new},
    {"dict_set", "(d, key, v) -> null", "Sets or replaces the value of a key.",
     "h d = {}; dict_set(d, \"a\", 1); println(d);", dict_set, {}, Effect::Changes, Op::TryDictSet},
    {"dict_get", "(d, key, default?) -> any", "The value of a key; the default, or null, when the key is missing.",
     "dict_get({\"a\": 1}, \"b\", 0)  # 0", dict_get, {}, {}, Op::TryDictGet},
    {"dict_get_or", "(d, key, default) -> any", "The value of a key, or the default when the key is missing.",
     "dict_get_or({\"a\": 1}, \"a\", 0)  # 1", dict_get},
    {"dict_has", "(d, key) -> int", "1 when the key is there, whatever its value.",
     "dict_has({\"a\": null}, \"a\")  # 1", dict_has, {}, {}, Op::TryDictHas},
    {"dict_del", "(d, key) -> null", "Removes a key, if it is there.",
     "h d = {\"a\": 1}; dict_del(d, \"a\"); println(d);", dict_del, {}, Effect::Changes},
    {"dict_delete", "(d, key) -> null", "The same as dict_del.", "h d = {\"a\": 1}; dict_delete(d, \"a\"); println(d);",
     dict_del, {}, Effect::Changes},
    {"dict_remove", "(d, key) -> null", "The same as dict_del.", "h d = {\"a\": 1}; dict_remove(d, \"a\"); println(d);",
     dict_del, {}, Effect::Changes},
    {"dict_pop", "(d, key) -> any", "Removes a key and returns its value; null when it is missing.",
     "dict_pop({\"a\": 1}, \"a\")  # 1", dict_pop, {}, Effect::Changes},
    {"dict_clear", "(d) -> null", "Removes every key.", "h d = {\"a\": 1}; dict_clear(d); println(d);", dict_clear, {}, Effect::Changes},
    {"dict_keys", "(d) -> array", "The keys in ascending order.", "dict_keys({\"b\": 1, \"a\": 2})  # [a, b]",
     dict_keys},
    {"dict_values", "(d) -> array", "The values in ascending order of their keys.",
     "dict_values({\"b\": 1, \"a\": 2})  # [2, 1]", dict_values},
    {"dict_items", "(d) -> array", "[key, value] of every key in ascending order.",
     "dict_items({\"b\": 1, \"a\": 2})  # [[a, 2], [b, 1]]", dict_items},
    {"dict_len", "(d) -> int", "The number of keys.", "dict_len({\"a\": 1})  # 1", dict_len},
    {"dict_size", "(d) -> int", "The same as dict_len.", "dict_size({\"a\": 1})  # 1", dict_len},
    {"dict_merge", "(a, b) -> dict", "A new dict with the keys of both; b wins.",
     "dict_merge({\"a\": 1}, {\"a\": 2, \"b\": 3})  # {\"a\": 2, \"b\": 3}", dict_merge},
};

}  // namespace

constinit const std::span<const Builtin> dicts_builtins = kBuiltins;

}  // namespace omc::stdlib
