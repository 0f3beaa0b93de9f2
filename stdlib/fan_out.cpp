// Fan-out: texts spread over specialists, and their way back (language reference, chapter 04, section 12).

#include "substrate/fan_out.hpp"

#include <deque>

#include "stdlib/array_arguments.hpp"
#include "stdlib/record.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/resonance.hpp"

namespace omc::stdlib {

using namespace vm;

static Value omc_m3_spawn_count(Vm&, Args args) {
  return Value::integer(substrate::omc_m3_spawn_count(args.integer(0)));
}

// Argument 0 as texts; `what` says what it has to be.
static std::vector<substrate::Specialist> specialists(const Args& args, std::string_view what, std::string_view hint) {
  if (!args[0].is_array()) throw args.error(what);
  const Array* items = args[0].as_array();
  std::deque<std::string> made;  // a deque: the views must not move
  std::vector<std::string_view> texts;
  for (size_t i = 0; i < items->size; ++i) {
    const Value item = items->at(i);
    texts.push_back(item.is_string() ? item.as_string()->view() : std::string_view(made.emplace_back(display(item))));
  }
  return substrate::omc_self_instantiate(texts, hint);
}

static Value index_value(size_t i) {
  return Value::integer(static_cast<int64_t>(i));
}

static Dict* common_record(Vm& vm, const substrate::Specialist& s) {
  return record(vm, {{"fold_index", index_value(s.fold_index)},
                     {"item_count", index_value(s.item_count)},
                     {"summary", vm.text(s.summary)},
                     {"mu", Value::real(s.mu)},
                     {"sigma", Value::real(s.sigma)},
                     {"dominant_attractor", Value::integer(s.dominant_attractor)},
                     {"resonance", Value::real(s.resonance)}});
}

static Value omc_self_instantiate(Vm& vm, Args args) {
  std::vector<Value> out;
  for (const substrate::Specialist& s : specialists(args, "items must be a string array", args.text(1))) {
    Dict* entry = common_record(vm, s);
    entry->set(vm.heap(), vm.heap().intern("wave_amplitude"), Value::real(s.wave_amplitude));
    out.push_back(entry);
  }
  return vm.heap().array_of(out);
}

static Value omc_context_compress(Vm& vm, Args args) {
  std::vector<Value> out;
  for (const substrate::Specialist& s : specialists(args, "messages must be a string array", "context-compress"))
    out.push_back(common_record(vm, s));
  return vm.heap().array_of(out);
}

static Value field(const Dict* dict, std::string_view name) {
  const Value* found = dict->get(name);
  return found ? *found : Value::integer(0);
}

static Value omc_fold_back(Vm& vm, Args args) {
  if (!args[3].is_array()) throw args.error("specialists must be a dict array");
  const Array* array = args[3].as_array();
  std::vector<substrate::FoldedChild> children;
  for (size_t i = 0; i < array->size; ++i) {
    if (!array->at(i).is_dict()) continue;
    const Dict* child = array->at(i).as_dict();
    children.push_back({.mu = to_float(field(child, "mu")),
                        .sigma = to_float(field(child, "sigma")),
                        .item_count = to_float(field(child, "item_count")),
                        .dominant_attractor = to_int(field(child, "dominant_attractor"))});
  }
  const substrate::FoldedParent folded =
      substrate::omc_fold_back(args.number(0), args.number(1), args.number(2), children);
  return record(vm, {{"mu", Value::real(folded.mu)},
                     {"sigma", Value::real(folded.sigma)},
                     {"dominant_attractor", Value::real(static_cast<double>(folded.dominant_attractor))},
                     {"resonance", Value::real(folded.resonance)},
                     {"turn_count", Value::real(folded.turn_count)},
                     {"num_specialists_folded", Value::real(folded.num_specialists_folded)}});
}

static Value omc_spawn_child_fold(Vm& vm, Args args) {
  const substrate::ChildFold child = substrate::omc_spawn_child_fold(args.integer(0));
  return record(vm, {{"focus_numerator", Value::integer(child.focus_numerator)},
                     {"focus_denominator", Value::integer(child.focus_denominator)},
                     {"explored_value", Value::integer(child.explored_value)},
                     {"final_resonance", Value::real(child.final_resonance)},
                     {"resonance_target", Value::real(child.resonance_target)},
                     {"spawn_reason", vm.text(args.has(1) ? args.text(1).view() : "tension threshold exceeded")},
                     {"fold_id", Value::integer(child.fold_id)}});
}

static Value omc_geodesic_expand(Vm& vm, Args args) {
  const size_t n = checked_count(args, args.integer(1));
  const substrate::Geodesic path(args.integer(0), static_cast<int64_t>(n));
  Array* out = vm.heap().array(n == 0 ? ElementKind::Ints : ElementKind::Values, n);
  for (size_t k = 0; k < n; ++k) {
    vm.poll();
    const int64_t value = path.at(static_cast<int64_t>(k));
    const Value step[] = {Value::integer(value), Value::real(substrate::resonance(value))};
    out->values[k] = vm.heap().array_of(step);
  }
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"omc_m3_spawn_count", "(n: int) -> int", "How many specialists n items are spread over.",
     "omc_m3_spawn_count(100)  # 7", omc_m3_spawn_count},
    {"omc_self_instantiate", "(items: string[], task_hint: string) -> array",
     "Items spread over specialists: for each a dict with a summary and statistics of its items.",
     "len(omc_self_instantiate([\"a\", \"b\", \"c\", \"d\", \"e\"], \"sort\"))  # 2", omc_self_instantiate},
    {"omc_context_compress", "(messages: string[]) -> array", "Messages spread over a few summaries.",
     "omc_context_compress([\"only\"])[0][\"summary\"]  # [1/1] context-compress: only", omc_context_compress},
    {"omc_fold_back", "(parent_mu, parent_sigma, parent_turn, specialists) -> dict",
     "A parent's mean and spread blended with those of its specialists.",
     "omc_fold_back(0.5, 0.0, 4, [{\"mu\": 1.0, \"item_count\": 4}])[\"mu\"]  # 0.75", omc_fold_back},
    {"omc_spawn_child_fold", "(seed, reason?) -> dict", "What a child spawned from a seed starts with.",
     "omc_spawn_child_fold(100)[\"focus_numerator\"]  # 89", omc_spawn_child_fold,
     "omc_spawn_child_fold requires (seed: int, reason?: string)"},
    {"omc_geodesic_expand", "(seed: int, n_samples: int) -> array",
     "Way points, each with its resonance, from a seed to the attractor of its magnitude.",
     "omc_geodesic_expand(12, 1)  # [[8, 1.0]]", omc_geodesic_expand},
};

constinit const std::span<const Builtin> fan_out_builtins = kBuiltins;

}  // namespace omc::stdlib
