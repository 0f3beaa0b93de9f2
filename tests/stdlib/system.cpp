// Builtins that reach out of the program: what only shows with a server, a limit or a denied permission.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "local_server.hpp"
#include "program.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/test_channel.hpp"

using namespace omc;
using stdlib::Permission;
using stdlib::Permissions;

namespace {

// Runs a program that is told to stop after a moment; how long it took.
std::chrono::milliseconds time_until_stopped(const std::string& text) {
  Program program;
  const auto start = std::chrono::steady_clock::now();
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    program.vm.request_stop(vm::Vm::Stop::Timeout);
  });
  const std::string printed = program.run(text);
  stopper.join();
  BOOST_TEST(printed.find("Time limit exceeded") != std::string::npos, printed);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(system_builtins)

BOOST_AUTO_TEST_CASE(http_answers_are_dicts) {
  const LocalServer server([](const ServedRequest& r) {
    if (r.target == "/gone") return LocalServer::answer(410, "", "gone \xFF");
    return LocalServer::answer(200, "", r.body.empty() ? r.method : r.method + " " + r.body);
  });
  Program program;
  const auto url = [&](const std::string& target) { return '"' + server.url(target) + '"'; };
  BOOST_TEST(program.run("print(http_get(" + url("/") + "));") == "{\"body\": GET, \"ok\": true, \"status\": 200}\n");
  BOOST_TEST(program.run("print(http_delete(" + url("/gone") + ", null));") ==
             "{\"body\": gone \xEF\xBF\xBD, \"ok\": false, \"status\": 410}\n");
  BOOST_TEST(program.run("print(http_post(" + url("/") + ", [1, 2.0])[\"body\"]);") == "POST [1, 2.0]\n");
  BOOST_TEST(program.run("print(http_put(" + url("/") +
                         ", \"t\", {\"Content-Type\": \"a/b\", \"X-N\": 5})[\"body\"]);") == "PUT t\n");

  const auto seen = server.requests();
  BOOST_TEST(seen.at(2).header("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(seen.at(3).header("Content-Type") == "a/b");
  BOOST_TEST(seen.at(3).header("X-N") == "5");
}

BOOST_AUTO_TEST_CASE(http_post_json_speaks_json_both_ways) {
  const LocalServer server([](const ServedRequest& r) {
    return LocalServer::answer(200, "", r.target == "/json" ? "{\"n\": [1, 2.5]}" : "no json");
  });
  Program program;
  BOOST_TEST(program.run("print(http_post_json(\"" + server.url("/json") +
                         "\", {\"b\": [1, null], \"a\": \"x\"})[\"json\"]);") == "{\"n\": [1, 2.5]}\n");
  BOOST_TEST(
      program.run("print(http_post_json(\"" + server.url("/") + "\", 1, {\"content-type\": \"application/x\"}));") ==
      "{\"body\": no json, \"json\": null, \"ok\": true, \"status\": 200}\n");
  BOOST_TEST(server.requests().at(0).body == "{\"a\":\"x\",\"b\":[1,null]}");
  BOOST_TEST(server.requests().at(0).header("Content-Type") == "application/json");
  BOOST_TEST(server.requests().at(1).header("content-type") == "application/x");
  BOOST_TEST(server.requests().at(1).header("Content-Type") == "(none)");
}

BOOST_AUTO_TEST_CASE(http_request_speaks_every_method_and_sends_forms) {
  const LocalServer server([](const ServedRequest& r) {
    if (r.target == "/old") return LocalServer::answer(302, "Location: /new\r\n", "");
    return LocalServer::answer(200, "X-Kind: A\r\nx-kind: B\r\n", r.method + " " + r.body);
  });
  Program program;
  const auto call = [&](const std::string& method, const std::string& rest, const std::string& read) {
    return program.run("h a = http_request(\"" + method + "\", \"" + server.url("/old") + "\"" + rest + "); print(a" +
                       read + ");");
  };
  BOOST_TEST(call("GET", "", "[\"body\"]") == "GET \n");
  BOOST_TEST(call("GET", "", "[\"url\"]") == server.url("/new") + "\n");
  BOOST_TEST(call("GET", "", "[\"headers\"][\"x-kind\"]") == "A, B\n");
  const auto direct = [&](const std::string& method, const std::string& rest) {
    return program.run("print(http_request(\"" + method + "\", \"" + server.url("/") + "\"" + rest + ")[\"body\"]);");
  };
  BOOST_TEST(direct("HEAD", "") == "\n");
  BOOST_TEST(direct("DELETE", "") == "DELETE \n");
  BOOST_TEST(direct("POST", ", {\"b c\": \"é&1\", \"a\": 2.0}") == "POST a=2.0&b+c=%C3%A9%261\n");
  BOOST_TEST(direct("PUT", ", [1]") == "PUT [1]\n");
  BOOST_TEST(direct("BREW", "") ==
             "Error: http_request: unknown method \"BREW\" (expected GET, HEAD, DELETE, POST or PUT)");
}

BOOST_AUTO_TEST_CASE(http_failures_say_which_call_failed) {
  std::string unused;
  {
    unused = LocalServer([](const ServedRequest&) { return std::string(); }).url("/");
  }
  Program program;
  const std::pair<std::string, std::string> cases[] = {
      {"http_get(U)", "HTTP request failed: "},
      {"http_delete(U)", "HTTP request failed: "},
      {"http_post(U, 1)", "http_post failed: "},
      {"http_put(U, 1)", "http_put failed: "},
      {"http_post_json(U, 1)", "http_post_json failed: "},
  };
  for (const auto& [call, message] : cases) {
    const std::string printed = program.run("h U = \"" + unused + "\"; print(" + call + ");");
    BOOST_TEST(printed.starts_with("Error: " + message + "Failed to connect"), printed);
  }
  BOOST_TEST(program.run("http_get(\"" + unused + "\", [1, 2]);") ==
             "Error: http headers must be a dict or null, got [1, 2]");
  BOOST_TEST(program.run("http_get(\"" + unused + "\", {\"a\": \"b\\r\\nInjected: 1\"});")
                 .starts_with("Error: http headers: "));
}

BOOST_AUTO_TEST_CASE(a_time_limit_ends_whatever_waits) {
  const LocalServer silent([](const ServedRequest&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    return std::string();
  });
  for (const std::string& text :
       {std::string("sleep(60000);"),
        std::string("sqlite_run(sqlite_connect(\":memory:\"), \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
                    "SELECT x + 1 FROM c) SELECT max(x) FROM c\");"),
        std::string("omc_spawn(\"sleep\", [60]);"),
        std::string("try { omc_pipe([[\"sleep\", 60], [\"cat\"]]); } catch e { print(e); }"),
        "http_get(\"" + silent.url("/") + "\");"})
    BOOST_TEST(time_until_stopped(text).count() < 20'000, text);
}

BOOST_AUTO_TEST_CASE(a_database_without_permission_to_write_attaches_no_file) {
  Program program;
  program.vm.state<Permissions>().deny(Permission::Write);
  for (const std::string statement : {"ATTACH 'omc-denied.tmp' AS other", "VACUUM INTO 'omc-denied.tmp'"}) {
    const std::string printed = program.run("print(sqlite_run(sqlite_connect(\":memory:\"), \"" + statement + "\"));");
    BOOST_TEST(printed.starts_with("Error: sqlite_run: "), printed);
  }
  BOOST_TEST(!stdlib::entry_exists("omc-denied.tmp"));
}

BOOST_AUTO_TEST_CASE(output_of_children_obeys_the_memory_limit) {
  vm::VmOptions options;
  options.heap.hard = 8 << 20;
  Program program(options);
  const std::string printed = program.run("try { omc_spawn(\"yes\"); } catch e { print(e); }");
  BOOST_TEST(printed.find("Memory limit exceeded") != std::string::npos, printed);
}

BOOST_AUTO_TEST_CASE(a_denied_permission_is_an_error_before_anything_happens) {
  const struct {
    Permission permission;
    std::string call, target, missing;
  } kCases[] = {
      {Permission::Read, "read_file(\"/etc/hostname\")", ": /etc/hostname", "read"},
      {Permission::Read, "file_exists(\"/\")", ": /", "read"},
      {Permission::Read, "file_ls(\"/\")", ": /", "read"},
      {Permission::Write, "write_file(\"omc-denied.tmp\", 1)", ": omc-denied.tmp", "write"},
      {Permission::Write, "file_append(\"omc-denied.tmp\", 1)", ": omc-denied.tmp", "write"},
      {Permission::Write, "file_make_folder(\"omc-denied.tmp\")", ": omc-denied.tmp", "write"},
      {Permission::Write, "sqlite_connect(\"omc-denied.tmp\")", ": omc-denied.tmp", "write"},
      {Permission::Run, "omc_spawn(\"true\")", ": true", "run"},
      {Permission::Run, "omc_pipe([[\"true\"]])", ": true", "run"},
      {Permission::Network, "http_get(\"http://127.0.0.1/\")", ": http://127.0.0.1/", "net"},
      {Permission::Environment, "getenv(\"HOME\")", ": HOME", "env"},
      {Permission::Clock, "now_ms()", "", "clock"},
  };
  for (const auto& c : kCases) {
    Program program;
    program.vm.state<Permissions>().deny(c.permission);
    const std::string name = c.call.substr(0, c.call.find('('));
    BOOST_TEST(program.run("print(" + c.call + ");") == "Error: " + name + ": not permitted" + c.target + " (missing permission: " + c.missing + ")");
  }
  BOOST_TEST(Program().run("print(file_exists(\"omc-denied.tmp\"));") == "0\n");
}

BOOST_AUTO_TEST_CASE(getenv_decodes_what_is_not_utf8) {
  ::setenv("OMC_TEST_BYTES", "a\xFFz", 1);
  BOOST_TEST(Program().run("print(getenv(\"OMC_TEST_BYTES\"));") == "a\xEF\xBF\xBDz\n");
  ::unsetenv("OMC_TEST_BYTES");
}

BOOST_AUTO_TEST_CASE(arguments_are_those_of_the_options) {
  vm::VmOptions options;
  options.arguments = {"a", "--c", "\xC3\xA9"};
  BOOST_TEST(Program(options).run("print(omc_args(9)); print(len(omc_args()));") == "[a, --c, \xC3\xA9]\n3\n");
}

BOOST_AUTO_TEST_CASE(the_test_channel_is_read_from_outside) {
  Program program;
  program.run("test_set_current(\"t\"); test_record_failure(5);");
  BOOST_TEST(program.vm.state<stdlib::TestChannel>().failures.at(0) == "t: 5");
}

BOOST_AUTO_TEST_CASE(each_machine_draws_its_own_random_numbers) {
  Program a, b;
  a.run("random_seed(42);");
  b.run("random_seed(7); random_float();");
  BOOST_TEST(a.run("print(random_int(1, 100));") == "1\n");
}

BOOST_AUTO_TEST_CASE(snapshots_survive_collections) {
  vm::VmOptions options;
  options.gc_stress = vm::GcStress::Collections;
  BOOST_TEST(Program(options).run("fn f() { return 1; } fn_snapshot(\"f\"); fn_snapshot_all();\n"
                                  "fn g() { fn f() { return [2]; } return f(); } g();\n"
                                  "h i = 0; while i < 50 { h t = [i, \"text\" + i]; i = i + 1; }\n"
                                  "print(f()); fn_rollback(\"f\"); print(f()); g(); fn_rollback_all(); print(f());") ==
             "[2]\n1\n1\n");
}

BOOST_AUTO_TEST_CASE(functions_are_known_before_their_definition) {
  BOOST_TEST(Program().run("print(defined_functions()); print(fn_arity(\"later\")); print(fn_source(\"later\"));\n"
                           "if true { fn later(a, b) { fn inner() {} } }\n"
                           "class C { x; y; fn m(self) { return 1; } }") ==
             "[C, C__m, inner, later]\n2\nfn later(a, b) {\n    fn inner() {\n    }\n}\n");
}

BOOST_AUTO_TEST_SUITE_END()
