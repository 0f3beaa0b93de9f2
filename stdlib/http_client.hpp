#pragma once
// One HTTP or HTTPS exchange at a time, over libcurl. The library is loaded at the first request, not when omc starts:
// linking it costs every run some milliseconds.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace omc::stdlib {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  enum class Method : uint8_t { Get, Head, Delete, Post, Put };
  Method method = Method::Get;
  std::string url = {};
  HttpHeaders headers = {};  // names and values without control characters: is_header()
  std::string body = {};     // of Post and Put
  int64_t timeout_ms = 0;    // for all of it; 0: none
  int64_t connect_timeout_ms = 30'000;
  size_t max_answer_bytes = 10u << 20;
  long max_redirects = 5;    // 0: none is followed
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;  // names in lower case
  std::string body;
  std::string url;       // where redirects have led
  std::string redirect;  // where the next one would, if it was not followed
};

struct HttpFailure {
  std::string why;
};

// May both stand in a header line?
bool is_header(std::string_view name, std::string_view value);
// The value of a header in any case, or nullptr.
const std::string* find_header(const HttpHeaders& headers, std::string_view name);

bool http_available();
// Any status is an answer. `watch` is called every 50 ms at least; when it throws, the exchange ends.
std::variant<HttpAnswer, HttpFailure> http_exchange(const HttpRequest& request, const std::function<void()>& watch);

}  // namespace omc::stdlib
