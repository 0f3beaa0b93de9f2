// Readings of values, their texts, and the operators on any kinds (language reference, sections 3 to 5).

#include <bit>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "vm/conversions.hpp"
#include "vm/error.hpp"
#include "vm/heap.hpp"
#include "vm/native.hpp"
#include "vm/operators.hpp"

using namespace omc::vm;
using omc::lang::BinaryOp;
namespace bdata = boost::unit_test::data;

namespace {

constexpr int64_t kMin = INT64_MIN, kMax = INT64_MAX;
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

Value number(int64_t i) { return Value::integer(i); }
Value number(double d) { return Value::real(d); }

struct Operation {
  std::string left, op, right, expected;  // literals of the language; the display of the result, or the error
};
std::ostream& operator<<(std::ostream& out, const Operation& o) { return out << o.left << ' ' << o.op << ' ' << o.right; }

Value literal(Heap& heap, const std::string& text) {
  if (text == "null") return Value::null();
  if (text == "true" || text == "false") return Value::boolean(text == "true");
  if (text == "[]") return Value(heap.array(ElementKind::Ints, 0));
  if (text == "{}") return Value(heap.dict());
  if (text == "5/0") return Value(heap.singularity(5, 0, "div"));
  if (text[0] == '"') return Value(heap.string(std::string_view(text).substr(1, text.size() - 2)));
  if (const auto i = parse_int(text)) return Value::integer(*i);
  return Value::real(parse_float(text).value());
}

std::string outcome(Heap& heap, const Operation& o) {
  static constexpr BinaryOp kArithmetic[] = {BinaryOp::Add,    BinaryOp::Sub,    BinaryOp::Mul,       BinaryOp::Div,
                                             BinaryOp::Mod,    BinaryOp::Pow,    BinaryOp::BitAnd,    BinaryOp::BitOr,
                                             BinaryOp::BitXor, BinaryOp::ShiftLeft, BinaryOp::ShiftRight};
  static constexpr BinaryOp kComparisons[] = {BinaryOp::Less, BinaryOp::LessEqual, BinaryOp::Greater, BinaryOp::GreaterEqual};
  const Value a = literal(heap, o.left), b = literal(heap, o.right);
  try {
    if (o.op == "==") return equal(a, b) == equal(b, a) ? display(Value::boolean(equal(a, b))) : "not symmetric";
    for (const BinaryOp op : kArithmetic)
      if (omc::lang::spelling(op) == o.op) return display(arithmetic(heap, op, a, b));
    for (const BinaryOp op : kComparisons)
      if (omc::lang::spelling(op) == o.op) return display(Value::boolean(compare(op, a, b)));
  } catch (const Error& e) {
    return e.message;
  }
  return "no such operator";
}

const Operation kOperations[] = {
    // ints wrap
    {"9223372036854775807", "+", "1", "-9223372036854775808"},
    {"-9223372036854775808", "-", "1", "9223372036854775807"},
    {"4611686018427387904", "*", "2", "-9223372036854775808"},
    {"-9223372036854775808", "/", "-1", "-9223372036854775808"},
    {"-9223372036854775808", "%", "-1", "0"},
    {"-7", "/", "2", "-3"},
    {"-7", "%", "2", "-1"},
    {"7", "%", "-2", "1"},
    {"7", "%", "0", "0"},
    {"7.5", "%", "0", "0.0"},
    {"-7.5", "%", "2", "-1.5"},
    {"9007199254740993", "+", "0", "9007199254740993"},
    // division by zero
    {"5", "/", "0", "Singularity(5/0, ctx=div)"},
    {"5.9", "/", "0", "Singularity(5/0, ctx=div)"},
    {"5", "/", "-0.0", "Singularity(5/0, ctx=div)"},
    {"5/0", "+", "1", "6"},
    // powers
    {"0", "**", "0", "1"},
    {"2", "**", "64", "0"},
    {"3", "**", "9223372036854775807", "-6148914691236517205"},
    {"2", "**", "-1", "0.5"},
    {"0", "**", "-1", "inf"},
    {"2.0", "**", "0.5", "1.4142135623730951"},
    // bits
    {"-1", ">>", "70", "-1"},
    {"1", "<<", "64", "1"},
    {"1", "<<", "63", "-9223372036854775808"},
    {"6.9", "&", "3", "2"},
    {"\"6\"", "|", "1", "7"},
    {"true", "^", "true", "0"},
    // text that spells a number
    {"\"3\"", "*", "2", "6"},
    {"\"7.5\"", "*", "2", "15.0"},
    {"\"9223372036854775808\"", "-", "0", "9223372036854776000.0"},
    {"\" 3\"", "*", "2", "cannot apply '*' to string and int"},
    {"\"abc\"", "-", "null", "cannot apply '-' to string and null"},
    {"[]", "+", "[]", "cannot apply '+' to array and array"},
    {"1", "<<", "{}", "cannot apply '<<' to int and dict"},
    {"null", "+", "\"!\"", "null!"},
    {"\"n = \"", "+", "-0.0", "n = -0.0"},
    // order
    {"\"10\"", "<", "\"9\"", "true"},
    {"\"10\"", ">", "9", "true"},
    {"\"a\"", "<", "\"ab\"", "true"},
    {"\"z\"", "<", "\"é\"", "true"},
    {"nan", "<", "1", "false"},
    {"nan", ">=", "nan", "false"},
    {"null", "<", "1", "cannot apply '<' to null and int"},
    {"[]", ">=", "[]", "cannot apply '>=' to array and array"},
    {"9223372036854775807", "<=", "9223372036854775806", "false"},
    // equality
    {"1", "==", "\"01\"", "true"},
    {"1", "==", "\"1.0\"", "false"},
    {"1.5", "==", "\"1.5\"", "true"},
    {"\"1\"", "==", "\"1.0\"", "false"},
    {"true", "==", "1", "true"},
    {"5/0", "==", "5", "true"},
    {"null", "==", "0", "false"},
    {"null", "==", "null", "true"},
    {"nan", "==", "nan", "false"},
    {"-0.0", "==", "0", "true"},
    {"[]", "==", "[]", "true"},
    {"[]", "==", "{}", "false"},
    {"[]", "==", "\"[]\"", "false"},
    {"9007199254740993", "==", "9007199254740992.0", "true"},
    {"9007199254740993", "==", "9007199254740992", "false"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(whole_texts_are_ints) {
  const std::pair<const char*, int64_t> good[] = {{"0", 0}, {"-0", 0}, {"+7", 7}, {"007", 7}, {"9223372036854775807", kMax}, {"-9223372036854775808", kMin}};
  for (const auto& [text, value] : good) BOOST_TEST((parse_int(text) == value), text);
  for (const char* text : {"", "+", "-", "+-1", "-+1", "--1", " 1", "1 ", "1_000", "0x10", "1.0", "1e3", "9223372036854775808",
                           "-9223372036854775809", "١"})
    BOOST_TEST(!parse_int(text).has_value(), text);
  BOOST_TEST(!parse_int(std::string_view("1\0", 2)).has_value());
}

BOOST_AUTO_TEST_CASE(whole_texts_are_floats) {
  const std::pair<const char*, double> good[] = {
      {"1", 1},       {"+1.5", 1.5},   {"-.5", -0.5},         {"5.", 5},         {"1e3", 1000},     {"1E+3", 1000},
      {"1.5e-3", 0.0015}, {"5.e1", 50}, {"INF", kInf},        {"-infinity", -kInf}, {"+Inf", kInf}, {"1e999", kInf},
      {"-1e999", -kInf}, {"1e-999", 0}, {"0.1", 0.1},          {"5e-324", 5e-324}, {"1.7976931348623157e308", 1.7976931348623157e308}};
  for (const auto& [text, value] : good) BOOST_TEST((parse_float(text) == value), text);
  BOOST_TEST(std::isnan(parse_float("nAn").value()));
  BOOST_TEST(std::signbit(parse_float("-0").value()));
  for (const char* text : {"", ".", "+", "-", "e3", "1e", "1e+", ".e1", "+-1", "-+1", "1_0.0", "0x1p3", " 1.0", "1.0 ", "1.0f",
                           "1,5", "infin", "nan(1)", "in", "1..2"})
    BOOST_TEST(!parse_float(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(floats_show_the_shortest_digits_that_read_back) {
  const auto zeros = [](size_t n) { return std::string(n, '0'); };
  const std::pair<double, std::string> cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {-123456.789, "-123456.789"},
      {9007199254740992.0, "9007199254740992.0"},
      {9007199254740994.0, "9007199254740994.0"},
      {1e22, "1" + zeros(22) + ".0"},
      {-1e23, "-1" + zeros(23) + ".0"},
      {1e-7, "0.0000001"},
      {std::numeric_limits<double>::max(), "17976931348623157" + zeros(292) + ".0"},
      {5e-324, "0." + zeros(323) + "5"},
      {std::numeric_limits<double>::min(), "0." + zeros(307) + "22250738585072014"},
      {kInf, "inf"},
      {-kInf, "-inf"},
      {kNaN, "NaN"},
      {-kNaN, "NaN"},
  };
  for (const auto& [d, text] : cases) BOOST_TEST(float_text(d) == text);

  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const double d = std::bit_cast<double>(random());
    if (!std::isfinite(d)) continue;
    const std::string text = float_text(d);
    BOOST_REQUIRE(text.find_first_not_of("-.0123456789") == std::string::npos);
    BOOST_REQUIRE(std::bit_cast<uint64_t>(parse_float(text).value()) == std::bit_cast<uint64_t>(d));
  }
}

BOOST_AUTO_TEST_CASE(values_read_as_ints_floats_and_truth) {
  Heap heap;
  BOOST_TEST(to_int(number(1e300)) == kMax);
  BOOST_TEST(to_int(number(-kInf)) == kMin);
  BOOST_TEST(to_int(number(kNaN)) == 0);
  BOOST_TEST(to_int(number(-2.9)) == -2);
  BOOST_TEST(to_int(number(9223372036854775808.0)) == kMax);
  BOOST_TEST(to_int(Value(heap.string("12"))) == 12);
  BOOST_TEST(to_int(Value(heap.string("1.9"))) == 0);  // no int, and nothing else counts here
  BOOST_TEST(to_int(literal(heap, "5/0")) == 5);
  BOOST_TEST(to_int(Value::null()) == 0);
  BOOST_TEST(to_float(number(kMax)) == 9223372036854775808.0);
  BOOST_TEST(to_float(Value(heap.string("x"))) == 0.0);
  for (const char* yes : {"1", "-1", "nan", "\"0\"", "true", "5/0", "0.1"}) BOOST_TEST(to_bool(literal(heap, yes)), yes);
  for (const char* no : {"0", "0.0", "-0.0", "\"\"", "false", "null", "[]", "{}"}) BOOST_TEST(!to_bool(literal(heap, no)), no);
}

BOOST_AUTO_TEST_CASE(containers_inside_themselves_show_an_ellipsis) {
  Heap heap;
  Array* a = heap.array(ElementKind::Values, 1);
  Dict* d = heap.dict();
  a->set(heap, 0, Value(d));
  d->set(heap, heap.string("a"), Value(a));
  d->set(heap, heap.string("d"), Value(d));
  d->set(heap, heap.string("e"), Value(heap.array(ElementKind::Ints, 0)));
  BOOST_TEST(display(Value(a)) == R"([{"a": [...], "d": {...}, "e": []}])");
  Array* twice = heap.array(ElementKind::Values, 2);  // the same one twice is no cycle
  twice->set(heap, 0, Value(a));
  twice->set(heap, 1, Value(a));
  BOOST_TEST(display(Value(twice)) == "[" + display(Value(a)) + ", " + display(Value(a)) + "]");
}

BOOST_DATA_TEST_CASE(operators_on_any_kinds, bdata::make(kOperations), operation) {
  Heap heap;
  BOOST_TEST(outcome(heap, operation) == operation.expected);
}

BOOST_AUTO_TEST_CASE(negation) {
  Heap heap;
  BOOST_TEST(display(negate(number(kMin))) == "-9223372036854775808");
  BOOST_TEST(display(negate(number(0.0))) == "0.0");
  BOOST_TEST(display(negate(number(-0.0))) == "0.0");
  BOOST_TEST(display(negate(literal(heap, "\"7.5\""))) == "-7.5");
  BOOST_TEST(display(bit_not(number(2.9))) == "-3");
  BOOST_CHECK_EXCEPTION(negate(Value::null()), Error, [](const Error& e) { return e.message == "cannot apply '-' to null"; });
  BOOST_CHECK_EXCEPTION(bit_not(literal(heap, "\"x\"")), Error, [](const Error& e) { return e.message == "cannot apply '~' to string"; });
}

BOOST_AUTO_TEST_CASE(deep_equality_ends) {
  Heap heap;
  const auto nested = [&](int depth, int64_t inside) {
    Value v = number(inside);
    for (int i = 0; i < depth; ++i) v = Value(heap.array_of(std::span(&v, 1)));
    return v;
  };
  BOOST_TEST(equal(nested(9000, 1), nested(9000, 1)));
  BOOST_TEST(!equal(nested(9000, 1), nested(9000, 2)));
  BOOST_TEST(!equal(nested(100, 1), nested(50000, 1)));
  BOOST_CHECK_THROW(equal(nested(50000, 1), nested(50000, 1)), Error);
  const auto cycle = [&heap] {
    Array* a = heap.array(ElementKind::Values, 1);
    a->set(heap, 0, Value(a));
    return Value(a);
  };
  BOOST_CHECK_THROW(equal(cycle(), cycle()), Error);
}

// --- natives

BOOST_AUTO_TEST_CASE(signatures_say_how_many_arguments_are_required) {
  const std::pair<const char*, size_t> cases[] = {
      {"()", 0},
      {"() -> int", 0},
      {"(array) -> any", 1},
      {"(array, n) -> array", 2},
      {"(text, sep?) -> array", 1},
      {"(text, sep = \",\", n) -> array", 1},
      {"(...) -> null", 0},
      {"(f, ...) -> any", 1},
      {"(f, rest...) -> any", 1},
  };
  for (const auto& [signature, count] : cases) BOOST_TEST(required_arguments(signature) == count, signature);
  BOOST_TEST(parameter_list("(array, n) -> array") == "array, n");
  BOOST_TEST(parameter_list("() -> int") == "");

  Builtin row = {"take", "(array, n) -> array", "", "", nullptr};
  BOOST_TEST(arity_message(row) == "take requires (array, n)");
  row.arity_message = "take requires 2 arguments";
  BOOST_TEST(arity_message(row) == "take requires 2 arguments");
}

BOOST_AUTO_TEST_SUITE_END()
