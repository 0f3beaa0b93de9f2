#include "stdlib/http_client.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "local_server.hpp"

using namespace omc::stdlib;
using Method = HttpRequest::Method;

namespace {

HttpAnswer answered(const HttpRequest& request) {
  auto outcome = http_exchange(request, [] {});
  if (const auto* failure = std::get_if<HttpFailure>(&outcome)) BOOST_FAIL(failure->why);
  return std::get<HttpAnswer>(std::move(outcome));
}

std::string failure_of(const HttpRequest& request) {
  auto outcome = http_exchange(request, [] {});
  const auto* failure = std::get_if<HttpFailure>(&outcome);
  return failure ? failure->why : "(an answer)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(sends_method_headers_and_body) {
  const LocalServer server([](const ServedRequest& r) { return LocalServer::answer(200, "X-Kind: Echo\r\n", r.body); });
  HttpRequest request{.method = Method::Post, .url = server.url("/a?b=c")};
  request.headers = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
  request.body = std::string("a\0b", 3);
  const HttpAnswer answer = answered(request);
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body == request.body);
  BOOST_REQUIRE(find_header(answer.headers, "X-KIND"));
  BOOST_TEST(*find_header(answer.headers, "X-KIND") == "Echo");

  const ServedRequest seen = server.requests().at(0);
  BOOST_TEST(seen.method == "POST");
  BOOST_TEST(seen.target == "/a?b=c");
  BOOST_TEST(seen.header("Content-Type") == "text/plain");
  BOOST_TEST(seen.head.find("X-Empty:") != std::string::npos);
  BOOST_TEST(seen.header("Expect") == "(none)");
}

BOOST_AUTO_TEST_CASE(every_status_is_an_answer) {
  const LocalServer server([](const ServedRequest&) { return LocalServer::answer(404, "", "nothing here"); });
  for (const Method method : {Method::Get, Method::Delete, Method::Post, Method::Put}) {
    const HttpAnswer answer = answered({.method = method, .url = server.url("/"), .body = "x"});
    BOOST_TEST(answer.status == 404);
    BOOST_TEST(answer.body == "nothing here");
  }
  BOOST_TEST(server.requests().at(0).method == "GET");
  BOOST_TEST(server.requests().at(1).method == "DELETE");
  BOOST_TEST(server.requests().at(2).method == "POST");
  BOOST_TEST(server.requests().at(3).method == "PUT");
  BOOST_TEST(server.requests().at(3).body == "x");
}

BOOST_AUTO_TEST_CASE(follows_five_redirects) {
  const LocalServer server([](const ServedRequest& r) {
    const int left = std::atoi(r.target.c_str() + 1);
    if (left == 0) return LocalServer::answer(200, "X-Last: 1\r\n", "arrived");
    return LocalServer::answer(302, "X-Hop: 1\r\nLocation: /" + std::to_string(left - 1) + "\r\n", "");
  });
  const HttpAnswer answer = answered({.url = server.url("/5")});
  BOOST_TEST(answer.body == "arrived");
  BOOST_TEST(!find_header(answer.headers, "X-Hop"));  // only those of the last answer
  BOOST_TEST(find_header(answer.headers, "X-Last"));
  BOOST_TEST(failure_of({.url = server.url("/6")}) == "Maximum (5) redirects followed");
}

BOOST_AUTO_TEST_CASE(see_other_turns_an_upload_into_a_get) {
  const LocalServer server([](const ServedRequest& r) {
    if (r.target == "/new") return LocalServer::answer(200, "", r.method);
    return LocalServer::answer(r.target == "/same" ? 307 : 303, "Location: /new\r\n", "");
  });
  BOOST_TEST(answered({.method = Method::Put, .url = server.url("/old"), .body = "x"}).body == "GET");
  BOOST_TEST(answered({.method = Method::Post, .url = server.url("/old"), .body = "x"}).body == "GET");
  BOOST_TEST(answered({.method = Method::Put, .url = server.url("/same"), .body = "x"}).body == "PUT");
  BOOST_TEST(server.requests().back().body == "x");  // sent again from its beginning
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_that_is_too_large) {
  const LocalServer server(
      [](const ServedRequest&) { return LocalServer::answer(200, "", std::string((1 << 20) + 1, 'x')); });
  HttpRequest request{.url = server.url("/"), .max_answer_bytes = (1 << 20) + 1};
  BOOST_TEST(answered(request).body.size() == request.max_answer_bytes);
  request.max_answer_bytes = 1 << 20;
  BOOST_TEST(failure_of(request) == "the answer is larger than 1 MB");
}

BOOST_AUTO_TEST_CASE(large_uploads_do_not_wait) {
  const LocalServer server(
      [](const ServedRequest& r) { return LocalServer::answer(200, "", std::to_string(r.body.size())); });
  for (const Method method : {Method::Post, Method::Put})
    BOOST_TEST(answered({.method = method, .url = server.url("/"), .body = std::string(3'000'000, 'x')}).body ==
               "3000000");
}

BOOST_AUTO_TEST_CASE(transport_failures_have_a_reason) {
  std::string unused;
  {
    unused = LocalServer([](const ServedRequest&) { return std::string(); }).url("/");
  }  // nobody listens there any more
  BOOST_TEST(failure_of({.url = unused}).find("Failed to connect to 127.0.0.1") != std::string::npos);
  BOOST_TEST(failure_of({.url = "ftp://127.0.0.1/"}).find("Protocol \"ftp\"") != std::string::npos);
  BOOST_TEST(failure_of({.url = "file:///etc/hostname"}).find("Protocol \"file\"") != std::string::npos);
  BOOST_TEST(failure_of({.url = std::string("http://127.0.0.1/\0", 18)}) == "the address contains a zero byte");
  const LocalServer silent([](const ServedRequest&) { return std::string(); });
  BOOST_TEST(failure_of({.url = silent.url("/")}) == "Empty reply from server");
}

BOOST_AUTO_TEST_CASE(a_throwing_watch_ends_the_exchange) {
  std::atomic<bool> over{false};
  const LocalServer server([&](const ServedRequest&) {
    while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return std::string();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto watch = [&] {
    if (std::chrono::steady_clock::now() - start > std::chrono::milliseconds(60)) throw std::runtime_error("enough");
  };
  BOOST_CHECK_THROW(http_exchange({.url = server.url("/")}, watch), std::runtime_error);
  BOOST_CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  over = true;
}

BOOST_AUTO_TEST_CASE(headers_cannot_smuggle_lines) {
  BOOST_TEST(is_header("X-Name", "a value; with=marks \xC3\xA9"));
  for (const std::string_view name : {"", "a b", "a:b", "a\r\nb", "\xC3\xA9"}) BOOST_TEST(!is_header(name, "v"));
  using std::string_view;
  for (const string_view value : {string_view("a\nb"), string_view("a\rb"), string_view("a\0b", 3)})
    BOOST_TEST(!is_header("n", value));
}

BOOST_AUTO_TEST_SUITE_END()
