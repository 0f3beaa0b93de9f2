// HTTP requests (language reference, chapter 02, section 14).

#include <fmt/format.h>

#include <utility>  // exchange

#include "stdlib/http_client.hpp"
#include "stdlib/json.hpp"
#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/record.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Dict;
using vm::Value;
using vm::Vm;

static HttpHeaders headers_argument(Vm& vm, const Args& args, size_t i) {
  HttpHeaders headers;
  if (!args.has(i) || args[i].is_null()) return headers;
  if (!args[i].is_dict()) throw vm::Error("http headers must be a dict or null, got " + vm::display(args[i]));
  const Dict* d = args[i].as_dict();
  for (const uint32_t entry : d->sorted(vm.heap())) {
    std::string name(d->entries[entry].key->view()), value = vm::display(d->entries[entry].value);
    if (!is_header(name, value)) throw vm::Error(fmt::format("http headers: '{}' and its value cannot be sent", name));
    headers.emplace_back(std::move(name), std::move(value));
  }
  return headers;
}

static void add_content_type(HttpHeaders& headers, std::string_view type) {
  if (!find_header(headers, "Content-Type")) headers.emplace_back("Content-Type", type);
}

// `failure` begins the message when there is no answer.
static HttpAnswer exchange(Vm& vm, const Args& args, HttpRequest request, std::string_view failure, size_t url = 0) {
  request.url = args.text(url).view();
  require(vm, args, Permission::Network, request.url);
  // Where not every host may be reached, each redirect has to pass the gate too.
  const long redirects = std::exchange(request.max_redirects, vm.state<Permissions>().permits_all(Permission::Network) ? request.max_redirects : 0);
  auto outcome = http_exchange(request, [&vm] { vm.poll(); });
  for (long i = 0; request.max_redirects == 0; ++i) {
    const auto* answer = std::get_if<HttpAnswer>(&outcome);
    if (!answer || answer->redirect.empty()) break;
    if (i == redirects) throw vm::Error(fmt::format("{} failed: more than {} redirects", failure, redirects));
    // RFC 9110, section 15.4: 307 and 308 repeat the request; after the others it is a GET, as everybody does it.
    if (answer->status != 307 && answer->status != 308 && request.method != HttpRequest::Method::Head) {
      request.method = HttpRequest::Method::Get;
      request.body.clear();
    }
    request.url = answer->redirect;
    require(vm, args, Permission::Network, request.url);
    outcome = http_exchange(request, [&vm] { vm.poll(); });
  }
  if (const auto* failed = std::get_if<HttpFailure>(&outcome)) {
    if (!http_available()) throw args.error(failed->why);
    throw vm::Error(fmt::format("{} failed: {}", failure, failed->why));
  }
  HttpAnswer answer = std::get<HttpAnswer>(std::move(outcome));
  answer.body = replace_ill_formed(answer.body);
  return answer;
}

static Dict* answer_dict(Vm& vm, const HttpAnswer& answer) {
  return record(vm, {{"body", vm.text(answer.body)},
                     {"ok", Value::boolean(answer.status >= 200 && answer.status < 300)},
                     {"status", Value::integer(answer.status)}});
}

template <HttpRequest::Method method>
static Value without_body(Vm& vm, Args args) {
  HttpRequest request{.method = method, .headers = headers_argument(vm, args, 1)};
  return answer_dict(vm, exchange(vm, args, std::move(request), "HTTP request"));
}

template <HttpRequest::Method method>
static Value with_body(Vm& vm, Args args) {
  HttpRequest request{.method = method, .headers = headers_argument(vm, args, 2)};
  add_content_type(request.headers, "text/plain; charset=utf-8");
  request.body = args.text(1).view();
  return answer_dict(vm, exchange(vm, args, std::move(request), args.name()));
}

// No variable that keeps its null where parsing throws: GCC 12 takes the assignment of a call for made even then, and drops the null.
static Value json_or_null(Vm& vm, std::string_view text) {
  try {
    return parse_json(vm, text);
  } catch (const JsonError&) {
    return Value::null();
  }
}

static Value http_post_json(Vm& vm, Args args) {
  HttpRequest request{.method = HttpRequest::Method::Post, .headers = headers_argument(vm, args, 2)};
  add_content_type(request.headers, "application/json");
  request.body = json_text(vm, args[1]);
  const HttpAnswer answer = exchange(vm, args, std::move(request), args.name());
  Dict* out = answer_dict(vm, answer);
  out->set(vm.heap(), vm.heap().intern("json"), json_or_null(vm, answer.body));
  return out;
}

using Method = HttpRequest::Method;

// The fields of a form (WHATWG URL Standard, section 5.2, application/x-www-form-urlencoded).
static std::string form_text(Vm& vm, const Dict* fields) {
  std::string out;
  const auto append = [&out](std::string_view text) {
    constexpr std::string_view kAsIs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
    for (const char c : text) {
      if (c == ' ')
        out += '+';
      else if (kAsIs.find(c) != std::string_view::npos)
        out += c;
      else
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  };
  for (const uint32_t entry : fields->sorted(vm.heap())) {
    if (!out.empty()) out += '&';
    append(fields->entries[entry].key->view());
    out += '=';
    append(vm::display(fields->entries[entry].value));
  }
  return out;
}

static Method method_argument(const Args& args) {
  constexpr std::pair<std::string_view, Method> kMethods[] = {{"GET", Method::Get},
                                                              {"HEAD", Method::Head},
                                                              {"DELETE", Method::Delete},
                                                              {"POST", Method::Post},
                                                              {"PUT", Method::Put}};
  for (const auto& [name, method] : kMethods)
    if (args.text(0).view() == name) return method;
  throw args.error(fmt::format("unknown method \"{}\" (expected GET, HEAD, DELETE, POST or PUT)", args.text(0).view()));
}

static Value http_request(Vm& vm, Args args) {
  HttpRequest request{.method = method_argument(args), .headers = headers_argument(vm, args, 3)};
  if (request.method == Method::Post || request.method == Method::Put) {
    const bool is_form = args.has(2) && args[2].is_dict();
    if (is_form)
      request.body = form_text(vm, args[2].as_dict());
    else if (args.has(2) && !args[2].is_null())
      request.body = args.text(2).view();
    add_content_type(request.headers, is_form ? "application/x-www-form-urlencoded" : "text/plain; charset=utf-8");
  }
  const HttpAnswer answer = exchange(vm, args, std::move(request), args.name(), 1);
  Dict* headers = vm.heap().dict();
  for (const auto& [name, value] : answer.headers) {
    vm::String* key = vm.heap().intern(replace_ill_formed(name));
    const Value* before = headers->get(key);  // a header may come twice: RFC 9110, section 5.3
    const std::string all = before ? vm::display(*before) + ", " + value : value;
    headers->set(vm.heap(), key, vm.text(replace_ill_formed(all)));
  }
  Dict* out = answer_dict(vm, answer);
  out->set(vm.heap(), vm.heap().intern("headers"), headers);
  out->set(vm.heap(), vm.heap().intern("url"), vm.text(answer.url));
  return out;
}

constexpr Builtin kBuiltins[] = {
    {"http_get", "(url, headers?) -> dict", "Asks for what is at an address.",
     "try { http_get(\"http://localhost:1/\"); } catch e { println(e); }", without_body<Method::Get>},
    {"http_delete", "(url, headers?) -> dict", "Asks to delete what is at an address.",
     "try { http_delete(\"http://localhost:1/\"); } catch e { println(e); }", without_body<Method::Delete>},
    {"http_post", "(url, body, headers?) -> dict", "Sends text to an address.",
     "try { http_post(\"http://localhost:1/\", \"text\"); } catch e { println(e); }", with_body<Method::Post>},
    {"http_put", "(url, body, headers?) -> dict", "Sends text to be stored at an address.",
     "try { http_put(\"http://localhost:1/\", \"text\"); } catch e { println(e); }", with_body<Method::Put>},
    {"http_request", "(method, url, body?, headers?) -> dict",
     "Any request; a dict as body is sent as a form. The answer also has its headers and, after redirects, its url.",
     "try { http_request(\"HEAD\", \"http://localhost:1/\"); } catch e { println(e); }", http_request},
    {"http_post_json", "(url, data, headers?) -> dict", "Sends a value as JSON and reads the answer as JSON.",
     "try { http_post_json(\"http://localhost:1/\", {\"a\": 1}); } catch e { println(e); }", http_post_json},
};

constinit const std::span<const Builtin> http_builtins = kBuiltins;

}  // namespace omc::stdlib
