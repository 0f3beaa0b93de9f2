#pragma once
// Readings of values (language reference, sections 3 to 5): ints, floats, truth, text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vm/object.hpp"

namespace omc::vm {

int64_t to_int(Value v);
double to_float(Value v);
bool to_bool(Value v);
int64_t truncate(double d);  // toward 0, saturating, NaN is 0

// The whole text as `[+-]digits` in range, or as a float of the strict grammar; else nothing.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<double> parse_float(std::string_view text);

// The display form, the only text form. A container inside itself shows as [...] or {...}. Any depth.
std::string display(Value v);
void append_display(std::string& out, Value v);
std::string display(Value v, void (*append_int)(std::string&, int64_t));  // with ints in a form of their own
std::string float_text(double d);  // shortest digits that read back, never an exponent
void append_int(std::string& out, int64_t i);

// int float string bool array dict function null singularity unknown
std::string_view type_name(Value v);

}  // namespace omc::vm
