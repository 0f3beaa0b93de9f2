// The listing and the verifier, over what the compiler makes of the conformance programs.

#include "vm/bytecode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "../stdlib/program.hpp"
#include "lang/parser.hpp"
#include "lang/resolve.hpp"
#include "vm/compiler.hpp"
#include "vm/reciprocal.hpp"

using namespace omc;
using namespace omc::vm;
namespace fs = std::filesystem;

namespace {

// nullptr: it does not parse.
Proto* compiled(Vm& vm, const std::string& text) {
  const auto source = std::make_shared<const lang::Source>("test.omc", text);
  const lang::ParseResult parsed = lang::parse(*source);
  if (!parsed.ok()) return nullptr;
  lang::resolve(*parsed.module);
  return vm::compile(vm, *parsed.module, source);
}

void each_function(Proto& proto, const std::function<void(Proto&)>& f) {
  f(proto);
  for (Proto* inner : proto.protos) each_function(*inner, f);
}

bool is_register(Operand kind) { return kind == Operand::W || kind == Operand::R || kind == Operand::X; }
bool is_checked(Operand kind) {
  return is_register(kind) || kind == Operand::K || kind == Operand::G || kind == Operand::P || kind == Operand::S || kind == Operand::J;
}

constexpr std::string_view kProgram = R"(fn add(a, b) {
    h c = a + b * 2;
    if c < 10 { return c; }
    return [c, "x"];
}
print(add(1, 2));
)";

constexpr std::string_view kListing = R"(function <top level> at 1:1: 0 parameters, 3 registers, 7 instructions
    1     0  NewClosure        r0, p0
          1  DefineFunction    r0, g0  ; add
    6     2  LoadInt           r1, 1
          3  LoadInt           r2, 2
          4  CallGlobal        r0, r1, g0  n=2  ; add
          5  Print             r0
    7     6  ReturnNull

function <top level>/add at 1:1: 2 parameters, 6 registers, 9 instructions
    2     0  MulK              r3, r1:b, k0  ; 2
          1  Add               r2:c, r0:a, r3
    3     2  JumpLessK         r2:c, k1, -> 4  ; 10
          3  Return            r2:c
    4     4  Move              r4, r2:c
          5  LoadConstant      r5, k2  ; "x"
          6  NewArray          r3, r4, 2
          7  Return            r3
    5     8  ReturnNull
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(bytecode)

BOOST_AUTO_TEST_CASE(instructions_hold_wide_signed_operands) {
  for (const int32_t bx : {0, 1, -1, 65535, 65536, -65536, INT32_MAX, INT32_MIN})
    BOOST_TEST(Instruction::abx(Op::Jump, 3, bx).bx() == bx);
  BOOST_TEST(Instruction::abc(Op::JumpLess, 1, 2, static_cast<uint32_t>(-32768), 1).jump() == -32768);
}

BOOST_AUTO_TEST_CASE(reciprocals_divide_exactly) {
  constexpr int64_t kLargest = UINT32_MAX;
  std::mt19937_64 random(7);
  for (size_t round = 0; round < 4000; ++round) {
    const int64_t divisor = round < 200 ? static_cast<int64_t>(round) + 2
                            : round < 300 ? kLargest - static_cast<int64_t>(round - 200)
                                          : std::max<int64_t>(2, static_cast<int64_t>(random() >> 32 >> random() % 32));
    BOOST_REQUIRE(has_reciprocal(divisor));
    const uint64_t inverse = reciprocal(divisor);
    std::vector<int64_t> dividends = {0, 1, divisor - 1, divisor, kLargest, kLargest - 1, kLargest / divisor * divisor, kLargest / divisor * divisor - 1};
    for (int i = 0; i < 50; ++i) dividends.push_back(static_cast<int64_t>(random() >> 32 >> random() % 32));
    for (const int64_t n : dividends) {
      BOOST_REQUIRE(fits_reciprocal(n));
      BOOST_TEST_REQUIRE(quotient_by(n, inverse) == n / divisor, n << " / " << divisor);
      BOOST_TEST_REQUIRE(remainder_by(n, divisor, inverse) == n % divisor, n << " % " << divisor);
    }
  }
  for (const int64_t none : {int64_t{0}, int64_t{1}, int64_t{-1}, kLargest + 1, INT64_MIN, INT64_MAX}) BOOST_TEST(!has_reciprocal(none));
  for (const int64_t none : {int64_t{-1}, kLargest + 1, INT64_MIN, INT64_MAX}) BOOST_TEST(!fits_reciprocal(none));
}

BOOST_AUTO_TEST_CASE(a_wrong_reciprocal_is_noticed) {
  Program program;
  Proto* proto = compiled(program.vm, "h x = 5; print(x % 7);");
  BOOST_TEST(verify(*proto) == "");
  const auto seven = std::ranges::find_if(proto->constants, [](const Value& v) { return v.is_int() && v.as_int() == 7; });
  BOOST_REQUIRE(seven + 1 < proto->constants.end());
  seven[1] = Value::integer(seven[1].as_int() + 1);
  BOOST_TEST(verify(*proto).find("reciprocal") != std::string::npos);
  seven[1] = Value::null();
  BOOST_TEST(verify(*proto).find("reciprocal") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(pairs_stand_where_the_second_takes_the_result_of_the_first) {
  const auto second_op = [](const std::string& text, Op op) {
    Program program;
    size_t found = 0;
    each_function(*compiled(program.vm, text), [&](Proto& p) {
      BOOST_TEST(verify(p) == "");
      for (Instruction& i : p.code) {
        found += i.op == op;
        if (i.op != op) continue;
        Instruction& second = (&i)[op == Op::ModIntKIndex ? 1 : 1 + i.n];
        const Instruction good = second;
        second.op = Op::LoadNull;
        BOOST_TEST(verify(p) != "");
        second = good;
      }
    });
    return found;
  };
  BOOST_TEST(second_op("fn f(xs, i) { return xs[i % 8]; }", Op::ModIntKIndex) == 1u);
  BOOST_TEST(second_op("fn f(xs, i) { h k = i % 8; return xs[i]; }", Op::ModIntKIndex) == 0u);
  BOOST_TEST(second_op("fn f(s, i) { return s + attractor_distance(i); }", Op::TryIntToIntAdd) == 1u);
  BOOST_TEST(second_op("fn f(s, i) { return attractor_distance(i) + s; }", Op::TryIntToIntAdd) == 0u);
}

BOOST_AUTO_TEST_CASE(rewritten_instructions_have_the_operands_of_their_general_form) {
  for (int i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i), general = general_form(op);
    BOOST_TEST((general_form(general) == general), op_info(op).name);
    for (size_t k = 0; k < 3; ++k)
      BOOST_TEST((op_info(op).operands[k] == op_info(general).operands[k]), op_info(op).name);
  }
}

BOOST_AUTO_TEST_CASE(the_listing_is_stable) {
  Program program;
  Proto* proto = compiled(program.vm, std::string(kProgram));
  BOOST_TEST(disassemble(*proto) == kListing);
}

BOOST_AUTO_TEST_CASE(a_listing_shows_handlers_and_long_constants_on_one_line) {
  Program program;
  Proto* proto = compiled(program.vm, "try { print(\"a\\n\\\"" + std::string(100, 'b') + "\"); } catch e { print(e); } finally { print(1); }");
  const std::string listing = disassemble(*proto);
  BOOST_TEST(listing.find("  catch ") != std::string::npos, listing);
  BOOST_TEST(listing.find("  finally ") != std::string::npos, listing);
  BOOST_TEST(listing.find("; \"a\\n\\\"bbbb") != std::string::npos, listing);
  BOOST_TEST(listing.find(std::string(60, 'b')) == std::string::npos, listing);
}

// Values go between two builtins in their own form where one is an argument of the other, and both names are theirs.
BOOST_AUTO_TEST_CASE(builtins_lend_each_other_values) {
  const auto count = [](const std::string& text, Op op) {
    Program program;
    size_t found = 0;
    each_function(*compiled(program.vm, text), [&](Proto& p) {
      found += static_cast<size_t>(std::ranges::count(p.code, op, &Instruction::op));
      BOOST_TEST(verify(p) == "");
    });
    return found;
  };
  const std::string step = "tape_set_value(0, substrate_adamw_update((tape_value(0)), tape_grad(0), m, tape_value(0), 1, 0, 0, 0, 0, 1));";
  BOOST_TEST(count("h m = []; " + step, Op::CallLending) == 3u);
  BOOST_TEST(count("h m = []; " + step, Op::CallTaking) == 1u);
  BOOST_TEST(count("fn f(m, tape_value) { " + step + " }", Op::CallLending) == 2u);
  BOOST_TEST(count("fn f(m, tape_set_value) { " + step + " }", Op::CallTaking) == 1u);
  for (const char* plain : {"h x = tape_value(0); tape_const(x);", "tape_const(arr_first(tape_value(0)));", "fn f(x) { return x; } tape_const(f(tape_value(0)));",
                            "print(tape_value(0));", "fn f(tape_const) { tape_const(tape_value(0)); }"})
    BOOST_TEST(count(plain, Op::CallLending) + count(plain, Op::CallTaking) == 0u, plain);
}

BOOST_AUTO_TEST_CASE(what_the_compiler_makes_is_accepted) {
  size_t programs = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(OMC_CASES)) {
    if (entry.path().extension() != ".omc") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    Program program;
    Proto* proto = compiled(program.vm, std::string(std::istreambuf_iterator<char>(in), {}));
    if (!proto) continue;
    ++programs;
    BOOST_TEST(verify(*proto) == "", entry.path());
    BOOST_TEST(disassemble(*proto).starts_with("function <top level>"));
  }
  BOOST_TEST(programs > 300u);
}

BOOST_AUTO_TEST_CASE(any_operand_out_of_range_is_noticed) {
  size_t changed = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(OMC_CASES) / "language")) {
    if (entry.path().extension() != ".omc") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    Program program;
    Proto* top = compiled(program.vm, std::string(std::istreambuf_iterator<char>(in), {}));
    if (!top) continue;
    each_function(*top, [&](Proto& p) {
      for (size_t pc = 0; pc < p.code.size(); ++pc) {
        const Instruction good = p.code[pc];
        const OpInfo& info = op_info(good.op);
        const auto expect_refusal = [&](Instruction bad, const char* what) {
          p.code[pc] = bad;
          const std::string found = verify(*top);
          p.code[pc] = good;
          // The first of a pair looks at its second.
          BOOST_TEST((found == fmt::format("operand out of range at {} ({})", pc, info.name) || found.starts_with("not followed by its second at ")),
                     entry.path() << ", " << info.name << " at " << pc << ", " << what << ": " << found);
          ++changed;
        };
        Instruction bad = good;
        if (is_register(info.operands[0])) expect_refusal((bad.a = 0xFFFF, bad), "A");
        bad = good;
        if (info.operands[1] == Operand::J) {
          expect_refusal(Instruction::abx(good.op, good.a, static_cast<int32_t>(p.code.size()), good.n), "Bx forwards");
          expect_refusal(Instruction::abx(good.op, good.a, -static_cast<int32_t>(pc) - 2, good.n), "Bx backwards");
          continue;
        }
        if (is_checked(info.operands[1])) expect_refusal((bad.b = 0xFFFF, bad), "B");
        bad = good;
        if (good.op == Op::GetBox && good.n) continue;  // names no variable then
        if (info.operands[2] == Operand::J) expect_refusal((bad.c = 0x7FFF, bad), "C forwards");
        else if (is_checked(info.operands[2])) expect_refusal((bad.c = 0xFFFF, bad), "C");
      }
    });
    BOOST_TEST(verify(*top) == "");
  }
  BOOST_TEST(changed > 10000u);
}

BOOST_AUTO_TEST_CASE(broken_functions_are_noticed) {
  Program program;
  const std::string text = "fn f() { try { return 1; } catch e { print(e); } } f();";
  {
    Proto* p = compiled(program.vm, text);
    p->protos[0]->code.pop_back();
    while (!p->protos[0]->code.empty() && (p->protos[0]->code.back().op == Op::Return || p->protos[0]->code.back().op == Op::ReturnNull))
      p->protos[0]->code.pop_back();
    BOOST_TEST(verify(*p) == "control may run past the end");
    p->protos[0]->code.clear();
    BOOST_TEST(verify(*p) == "no code");
  }
  {
    Proto* p = compiled(program.vm, text);
    p->code[0].op = static_cast<Op>(kOpCount);
    BOOST_TEST(verify(*p).starts_with("unknown opcode at 0"));
  }
  for (const auto& spoil : {+[](Handler& h, const Proto& p) { h.target = static_cast<uint32_t>(p.code.size()); },
                            +[](Handler& h, const Proto& p) { h.end = static_cast<uint32_t>(p.code.size()) + 1; },
                            +[](Handler& h, const Proto&) { h.begin = h.end + 1; },
                            +[](Handler& h, const Proto& p) { h.error = p.register_count; }}) {
    Proto* p = compiled(program.vm, text);
    Proto& f = *p->protos[0];
    BOOST_REQUIRE(!f.handlers.empty());
    spoil(f.handlers[0], f);
    BOOST_TEST(verify(*p) == "handler out of range");
  }
}

BOOST_AUTO_TEST_SUITE_END()
