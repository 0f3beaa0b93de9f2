// Ctrl-C, SIGTERM, closed pipes.

#include "process.hpp"

using namespace safety;

BOOST_AUTO_TEST_SUITE(signals)

BOOST_AUTO_TEST_CASE(a_program_stops_with_its_trace) {
  const Folder folder;
  struct Case {
    const char *program, *trace;
  };
  for (const Case& c : {Case{"print(\"before\"); fn f(n) { try { while true { n = n + 1; } } finally { print(\"never\"); } } f(1);", "\n  at f (1:"},
                        Case{"print(\"before\"); fn f() { while true { arr_sort(arr_mul(arr_range(0, 3000000), 7919)); } } f();", "\n  at f (1:"},
                        Case{"print(\"before\"); fn f() { sleep(100000); } f();", "\n  at f (1:"},
                        Case{"print(\"before\"); fn f() { return omc_spawn(\"sleep\", [\"100\"]); } f();", "\n  at f (1:"},
                        Case{"print(\"before\"); h a = [1]; for i in range(0, 60) { a = [a, a]; } to_string(a);", ""},
                        Case{"print(\"before\"); h s = str_repeat(\"a\", 1000000); for i in range(0, 9) { s = s + s; } while true { sha512(s); }", ""}}) {
    folder.write("p.omc", c.program);
    for (const auto& [signal, word, status] : {std::tuple(SIGINT, "Interrupted", 130), std::tuple(SIGTERM, "Terminated", 143)}) {
      Process process(folder, {"--max-memory=2G", "p.omc"});
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      process.send(signal);
      const Ended ended = process.wait(30);
      BOOST_TEST(ended.status == status, c.program);
      BOOST_TEST(ended.output == "before\n", c.program);
      BOOST_TEST(ended.error.starts_with(std::string("Error: ") + word + c.trace), ended.error);
    }
  }
}

// Each runs for seconds inside of one builtin. A library that does not ask is ended with the process, after two seconds.
BOOST_AUTO_TEST_CASE(a_long_builtin_stops) {
  const Folder folder;
  struct Case {
    const char *program, *trace;
  };
  for (const Case& c : {Case{"fn f() { h a = arr_reverse(arr_range(0, 6000000)); arr_push(a, \"x\"); arr_sort(a); } f();", "\n  at f (1:"},
                        Case{"fn f() { h a = arr_zeros_2d(4000, 4000); arr_matmul(a, a); } f();", "\n  at f (1:"},
                        Case{"fn f() { h a = tape_var(arr_zeros_2d(4000, 4000)); tape_matmul(a, a); } f();", "\n  at f (1:"},
                        Case{"fn f() { h s = str_join(arr_repeat(str_repeat(\"ab\", 400000), 100), \"\");"
                             "  re_replace(\"((a|b)*)((a|b)*)c?$\", s, \"$1$2\"); } f();", ""},
                        Case{"fn f() { while true { try { arr_repeat(1, 1000000000000); } catch e { } } } f();", "\n  at f (1:"}}) {
    folder.write("p.omc", c.program);
    const Ended late = run(folder, {"--timeout=0.5", "p.omc"});
    BOOST_TEST(late.status == 124, c.program);
    BOOST_TEST(late.error.starts_with(std::string("Error: Time limit exceeded (0.5 s)") + c.trace), late.error);
    BOOST_TEST(late.busy_seconds < 4, late.busy_seconds << " s, " << c.program);
    Process process(folder, {"p.omc"});
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    process.send(SIGINT);
    const Ended interrupted = process.wait(30);
    BOOST_TEST(interrupted.status == 130, c.program);
    BOOST_TEST(interrupted.error.starts_with(std::string("Error: Interrupted") + c.trace), interrupted.error);
  }
}

BOOST_AUTO_TEST_CASE(nobody_reads_any_more) {
  const Folder folder;
  folder.write("p.omc", "while true { print(\"text\"); }");
  const std::string command = "cd '" + folder.path().string() + "' && '" OMC_PROGRAM "' p.omc 2>stderr | head -n 1 > stdout";
  BOOST_TEST(std::system(command.c_str()) == 0);
  BOOST_TEST(content(folder / "stdout") == "text\n");
  BOOST_TEST(content(folder / "stderr") == "");
}

BOOST_AUTO_TEST_SUITE_END()
