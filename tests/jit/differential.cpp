// Random programs of the subset that native code is made of, and a little outside it: the interpreter and forced native code must
// agree on everything a program writes, the texts of errors included.
//
// Every third program also leaves native code at guards chosen by chance, so that the ways out are taken; every fourth collects
// at every safepoint, in steps that are verified. Some of those about objects are interpreted for a while before they are compiled,
// so that calls and look-ups have something to remember.
//
// OMC_JIT_PROGRAMS sets how many programs are run, OMC_JIT_SEED where the random numbers begin; a difference shows both. OMC_JIT_SHOW
// shows all programs.

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>
#include <sys/time.h>  // setitimer

#include <boost/test/unit_test.hpp>

#include "jit/host.hpp"
#include "lang/source.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace {

using omc::jit::Host;
using omc::jit::HostOptions;
using omc::jit::Mode;

struct Collected : omc::vm::Output {
  std::string text;
  void write(std::string_view s) override { text += s; }
};

enum class Way { Interpreted, Native, RandomExits, Warm };

// Some programs call themselves for hours: they are left out when they take long interpreted, which happens before anything else.
constexpr int kInterpretedMilliseconds = 300, kNativeMilliseconds = 100'000;
std::atomic<omc::vm::Vm*> limited{nullptr};

void limit(omc::vm::Vm* vm, int milliseconds) {
  limited = vm;
  std::signal(SIGALRM, [](int) {
    if (omc::vm::Vm* const late = limited) late->request_stop(omc::vm::Vm::Stop::Timeout);
  });
  const itimerval timer{{}, {milliseconds / 1000, milliseconds % 1000 * 1000}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

constexpr const char* kTookLong = "status 124";

// The dual-band mode has an interpreter of its own.
std::string run(const std::string& program, Way way, uint64_t seed, bool dual_band = false) {
  omc::vm::VmOptions options;
  options.max_depth = 200;
  options.heap.hard = size_t{64} << 20;
  if (way != Way::Interpreted && seed % 4 == 0) options.gc_stress = omc::vm::GcStress::Steps;
  omc::vm::Vm vm(options);
  Collected output;
  vm.set_output(output);
  omc::stdlib::install(vm);
  HostOptions jit;
  jit.mode = Mode::Force;
  jit.libraries = {OMC_JIT_LIBRARY};
  jit.compiler.verify = true;
  jit.compiler.dual_band = dual_band;
  jit.compiler.random_exits = way == Way::RandomExits;
  jit.random_seed = static_cast<uint32_t>(seed);
  Host host(vm, jit);
  omc::vm::Bands bands(vm);
  if (way == Way::Warm) host.call_heat = host.loop_heat = static_cast<int32_t>(seed % 12);
  if (way != Way::Interpreted) vm.set_native_code(&host);
  else if (dual_band) vm.set_native_code(&bands);
  limit(&vm, way == Way::Interpreted ? kInterpretedMilliseconds : kNativeMilliseconds);
  const omc::vm::RunResult result = vm.run(std::make_shared<const omc::lang::Source>("fuzz.omc", program));
  limit(nullptr, 0);
  return output.text + "status " + std::to_string(result.status) + "\n" + result.message + result.trace + "\n";
}

// What a program is mostly about.
enum class Subject { Numbers, Texts, Bands, Objects, Loops };

// Writes a program. Loops end by their counters, recursion by its first parameter; everything else is left to chance.
class Writer {
 public:
  explicit Writer(uint64_t seed, Subject subject = Subject::Numbers) : random_(seed), subject_(subject) {}

  std::string program() {
    if (subject_ == Subject::Loops) return loops_over_arrays();
    text_ = "h g0 = 3; h g1 = 0.5; h g2 = [1, 2, 3];\n";
    if (subject_ == Subject::Objects) classes();
    const size_t functions = 1 + pick(3);
    for (functions_ = 0; functions_ < functions; ++functions_) function();
    line("fn show(x) { print(type_of(x)); print(x); }");
    for (int call = 0; call < 6; ++call) {
      const size_t f = pick(functions);
      line("try { show(f" + std::to_string(f) + "(" + argument() + ", " + argument() + ", " + argument() + ")); } catch e { print(e); }");
    }
    if (subject_ == Subject::Objects) objects_in_loops();
    line("h k = 0; while k < 5 { k += 1; g0 = g0 + k; try { g1 = f0(k, g0, g2); } catch e { print(e); } }");
    line("print(g0); print(g1); print(g2);");
    return text_;
  }

 private:
  size_t pick(size_t n) { return static_cast<size_t>(random_() % n); }
  bool chance(size_t percent) { return pick(100) < percent; }
  template <size_t N>
  std::string one_of(const char* const (&list)[N]) { return list[pick(N)]; }
  void line(const std::string& s) { text_ += s + "\n"; }

  std::string text() {
    static constexpr const char* kTexts[] = {"\"\"",   "\"a\"",    "\"b\"",     "\"z\"",          "\"0\"",  "\"ab\"",   "\"abc\"", "\"7\"",
                                             "\"é\"",  "\"aéb\"",  "\"日本\"",  "\"😀x\"",        "\"-3\"", "\"2.5\"",  "\" \"",   "\"abcdefgh\"",
                                             "\"abcdefghijk\"", "\"the quick brown fox jumps\"", "\"naïve café, a long one\""};
    return one_of(kTexts);
  }

  std::string argument() {
    if (subject_ == Subject::Texts && chance(60)) return chance(10) ? "[" + text() + ", " + text() + "]" : text();
    if (subject_ == Subject::Bands && chance(60)) return std::to_string(pick(1000));
    if (subject_ == Subject::Objects && chance(40)) {
      static constexpr const char* kObjects[] = {
          "A(1, 2)", "A(0.5, [1])", "B(3, 4)", "B(\"t\", null)", "{\"p\": 1, \"q\": 2}", "{\"q\": 0.5}", "{}",
          "[A(1, 2), B(2, 1)]", "fn(d) { return d; }", "fn(d) { return d + 1; }", "{\"p\": A(1, 1)}"};
      return one_of(kObjects);
    }
    static constexpr const char* kValues[] = {
        "0", "1", "-1", "2", "3", "7", "63", "64", "2147483648", "9007199254740993", "9223372036854775807",
        "-9223372036854775807 - 1", "0.0", "-0.0", "0.5", "2.5", "1e308", "1.0 / 3.0", "true", "false", "null", "\"7\"", "\"x\"",
        "[1, 2, 3]", "[0.5, 1.5]", "[]", "[1, 0.5, true]", "[[1, 2], [3, 4]]", "5", "4"};
    return one_of(kValues);
  }

  std::string name() {
    static constexpr const char* kNames[] = {"a", "b", "c", "x", "y", "z", "a", "x"};
    return chance(8) ? std::string(chance(50) ? "g0" : "g1") : one_of(kNames);
  }

  std::string expression(int depth) {
    if (depth <= 0 || chance(20)) return chance(65) ? name() : argument();
    if (subject_ == Subject::Texts && chance(45)) return text_expression(depth);
    if (subject_ == Subject::Bands && chance(30)) return band_expression(depth);
    if (subject_ == Subject::Objects && chance(40)) return object_expression(depth);
    const std::string x = expression(depth - 1), y = expression(depth - 1);
    switch (pick(16)) {
      case 0: case 1: case 2: case 3: {
        static constexpr const char* kOperators[] = {"+", "-", "*", "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"};
        return "(" + x + " " + one_of(kOperators) + " " + y + ")";
      }
      case 4: case 5: {
        static constexpr const char* kComparisons[] = {"<", "<=", ">", ">=", "==", "!="};
        return "(" + x + " " + one_of(kComparisons) + " " + y + ")";
      }
      case 6: return "(" + x + (chance(50) ? " and " : " or ") + y + ")";
      case 7: return chance(50) ? "(not " + x + ")" : "(-" + x + ")";
      case 8: return "(~" + x + ")";
      case 9: return "(" + x + " ** " + std::to_string(pick(5)) + ")";
      case 10: return name() + "[" + (chance(60) ? std::to_string(pick(4)) : y) + "]";
      case 11: {
        static constexpr const char* kUnary[] = {"abs", "floor", "sqrt", "to_int", "to_float", "fold", "ceil", "round"};
        return one_of(kUnary) + "(" + x + ")";
      }
      case 12: return "arr_len(" + name() + ")";
      case 13: return "[" + x + ", " + y + "]";
      case 14:
        if (functions_ == 0 && !recursive_) return "harmony(" + x + ")";
        if (recursive_ && chance(40)) return "(if fuel > 0 { f" + std::to_string(functions_) + "(" + x + ", fuel - 1, " + y + ") } else { 1 })";
        return functions_ ? "f" + std::to_string(pick(functions_)) + "(" + x + ", " + y + ", " + name() + ")" : x;
      default: return "min(" + x + ", " + y + ")";
    }
  }

  // Of the dual-band mode: values that phi_shadow marks, and what harmony sees of them.
  std::string band_expression(int depth) {
    const std::string x = chance(60) ? name() : expression(depth - 1);
    switch (pick(4)) {
      case 0: case 1: return "phi_shadow(" + x + ")";
      case 2: return "harmony(" + x + ")";
      default: return "(if harmony(" + x + ") >= 500 { " + expression(depth - 1) + " } else { " + name() + " })";
    }
  }

  std::string text_expression(int depth) {
    const std::string x = chance(75) ? name() : text(), y = expression(depth - 1);
    const std::string n = std::to_string(pick(4));
    switch (pick(14)) {
      case 0: case 1: return "str_slice(" + x + ", " + n + ", " + n + " + 1)";
      case 2: return "str_slice(" + x + ", to_int(fuel), to_int(fuel) + 1)";
      case 3: return "str_slice(" + x + ", " + y + ", " + expression(depth - 1) + ")";
      case 4: return (chance(50) ? "str_len(" : "str_chars(") + x + ")";
      case 5: return "(" + x + (chance(50) ? " == " : " != ") + text() + ")";
      case 6: return "(" + x + (chance(50) ? " == " : " != ") + y + ")";
      case 7: {
        static constexpr const char* kOrders[] = {" < ", " <= ", " > ", " >= "};
        return "(" + x + one_of(kOrders) + (chance(50) ? text() : y) + ")";
      }
      case 8: case 9: return "(" + x + " + " + (chance(60) ? text() : y) + ")";
      case 10: return (chance(50) ? "str_index_of(" : "str_contains(") + x + ", " + (chance(70) ? text() : y) + ")";
      case 11: return "concat_many(" + x + ", " + y + ")";
      case 12: return "str_repeat(" + x + ", " + n + ")";
      default: return chance(50) ? "str_upper(" + x + ")" : "type_of(" + y + ")";
    }
  }

  void text_statement(int depth, int loops) {
    const std::string v = name();
    switch (pick(3)) {
      case 0: {
        line("match " + (chance(70) ? v : expression(1)) + " {");
        const size_t arms = 1 + pick(3);
        for (size_t i = 0; i < arms; ++i) {
          static constexpr const char* kPatterns[] = {"\"a\"..\"z\"", "\"0\"..\"9\"", "\"à\"..\"ü\"", "\"a\"..\"😀\"", "1..5", "null", "2.5", "true"};
          line((chance(50) ? text() : one_of(kPatterns)) + " => {");
          body(depth - 1, loops);
          line("}");
        }
        line("_ => {");
        body(depth - 1, loops);
        return line("} }");
      }
      case 1:
        if (loops >= 2) return line("x = x;");
        line("for y in " + (chance(50) ? text() : "concat_many(" + v + ", \"xy\")") + " {");
        body(depth - 1, loops + 1);
        return line("}");
      default: {
        if (loops >= 2) return line("y = y;");
        const std::string counter = "i" + std::to_string(counters_++);
        line("h " + counter + " = 0; while " + counter + " < str_len(" + text() + ") { x = str_slice(" + v + ", " + counter + ", " + counter +
             " + 1); " + counter + " += 1;");
        body(depth - 1, loops + 1);
        return line("}");
      }
    }
  }

  // --- objects: variables u hold closures, g4 and g5 instances ---

  std::string key() {
    static constexpr const char* kKeys[] = {"\"p\"", "\"q\"", "\"p\"", "\"q\"", "\"r\"", "\"s\"", "key(1)", "g3"};
    return one_of(kKeys);
  }
  std::string method() { return one_of({"get", "step", "get", "step", "both", "none"}); }
  std::string object() { return chance(80) ? name() : one_of({"g4", "g5"}); }

  std::string object_expression(int depth) {
    const std::string x = expression(depth - 1);
    switch (pick(9)) {
      case 0: return "dict_get(" + object() + ", " + key() + ")";
      case 1: return object() + "[" + key() + "]";
      case 2: return "dict_has(" + object() + ", " + key() + ")";
      case 3: case 4: return object() + "." + method() + "(" + x + ")";
      case 5: case 6: return "u(" + x + ")";
      case 7: return "dict_get(" + object() + ", " + key() + ", " + x + ")";
      default: return one_of({"arr_map(", "arr_filter("}) + name() + ", u)";
    }
  }

  // What it writes is shared with the function around it, and with whatever captured the same.
  std::string closure() {
    const std::string shared = one_of({"x", "y", "z"});
    switch (pick(7)) {
      case 0: return "fn(d) { return d + " + shared + "; }";
      case 1: return "fn(d) { " + shared + " = " + shared + " + d; return " + shared + "; }";
      case 2: return "fn(d) { " + shared + " = d; return [" + shared + ", d]; }";
      case 3: return "fn(d) { return " + object() + "." + method() + "(d); }";
      case 4: return "fn(d) { dict_set(" + object() + ", " + key() + ", d); return d; }";
      case 5: return "fn(d) { h w = fn(e) { " + shared + " = e; return e; }; return w(d); }";
      default: return functions_ ? "fn(d) { return f" + std::to_string(pick(functions_)) + "(d, 1, " + shared + "); }" : "fn(d) { return d; }";
    }
  }

  void object_statement() {
    const std::string v = name();
    switch (pick(12)) {
      case 0: case 1: return line("dict_set(" + object() + ", " + key() + ", " + expression(1) + ");");
      case 2: case 3: return line(object() + "[" + key() + "] = " + expression(1) + ";");
      case 4: return line("dict_del(" + object() + ", " + key() + ");");
      case 5: return line(object() + "." + method() + "(" + expression(1) + ");");
      case 6: return line("u = " + closure() + ";");
      case 7: return line(v + " = u(" + expression(1) + ");");
      case 8: return line(v + " = " + one_of({"A", "B"}) + "(" + name() + ", " + expression(1) + ");");
      case 9: return line(v + " = {\"q\": " + name() + ", \"p\": " + expression(1) + "};");
      case 10:
        return line("if type_of(" + v + ") == \"array\" { " + v + " = arr_reduce(" + v + ", fn(s, e) { return s + e; }, " + expression(0) + "); }");
      default:
        if (functions_ && chance(15)) return line("u = fn(d) { fn f0(a, b, c) { return 5; } return d; };");
        if (chance(15)) return line("u = fn(d) { fn B__step(self, d) { return 77; } return d; };");
        return line("dict_set(" + object() + ", \"__class__\", " + one_of({"\"A\"", "\"B\"", "\"C\"", "3"}) + ");");
    }
  }

  void classes() {
    line("h g3 = \"p\"; fn key(i) { return concat_many(\"\", if i == 1 { \"q\" } else { \"p\" }); }");
    for (const char* head : {"class A { p; q;", "class B extends A { p; q;"}) {
      line(head);
      line("fn get(self, d) { return dict_get(self, " + key() + "); }");
      line("fn step(self, d) { dict_set(self, \"p\", self[\"p\"] + " + one_of({"d", "1", "0.5", "dict_get(self, \"q\")"}) +
           "); return self.get(d); }");
      if (chance(60)) line("fn both(self, d) { return [self.step(d), self.get(d)]; }");
      line("}");
    }
    line("h g4 = A(1, 2); h g5 = B(0.5, 3);");
  }

  void objects_in_loops() {
    for (int i = 0; i < 2; ++i) {
      const std::string o = "o" + std::to_string(i), n = "i" + std::to_string(i);
      line("h " + o + " = " + one_of({"A(1, 2)", "B(1, 0.5)", "{\"p\": 1, \"q\": 2, \"r\": 3}"}) + "; h " + n + " = 0;");
      line("while " + n + " < 30 { " + n + " += 1;");
      line("try { " + o + "." + method() + "(" + n + "); } catch e { print(e); }");
      line("try { " + o + "[" + key() + "] = " + o + "[" + key() + "] + " + one_of({"1", "0.5", "i0"}) + "; } catch e { print(e); }");
      if (chance(40)) line("if " + n + " == 17 { try { dict_del(" + o + ", " + key() + "); } catch e { print(e); } }");
      if (chance(40)) line("if " + n + " == 21 { " + o + " = " + argument() + "; }");
      if (chance(30)) line("if " + n + " == 9 { fn A__get(self, d) { return d; } }");
      if (chance(30)) line("dict_set(g4, concat_many(\"k\", " + n + "), " + n + ");");
      line("}");
      line("print(" + o + "); print(dict_len(g4));");
    }
  }

  void statement(int depth, int loops) {
    if (subject_ == Subject::Texts && depth > 0 && chance(25)) return text_statement(depth, loops);
    if (subject_ == Subject::Objects && chance(35)) return object_statement();
    const std::string v = name();
    switch (pick(depth > 0 ? 12 : 6)) {
      case 0: case 1: case 2: return line(v + " = " + expression(2) + ";");
      case 3: return line(one_of({"x", "y", "z"}) + (chance(50) ? " += " : " -= ") + expression(1) + ";");
      case 4: return line(v + "[" + std::to_string(pick(3)) + "] = " + expression(1) + ";");
      case 5: return line("if type_of(" + v + ") == \"array\" { arr_push(" + v + ", " + expression(1) + "); }");
      case 6: case 7:
        line("if " + expression(2) + " {");
        body(depth - 1, loops);
        line("} else {");
        body(depth - 1, loops);
        return line("}");
      case 8: case 9: {
        if (loops >= 2) return line("x = x;");
        const std::string counter = "i" + std::to_string(counters_++);
        line("h " + counter + " = 0; while " + counter + " < " + std::to_string(2 + pick(9)) + " { " + counter + " += 1;");
        body(depth - 1, loops + 1);
        if (chance(20)) line("if " + expression(1) + " { " + (chance(50) ? "break" : "continue") + "; }");
        return line("}");
      }
      case 10: {
        if (loops >= 2) return line("y = y;");
        line("for " + one_of({"x", "y", "z"}) + " in range(" + std::to_string(pick(3)) + ", " + std::to_string(pick(12)) + ") {");
        body(depth - 1, loops + 1);
        return line("}");
      }
      default:
        if (chance(50)) return line("return " + expression(2) + ";");
        line("if type_of(" + v + ") == \"array\" { for z in " + v + " { x = z; } }");
    }
  }

  // --- loops that count through arrays, mostly inside of them and without changing their kind ---

  std::string loops_over_arrays() {
    line("fn soften(a) { if len(a) > 0 { a[len(a) - 1] = 0.5; } return 1; }");
    line("fn at(a, i) { return a[i] + 1; }");
    const size_t functions = 1 + pick(2);
    for (size_t f = 0; f < functions; ++f) {
      counters_ = 0;
      line("fn f" + std::to_string(f) + "(a, b, n, m) { h s = 0; h d = " + one_of({"1", "1", "2", "3", "0", "-1"}) + "; h t = 0; h fuel = 60;");
      counting_loop(2);
      if (chance(60)) counting_loop(1);
      line("return s; }");
    }
    line("h shared = " + array() + ";");
    for (int call = 0; call < 5; ++call) {
      const std::string first = chance(30) ? "shared" : array(), second = chance(30) ? "shared" : array();
      line("h p" + std::to_string(call) + " = " + first + "; h q" + std::to_string(call) + " = " + second + ";");
      line("try { print(f" + std::to_string(pick(functions)) + "(p" + std::to_string(call) + ", q" + std::to_string(call) + ", " +
           one_of({"5", "4", "3", "6", "0", "7", "4.0"}) + ", " + one_of({"1", "0", "2", "3", "-1", "9"}) + ")); } catch e { print(e); }");
      line("print(p" + std::to_string(call) + "); print(q" + std::to_string(call) + ");");
    }
    return text_;
  }

  std::string array() {
    return one_of({"[1, 2, 3, 4, 5]", "[5, 4, 3, 2, 1]", "[1, 2, 3, 4, 5, 6, 7]", "[0.5, 1.5, 2.5, 3.5, 4.5]", "[1, 2, 3]", "[0.5]", "[]",
                   "[1, 2.5, 3, 4, true]", "[1, \"x\", 3, 4, 5]", "[[1, 2], [3, 4], [5, 6], [7, 8], [9, 0]]"});
  }

  void counting_loop(int depth) {
    const std::string i = "i" + std::to_string(counters_++), from = one_of({"0", "0", "0", "1", "2", "-1", "-3", "n - 2"});
    const std::string to = one_of({"n", "n", "n", "len(a)", "len(b)", "l", "5", "4", "n + 1"});
    if (chance(25)) {
      line("for " + i + " in range(" + from + ", " + to + (chance(30) ? ", 2" : "") + ") {");
      loop_body(i, depth);
      return line("}");
    }
    line("h l = " + one_of({"len(a)", "len(b)", "len(a) + 1", "len(a) - 1"}) + "; h " + i + " = " + from + ";");
    line("while " + i + one_of({" < ", " < ", " < ", " <= "}) + to + " {");
    const bool early = chance(15);
    const std::string step = i + " = " + i + " + " + one_of({"1", "1", "1", "1", "2", "d"}) + ";";
    if (early) line(step);
    loop_body(i, depth);
    line("fuel -= 1; if fuel < 0 { break; }");
    if (!early) line(step);
    line("}");
  }

  void loop_body(const std::string& i, int depth) {
    const size_t n = 1 + pick(3);
    for (size_t k = 0; k < n; ++k) loop_statement(i, depth);
  }

  void loop_statement(const std::string& i, int depth) {
    const std::string a = one_of({"a", "a", "b"}), c = std::to_string(pick(4));
    switch (pick(23)) {
      case 0: case 1: case 2: return line("s = s + " + a + "[" + i + "];");
      case 3: return line(a + "[" + i + "] = " + one_of({"1", "2", "t", "i0", "0.5", "len(b)"}) + ";");
      case 4: return line(a + "[" + i + "] = " + a + "[" + i + "] + " + one_of({"1", "1", "0.5", "i0"}) + ";");
      case 22: return line("if type_of(s) != \"string\" { " + a + "[" + i + "] = s; }");  // a text would double with each round
      case 5: return line("s = s + " + a + "[m];");
      case 6: return line("s = s + " + a + "[" + c + "] * " + a + "[" + std::to_string(pick(4)) + "];");
      case 7: return line(a + "[" + c + "] = " + a + "[" + std::to_string(pick(5)) + "]; s = s + " + a + "[" + c + "];");
      case 8: return line("if " + a + "[" + i + "] > 2 { s = s + 1; }");
      case 9: return line("if " + i + " < len(" + a + ") { s = s + " + a + "[" + i + "]; }");
      case 10: return line("t = " + a + "[" + i + "]; b[" + i + "] = t;");
      case 11: case 12: case 13:
        if (depth == 0) return line("t = " + i + ";");
        return counting_loop(depth - 1);
      case 14: return line("s = s + at(" + a + ", " + i + ");");
      case 15: return line("t = type_of(" + a + "[" + i + "]); if t == \"array\" { s = s + " + a + "[" + i + "][m]; }");
      case 16: return line("if s == 7 { " + one_of({"a = b;", "n = n + 1;", "d = d + 1;", "m = 0;", "b = a;", "arr_push(a, 1);"}) + " }");
      case 17: return line("if " + i + " == 2 { " + one_of({"s = s + soften(a);", "arr_push(b, 3);", "a = b;", "n = n - 1;", "break;", "a[0] = 0.25;"}) + " }");
      case 18: return line("s = s + " + a + "[" + i + " - 1];");
      case 19: return line("s = (s * 3 + " + a + "[" + i + "]) % 1000;");
      case 20: return line("if t == 1 { " + i + " = " + i + " + 1; }");
      default: return line("s = s - " + a + "[len(" + a + ") - 1];");
    }
  }

  std::string one_of(std::initializer_list<const char*> list) { return list.begin()[pick(list.size())]; }

  void body(int depth, int loops) {
    const size_t n = 1 + pick(3);
    for (size_t i = 0; i < n; ++i) statement(depth, loops);
  }

  void function() {
    counters_ = 0;
    recursive_ = chance(40);
    line("fn f" + std::to_string(functions_) + "(a, b, c) {");
    line("h x = " + argument() + "; h y = 1; h z = b; h fuel = to_int(b); if fuel > 6 { fuel = 6; } if fuel < 0 { fuel = 0; }");
    if (subject_ == Subject::Bands) line("x = phi_shadow(to_int(a)); y = harmony(x);");
    if (subject_ == Subject::Objects) line("h u = " + closure() + ";");
    if (chance(25)) line("h late; if a == 1 { late = 2; }");
    body(3, 0);
    body(3, 0);
    if (chance(85)) line("return " + expression(2) + ";");
    line("}");
    recursive_ = false;
  }

  std::mt19937_64 random_;
  Subject subject_;
  std::string text_;
  size_t functions_ = 0, counters_ = 0;
  bool recursive_ = false;
};

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

// A register that no way in had written was stored as an array without an address.
BOOST_AUTO_TEST_CASE(registers_without_a_value_stay_out_of_the_frame) {
  const std::string program = Writer(102888).program();
  BOOST_TEST(run(program, Way::Interpreted, 102888) == run(program, Way::RandomExits, 102888));
}

// Native code knows the functions it calls by their addresses: the collector gave that of one which had been replaced to a
// later one, and the code of the old one ran instead.
BOOST_AUTO_TEST_CASE(the_address_of_a_callee_stays_its_own) {
  omc::vm::VmOptions options;
  options.heap.hard = size_t{1} << 30;  // collections are not spread then
  omc::vm::Vm vm(options);
  omc::stdlib::install(vm);
  HostOptions jit;
  jit.mode = Mode::Force;
  jit.libraries = {OMC_JIT_LIBRARY};
  Host host(vm, jit);
  vm.set_native_code(&host);
  const auto called = [&vm](const char* function, omc::vm::Value argument) { return vm.call(vm.function_named(function), {{argument}}); };
  const auto evaluate = [&](const char* program) {
    called("len", omc::vm::Value(vm.heap().array(omc::vm::ElementKind::Ints, 4 << 20)));  // the next call collects
    called("eval_omc", omc::vm::Value(vm.heap().string(program)));
  };
  evaluate("fn g(x) { return x + 1; } h kept = [];"
           "fn f(n) { h s = 0; h i = 0; while i < n { s = s + g(i); i = i + 1; } return s; }");
  BOOST_TEST(called("f", omc::vm::Value::integer(4)).as_int() == 10);
  const omc::vm::Function* const first = vm.user_function("g");
  for (int i = 0; i < 100; ++i) {
    evaluate("fn g(x) { return x + 2; }");
    if (vm.user_function("g") == first) break;
    if (i % 3 == 0) evaluate("arr_push(kept, fn(x) x);");
  }
  BOOST_TEST(called("f", omc::vm::Value::integer(4)).as_int() == 14);
}

BOOST_AUTO_TEST_CASE(interpreter_and_native_code_agree) {
  const uint64_t count = setting("OMC_JIT_PROGRAMS", 60), first = setting("OMC_JIT_SEED", 1);
  size_t finished = 0, left_out = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    constexpr Subject kSubjects[] = {Subject::Numbers, Subject::Texts, Subject::Bands, Subject::Objects, Subject::Objects, Subject::Loops};
    const Subject subject = kSubjects[seed % 6];
    const bool bands = subject == Subject::Bands;
    const std::string program = Writer(seed, subject).program();
    const std::string wanted = run(program, Way::Interpreted, seed, bands);
    if (wanted.find(kTookLong) != std::string::npos) {
      ++left_out;
      continue;
    }
    const bool warm = subject == Subject::Objects && seed % 7 < 4;
    const std::string got = run(program, seed / 3 % 3 == 0 ? Way::RandomExits : warm ? Way::Warm : Way::Native, seed, bands);
    if (std::getenv("OMC_JIT_SHOW")) std::cout << program << "--- " << wanted << "\n";
    if (wanted.find("status 0") != std::string::npos) ++finished;
    BOOST_REQUIRE_MESSAGE(wanted == got, "seed " << seed << "\n" << program << "\ninterpreted:\n" << wanted << "\nnative:\n" << got);
  }
  BOOST_TEST_MESSAGE(left_out << " programs took long and were left out");
  BOOST_TEST(left_out * 20 <= count);
  BOOST_TEST(finished * 4 > count);  // the generator still writes programs that run
}
