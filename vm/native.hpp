#pragma once
// Native functions: what a builtin is declared as, and how it reads its arguments.
//
// A builtin is one row of a table of its family (stdlib/), e.g.
//
//   static Value arr_first(Vm&, Args args) {
//     const Array* a = args.array(0, Wording::Requires);
//     if (a->empty()) throw args.error("empty array");
//     return a->at(0);
//   }
//   constexpr Builtin kBuiltins[] = {
//     {"arr_first", "(array) -> any", "The first element.", "arr_first([7, 8])  # 7", arr_first},
//   };
//
// The signature says how many arguments are required: parameters up to the first one that ends in `?`, is `...` or has a
// default. Fewer are refused before the function is called, as `NAME requires (PARAMS)`. More are ignored.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vm/bytecode.hpp"
#include "vm/error.hpp"
#include "vm/object.hpp"

namespace omc::vm {

using NativeFunction = Value (*)(Vm&, Args);

// What a call may do besides giving a value. A family says it for its rows where it is installed; a row that differs says
// it itself. Functions that the builtin calls back are not counted.
enum class Effect : uint8_t {
  OfFamily,
  Pure,     // nothing: equal arguments, equal value
  Changes,  // arrays and dicts among its arguments
  Machine,  // reads or changes what its Vm keeps (random numbers, the tape, tables of names), or reads and prints
  Outside,  // files, processes, the network, the environment, the clock: it passes the gate of the permissions
};

// A builtin's short way for the commonest kinds of arguments, and nothing else than the function does for them: an
// instruction of its own, or a function on bare numbers, which the interpreter and native code call alike.
struct ShortForm {
  constexpr ShortForm() : none(nullptr) {}
  constexpr ShortForm(Op o) : op(o), none(nullptr) {}
  constexpr ShortForm(int64_t (*f)(int64_t)) : op(Op::TryIntToInt), int_to_int(f) {}
  constexpr ShortForm(double (*f)(int64_t)) : op(Op::TryIntToFloat), int_to_float(f) {}
  constexpr ShortForm(int64_t (*f)(double)) : op(Op::TryFloatToInt), float_to_int(f) {}
  constexpr ShortForm(double (*f)(double)) : op(Op::TryFloatToFloat), float_to_float(f) {}
  constexpr ShortForm(int64_t (*f)(int64_t, int64_t)) : op(Op::TryIntsToInt), ints_to_int(f) {}
  constexpr ShortForm(int64_t (*f)(Vm&, std::span<const int64_t>, int64_t)) : op(Op::TryIntArrayToInt), int_array_to_int(f) {}
  constexpr explicit operator bool() const { return op != Op{}; }

  Op op = {};
  union {
    const void* none;
    int64_t (*int_to_int)(int64_t);
    double (*int_to_float)(int64_t);
    int64_t (*float_to_int)(double);  // an int stands for itself
    double (*float_to_float)(double);  // an int counts as a float
    int64_t (*ints_to_int)(int64_t, int64_t);
    int64_t (*int_array_to_int)(Vm&, std::span<const int64_t>, int64_t);
  };
};

// Values that builtins hand each other without making them what a program would see, where the call of one is written
// as an argument of another: a matrix need not become arrays in between.
struct Lending {
  NativeFunction lends = nullptr;  // the builtin where its value may be a Lent; it need not be
  uint8_t takes = 0;               // bit i: argument i may be a Lent
};

struct Builtin {
  std::string_view name;
  std::string_view signature;  // "(array, n) -> array"; optional parameters "sep?", variadic "..."
  std::string_view summary;    // one sentence
  std::string_view example;    // runs; "expression  # display of its value", or a few statements
  NativeFunction function;
  // The exact arity message where it is not "NAME requires (PARAMS)".
  std::string_view arity_message = {};
  Effect effect = Effect::OfFamily;
  ShortForm short_form = {};
  Lending lending = {};
  // Given a callable's name instead of a value at a place that only calls it, and similar, need nothing here.
};

// Required arguments and the parameter list, read from a signature.
size_t required_arguments(std::string_view signature);
std::string_view parameter_list(std::string_view signature);  // "array, n", without parentheses
std::string arity_message(const Builtin& builtin);

// How a family words a wrong kind of argument; the text follows the builtin's name.
enum class Wording : uint8_t {
  Requires,       // "NAME: requires an array"
  First,          // "NAME: first argument must be an array"
  Second,         // "NAME: second argument must be an array"
  Argument,       // "NAME: argument must be an array"
  Both,           // "NAME: both arguments must be arrays"
  RequiresTwo,    // "NAME: requires two arrays"
};

// The arguments of one call: registers of the caller, hence roots for as long as the call runs.
class Args {
 public:
  Args(const Builtin& builtin, Vm& vm, Value* first, size_t count) : builtin_(&builtin), vm_(&vm), first_(first), count_(count) {}
  // Not copied, and so passed by reference: copying 32 bytes that were written a moment ago stalls every call.
  Args(const Args&) = delete;

  size_t size() const { return count_; }
  bool has(size_t i) const { return i < count_; }
  Value operator[](size_t i) const { return first_[i]; }
  std::span<const Value> all() const { return {first_, count_}; }
  std::span<const Value> from(size_t i) const { return all().subspan(std::min(i, count_)); }
  std::string_view name() const { return builtin_->name; }
  const Builtin& builtin() const { return *builtin_; }

  // Readings of the reference: never an error.
  int64_t integer(size_t i) const;
  double number(size_t i) const;
  bool truth(size_t i) const;
  // The display form; a string's own text without copying. The view lives as long as the returned object.
  class Text;
  Text text(size_t i) const;
  // With a default for a missing argument.
  int64_t integer_or(size_t i, int64_t otherwise) const { return has(i) ? integer(i) : otherwise; }
  double number_or(size_t i, double otherwise) const { return has(i) ? number(i) : otherwise; }

  // The argument as an array (dict); throws in the given wording.
  Array* array(size_t i, Wording wording = Wording::Requires) const;

  // "NAME: message".
  Error error(std::string_view message) const;

 private:
  const Builtin* builtin_;
  Vm* vm_;
  Value* first_;
  size_t count_;
};

class Args::Text {
 public:
  explicit Text(const String* s) : view_(s->view()) {}
  explicit Text(std::string made) : made_(std::move(made)), view_(made_) {}
  Text(const Text&) = delete;
  std::string_view view() const { return view_; }
  operator std::string_view() const { return view_; }

 private:
  std::string made_;
  std::string_view view_;
};

}  // namespace omc::vm
