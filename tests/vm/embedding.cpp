// A Vm as a C++ program sees it: calls in both directions, snippets, streams, roots, stops.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

#include "../stdlib/program.hpp"

using namespace omc;
using namespace omc::vm;

namespace {

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.kind == ErrorKind::Thrown ? "thrown " + display(e.thrown) : e.message;
  }
  return "no error";
}

std::shared_ptr<const lang::Source> source(std::string text) { return std::make_shared<lang::Source>("test.omc", std::move(text)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(embedding)

BOOST_AUTO_TEST_CASE(two_machines_do_not_see_each_other) {
  Program a, b;
  a.run("h x = 1; fn f() { return \"a\"; } class C { v; fn get(self) { return self.v; } } tape_reset(); tape_var(3.0);");
  BOOST_TEST(b.run("print(x);") == "Error: Undefined variable: x");
  BOOST_TEST(b.run("print(f());").starts_with("Error: Undefined function: f"));
  BOOST_TEST(b.run("print(C(1));").starts_with("Error: Undefined function: C"));
  b.run("h x = 2; fn f() { return \"b\"; }");
  BOOST_TEST(display(a.vm.call(a.vm.function_named("f"), {})) == "a");
  BOOST_TEST(display(b.vm.call(b.vm.function_named("f"), {})) == "b");
  BOOST_TEST((a.vm.heap().intern("x") != b.vm.heap().intern("x")));
}

BOOST_AUTO_TEST_CASE(a_machine_keeps_its_table_between_programs) {
  Program p;
  p.run("h n = 1; fn bump() { n = n + 1; return n; }");
  BOOST_TEST(p.run("print(bump());") == "2\n");
  BOOST_TEST(p.run("print(bump()); throw \"x\";") == "3\nError: x");
  BOOST_TEST(p.run("print(bump());") == "4\n");  // an error leaves nothing behind
}

BOOST_AUTO_TEST_CASE(calls_from_outside) {
  Program p;
  p.run("fn sub(a, b) { return a - b; } fn bad() { throw {\"code\": 7}; } fn deep(n) { return deep(n + 1); }\n"
        "class Point { x; y; } h add = fn(a, b) a + b; h not_a_function = 3;");
  Vm& vm = p.vm;
  const Value five = Value::integer(5), two = Value::integer(2);
  BOOST_TEST(display(vm.call(vm.function_named("sub"), {five, two})) == "3");
  BOOST_TEST(display(vm.call(vm.text("sub"), {two, five})) == "-3");
  BOOST_TEST(display(vm.call(vm.text("to_string"), {five})) == "5");
  BOOST_TEST(display(vm.call(vm.text("Point"), {five, two})) == R"({"__class__": Point, "x": 5, "y": 2})");
  BOOST_TEST(vm.is_instance(vm.call(vm.text("Point"), {five, two}), "Point"));
  BOOST_TEST(display(vm.call(vm.evaluate("add", "test"), {five, two})) == "7");

  BOOST_TEST(message([&] { vm.call(vm.text("bad"), {}); }) == "thrown {\"code\": 7}");
  BOOST_TEST(message([&] { vm.call(vm.text("nosuch"), {}); }).starts_with("Undefined function: nosuch"));
  BOOST_TEST(message([&] { vm.call(Value::integer(3), {}); }).starts_with("Cannot call this value as a function"));
  BOOST_TEST(message([&] { vm.call(vm.text("sub"), {five}); }).find("sub") != std::string::npos);
  BOOST_TEST(message([&] { vm.call(vm.text("deep"), {five}); }).starts_with("Recursion limit exceeded (10000"));
  BOOST_TEST(vm.function_named("nosuch").is_null());
  BOOST_TEST(vm.callable(vm.text("sub")));
  BOOST_TEST(!vm.callable(vm.text("not_a_function")));
  BOOST_TEST(!vm.callable(five));
  BOOST_TEST(display(vm.call(vm.text("sub"), {five, two})) == "3");  // still in order
}

BOOST_AUTO_TEST_CASE(an_error_brings_its_trace) {
  Program p;
  p.run("fn inner() { return [1][5]; }\nfn outer() { return inner(); }");
  try {
    p.vm.call(p.vm.text("outer"), {});
    BOOST_ERROR("no error");
  } catch (const Error& e) {
    BOOST_TEST(e.trace_text() == "\n  at inner (2:21)\n  at outer");
    BOOST_TEST(e.source->position(e.span.begin).line == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_consumer_ends_a_stream) {
  Program p;
  p.run("h log = []; fn gen(n) { h i = 0; try { while i < n { i = i + 1; yield i; } } finally { arr_push(log, i); } }\n"
        "fn three() { return gen(3); } fn endless() { return gen(1000000000); } fn broken() { yield 1; throw \"x\"; }");
  std::string seen;
  const auto take = [&](size_t n) {
    return [&seen, n](Value v) {
      seen += display(v) + " ";
      return std::count(seen.begin(), seen.end(), ' ') < static_cast<std::ptrdiff_t>(n);
    };
  };
  BOOST_TEST(p.vm.stream(p.vm.text("three"), take(100)));
  BOOST_TEST(seen == "1 2 3 ");
  seen.clear();
  BOOST_TEST(!p.vm.stream(p.vm.text("endless"), take(2)));
  BOOST_TEST(seen == "1 2 ");
  BOOST_TEST(p.run("print(log);") == "[3, 2]\n");  // both finalizers ran
  seen.clear();
  BOOST_TEST(message([&] { p.vm.stream(p.vm.text("broken"), take(100)); }) == "thrown x");
  BOOST_TEST(seen == "1 ");
  BOOST_TEST(p.run("print(gen(2));") == "[1, 2]\n");  // no stream any more: it collects
}

BOOST_AUTO_TEST_CASE(snippets_have_a_value) {
  Program p;
  p.run("h x = 20;");
  BOOST_TEST(display(p.vm.evaluate("x + 2", "it")) == "22");
  BOOST_TEST(display(p.vm.evaluate("h y = 5; y * x", "it")) == "100");
  BOOST_TEST(display(p.vm.evaluate("", "it")) == "null");
  BOOST_TEST(message([&] { p.vm.evaluate("1 +", "it"); }).starts_with("it parse error: at 1:"));
  BOOST_TEST(message([&] { p.vm.evaluate("nosuch", "it"); }) == "Undefined variable: nosuch");
}

BOOST_AUTO_TEST_CASE(isolated_snippets_leave_no_trace) {
  Program p;
  p.run("h x = 20; fn f() { return x; }");
  BOOST_TEST(display(p.vm.evaluate_isolated("x = 1; f()", "it", true)) == "1");
  BOOST_TEST(display(p.vm.evaluate_isolated("fn f() { return 0; } fn g() { return 9; } h z = 1; f() + g()", "it", true)) == "9");
  BOOST_TEST(message([&] { p.vm.evaluate_isolated("x", "it", false); }) == "Undefined variable: x");
  BOOST_TEST(message([&] { p.vm.evaluate_isolated("f()", "it", false); }).starts_with("Undefined function: f"));
  BOOST_TEST(message([&] { p.vm.evaluate_isolated("x = 5; throw x;", "it", true); }) == "thrown 5");
  BOOST_TEST(p.run("print(f());") == "20\n");
  BOOST_TEST(p.run("print(z);").starts_with("Error: Undefined variable: z"));
  BOOST_TEST(p.run("print(g());").starts_with("Error: Undefined function: g"));
}

BOOST_AUTO_TEST_CASE(a_root_outlives_collections) {
  VmOptions options;
  options.gc_stress = GcStress::Collections;
  Program p(options);
  Vm& vm = p.vm;
  p.run("fn churn(n) { h a = []; h i = 0; while i < n { arr_push(a, \"s\" + i); i = i + 1; } return len(a); }");
  const Root<Array> array(vm, vm.heap().array(ElementKind::Values, 0));
  array->push(vm.heap(), vm.text("kept alive by the array"));
  RootValue value(vm, vm.text("replaced"));
  const uint64_t freed = vm.heap().statistics().objects_freed;
  BOOST_TEST(display(vm.call(vm.text("churn"), {Value::integer(50)})) == "50");
  value.set(vm.text("rooted text"));
  BOOST_TEST(display(vm.call(vm.text("churn"), {Value::integer(50)})) == "50");
  BOOST_TEST(vm.heap().statistics().objects_freed > freed + 50);
  BOOST_TEST(display(array.value()) == "[kept alive by the array]");
  BOOST_TEST(display(value.get()) == "rooted text");
}

BOOST_AUTO_TEST_CASE(arguments_and_what_is_thrown_outlive_collections) {
  VmOptions options;
  options.gc_stress = GcStress::Collections;
  Program p(options);
  p.run("fn last(a, b) { h i = 0; while i < 20 { h s = \"x\" + i; i = i + 1; } return a + b; }\n"
        "fn raise(a) { try { throw \"thrown \" + a; } finally { last(\"p\", \"q\"); } }");
  BOOST_TEST(display(p.vm.call(p.vm.text("last"), {p.vm.text("left "), p.vm.text("right")})) == "left right");
  BOOST_TEST(message([&] { p.vm.call(p.vm.text("raise"), {p.vm.text("text")}); }) == "thrown thrown text");
}

BOOST_AUTO_TEST_CASE(a_stop_ends_any_program) {
  for (const auto& [why, status] : {std::pair(Vm::Stop::Timeout, 124), std::pair(Vm::Stop::Interrupt, 130)}) {
    for (const char* text : {"try { while true {} } catch e { print(\"caught\"); } finally { print(\"finally\"); }",
                             "fn f(n) { if n > 50 { return 0; } f(n + 1); f(n + 1); return 0; } f(0);",
                             "for i in range(0, 9000000000000000000) { h x = i; }",
                             "fn gen() { while true { yield 1; } } h a = gen();"}) {
      VmOptions options;
      options.heap.hard = 1u << 30;
      Program p(options);
      std::thread stopper([&p, reason = why] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        p.vm.request_stop(reason);
      });
      const RunResult result = p.vm.run(source(text));
      stopper.join();
      BOOST_TEST(result.status == status, text);
      BOOST_TEST(result.message == (status == 124 ? "Time limit exceeded" : "Interrupted"));
      p.vm.clear_stop();
      BOOST_TEST(p.run("print(1);") == "1\n");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_machine_without_builtins_or_output_still_runs) {
  Vm vm;
  BOOST_TEST(vm.run(source("print(1 + 1);")).status == 0);
  const RunResult result = vm.run(source("h a = 1;\nlen(a);"));
  BOOST_TEST(result.status == 1);
  BOOST_TEST(result.message.starts_with("Undefined function: len"));
  BOOST_TEST(result.source->position(result.span.begin).line == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
