#pragma once
// JSON-RPC 2.0 as the Language Server Protocol uses it: messages as JSON values, and what their errors are called.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace omc::lsp {

using Json = nlohmann::json;

enum class ErrorCode : int32_t {
  ParseError = -32700,
  InvalidRequest = -32600,
  MethodNotFound = -32601,
  InvalidParams = -32602,
  InternalError = -32603,
  NotInitialized = -32002,
  RequestFailed = -32803,
  RequestCancelled = -32800,
};

// Ends a request; the client gets the message.
struct RequestError : std::runtime_error {
  RequestError(ErrorCode code, const std::string& message) : std::runtime_error(message), code(code) {}
  ErrorCode code;
};

Json success(const Json& id, Json result);
Json failure(const Json& id, ErrorCode code, std::string_view message);
Json notification(std::string_view method, Json params);

// What may stand for `id` in a request.
bool is_id(const Json& id);

// Whatever a message from outside lacks, or holds in another kind, is a RequestError with InvalidParams.
const Json& member(const Json& object, std::string_view key);
const Json* optional_member(const Json& object, std::string_view key);  // nullptr when absent or null
const std::string& text_member(const Json& object, std::string_view key);
uint32_t number_member(const Json& object, std::string_view key);  // 0 and more; what is too large becomes UINT32_MAX
bool flag_member(const Json& object, std::string_view key);        // false when absent

// A message from its text; throws Json::exception, or RequestError when it is nested deeper than any that is meant: values
// are copied and compared by recursion.
inline constexpr size_t kMaxNesting = 200;
Json parsed(std::string_view text);

// The text of a message; bytes that are no UTF-8 become U+FFFD.
std::string serialized(const Json& message);

}  // namespace omc::lsp
