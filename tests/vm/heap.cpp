// Heap, strings, arrays and dicts, without a program around them.

#include "vm/heap.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "vm/conversions.hpp"
#include "vm/error.hpp"
#include "vm/size_text.hpp"

using namespace omc::vm;

namespace {

const auto kNoRoots = [](Marker&) {};

std::string keys(Heap& heap, const Dict& d) {
  std::string out;
  for (const uint32_t i : d.sorted(heap)) out.append(d.entries[i].key->view()).append(" ");
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(heap)

// --- strings

BOOST_AUTO_TEST_CASE(interned_strings_have_one_address) {
  Heap heap;
  String* a = heap.intern("name");
  BOOST_TEST((a == heap.intern(std::string("na") + "me")));
  BOOST_TEST((a != heap.string("name")));
  BOOST_TEST(!heap.string("name")->interned());
  BOOST_TEST(hash_of(a) == hash_of(heap.string("name")));
  BOOST_TEST((heap.intern("") == heap.intern("")));
}

BOOST_AUTO_TEST_CASE(characters_are_counted_not_bytes) {
  Heap heap;
  const String* s = heap.string("aé€😀");
  BOOST_TEST(s->size_bytes == 10u);
  BOOST_TEST(s->count_characters() == 4u);
  BOOST_TEST(!s->ascii());
  BOOST_TEST(heap.string("")->count_characters() == 0u);
  BOOST_TEST(heap.string("abc")->ascii());
}

BOOST_AUTO_TEST_CASE(hashes_differ_by_length_and_place) {
  for (const char* text : {"", "a", "ab", "abcdefg", "abcdefgh", "abcdefghi"}) BOOST_TEST(hash_text(text) != 0u);
  BOOST_TEST(hash_text("") != hash_text(std::string_view("\0", 1)));
  BOOST_TEST(hash_text(std::string_view("\0", 1)) != hash_text(std::string_view("\0\0", 2)));
  BOOST_TEST(hash_text("abcdefgh12345678") != hash_text("12345678abcdefgh"));
}

BOOST_AUTO_TEST_CASE(an_extended_string_leaves_the_older_one_alone) {
  Heap heap;
  const std::string start(100, 'a');
  const String* one = heap.concatenate(heap.string(start), "1");
  const String* two = heap.concatenate(one, "2");
  BOOST_TEST((two->data == one->data), "extended in place");
  const String* other = heap.concatenate(one, "x");  // `one` is no longer what its buffer ends with
  BOOST_TEST((other->data != one->data));
  BOOST_TEST(one->view() == start + "1");
  BOOST_TEST(two->view() == start + "12");
  BOOST_TEST(other->view() == start + "1x");
  const String* doubled = heap.concatenate(two, two->view());
  BOOST_TEST(doubled->view() == start + "12" + start + "12");
  BOOST_TEST(two->view() == start + "12");
  BOOST_TEST(heap.concatenate(heap.string("a"), "")->view() == "a");
  BOOST_TEST(heap.concatenate(two, "")->view() == two->view());
}

BOOST_AUTO_TEST_CASE(appending_in_a_loop_copies_seldom) {
  Heap heap;
  String* s = heap.string("");
  std::string expected;
  int moves = 0;
  for (int i = 0; i < 20000; ++i) {
    const char* before = s->data;
    s = heap.concatenate(s, "é!");
    expected += "é!";
    if (i > 100) moves += s->data != before;
  }
  BOOST_TEST(s->view() == expected);
  BOOST_TEST(s->count_characters() == 40000u);
  BOOST_TEST(moves < 12);  // each doubles the room
}

// --- arrays

BOOST_AUTO_TEST_CASE(an_array_widens_once_and_keeps_its_elements) {
  Heap heap;
  Array* a = heap.array(ElementKind::Ints, 0);
  a->push(heap, Value::integer(INT64_MIN));
  a->push(heap, Value::integer(7));
  BOOST_TEST(a->is_ints());
  a->push(heap, Value::real(0.5));
  BOOST_TEST((a->kind == ElementKind::Values));
  BOOST_TEST(display(Value(a)) == "[-9223372036854775808, 7, 0.5]");
  a->set(heap, 2, Value::integer(1));  // all ints again, but a kind never narrows
  BOOST_TEST((a->kind == ElementKind::Values));

  Array* f = heap.array(ElementKind::Floats, 2);
  f->set(heap, 0, Value::real(-0.0));
  BOOST_TEST(f->is_floats());
  f->set(heap, 1, Value(heap.string("s")));
  BOOST_TEST(display(Value(f)) == "[-0.0, s]");
}

BOOST_AUTO_TEST_CASE(an_empty_array_takes_the_kind_of_its_first_element) {
  Heap heap;
  for (const ElementKind start : {ElementKind::Ints, ElementKind::Floats, ElementKind::Values}) {
    for (const Value v : {Value::integer(1), Value::real(1.5), Value::null()}) {
      Array* a = heap.array(start, 3);  // room left over from another kind
      a->size = 0;
      a->push(heap, v);
      BOOST_TEST(a->is_ints() == v.is_int());
      BOOST_TEST(a->is_floats() == v.is_float());
      BOOST_TEST(display(Value(a)) == "[" + display(v) + "]");
    }
  }
  heap.collect(kNoRoots);
  BOOST_TEST(heap.used() == 0u);
}

BOOST_AUTO_TEST_CASE(an_array_is_made_of_the_narrowest_kind) {
  Heap heap;
  const Value i = Value::integer(1), f = Value::real(1.5);
  BOOST_TEST(heap.array_of(std::vector<Value>{i, i})->is_ints());
  BOOST_TEST(heap.array_of(std::vector<Value>{f, f})->is_floats());
  const std::vector<Value> both{i, f};
  BOOST_TEST((heap.array_of(both)->kind == ElementKind::Values));
  BOOST_TEST(heap.array_of({})->empty());
  BOOST_TEST(display(Value(heap.array(ElementKind::Values, 2))) == "[null, null]");
  const std::vector<int64_t> ints{3, -4};
  BOOST_TEST(display(Value(heap.ints(ints))) == "[3, -4]");
  const std::vector<double> floats{0.1};
  BOOST_TEST(display(Value(heap.floats(floats))) == "[0.1]");
}

// --- dicts

BOOST_AUTO_TEST_CASE(the_sorted_order_is_kept_until_a_key_comes_or_goes) {
  Heap heap;
  Dict* d = heap.dict();
  for (const char* k : {"b", "ä", "", "a", "Z", "ab"}) d->set(heap, heap.string(k), Value::integer(1));
  BOOST_TEST(keys(heap, *d) == " Z a ab b ä ");
  const uint32_t* order = d->order;
  d->set(heap, heap.string("ab"), Value::integer(2));
  BOOST_TEST((d->order == order), "a new value of an old key changes no order");
  BOOST_TEST(keys(heap, *d) == " Z a ab b ä ");
  d->set(heap, heap.string("aa"), Value::integer(3));
  BOOST_TEST((d->order == nullptr));
  BOOST_TEST(keys(heap, *d) == " Z a aa ab b ä ");
  BOOST_TEST(d->remove(heap, heap.string("a")));
  BOOST_TEST((d->order == nullptr));
  BOOST_TEST(!d->remove(heap, heap.string("a")));
  BOOST_TEST(keys(heap, *d) == " Z aa ab b ä ");
  BOOST_TEST(display(Value(d)) == R"({"": 1, "Z": 1, "aa": 3, "ab": 2, "b": 1, "ä": 1})");
}

BOOST_AUTO_TEST_CASE(a_dict_behaves_like_a_map) {
  std::mt19937_64 random(7);  // the same sequence everywhere
  Heap heap;
  Dict* d = heap.dict();
  std::map<std::string, int64_t> model;
  for (int64_t step = 0; step < 20000; ++step) {
    // Fewer keys now and then, so that it shrinks and grows; few enough that they meet again.
    const std::string key = fmt::format("k{}", random() % (step / 4000 % 2 ? 12 : 900));
    if (random() % 5 < 3) {
      d->set(heap, heap.string(key), Value::integer(step));
      model[key] = step;
    } else {
      BOOST_REQUIRE(d->remove(heap, heap.intern(key)) == (model.erase(key) == 1));
    }
    BOOST_REQUIRE(d->size == model.size());
    const std::string probe = fmt::format("k{}", random() % 900);
    const Value* found = d->get(probe);
    BOOST_REQUIRE((found == d->get(heap.string(probe))));
    BOOST_REQUIRE((found != nullptr) == model.contains(probe));
    if (found) BOOST_REQUIRE(found->as_int() == model[probe]);
    if (step % 500 == 0) {
      std::string expected;
      for (const auto& [k, v] : model) expected += k + " ";
      BOOST_REQUIRE(keys(heap, *d) == expected);
    }
  }
  while (!model.empty()) {
    BOOST_REQUIRE(d->remove(heap, heap.string(model.begin()->first)));
    model.erase(model.begin());
  }
  BOOST_TEST(d->size == 0u);
  BOOST_TEST(keys(heap, *d) == "");
  d->clear(heap);
  heap.collect(kNoRoots);
  BOOST_TEST(heap.used() == 0u);
}

// --- collection

BOOST_AUTO_TEST_CASE(a_collection_keeps_what_a_root_reaches_and_frees_the_rest) {
  Heap heap;
  Dict* inner = heap.dict();
  inner->set(heap, heap.string("key"), Value(heap.concatenate(heap.string(std::string(200, 'x')), "y")));
  Array* root = heap.array(ElementKind::Values, 0);
  root->push(heap, Value(inner));
  root->push(heap, Value(root));  // a cycle
  root->push(heap, Value(heap.singularity(5, 0, "div")));
  const std::string before = display(Value(root));
  Array* garbage = heap.array(ElementKind::Values, 1);
  garbage->set(heap, 0, Value(garbage));
  heap.intern("nobody");

  const auto mark = [root](Marker& m) { m.mark(Value(root)); };
  heap.collect(mark);
  const uint64_t live = heap.statistics().objects_made() - heap.statistics().objects_freed;
  BOOST_TEST(live == 7u);  // array, dict, key, string, its buffer, singularity, "div"
  BOOST_TEST(display(Value(root)) == before);
  const size_t used = heap.used();
  heap.collect(mark);
  BOOST_TEST(heap.used() == used);
  BOOST_TEST(heap.intern("nobody")->view() == "nobody");
  heap.collect(kNoRoots);
  BOOST_TEST(heap.used() == 0u);
  BOOST_TEST(heap.statistics().objects_made() == heap.statistics().objects_freed);
  BOOST_TEST(heap.statistics().collections == 3u);
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_marked_and_shown_without_recursion) {
  Heap heap;
  Value v = Value::null();
  for (int i = 0; i < 500000; ++i) v = Value(heap.array_of(std::span(&v, 1)));
  heap.collect([v](Marker& m) { m.mark(v); });
  BOOST_TEST(heap.statistics().objects_freed == 0u);
  BOOST_TEST(display(v).size() == 1000004u);
}

// A graph of arrays, dicts and boxes that changes while it is marked and swept step by step, beside a model of it that is no
// part of the heap. A reference lost is seen by the verification of each marking; one freed, by comparing.
BOOST_AUTO_TEST_CASE(a_graph_that_changes_while_it_is_collected_keeps_what_the_roots_reach) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](size_t n) { return random() % n; };
    Heap heap;
    std::vector<Object*> roots(8, nullptr);
    for (Object*& r : roots) r = heap.array(ElementKind::Values, 0);
    const auto mark = [&](Marker& m) {
      for (Object* r : roots) m.mark(r);
    };
    const auto value_of = [](Object* o) { return Value::object(o->tag, o); };
    // Follows random references from a root.
    const auto reachable = [&] {
      Value at = value_of(roots[below(roots.size())]);
      for (size_t steps = below(6); steps-- > 0;) {
        Value next;
        if (at.is_array() && !at.as_array()->empty()) next = at.as_array()->at(below(at.as_array()->size));
        else if (at.is_dict() && at.as_dict()->size) next = at.as_dict()->entries[below(at.as_dict()->used)].value;
        if (!next.is_array() && !next.is_dict()) break;
        at = next;
      }
      return at;
    };
    const auto fresh = [&]() -> Value {
      switch (below(4)) {
        case 0: return Value(heap.dict());
        case 1: return Value(heap.array(ElementKind::Values, below(3)));
        case 2: return Value(heap.string(fmt::format("text {}", random())));
        default: return Value(heap.intern(fmt::format("{}", below(50))));
      }
    };
    for (int round = 0; round < 20000; ++round) {
      const Value target = reachable(), v = below(3) ? fresh() : reachable();
      if (target.is_array()) {
        Array* a = target.as_array();
        if (a->size > 50) a->size = below(50);
        else if (a->empty() || below(2)) a->push(heap, v);
        else a->set(heap, below(a->size), v);
      } else {
        Dict* d = target.as_dict();
        String* key = heap.string(fmt::format("{}", below(100)));
        if (below(3)) d->set(heap, key, v);
        else d->remove(heap, key);
      }
      if (below(5) == 0) roots[below(roots.size())] = below(20) ? reachable().as_object() : heap.array(ElementKind::Values, 0);
      if (below(4) == 0) heap.step(mark, 1 + below(40));
      if (below(4000) == 0) heap.collect(mark);
    }
    BOOST_TEST(heap.statistics().collections > 20u);
    heap.collect(kNoRoots);
    BOOST_TEST(heap.used() == 0u);
    BOOST_TEST(heap.statistics().objects_made() == heap.statistics().objects_freed);
  }
}

BOOST_AUTO_TEST_CASE(entries_that_move_below_where_marking_stands_are_not_missed) {
  Heap heap;
  Dict* d = heap.dict();
  const auto mark = [d](Marker& m) { m.mark(Value(d)); };
  for (int i = 0; i < 20000; ++i) d->set(heap, heap.string(fmt::format("key {}", i)), Value(heap.string(fmt::format("value {}", i))));
  heap.step(mark, 1);  // begins
  heap.step(mark, 1);  // the first slice
  for (int i = 0; i < 16000; ++i) d->remove(heap, heap.string(fmt::format("key {}", i)));
  BOOST_REQUIRE(d->used < 16000u);
  while (!heap.step(mark, 1)) {
  }
  heap.collect(mark);
  for (int i = 16000; i < 20000; ++i)
    BOOST_REQUIRE(d->get(fmt::format("key {}", i))->as_string()->view() == fmt::format("value {}", i));
}

BOOST_AUTO_TEST_CASE(a_long_pause_is_in_the_last_percent) {
  using namespace std::chrono_literals;
  Pauses pauses;
  for (int i = 0; i < 199; ++i) pauses.add(100us);
  pauses.add(50ms);
  BOOST_TEST((pauses.longest() == 50ms));
  BOOST_TEST(pauses.count() == 200u);
  BOOST_TEST((pauses.percentile(0.99) >= 100us && pauses.percentile(0.99) < 125us));
  BOOST_TEST((pauses.percentile(1.0) == 50ms));
}

BOOST_AUTO_TEST_CASE(a_collection_falls_due_beyond_the_soft_limit) {
  Heap heap({.soft = 10000});
  std::atomic<bool> due{false};
  heap.set_due_flag(&due);
  heap.string(std::string(5000, 'a'));
  BOOST_TEST(!due);
  heap.string(std::string(6000, 'a'));
  BOOST_TEST(due);
  BOOST_TEST(heap.collection_due());
  heap.collect(kNoRoots);
  BOOST_TEST(!heap.collection_due());
}

BOOST_AUTO_TEST_CASE(the_hard_limit_is_an_error_and_nothing_is_lost) {
  // Every limit up to what the work needs: the error comes at another allocation each time.
  size_t refused = 0;
  for (size_t hard = 64;; hard += 24) {
    Heap heap({.soft = 16, .hard = hard});
    try {
      String* s = heap.string("");
      Array* a = heap.array(ElementKind::Ints, 0);
      Dict* d = heap.dict();
      for (int i = 0; i < 20; ++i) {
        s = heap.concatenate(s, "0123456789");
        a->push(heap, i < 10 ? Value::integer(i) : Value(s));
        d->set(heap, heap.intern(fmt::format("{}", i)), Value(a));
        d->sorted(heap);
      }
      break;
    } catch (const Error& e) {
      ++refused;
      BOOST_REQUIRE(e.message == "Memory limit exceeded (" + size_text(hard) + ")");
      BOOST_REQUIRE(heap.used() <= hard);
      heap.collect(kNoRoots);
      BOOST_REQUIRE_MESSAGE(heap.used() == 0u, "limit " << hard << " leaves " << heap.used() << " bytes");
    }
  }
  BOOST_TEST(refused > 50u);
}

BOOST_AUTO_TEST_CASE(sizes_are_shown_as_written) {
  BOOST_TEST(size_text(0) == "0");
  BOOST_TEST(size_text(1023) == "1023");
  BOOST_TEST(size_text(1024) == "1K");
  BOOST_TEST(size_text(1536) == "1536");
  BOOST_TEST(size_text(64u << 20) == "64M");
  BOOST_TEST(size_text(size_t{2048} << 30) == "2048G");
}

BOOST_AUTO_TEST_SUITE_END()
