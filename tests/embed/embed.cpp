// include/omc.h as a host uses it: values in and out, functions both ways, limits, permissions, several threads.

#include <omc.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// Options are named where they matter; the others are zero, which is their default.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace {

struct Free {
  void operator()(omc_machine* m) const { omc_free(m); }
};
using Machine = std::unique_ptr<omc_machine, Free>;

Machine machine(omc_options options = {}) {
  options.size = sizeof options;
  return Machine(omc_new(&options));
}

int run(const Machine& m, const std::string& source) { return omc_run(m.get(), "test.omc", source.data(), source.size()); }

// The display of a snippet's value, or "Error: ...".
std::string value(const Machine& m, const std::string& source) {
  omc_value* v = omc_evaluate(m.get(), source.data(), source.size());
  if (!v) return std::string("Error: ") + omc_error(m.get());
  const std::string text = omc_text(v, nullptr);
  omc_release(v);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(embed)

BOOST_AUTO_TEST_CASE(programs_and_snippets) {
  const Machine m = machine();
  BOOST_TEST(run(m, "h n = 20; fn twice(x) { return x * 2; }") == 0);
  BOOST_TEST(value(m, "twice(n) + 2") == "42");
  BOOST_TEST(run(m, "fn f() { return [1][5]; }\nf();") == 1);
  BOOST_TEST(std::string(omc_error(m.get())).find("out of bounds") != std::string::npos);
  BOOST_TEST(std::string(omc_error(m.get())).find("\n  at f (2:1)") != std::string::npos);
  BOOST_TEST(run(m, "h = ;") == 1);
  BOOST_TEST(value(m, "throw {\"code\": 7};") == "Error: {\"code\": 7}");
  BOOST_TEST(value(m, "n") == "20");
}

BOOST_AUTO_TEST_CASE(values_go_both_ways) {
  const Machine m = machine();
  omc_value* parts[] = {omc_null(m.get()), omc_bool(m.get(), 5), omc_int(m.get(), INT64_MIN), omc_float(m.get(), -0.5),
                        omc_string(m.get(), "a\0b\xC3\xA9", 5)};
  const omc_kind kinds[] = {OMC_NULL, OMC_BOOL, OMC_INT, OMC_FLOAT, OMC_STRING};
  omc_value *array = omc_array(m.get()), *dict = omc_dict(m.get());
  for (size_t i = 0; i < std::size(parts); ++i) {
    BOOST_TEST(omc_kind_of(parts[i]) == kinds[i]);
    BOOST_TEST(omc_append(array, parts[i]) == 0);
  }
  BOOST_TEST(omc_put(dict, "k", 1, array) == 0);
  BOOST_TEST(run(m, "fn show(d) { return [type_of(d), d[\"k\"], len(d[\"k\"][4])]; }") == 0);
  omc_value* shown = omc_call(m.get(), "show", &dict, 1);
  BOOST_REQUIRE(shown);
  size_t length = 0;
  const char* text = omc_text(shown, &length);
  static constexpr char kShown[] = "[dict, [null, true, -9223372036854775808, -0.5, a\0b\xC3\xA9], 4]";
  BOOST_TEST(std::string(text, length) == std::string(kShown, sizeof kShown - 1));
  BOOST_TEST(omc_size(shown) == 3u);
  omc_value* inner = omc_at(shown, 1);
  omc_value* least = omc_at(inner, 2);
  BOOST_TEST(omc_as_int(least) == INT64_MIN);
  BOOST_TEST(omc_at(inner, 5) == nullptr);
  omc_value* keys = omc_keys(dict);
  BOOST_TEST(std::string(omc_text(keys, nullptr)) == "[k]");
  omc_value* same = omc_get(dict, "k", 1);
  BOOST_TEST(omc_size(same) == 5u);
  BOOST_TEST(omc_get(dict, "none", 4) == nullptr);
  BOOST_TEST(omc_string(m.get(), "\xFF", 1) == nullptr);
  BOOST_TEST(omc_append(dict, array) == 1);
  BOOST_TEST(omc_append(nullptr, array) == 1);
  BOOST_TEST(omc_put(dict, "\xFF", 1, array) == 1);
  BOOST_TEST(std::string(omc_error(m.get())) == "the text is not UTF-8");
  BOOST_TEST(run(m, "print(\"\xFF\");") == 1);
  BOOST_TEST(omc_call_value(nullptr, nullptr, 0) == nullptr);
  omc_release(nullptr);
}

BOOST_AUTO_TEST_CASE(values_stay_in_their_machine) {
  const Machine m = machine(), other = machine();
  omc_value *array = omc_array(m.get()), *dict = omc_dict(m.get()), *foreign = omc_string(other.get(), "x", 1);
  const std::string wanted = "a value of another machine";
  BOOST_TEST(omc_append(array, foreign) == 1);
  BOOST_TEST(omc_error(m.get()) == wanted);
  BOOST_TEST(omc_put(dict, "k", 1, foreign) == 1);
  BOOST_TEST(omc_error(m.get()) == wanted);
  BOOST_TEST(omc_call(m.get(), "len", &foreign, 1) == nullptr);
  BOOST_TEST(omc_error(m.get()) == wanted);
  const auto gives = [](omc_machine*, void* context, omc_value* const*, size_t) { return omc_string(static_cast<omc_machine*>(context), "x", 1); };
  BOOST_TEST(omc_register(m.get(), "gives", "()", gives, other.get()) == 0);
  BOOST_TEST(value(m, "gives()") == "Error: gives: " + wanted);
}

BOOST_AUTO_TEST_CASE(handles_outlive_collections) {
  const Machine m = machine();
  omc_value* kept = omc_evaluate(m.get(), "\"kept \" + 1", 11);
  BOOST_TEST(run(m, "for i in range(0, 3000000) { h s = \"garbage \" + i; }") == 0);
  BOOST_TEST(std::string(omc_text(kept, nullptr)) == "kept 1");
}

BOOST_AUTO_TEST_CASE(functions_of_the_host) {
  const Machine m = machine();
  int calls = 0;
  const auto sum = [](omc_machine* machine, void* context, omc_value* const* arguments, size_t count) -> omc_value* {
    ++*static_cast<int*>(context);
    if (count > 3) return omc_fail(machine, "sum: too many"), nullptr;
    double total = 0;
    for (size_t i = 0; i < count; ++i) total += omc_as_float(arguments[i]);
    return omc_float(machine, total);
  };
  const auto apply = [](omc_machine*, void*, omc_value* const* arguments, size_t) -> omc_value* {
    return omc_call_value(arguments[0], arguments + 1, 1);  // back into the script
  };
  BOOST_TEST(omc_register(m.get(), "sum", "(a, b, c?)", sum, &calls) == 0);
  BOOST_TEST(omc_register(m.get(), "apply", "(f, x)", apply, nullptr) == 0);
  const auto fails_early = [](omc_machine* machine, void*, omc_value* const* arguments, size_t) -> omc_value* {
    omc_fail(machine, "early");
    omc_value* inner = omc_call_value(arguments[0], nullptr, 0);
    omc_release(inner);
    return nullptr;
  };
  BOOST_TEST(omc_register(m.get(), "fails_early", "(f)", fails_early, nullptr) == 0);
  BOOST_TEST(value(m, "fails_early(fn() sum(1, 2))") == "Error: early");
  BOOST_TEST(omc_register(m.get(), "nothing", "()", [](omc_machine*, void*, omc_value* const*, size_t) -> omc_value* { return nullptr; }, nullptr) == 0);
  BOOST_TEST(value(m, "sum(1, 2) + sum(1, 2, 3)") == "9.0");
  BOOST_TEST(calls == 3);
  BOOST_TEST(value(m, "sum(1)") == "Error: sum requires (a, b, c?)");
  BOOST_TEST(value(m, "try { sum(1, 2, 3, 4); } catch e { e; }") == "sum: too many");
  BOOST_TEST(value(m, "apply(fn(x) [x, x], 7)") == "[7, 7]");
  BOOST_TEST(value(m, "apply(fn(x) sum(x, x), 7)") == "14.0");
  BOOST_TEST(value(m, "nothing()") == "null");
  BOOST_TEST(value(m, "arr_map([1, 2], fn(x) sum(x, 1))") == "[2.0, 3.0]");
}

BOOST_AUTO_TEST_CASE(output_goes_to_the_host) {
  const Machine m = machine({.max_output = 10});
  std::string text;
  omc_set_output(m.get(), [](void* to, const char* more, size_t n) { static_cast<std::string*>(to)->append(more, n); }, &text);
  BOOST_TEST(run(m, "print(\"abc\");") == 0);
  BOOST_TEST(run(m, "try { while true { print(\"12345678\"); } } catch e { }") == 1);
  BOOST_TEST(text == "abc\n12345678\n1");
  BOOST_TEST(std::string(omc_error(m.get())).starts_with("Output limit exceeded (10)"));
}

BOOST_AUTO_TEST_CASE(limits) {
  const Machine hasty = machine({.timeout_seconds = 0.2});
  BOOST_TEST(run(hasty, "while true { }") == 124);
  BOOST_TEST(value(hasty, "1 + 1") == "2");
  const Machine m = machine({.max_memory = 8 << 20, .max_depth = 50});
  BOOST_TEST(run(m, "h a = []; while true { arr_push(a, \"x\" + len(a)); }") == 1);
  BOOST_TEST(std::string(omc_error(m.get())).starts_with("Memory limit exceeded (8M)"));
  BOOST_TEST(run(m, "fn f(n) { return f(n + 1); } f(0);") == 1);
  BOOST_TEST(std::string(omc_error(m.get())).starts_with("Recursion limit exceeded (50 nested calls)"));
}

BOOST_AUTO_TEST_CASE(an_interrupt_from_another_thread) {
  const Machine m = machine();
  std::thread stopper([&m] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    omc_interrupt(m.get());
  });
  BOOST_TEST(run(m, "while true { }") == 130);
  stopper.join();
  BOOST_TEST(value(m, "2") == "2");
}

BOOST_AUTO_TEST_CASE(permissions) {
  const Machine closed = machine({.permissions = ""}), some = machine({.permissions = "read:/etc,clock"}), open = machine();
  BOOST_TEST(value(closed, "file_exists(\"/etc\")") == "Error: file_exists: not permitted: /etc (missing permission: read)");
  BOOST_TEST(value(closed, "now_unix() > 0") == "true");
  BOOST_TEST(value(some, "file_exists(\"/etc\")") == "1");
  BOOST_TEST(value(some, "file_exists(\"/usr\")").starts_with("Error: file_exists: not permitted"));
  BOOST_TEST(value(open, "file_exists(\"/usr\")") == "1");
  const Machine by_default(omc_new(nullptr));
  BOOST_TEST((by_default != nullptr));
  omc_options bad = {.size = sizeof bad, .permissions = "everything"};
  BOOST_TEST((omc_new(&bad) == nullptr));
}

BOOST_AUTO_TEST_CASE(machines_in_threads_do_not_disturb_each_other) {
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&results, i] {
      const Machine m = machine({.timeout_seconds = 60});
      const std::string seed = std::to_string(i % 2);
      run(m, "random_seed(" + seed + "); h all = []; tape_reset();"
             "for i in range(0, 2000) { arr_push(all, random_int(1, 6)); h d = {}; d[\"k\" + i] = re_find(\"[0-9]+\", \"a\" + i);"
             "  arr_push(all, len(json_parse(json_stringify(d)))); }"
             "h t = tape_matmul(tape_var([[1, 2], [3, 4]]), tape_var([[5], [6]]));");
      results[i] = value(m, "sha256(to_string(all)) + tape_value(t) + par_map(fn(x) x * 2, range(0, 50))");
    });
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(!results[0].starts_with("Error"));
  BOOST_TEST(results[0] == results[2]);
  BOOST_TEST(results[1] == results[3]);
  BOOST_TEST(results[0] != results[1]);
}

BOOST_AUTO_TEST_SUITE_END()
