// Signatures of builtins, and the readings of their arguments.

#include "vm/conversions.hpp"
#include "vm/native.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

std::string_view parameter_list(std::string_view signature) {
  const size_t open = signature.find('(');
  if (open == std::string_view::npos) return {};
  int depth = 0;
  for (size_t i = open; i < signature.size(); ++i) {
    if (signature[i] == '(') ++depth;
    if (signature[i] == ')' && --depth == 0) return signature.substr(open + 1, i - open - 1);
  }
  return signature.substr(open + 1);
}

size_t required_arguments(std::string_view signature) {
  std::string_view rest = parameter_list(signature);
  size_t count = 0;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    std::string_view parameter = rest.substr(0, comma);
    while (!parameter.empty() && parameter.front() == ' ') parameter.remove_prefix(1);
    while (!parameter.empty() && parameter.back() == ' ') parameter.remove_suffix(1);
    if (parameter.empty() || parameter.ends_with('?') || parameter.ends_with("...") || parameter.starts_with('[') ||
        parameter.find('=') != std::string_view::npos || parameter == "…")
      break;
    ++count;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return count;
}

std::string arity_message(const Builtin& builtin) {
  if (!builtin.arity_message.empty()) return std::string(builtin.arity_message);
  std::string text(builtin.name);
  text += " requires (";
  text += parameter_list(builtin.signature);
  text += ')';
  return text;
}

int64_t Args::integer(size_t i) const { return to_int(first_[i]); }
double Args::number(size_t i) const { return to_float(first_[i]); }
bool Args::truth(size_t i) const { return to_bool(first_[i]); }

Args::Text Args::text(size_t i) const {
  if (first_[i].is_string()) return Text(first_[i].as_string());
  return Text(display(first_[i]));
}

Array* Args::array(size_t i, Wording wording) const {
  if (first_[i].is_array()) return first_[i].as_array();
  switch (wording) {
    case Wording::Requires: throw error("requires an array");
    case Wording::First: throw error("first argument must be an array");
    case Wording::Second: throw error("second argument must be an array");
    case Wording::Argument: throw error("argument must be an array");
    case Wording::Both: throw error("both arguments must be arrays");
    case Wording::RequiresTwo: throw error("requires two arrays");
  }
  throw error("requires an array");
}

Error Args::error(std::string_view message) const {
  std::string text(builtin_->name);
  text += ": ";
  text += message;
  return Error(std::move(text));
}

}  // namespace omc::vm
