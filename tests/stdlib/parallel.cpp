// par_* on several threads: the same values, errors and order as on one; and only functions that nobody can tell apart
// from the outside leave home.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ostream>
#include <thread>

#include "program.hpp"
#include "vm/isolation.hpp"

using namespace omc;
using namespace omc::vm;
namespace bdata = boost::unit_test::data;

namespace {

struct Case {
  const char* program;  // defines f and xs
  bool leaves_home;
  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.program; }
};

#define MANY "h xs = range(0, 3000); "
const Case kCases[] = {
    {MANY "fn f(x) { return x * x + 1; }", true},
    {MANY "fn g(x) { return x % 7; } fn f(x) { h s = 0; for i in range(0, g(x)) { s = s + i * x; } return s; }", true},
    {MANY "fn f(x) { return sqrt(x) + sin(x); }", true},
    {MANY "h f = sqrt;", true},
    {MANY "h f = \"to_string\";", true},
    {MANY "h k = 3; h name = \"n\"; fn f(x) { return name + (x * k); }", true},
    {MANY "h table = [3, 1.5, \"three\", [4]]; fn f(x) { return table[x % 4]; }", true},
    {MANY "fn f(x) { h a = []; arr_push(a, x); a[0] = a[0] + 1; h d = {\"k\": a}; d[\"n\"] = null; return d; }", true},
    {MANY "fn f(x) { return {\"z\": x, \"a\": [x, 1.5], \"s\": str_repeat(\"ab\", x % 5)}; }", true},
    {MANY "fn fib(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); } fn f(x) { return fib(x % 12); }", true},
    {MANY "fn f(x) { return x / (x % 3); }", true},  // singularities
    {MANY "fn f(x) { return math.sqrt(x); }", true},
    {MANY "fn f(x) { return call(\"abs\", [0 - x]); }", true},
    {MANY "fn h2(x) { return x + 1; } fn f(x) { return arr_map([x, x], h2); }", true},
    {MANY "fn make(k) { return fn(x) x + k; } h f = make(5);", true},
    {MANY "fn make(k) { return fn(x) { h a = k; return arr_sum(a) + x; }; } h f = make([1, 2]);", true},
    {MANY "fn f(x) { if x > 2500 { return re_find(\"[0-9]+\", \"a\" + x); } return json_stringify([x]); }", true},
    {"h xs = [[1], [2], [3], [4]]; fn f(x) { return x; }", true},  // the very elements come back
    {"h xs = [[1], [2], [3], [4]]; fn f(x) { return {\"of\": x}; }", true},
    {"h one = {\"n\": 1}; h xs = [one, one, one, one]; fn f(x) { return [x, one]; }", true},
    {"h xs = [\"\", \"\\u{e9}\", \"abc\", 1, 2.5, null, true]; fn f(x) { return to_string(x) + x; }", true},
    {"h xs = [1, sqrt, fn(y) y + 1, 4]; fn f(x) { return x; }", true},
    // errors come in order, from the first element that has one
    {MANY "fn f(x) { if x > 1000 { throw \"at \" + x; } return x; }", true},
    {MANY "fn g(x) { return [1][x]; } fn f(x) { if x == 2999 { return g(x); } return x; }", true},
    {MANY "fn f(x) { if x == 2000 { return deeper(x); } return x; } fn deeper(x) { return deeper(x + 1); }", true},
    {MANY "fn f(x) { try { return [1][x]; } catch e { return e; } }", true},  // fails away from home, runs there
    {MANY "fn f(x) { return call(\"g\" + (x % 2), [x]); } fn g0(x) { return 0; } fn g1(x) { return x; }", true},
    {MANY "fn abs(x) { return \"mine\"; } fn f(x) { return call(\"a\" + \"bs\", [x]); }", true},
    {MANY "fn f(x) { return x.size(); }", true},
    {"h xs = [{\"__class__\": \"A\"}, {\"__class__\": \"A\"}, {\"__class__\": \"A\"}]; fn A__size(self) { return 7; }"
     "fn size() { return 8; } fn f(x) { return x.size(); }", true},
    // these stay
    {MANY "h n = 0; fn f(x) { n = n + x; return n; }", false},
    {MANY "fn f(x) { println(x); return x; }", false},
    {MANY "fn f(x) { print(x); return x; }", false},
    {MANY "h seen = []; fn f(x) { arr_push(seen, x); return len(seen); }", false},
    {MANY "h d = {}; fn f(x) { d[\"k\" + x] = x; return len(d); }", false},
    {MANY "fn counter() { h n = 0; return fn(x) { n = n + 1; return n; }; } h f = counter();", false},
    {MANY "fn f(x) { return random_int(1, 6); } random_seed(7);", false},
    {MANY "fn f(x) { return fn(y) y; }", false},
    {MANY "fn f(x) { return eval_omc(\"x + 1\"); }", false},
    {MANY "fn f(x) { return read_file(\"no such file\"); }", false},
    {MANY "fn f(x) { return getenv(\"HOME\"); }", false},
    {MANY "fn f(x) { yield x; yield x; }", false},
    {MANY "fn f(x) { tape_reset(); return tape_value(tape_var(x)); }", false},
    {"class P { v; fn get(self) { return self.v; } } h xs = [P(1), P(2), P(3)]; fn f(x) { return P(x.v); }", false},
    {"h xs = [[1], [2], [3]]; fn f(x) { arr_push(x, 9); return x; }", false},
    {"h a = [[1]]; h xs = [1, 2, 3]; fn f(x) { a[0] = x; return a; }", false},
};

VmOptions threads(size_t n, GcStress gc_stress = GcStress::None) {
  VmOptions options;
  options.threads = n;
  options.parallel_ms = 0;
  options.gc_stress = gc_stress;
  return options;
}

// Results, whether they are the elements themselves, what a mutation later shows, and the error.
std::string outcome(const Case& c, VmOptions options) {
  Program program(std::move(options));
  std::string all = program.run(c.program);
  for (const char* use : {"h r = par_map(f, xs); println(r);", "println(par_filter(f, xs));", "println(par_for(f, xs));",
                          "for x in r { if type_of(x) == \"array\" { arr_push(x, \"seen\"); } } println([xs, r]);",
                          "println(fn(x) x);"})
    all += "\n" + program.run(use);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parallel)

BOOST_DATA_TEST_CASE(threads_do_not_show, bdata::make(kCases), c) {
  const std::string alone = outcome(c, threads(1));
  BOOST_TEST(outcome(c, threads(2)) == alone);
  BOOST_TEST(outcome(c, threads(5)) == alone);
}

BOOST_DATA_TEST_CASE(nor_under_collections, bdata::make(kCases), c) {
  std::string small = c.program;  // a collection at every safepoint takes its time
  if (const size_t at = small.find("3000"); at != small.npos) small.replace(at, 4, "40");
  const Case fewer{small.c_str(), c.leaves_home};
  BOOST_TEST(outcome(fewer, threads(3, GcStress::Collections)) == outcome(fewer, threads(1, GcStress::Collections)));
}

BOOST_DATA_TEST_CASE(who_leaves_home, bdata::make(kCases), c) {
  Program program;
  program.run(c.program);
  const Value f = program.vm.evaluate("f", "test"), xs = program.vm.evaluate("xs", "test");
  BOOST_TEST(Isolation::plan(program.vm, f, xs.as_array()).has_value() == c.leaves_home);
}

BOOST_AUTO_TEST_CASE(a_result_comes_home) {
  Program program;
  program.run("h xs = [[1], 2]; h keep = {\"k\": xs}; fn f(x) { return [x, keep, \"t\" + x, f]; }");
  const Value f = program.vm.evaluate("f", "test"), xs = program.vm.evaluate("xs", "test");
  const auto plan = Isolation::plan(program.vm, f, xs.as_array());
  BOOST_REQUIRE(plan);
  IsolatedVm worker(*plan, SIZE_MAX);
  worker.call(xs.as_array()->at(0));
  const Value result = worker.bring_home(0);
  BOOST_TEST(display(result) == display(program.vm.evaluate("f(xs[0])", "test")));
  BOOST_TEST((result.as_array()->at(0).as_object() == xs.as_array()->at(0).as_object()));
  BOOST_TEST((result.as_array()->at(1).as_object() == program.vm.evaluate("keep", "test").as_object()));
}

BOOST_AUTO_TEST_CASE(a_stop_reaches_every_thread) {
  VmOptions options = threads(3);
  Program program(options);
  program.run("fn f(x) { while x > 100 { x = x + 1; } return x; } h xs = range(0, 1000);");
  std::jthread stopper([&program] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    program.vm.request_stop(Vm::Stop::Timeout);
  });
  BOOST_TEST(program.run("try { par_map(f, xs); } catch e { println(\"caught\"); }") == "Error: Time limit exceeded");
}

BOOST_AUTO_TEST_CASE(the_memory_limit_holds) {
  VmOptions options = threads(3);
  options.heap.hard = 32 << 20;
  Program program(options);
  program.run("fn f(x) { return range(0, 100000); } h xs = range(0, 1000);");
  BOOST_TEST(program.run("par_map(f, xs);").starts_with("Error: Memory limit exceeded"));
  BOOST_TEST(program.run("println(len(par_filter(fn(x) len(range(0, x * 100)) > 50000, xs)));") == "499\n");
}

BOOST_AUTO_TEST_SUITE_END()
