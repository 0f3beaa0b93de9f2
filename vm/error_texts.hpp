#pragma once
// The texts of run-time errors (language reference, section 9), each made in one place.

#include <functional>
#include <string>
#include <string_view>

#include "vm/error.hpp"
#include "vm/object.hpp"

namespace omc::vm {

struct Frame;

namespace error_texts {

Error recursion_limit(const Vm& vm);
Error arity(const Function& function, size_t got);
Error not_callable(Value v);
Error undefined_function(const Vm& vm, std::string_view name);
// `frame`: whose variables may be meant; nullptr at a call from C++.
Error undefined_variable(const Vm& vm, std::string_view name, const Frame* frame);
Error no_method(std::string_view method, Value v);
// name == nullptr: a computed object.
Error index_out_of_bounds(const String* name, int64_t index, size_t length, bool store);
Error index_not_a_number(Value index);
Error not_indexable(const String* name);
Error not_storable(const String* name, Value v);
Error cannot_iterate(Value v);

// "NAME (L:C)", or "NAME" when the call was not by the function's own name.
std::string trace_line(const Proto* callee, const Proto* caller, uint32_t pc);
// Lines first .. first + count - 1 go behind those of the error, up to Error::kMaxTrace in all.
void append_trace(Error& e, size_t dropped, size_t count, const std::function<std::string(size_t)>& line);

// A name as the user knows it: without the hidden prefix of a selectively imported module.
std::string_view shown(std::string_view name);

}  // namespace error_texts
}  // namespace omc::vm
