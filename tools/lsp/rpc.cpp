#include "lsp/rpc.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace omc::lsp {

Json success(const Json& id, Json result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json failure(const Json& id, ErrorCode code, std::string_view message) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", static_cast<int32_t>(code)}, {"message", message}}}};
}

Json notification(std::string_view method, Json params) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

bool is_id(const Json& id) { return id.is_string() || id.is_number(); }

static RequestError invalid(std::string_view key, std::string_view wanted) {
  return {ErrorCode::InvalidParams, fmt::format("`{}` must be {}", key, wanted)};
}

const Json* optional_member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json& member(const Json& object, std::string_view key) {
  const Json* found = optional_member(object, key);
  if (!found) throw RequestError(ErrorCode::InvalidParams, fmt::format("`{}` is missing", key));
  return *found;
}

const std::string& text_member(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  if (!value.is_string()) throw invalid(key, "a string");
  return value.get_ref<const std::string&>();
}

uint32_t number_member(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  // Only integers: a float may be too large for any conversion.
  if (!value.is_number_unsigned()) throw invalid(key, "a number from 0 on");
  return static_cast<uint32_t>(std::min<uint64_t>(value.get<uint64_t>(), UINT32_MAX));
}

bool flag_member(const Json& object, std::string_view key) {
  const Json* value = optional_member(object, key);
  if (!value) return false;
  if (!value->is_boolean()) throw invalid(key, "true or false");
  return value->get<bool>();
}

// Brackets outside of strings that are open at a time, at most.
static size_t nesting(std::string_view text) {
  size_t depth = 0, most = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    else if (in_string) i += c == '\\';
    else if (c == '[' || c == '{') most = std::max(most, ++depth);
    else if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return most;
}

Json parsed(std::string_view text) {
  if (nesting(text) > kMaxNesting) throw RequestError(ErrorCode::ParseError, "the message is nested too deeply");
  return Json::parse(text);
}

std::string serialized(const Json& message) { return message.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace omc::lsp
